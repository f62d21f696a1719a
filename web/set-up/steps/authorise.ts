import { html, LitElement, nothing, type PropertyValues, type TemplateResult } from 'lit';
import '../../parts/copy.ts';
import { sentenceOf } from '../../api/client.ts';
import type { Login } from '../../api/contract.ts';
import { clientForm } from '../../names.ts';
import type { Page } from '../../page.ts';
import { field, type Submit } from '../../parts/form.ts';
import { heading, outside } from '../../parts/heading.ts';
import { secretQuestion } from '../../pages/settings/questions.ts';
import { texts } from '../../texts/set-up.ts';

/** Monzo's link is valid for an hour; a page that was left open must not offer an expired one. */
const freshFor = 30 * 60_000;

/** The third step: a new link for every attempt, because each works once. */
export class AuthoriseStep extends LitElement {
  static override properties = {
    page: { attribute: false },
    login: { attribute: false },
    url: { state: true },
    problem: { state: true },
  };
  declare page: Page;
  declare login: Login;
  declare url: string | null;
  declare problem: string | null;
  #timer: ReturnType<typeof setInterval> | undefined;

  constructor() {
    super();
    this.url = null;
    this.problem = null;
  }

  override createRenderRoot(): this {
    return this;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.#timer = setInterval(() => void this.#begin(), freshFor);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearInterval(this.#timer);
  }

  /** A new sentence means that the last attempt ended, so its link is used up. */
  override willUpdate(changed: PropertyValues<this>): void {
    if (this.problem !== null && changed.has('page')) void this.#begin();
    if (!changed.has('login')) return;
    const before = changed.get('login');
    if (before?.id !== this.login.id || before.needs !== this.login.needs) void this.#begin();
  }

  override render() {
    const { authorise } = texts;
    const { name } = this.login;
    const outcome = this.#outcome();
    return html`${heading(authorise.heading(name))}
      <div role="status">${outcome === null ? nothing : html`<p class="notice bad">${outcome}</p>`}</div>
      <p>${authorise.intro}</p>
      <div class="buttons">
        ${
          this.url === null
            ? html`<span class="soft">${authorise.preparing}</span>`
            : outside(this.url, outcome === null ? authorise.open : authorise.again, 'main')
        }
        ${outcome === null ? nothing : this.#replaceSecret()}
      </div>
      <div role="alert">
        ${this.problem === null ? nothing : html`<p class="notice bad">${this.problem}</p>`}
      </div>
      ${this.#pasteBack()}
      <details>
        <summary>${authorise.magicLink}</summary>
        <p>${authorise.magicLinkReason}</p>
        <p class="value">
          <code>${this.login.redirect_uri}</code>
          <mb-copy .value=${this.login.redirect_uri} .what=${clientForm.redirect}></mb-copy>
        </p>
        <p>${authorise.magicLinkClient}</p>
      </details>`;
  }

  /** The result of the last attempt; null if there was none. */
  #outcome(): string | null {
    const { fault, needs } = this.login;
    return fault === null ? null : needs;
  }

  #replaceSecret(): TemplateResult {
    const ask = () => this.page.ask(secretQuestion(this.page, this.login));
    return html`<button type="button" class="quiet" @click=${ask}>${texts.authorise.replaceSecret}</button>`;
  }

  #pasteBack(): TemplateResult {
    const { authorise } = texts;
    const fields = field({ name: 'url', label: authorise.address });
    const submit: Submit = async (read) => {
      await this.page.store.api.paste(this.login.id, read('url'));
      await this.page.store.refresh();
    };
    const form = html`<mb-form .fields=${fields} .label=${authorise.submit} .submit=${submit}></mb-form>`;
    const known = this.page.knowledge.setup?.redirects.find(
      ({ redirect_uri: uri }) => uri === this.login.redirect_uri,
    );
    if (known?.kind === 'my_home_assistant')
      return html`<section class="panel" aria-labelledby="paste-back">
        <h2 id="paste-back">${authorise.pasteHeading}</h2>
        <ol>
          ${authorise.pasteSteps.map((step) => html`<li>${step}</li>`)}
        </ol>
        ${form}
      </section>`;
    const isEmptyPage = known?.kind === 'home_assistant';
    return html`<p class="soft">${isEmptyPage ? authorise.waitingBehindEmptyPage : authorise.waiting}</p>
      <details>
        <summary>${authorise.pasteElsewhere}</summary>
        <p>${authorise.pasteElsewhereHint}</p>
        ${form}
      </details>`;
  }

  async #begin(): Promise<void> {
    try {
      this.url = (await this.page.store.api.reauthorize(this.login.id)).authorize_url;
      this.problem = null;
    } catch (thrown) {
      this.problem = sentenceOf(thrown);
    }
  }
}

customElements.define('mb-authorise', AuthoriseStep);
