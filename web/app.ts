import { html, LitElement, nothing, type PropertyValues, type TemplateResult } from 'lit';
import './parts/dialog.ts';
import { createApi } from './api/api.ts';
import { createCall, sentenceOf, type Call } from './api/client.ts';
import type { Redirect } from './api/contract.ts';
import { createListen } from './api/listen.ts';
import { freshness, navigation } from './navigation.ts';
import type { Page } from './page.ts';
import { pages } from './pages.ts';
import type { Question } from './parts/dialog.ts';
import { hashOf, route, routeOf, type Route } from './route.ts';
import { followed, pinned, placeOf, type Place, type Wish } from './set-up/place.ts';
import type { setUp } from './set-up/set-up.ts';
import { signIn } from './sign-in.ts';
import { createStore, type Knowledge, type Store } from './store.ts';
import { common } from './texts/common.ts';

const start: Wish = { kind: 'auto' };
const toPages: Wish = { kind: 'overview' };

/** What of the page's code is here already, and why some of it could not be brought. */
interface Loaded {
  readonly setUp: typeof setUp | null;
  readonly shown: Route | null;
  readonly isOutdated: boolean;
}

/** The whole page: what the bridge says, and what the person last chose, decide what is shown. */
export class App extends LitElement {
  static override properties = {
    knowledge: { state: true },
    wish: { state: true },
    route: { state: true },
    loaded: { state: true },
    question: { state: true },
    redirect: { state: true },
    problem: { state: true },
  };
  declare knowledge: Knowledge;
  declare wish: Wish;
  declare route: Route;
  declare loaded: Loaded;
  declare question: Question | null;
  declare redirect: Redirect | null;
  /** Why the last deed, or the sign-in with a link, was refused. */
  declare problem: string | null;
  readonly #call: Call;
  readonly #store: Store;
  #heading = '';

  constructor() {
    super();
    this.#call = createCall((input, init) => fetch(input, init), document.baseURI);
    this.#store = createStore({
      api: createApi(this.#call),
      listen: createListen(document.baseURI),
      onChange: (knowledge) => this.#learn(knowledge),
      isExpecting: () => this.wish.kind === 'sign_in',
      later: (act, ms) => {
        const timer = setTimeout(act, ms);
        return () => clearTimeout(timer);
      },
      now: () => Date.now(),
    });
    this.knowledge = this.#store.knowledge();
    this.wish = start;
    this.route = route('overview');
    this.loaded = { setUp: null, shown: null, isOutdated: false };
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
    document.addEventListener('visibilitychange', () => {
      if (document.visibilityState === 'hidden') this.#store.rest();
      else look();
    });
    window.addEventListener('hashchange', () => void this.#enter());
    void this.#enter();
  }

  override render() {
    const { session, canSignOut, trouble } = this.knowledge;
    const place = this.#place();
    return html`<header class="top">
        <a class="skip" href="#content" @click=${skip}>${common.navigation.skip}</a>
        <p class="brand">${common.product}</p>
        ${place === null || isFirstSetUp(place, this.knowledge) ? nothing : navigation(pageOf(place, this.route))}
        ${session === 'signed_in' ? freshness(this.knowledge, Date.now()) : nothing}
        ${
          canSignOut
            ? html`<button type="button" class="link" @click=${() => this.#leave()}>
                ${common.session.signOut}
              </button>`
            : nothing
        }
      </header>
      <main id="content">
        <div role="status">${trouble === null ? nothing : html`<p class="notice bad">${trouble}</p>`}</div>
        ${
          session === 'signed_out'
            ? html`<div class="panel narrow">${signIn(this.#page(), this.problem)}</div>`
            : place === null
              ? html`<p class="soft">${common.loading}</p>`
              : this.#show(place)
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
    void this.#load();
    const found = this.querySelector('h1');
    const heading = found?.textContent.trim() ?? '';
    if (heading === this.#heading) return;
    if (this.#heading !== '') found?.focus();
    this.#heading = heading;
    document.title = heading === '' ? common.product : `${heading} · ${common.product}`;
  }

  #place(): Place | null {
    const { logins } = this.knowledge;
    return logins === null ? null : placeOf(this.wish, logins, Date.now());
  }

  #show(place: Place): TemplateResult {
    const page = this.#page();
    const refusal = html`<div role="alert">
      ${this.problem === null ? nothing : html`<p class="notice bad">${this.problem}</p>`}
    </div>`;
    if (this.loaded.isOutdated) return outdated();
    const { shown, setUp } = this.loaded;
    if (place.kind === 'overview')
      return html`${refusal}
      ${shown === null ? html`<p class="soft">${common.loading}</p>` : pages[shown.page].show(page)}`;
    const choose = (redirect: Redirect) => {
      this.redirect = redirect;
    };
    const chosen = this.redirect ?? this.knowledge.setup?.redirects[0] ?? null;
    return html`<div class="set-up">
      ${refusal} ${setUp?.(page, { ...place, choice: { chosen, choose } }) ?? nothing}
    </div>`;
  }

  #page(): Page {
    return {
      store: this.#store,
      knowledge: this.knowledge,
      call: this.#call,
      timeZone: this.knowledge.setup?.time_zone,
      route: this.loaded.shown ?? this.route,
      travel: (to, how) => this.#travel(to, how),
      go: (wish) => {
        this.problem = null;
        this.wish = wish;
        if (wish.kind === 'overview') this.#travel(route('overview'));
        else if (location.hash !== '') history.pushState(null, '', location.pathname + location.search);
        if (wish.kind === 'sign_in') void this.#store.refresh();
      },
      ask: (question) => {
        this.question = question;
      },
      act: (deed) => void this.#act(deed),
    };
  }

  #travel(to: Route, how?: 'instead'): void {
    const hash = hashOf(to);
    if (how === 'instead') history.replaceState(null, '', hash);
    else if (location.hash !== hash) history.pushState(null, '', hash);
    this.#arrive(to);
  }

  #arrive(at: Route): void {
    const isElsewhere = at.page !== this.route.page;
    this.problem = null;
    this.wish = toPages;
    this.route = at;
    if (isElsewhere) window.scrollTo(0, 0);
  }

  /** Brings the code of what is to be shown; until it is here, the page before stays. */
  async #load(): Promise<void> {
    const place = this.#place();
    const { route: wanted, loaded } = this;
    if (place === null || loaded.isOutdated) return;
    try {
      if (place.kind === 'overview') {
        if (loaded.shown === wanted) return;
        await pages[wanted.page].load();
        if (this.route === wanted) this.loaded = { ...this.loaded, shown: wanted };
      } else if (loaded.setUp === null) {
        this.loaded = { ...this.loaded, ...(await import('./set-up/set-up.ts')) };
      }
    } catch {
      this.loaded = { ...this.loaded, isOutdated: true };
    }
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
    const found = routeOf(location.hash);
    if (found !== null) this.#arrive(found);
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

/** Nobody is connected yet, so there is nothing to go to. */
function isFirstSetUp(place: Place, { logins }: Knowledge): boolean {
  return place.kind === 'step' && (logins ?? []).length === 0;
}

function pageOf(place: Place, { page }: Route) {
  return place.kind === 'overview' ? page : null;
}

/** Past the navigation, to the heading; the address stays. */
function skip(event: Event): void {
  event.preventDefault();
  document.querySelector('h1')?.focus();
}

/** The files of this page are gone, because the bridge has newer ones. */
function outdated(): TemplateResult {
  const { changed, reload } = common.navigation;
  return html`<div class="notice warn" role="alert">
    <p>${changed}</p>
    <button type="button" class="quiet" @click=${() => location.reload()}>${reload}</button>
  </div>`;
}

customElements.define('mb-app', App);
