import { html, LitElement, nothing } from 'lit';
import { sentenceOf } from '../../api/client.ts';
import type { Login } from '../../api/contract.ts';
import type { Page } from '../../page.ts';
import { heading } from '../../parts/heading.ts';
import { common } from '../../texts/common.ts';
import { texts } from '../../texts/set-up.ts';

/** By this time a person who saw the notification would have answered it. */
const remindAfter = 45_000;

/** The fourth step: the person approves on the phone while the page waits. */
export class ApproveStep extends LitElement {
  static override properties = {
    page: { attribute: false },
    login: { attribute: false },
    late: { state: true },
    busy: { state: true },
    answer: { state: true },
  };
  declare page: Page;
  declare login: Login;
  declare late: boolean;
  declare busy: boolean;
  declare answer: string;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor() {
    super();
    this.late = false;
    this.busy = false;
    this.answer = '';
  }

  override createRenderRoot(): this {
    return this;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.#timer = setTimeout(() => {
      this.late = true;
    }, remindAfter);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearTimeout(this.#timer);
  }

  override render() {
    const { approve } = texts;
    const { name, needs } = this.login;
    return html`${heading(approve.heading(name))}
      <p>${approve.intro}</p>
      <p class="waiting"><span class="dots" aria-hidden="true"></span>${approve.waiting}</p>
      <div role="status">
        ${this.late ? html`<p class="notice warn">${approve.reminder}</p>` : nothing}
        ${this.answer === '' ? nothing : html`<p class="soft">${this.answer}</p>`}
      </div>
      ${needs === null ? nothing : html`<p class="soft">${needs}</p>`}
      <div class="buttons">
        <button type="button" class="quiet" aria-disabled=${this.busy} @click=${() => void this.#reload()}>
          ${this.busy ? common.busy : approve.reload}
        </button>
      </div>`;
  }

  async #reload(): Promise<void> {
    if (this.busy) return;
    this.busy = true;
    try {
      const { state } = await this.page.store.api.reload(this.login.id);
      this.answer = state === 'awaiting_approval' ? texts.approve.asked : '';
      await this.page.store.refresh();
    } catch (thrown) {
      this.answer = sentenceOf(thrown);
    } finally {
      this.busy = false;
    }
  }
}

customElements.define('mb-approve', ApproveStep);
