import { attachHomeAssistant, createActionsConsent } from './app/home-assistant-composition.ts';
import { BankSide } from './app/bank.ts';
import { Books } from './app/books.ts';
import { createTransferService, moneyHealth, openMoneyRecords, type MoneyRecords } from './app/money.ts';
import { open, type Opened } from './app/opened.ts';
import type { AppOptions } from './app/options.ts';
import { createOutputManager } from './app/outputs.ts';
import type { CommandTable } from './commands/command.ts';
import type { TransferService } from './commands/transfer/service.ts';
import { createCommands } from './commands/table.ts';
import { chosenSettings } from './config.ts';
import type { RecordedEvent } from './domain/event.ts';
import { viewOf, type PartHealth, type View } from './domain/view.ts';
import type { Login } from './domain/login.ts';
import { createPseudonyms } from './http/diagnostics.ts';
import { createIngress } from './http/request-origin.ts';
import { createMetrics, type Metrics } from './http/metrics.ts';
import { createPrivateApp } from './http/private.ts';
import { createPublicApp } from './http/public.ts';
import { listen, portOf, type Listeners } from './http/server.ts';
import type { Services } from './http/services.ts';
import { createSignInCodes, type SignInCodes } from './http/page-sessions.ts';
import { Ingest } from './ingest/ingest.ts';
import { durations } from './limits.ts';
import { loginHealth } from './logins/trouble.ts';
import {
  createHomeAssistantPresence,
  type HomeAssistantPresence,
} from './outputs/home-assistant-presence.ts';
import { createLiveOutput } from './outputs/live/live.ts';
import type { HomeAssistantOutput } from './outputs/home-assistant/home-assistant-output.ts';
import type { Snapshot } from './outputs/output.ts';
import type { OutputManager } from './outputs/manager.ts';
import type { Store } from './store/store.ts';

/** The whole program, put together: with the files in `app/` the only place that knows everybody. */
export class App {
  readonly #options: AppOptions;
  readonly #store: Store;
  readonly #ingest: Ingest;
  readonly #metrics: Metrics;
  readonly #codes: SignInCodes;
  readonly #pseudonymOf: (id: string) => string;
  readonly #books: Books;
  readonly #live = createLiveOutput();
  readonly #bank: BankSide;
  readonly #money: MoneyRecords;
  readonly #transferService: TransferService;
  readonly #commands: CommandTable;
  readonly #presence: HomeAssistantPresence;
  readonly #homeAssistant: HomeAssistantOutput | null;
  readonly #outputs: OutputManager;
  readonly adminToken: string;
  #listeners: Listeners | null = null;

  private constructor(options: AppOptions, { store, secretKey, adminToken }: Opened) {
    const { log } = options;
    this.#options = options;
    this.adminToken = adminToken;
    this.#store = store;
    this.#codes = createSignInCodes(options);
    this.#pseudonymOf = createPseudonyms(secretKey);
    this.#books = new Books(store, log.for('books'));
    this.#metrics = createMetrics({
      undelivered: () => this.#outputs.undelivered(),
      health: () => this.health(),
      transactions: () => this.#books.transactions(),
    });
    this.#money = openMoneyRecords({ options, store, onChange: () => this.#outputs.renderSoon() });
    this.#ingest = new Ingest({
      store,
      onCommit: (events) => this.#committed(events),
      reconcile: (seen, knowledge) => this.#money.journal.reconcile(seen, knowledge),
    });
    this.#bank = new BankSide({
      options,
      store,
      secretKey,
      ingest: this.#ingest,
      metrics: this.#metrics,
      homeAssistant: () => this.#homeAssistant,
      onLoginChange: (login, previous) => this.#loginChanged(login, previous),
    });
    this.#transferService = createTransferService({
      ...this.#money,
      options,
      store,
      ingest: this.#ingest,
      logins: this.#bank.registry,
      onEvents: (events) => this.#committed(events),
    });
    this.#commands = this.#newCommands();
    this.#presence = createHomeAssistantPresence(store.settings);
    this.#homeAssistant = attachHomeAssistant({
      ...options,
      commands: this.#commands,
      secretKey,
      store,
      signIn: this.#bank.signIn,
      ring: (ring) => this.#bank.rangThere(ring),
      onListening: () => this.#bank.lookEverywhere(),
      onChange: () => this.#outputs.renderSoon(),
      presence: this.#presence,
      statesSettled: () => this.#outputs.settled(),
    });
    this.#outputs = createOutputManager({
      options,
      store,
      commands: this.#commands,
      presence: this.#presence,
      homeAssistant: this.#homeAssistant,
      live: this.#live,
      snapshot: () => this.#snapshot(),
    });
  }

  /** Opens everything or nothing. Throws a BridgeError whose sentence says what to correct. */
  static async start(options: AppOptions): Promise<App> {
    const app = new App(options, open(options));
    try {
      await app.#open();
      return app;
    } catch (thrown) {
      await app.close();
      throw thrown;
    }
  }

  /** Where the private listener answers. */
  get uiUrl(): string {
    return this.#listeners?.uiUrl ?? '';
  }

  /** Where the public listener answers, on this machine. */
  get publicUrl(): string {
    return this.#listeners?.publicUrl ?? '';
  }

  /** A new link that signs one browser in to the page, once, within ten minutes. Not for logs. */
  signInLink(): string {
    return `${this.uiUrl}/#code=${this.#codes.create()}`;
  }

  view(): View {
    const { clock, config } = this.#options;
    const staleAfter = config.STALE_HOURS * durations.hour;
    return viewOf({
      knowledge: this.#ingest.knowledge(),
      logins: this.#bank.registry.views(),
      now: clock.now(),
      staleAfter,
    });
  }

  health(): readonly PartHealth[] {
    return [
      this.#ingest.health(),
      ...this.#bank.registry.views().map(loginHealth),
      this.#bank.subscriptions.health(),
      moneyHealth(this.#money, this.#store),
      ...this.#outputs.health(),
    ];
  }

  /** Stops in the reverse order of starting; bounded, and nothing that is recorded is lost. */
  async close(): Promise<void> {
    await this.#transferService.close();
    await this.#listeners?.close();
    await this.#bank.close();
    await this.#outputs.close();
    await this.#books.close();
    this.#store.close();
  }

  async #open(): Promise<void> {
    const { config, clock, log, secrets, randomBytes, supervisor, webDirectory } = this.#options;
    this.#outputs.deliver();
    const services = this.#services();
    const publicApp = await createPublicApp({ services, log });
    const privateApp = await createPrivateApp({
      services,
      config,
      clock,
      log,
      randomBytes,
      scrub: (text) => secrets.scrub(text),
      webDirectory,
      adminToken: this.adminToken,
      codes: this.#codes,
      ingress: createIngress(supervisor),
      publicPort: () => portOf(publicApp),
    });
    this.#listeners = await listen({ privateApp, publicApp, config });
    for (const { id } of this.#bank.registry.all()) this.#bank.pool.startPolling(id);
    this.#transferService.resume();
    void this.#outputs.run();
    void this.#books.revise();
  }

  #newCommands(): CommandTable {
    return createCommands({
      registry: this.#bank.registry,
      ...this.#money,
      transferService: this.#transferService,
      clock: this.#options.clock,
      store: this.#store,
      log: this.#options.log.for('commands'),
      view: () => this.view(),
      knowledge: () => this.#ingest.knowledge(),
      homeAssistantTarget: async (id) => (await this.#homeAssistant?.findTarget(id)) ?? null,
      pool: this.#bank.pool,
      subscriptions: this.#bank.subscriptions,
    });
  }

  #services(): Services {
    return {
      version: this.#options.version,
      registry: this.#bank.registry,
      signIn: this.#bank.signIn,
      store: this.#store,
      rails: this.#money.rails,
      moneyPause: this.#money.moneyPause,
      reader: this.#books.reader,
      live: this.#live,
      view: () => this.view(),
      health: () => this.health(),
      sinks: () => this.#outputs.sinks(),
      retryParked: (choice) => this.#outputs.retry(choice),
      homeAssistant: { state: () => this.#presence.state(), isGone: () => this.#presence.markGone() },
      reload: (loginId) => this.#bank.reload(loginId),
      removeLogin: async (loginId, keepHistory) => {
        await this.#bank.remove(loginId, keepHistory);
        this.#outputs.renderSoon();
      },
      homeAssistantRedirect: () => this.#homeAssistant?.redirectUri() ?? null,
      loginOfState: (state) => this.#store.authorisations.ownerOf(state),
      accountOfKey: (key) => this.#bank.accountOfKey(key),
      ring: (accountId, body) => this.#bank.rangHere(accountId, body),
      commands: this.#commands,
      actions: createActionsConsent({
        config: this.#options.config,
        settings: this.#store.settings,
        homeAssistant: () => this.#homeAssistant,
      }),
      subscriptions: () => this.#bank.subscriptions.all(),
      webhooksOf: (loginId) => this.#bank.subscriptions.countFor(loginId),
      approvalRenewed: (loginId) => this.#bank.registry.approvalRenewed(loginId),
      signInLink: () => this.signInLink(),
      metrics: () => this.#metrics.text(),
      calls: () => this.#metrics.calls(),
      startedAt: this.#bank.startedAt,
      callsOf: (loginId) => this.#bank.callsOf(loginId),
      doorbells: () => this.#bank.doorbell.activity(),
      settings: () => chosenSettings(this.#options.config),
      pseudonymOf: this.#pseudonymOf,
    };
  }

  /** State first where something happened: an automation that an event starts must find its balance. */
  #committed(events: readonly RecordedEvent[]): void {
    this.#metrics.countEvents(events);
    if (events.length === 0) this.#outputs.renderSoon();
    else this.#outputs.announce();
  }

  #loginChanged(login: Login, previous: Login | null): void {
    this.#outputs.renderSoon();
    if (this.#listeners !== null && login.state !== previous?.state) this.#bank.pool.startPolling(login.id);
  }

  #snapshot(): Snapshot {
    const view = this.view();
    return {
      view,
      bridge: {
        version: this.#options.version,
        paused: this.#money.moneyPause.isPaused(),
        undelivered: this.#outputs.undelivered(),
        health: this.health(),
        counts: { logins: view.logins.length, accounts: view.accounts.length, pots: view.pots.length },
      },
    };
  }
}
