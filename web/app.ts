import { html, LitElement, nothing, type PropertyValues, type TemplateResult } from 'lit';
import './parts/dialog.ts';
import { createApi } from './api/api.ts';
import { createCall, sentenceOf, type Call } from './api/client.ts';
import type { Redirect } from './api/contract.ts';
import { createListen } from './api/listen.ts';
import type { Browser } from './choice.ts';
import { createFavourites, type Favourites } from './favourites.ts';
import { discreet, inSentence, moment } from './format.ts';
import { createHiddenAmounts, type HiddenAmounts } from './hidden-amounts.ts';
import { freshness, navigation } from './navigation.ts';
import { lookForUpdate } from './offline/install.ts';
import { createOffline, serviceWorkers } from './offline/offline.ts';
import type { Page } from './page.ts';
import { product } from './names.ts';
import { pages } from './pages.ts';
import { amountsButton } from './parts/amounts-button.ts';
import { opened, toCome } from './parts/chapter.ts';
import type { Question } from './parts/dialog.ts';
import { changed, hashOf, route, routeOf, type Route } from './route.ts';
import { followed, pinned, placeOf, type Place, type Choice } from './set-up/place.ts';
import type { setUp } from './set-up/set-up.ts';
import { signIn, turnedAway } from './sign-in.ts';
import { createStore, type Knowledge, type Store } from './store.ts';
import { common } from './texts/common.ts';
import { texts } from './texts/offline.ts';

const start: Choice = { kind: 'auto' };
const toPages: Choice = { kind: 'overview' };
const browser: Browser = {
  memory: () => localStorage,
  watch: (onChange) => window.addEventListener('storage', onChange),
};

/** Which parts of the page's code are loaded, and why one could not be. */
interface Loaded {
  readonly setUp: typeof setUp | null;
  readonly shown: Route | null;
  readonly missing: 'outdated' | 'unreachable' | null;
}

/** The whole page: the bridge's state and the person's last choice decide what is shown. */
export class App extends LitElement {
  static override properties = {
    knowledge: { state: true },
    choice: { state: true },
    route: { state: true },
    loaded: { state: true },
    question: { state: true },
    redirect: { state: true },
    problem: { state: true },
    recalledAt: { state: true },
    isUpdated: { state: true },
  };
  declare knowledge: Knowledge;
  declare choice: Choice;
  declare route: Route;
  declare loaded: Loaded;
  declare question: Question | null;
  declare redirect: Redirect | null;
  /** Why the last action, or the sign-in with a link, was refused. */
  declare problem: string | null;
  /** Of what is shown of an earlier time, the earliest; null while the bridge answers. */
  declare recalledAt: number | null;
  /** Whether a newer build of this page is installed. */
  declare isUpdated: boolean;
  readonly #call: Call;
  readonly #store: Store;
  readonly #amounts: HiddenAmounts;
  readonly #favourites: Favourites;
  #heading = '';
  #renewals = 0;

  constructor() {
    super();
    const { call, memory } = createOffline({
      onUpdated: () => {
        this.isUpdated = true;
      },
      onSignedOut: () => void this.#store.refresh(),
      isAway: () => this.#isAway(),
      onRecalled: (at) => {
        this.recalledAt = Math.min(at, this.recalledAt ?? at);
      },
    });
    this.#call = call;
    this.#store = createStore({
      api: createApi(createCall((input, init) => fetch(input, init), document.baseURI)),
      memory,
      listen: createListen(document.baseURI),
      onChange: (knowledge) => {
        memory.learnt(knowledge);
        this.#learn(knowledge);
      },
      isExpecting: () => this.choice.kind === 'sign_in',
      later: (act, ms) => {
        const timer = setTimeout(act, ms);
        return () => clearTimeout(timer);
      },
      now: () => Date.now(),
    });
    this.#amounts = createHiddenAmounts(browser, () => this.requestUpdate());
    this.#favourites = createFavourites(browser, () => this.requestUpdate());
    this.knowledge = this.#store.knowledge();
    this.choice = start;
    this.route = route('overview');
    this.loaded = { setUp: null, shown: null, missing: null };
    this.question = null;
    this.redirect = null;
    this.problem = null;
    this.recalledAt = null;
    this.isUpdated = false;
  }

  override createRenderRoot(): this {
    return this;
  }

  override connectedCallback(): void {
    this.replaceChildren();
    super.connectedCallback();
    const look = () => void this.#store.refresh();
    for (const news of ['focus', 'online', 'offline']) window.addEventListener(news, look);
    document.addEventListener('visibilitychange', () => {
      if (document.visibilityState === 'hidden') this.#store.rest();
      else look();
    });
    window.addEventListener('hashchange', () => void this.#enter());
    void this.#enter();
  }

  override render() {
    const { session, refusal, proof, trouble } = this.knowledge;
    const place = this.#place();
    return html`<header class="top">
        <a class="skip" href="#content" @click=${skip}>${common.navigation.skip}</a>
        <p class="brand">${product}</p>
        ${session !== 'signed_in' || isFirstSetUp(place, this.knowledge) ? nothing : navigation(pageOf(place, this.route))}
        ${
          session === 'signed_in'
            ? html`${freshness(this.knowledge, Date.now())} ${amountsButton(this.#amounts)}`
            : nothing
        }
        ${
          proof === 'session'
            ? html`<button type="button" class="link" @click=${() => this.#leave()}>
                ${common.session.signOut}
              </button>`
            : nothing
        }
      </header>
      <main id="content" class=${isAway(this.knowledge) ? 'away' : ''}>
        <div role="status">
          ${trouble === null ? nothing : troubled(trouble, this.knowledge, this.recalledAt)}
          ${this.isUpdated ? renewed(texts.updated, 'calm') : nothing}
        </div>
        ${
          session === 'signed_out'
            ? html`<div class="panel narrow">${signIn(this.#page(), this.problem)}</div>`
            : refusal !== null
              ? html`<div class="panel narrow">${turnedAway(refusal)}</div>`
              : session === 'unknown'
                ? html`<p class="soft">${common.loading}</p>`
                : place === null
                  ? toCome(this.route.page)
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

  override updated(_changed: PropertyValues<this>): void {
    void this.#load();
    void this.#follow();
  }

  /** Moves the focus with the page, so that screen readers read the new heading. */
  async #follow(): Promise<void> {
    // A page draws its heading in an update of its own.
    await this.querySelector<LitElement>('.page')?.updateComplete;
    const found = this.querySelector('h1');
    const heading = found?.textContent.trim() ?? '';
    if (heading === this.#heading) return;
    if (this.#heading !== '') found?.focus();
    this.#heading = heading;
    document.title = heading === '' ? product : `${heading} · ${product}`;
  }

  #place(): Place | null {
    const { logins } = this.knowledge;
    return logins === null ? null : placeOf(this.choice, logins, Date.now());
  }

  #show(place: Place): TemplateResult {
    const page = this.#page();
    const refusal = html`<div role="alert">
      ${this.problem === null ? nothing : html`<p class="notice bad">${discreet(this.problem)}</p>`}
    </div>`;
    const { missing } = this.loaded;
    if (missing === 'outdated') return renewed(common.navigation.changed, 'warn');
    if (missing === 'unreachable') return html`<p class="notice warn" role="alert">${texts.unloaded}</p>`;
    const { shown, setUp } = this.loaded;
    if (place.kind === 'overview')
      return html`${refusal}
      ${shown === null ? toCome(this.route.page) : opened(shown.page, pages[shown.page].show(page))}`;
    const choose = (redirect: Redirect) => {
      this.redirect = redirect;
    };
    const chosen = this.redirect ?? this.knowledge.setup?.redirects[0] ?? null;
    return html`<div class="set-up">
      ${refusal} ${setUp?.(page, { ...place, choice: { chosen, choose } }) ?? nothing}
    </div>`;
  }

  #page(): Page {
    const drawn = this.loaded.shown ?? this.route;
    return {
      store: this.#store,
      knowledge: this.knowledge,
      call: this.#call,
      renewals: this.#renewals,
      amounts: this.#amounts,
      favourites: this.#favourites,
      timeZone: this.knowledge.setup?.time_zone,
      route: drawn,
      travel: (to, how) => this.#travel(to, how),
      change: (members) => {
        if (this.route.page === drawn.page) this.#travel(changed(this.route, members), 'instead');
      },
      go: (choice) => {
        this.problem = null;
        this.choice = choice;
        if (choice.kind === 'overview') this.#travel(route('overview'));
        else if (location.hash !== '') history.pushState(null, '', location.pathname + location.search);
        if (choice.kind === 'sign_in') void this.#store.refresh();
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
    this.choice = toPages;
    this.route = at;
    // Another part of the page may be there.
    if (this.loaded.missing === 'unreachable') this.loaded = { ...this.loaded, missing: null };
    if (isElsewhere) window.scrollTo(0, 0);
  }

  /** Loads the code of the page to show; until then the previous page stays. */
  async #load(): Promise<void> {
    const place = this.#place();
    const { route: wanted, loaded } = this;
    if (place === null || loaded.missing === 'outdated') return;
    if (loaded.missing === 'unreachable' && this.knowledge.trouble !== null) return;
    try {
      if (place.kind === 'overview') {
        if (loaded.shown === wanted) return;
        await pages[wanted.page].load();
        if (this.route === wanted) this.loaded = { ...this.loaded, shown: wanted, missing: null };
      } else if (loaded.setUp === null) {
        this.loaded = { ...this.loaded, ...(await import('./set-up/set-up.ts')), missing: null };
      }
    } catch {
      this.loaded = { ...this.loaded, missing: (await this.#isAway()) ? 'unreachable' : 'outdated' };
    }
  }

  async #isAway(): Promise<boolean> {
    await this.#store.refresh();
    return this.#store.knowledge().trouble !== null;
  }

  #learn(knowledge: Knowledge): void {
    const { logins, setup, trouble } = knowledge;
    if (this.knowledge.trouble !== null && trouble === null) this.#return();
    // The bridge may have been updated since it was heard last.
    if (!this.knowledge.isLive && knowledge.isLive) void lookForUpdate(serviceWorkers(), wait);
    // Every answer brings new objects; the choice is about the redirect URL.
    const chosen = this.redirect?.redirect_uri;
    this.redirect = setup?.redirects.find(({ redirect_uri: uri }) => uri === chosen) ?? null;
    this.knowledge = knowledge;
    if (logins === null) return;
    this.choice = followed(pinned(this.choice, placeOf(this.choice, logins, Date.now())), logins);
  }

  /** The bridge answers again. */
  #return(): void {
    if (this.recalledAt !== null) this.#renewals += 1;
    this.recalledAt = null;
  }

  /** A link printed by the bridge carries a one-time code, which must not stay in the address. */
  async #enter(): Promise<void> {
    const code = /^#code=(.+)$/.exec(location.hash)?.[1];
    const found = routeOf(location.hash);
    if (found !== null) {
      const address = hashOf(route(found.page));
      // An earlier version gave it another one.
      if (!location.hash.startsWith(address)) history.replaceState(null, '', address);
      this.#arrive(found);
    }
    // Fetched while the bridge answers; where that fails, it is tried again when the page is shown.
    pages[this.route.page].load().catch(() => {});
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
    this.choice = start;
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

/** Before the first login there are no pages to go to. */
function isFirstSetUp(place: Place | null, { logins }: Knowledge): boolean {
  return place?.kind === 'step' && (logins ?? []).length === 0;
}

function pageOf(place: Place | null, { page }: Route) {
  return place === null || place.kind === 'overview' ? page : null;
}

/** Skips the navigation; the address stays. */
function skip(event: Event): void {
  event.preventDefault();
  document.querySelector('h1')?.focus();
}

function wait(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}

/** Whether what is shown is of an earlier time. */
function isAway({ session, trouble, logins }: Knowledge): boolean {
  return session === 'signed_in' && trouble !== null && logins !== null;
}

function troubled(trouble: string, knowledge: Knowledge, recalledAt: number | null): TemplateResult {
  const { heard, setup } = knowledge;
  const at = isAway(knowledge) && heard !== null ? Math.min(heard, recalledAt ?? heard) : null;
  return html`<div class="notice bad">
    <p>${trouble}</p>
    ${
      at === null
        ? nothing
        : html`<p>${texts.asOf(moment(new Date(at).toISOString(), setup?.time_zone, inSentence))}</p>`
    }
  </div>`;
}

/** Files of this page are gone or have changed, because the bridge was updated. */
function renewed(sentence: string, tone: 'warn' | 'calm'): TemplateResult {
  return html`<div class="notice ${tone}" role=${tone === 'warn' ? 'alert' : nothing}>
    <p>${sentence}</p>
    <button type="button" class="quiet" @click=${() => location.reload()}>${common.navigation.reload}</button>
  </div>`;
}

customElements.define('mb-app', App);
