import { html, LitElement, nothing, type PropertyValues, type TemplateResult } from 'lit';
import './parts/dialog.ts';
import { createApi, sentenceOf } from './api.ts';
import type { Redirect } from './contract.ts';
import { moneyOf } from './overview/money.ts';
import { people } from './overview/people.ts';
import type { Page } from './page.ts';
import type { Question } from './parts/dialog.ts';
import { heading } from './parts/heading.ts';
import { followed, pinned, placeOf, type Place, type Wish } from './place.ts';
import { setUp } from './set-up.ts';
import { signIn } from './sign-in.ts';
import { createStore, type Knowledge, type Store } from './store.ts';
import { texts } from './texts.ts';

const start: Wish = { kind: 'auto' };

/** The whole page: what the bridge says, and what the person last chose, decide what is shown. */
export class App extends LitElement {
  static override properties = {
    knowledge: { state: true },
    wish: { state: true },
    question: { state: true },
    redirect: { state: true },
    problem: { state: true },
  };
  declare knowledge: Knowledge;
  declare wish: Wish;
  declare question: Question | null;
  declare redirect: Redirect | null;
  /** Why the last deed, or the sign-in with a link, was refused. */
  declare problem: string | null;
  readonly #store: Store;
  #shown = '';

  constructor() {
    super();
    this.#store = createStore({
      api: createApi((input, init) => fetch(input, init), document.baseURI),
      onChange: (knowledge) => this.#learn(knowledge),
      isExpecting: () => this.wish.kind === 'sign_in',
      later: (act, ms) => {
        const timer = setTimeout(act, ms);
        return () => clearTimeout(timer);
      },
    });
    this.knowledge = this.#store.knowledge();
    this.wish = start;
    this.question = null;
    this.redirect = null;
    this.problem = null;
  }

  override createRenderRoot(): this {
    return this;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    const look = () => void this.#store.refresh();
    window.addEventListener('focus', look);
    document.addEventListener('visibilitychange', look);
    window.addEventListener('hashchange', () => void this.#enter());
    void this.#enter();
  }

  override render() {
    const { session, canSignOut, logins, trouble } = this.knowledge;
    return html`<header class="top">
        <p class="brand">${texts.product}</p>
        ${
          canSignOut
            ? html`<button type="button" class="link" @click=${() => this.#leave()}>
                ${texts.session.signOut}
              </button>`
            : nothing
        }
      </header>
      <main>
        <div role="status">${trouble === null ? nothing : html`<p class="notice bad">${trouble}</p>`}</div>
        ${
          session === 'signed_out'
            ? html`<div class="panel narrow">${signIn(this.#page(), this.problem)}</div>`
            : logins === null
              ? html`<p class="soft">${texts.loading}</p>`
              : this.#place(placeOf(this.wish, logins, Date.now()))
        }
      </main>
      ${
        this.question === null
          ? nothing
          : html`<mb-dialog
              .question=${this.question}
              .onClose=${() => {
                this.question = null;
              }}
            ></mb-dialog>`
      }`;
  }

  /** When the page has moved on, so does the focus: whoever listens hears the new heading. */
  override updated(_changed: PropertyValues<this>): void {
    const found = this.querySelector('h1');
    const shown = found?.textContent.trim() ?? '';
    if (shown === this.#shown) return;
    if (this.#shown !== '') found?.focus();
    this.#shown = shown;
    document.title = shown === '' ? texts.product : `${shown} · ${texts.product}`;
  }

  #place(place: Place): TemplateResult {
    const page = this.#page();
    const { accounts } = this.knowledge;
    if (place.kind === 'overview')
      return html`${heading(texts.overview.heading)} ${this.#refusal()} ${people(page)}
      ${moneyOf(this.knowledge, accounts)}`;
    const choose = (redirect: Redirect) => {
      this.redirect = redirect;
    };
    const chosen = this.redirect ?? this.knowledge.setup?.redirects[0] ?? null;
    return html`<div class="set-up">
      ${this.#refusal()} ${setUp(page, { ...place, choice: { chosen, choose } })}
    </div>`;
  }

  #refusal() {
    return html`<div role="alert">
      ${this.problem === null ? nothing : html`<p class="notice bad">${this.problem}</p>`}
    </div>`;
  }

  #page(): Page {
    return {
      store: this.#store,
      knowledge: this.knowledge,
      go: (wish) => {
        this.problem = null;
        this.wish = wish;
        if (wish.kind === 'sign_in') void this.#store.refresh();
      },
      ask: (question) => {
        this.question = question;
      },
      act: (deed) => void this.#act(deed),
    };
  }

  #learn(knowledge: Knowledge): void {
    const { logins, setup } = knowledge;
    // Every answer brings new objects; the choice is about the line to register.
    const chosen = this.redirect?.redirect_uri;
    this.redirect = setup?.redirects.find(({ redirect_uri: uri }) => uri === chosen) ?? null;
    this.knowledge = knowledge;
    if (logins === null) return;
    this.wish = followed(pinned(this.wish, placeOf(this.wish, logins, Date.now())), logins);
  }

  /** A link that the bridge printed carries a code that counts once; it must not stay in the address. */
  async #enter(): Promise<void> {
    const code = /^#code=(.+)$/.exec(location.hash)?.[1];
    if (code !== undefined) {
      history.replaceState(null, '', location.pathname + location.search);
      await this.#act(async () => {
        const { api } = this.#store;
        if (!(await api.session()).signed_in) await api.signIn({ code: decodeURIComponent(code) });
      });
    } else await this.#store.refresh();
  }

  async #leave(): Promise<void> {
    await this.#act(() => this.#store.api.signOut());
    this.wish = start;
  }

  async #act(deed: () => Promise<unknown>): Promise<void> {
    this.problem = null;
    try {
      await deed();
    } catch (thrown) {
      this.problem = sentenceOf(thrown);
    }
    await this.#store.refresh();
  }
}

customElements.define('mb-app', App);
