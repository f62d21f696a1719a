import { attachHomeAssistant } from './app/home-assistant.ts';
import type { Clock } from './clock.ts';
import { Brake } from './commands/brake.ts';
import type { CommandTable } from './commands/command.ts';
import { createCommands } from './commands/table.ts';
import { chosenSettings, type Config } from './config.ts';
import type { Account } from './domain/bank.ts';
import type { PartHealth } from './domain/health.ts';
import type { Login } from './domain/login.ts';
import { shownAccounts, viewOf, type View } from './domain/view.ts';
import { createPseudonyms } from './http/diagnostics.ts';
import { createIngress, type Supervisor } from './http/ingress.ts';
import { createMetrics, type Metrics } from './http/metrics.ts';
import { createPrivateApp } from './http/private.ts';
import { createPublicApp } from './http/public.ts';
import { listen, portOf, type Listeners } from './http/server.ts';
import type { Services } from './http/services.ts';
import { createSignInCodes, type SignInCodes } from './http/sessions.ts';
import { DoorbellKeys } from './ingest/doorbell-keys.ts';
import { Doorbell } from './ingest/doorbell.ts';
import { Ingest } from './ingest/ingest.ts';
import { PollerPool } from './ingest/poller-pool.ts';
import { shapeReporter } from './ingest/shape-reporter.ts';
import { Subscriptions } from './ingest/subscriptions.ts';
import { createRemoval } from './ingest/removal.ts';
import { durations } from './limits.ts';
import type { Log, Secrets } from './log.ts';
import { loginHealth } from './logins/health.ts';
import { LoginRegistry } from './logins/registry.ts';
import { SignIn } from './logins/sign-in.ts';
import { createTransport, type BankCall } from './monzo/transport.ts';
import type { HomeAssistantOutput } from './outputs/home-assistant/home-assistant.ts';
import { createMqttOutput, type MqttOutput } from './outputs/mqtt/publisher.ts';
import type { Picture } from './outputs/output.ts';
import { Stage } from './outputs/stage.ts';
import { adminTokenFrom, secretKeyFrom } from './store/directory.ts';
import { openStore, type Store } from './store/store.ts';

export interface AppOptions {
  readonly config: Config;
  readonly clock: Clock;
  readonly log: Log;
  readonly secrets: Secrets;
  readonly fetch: typeof globalThis.fetch;
  /** Between 0 and 1. */
  readonly random: () => number;
  readonly randomBytes: (size: number) => Uint8Array;
  readonly version: string;
  readonly supervisor?: Supervisor;
  /** Where the built page lies, if not beside the program. */
  readonly webDirectory?: string;
}

/** What has to be open before anything else can be built. */
interface Opened {
  readonly store: Store;
  readonly secretKey: Uint8Array;
  readonly adminToken: string;
}

/** How often the picture is drawn again by itself: time alone makes values stale. */
const redrawOften = durations.minute;

/** The whole program, put together: the only place that knows everybody. */
export class App {
  readonly #options: AppOptions;
  readonly #store: Store;
  readonly #ingest: Ingest;
  readonly #registry: LoginRegistry;
  readonly #signIn: SignIn;
  readonly #pool: PollerPool;
  readonly #metrics: Metrics;
  readonly #keys: DoorbellKeys;
  readonly #codes: SignInCodes;
  readonly #pseudonymOf: (id: string) => string;
  readonly #brake: Brake;
  readonly #commands: CommandTable;
  readonly #subscriptions: Subscriptions;
  readonly #doorbell: Doorbell;
  readonly #homeAssistant: HomeAssistantOutput | null;
  readonly #stage: Stage;
  readonly adminToken: string;
  #listeners: Listeners | null = null;

  private constructor(options: AppOptions, { store, secretKey, adminToken }: Opened) {
    const { clock, log, secrets } = options;
    this.#options = options;
    this.adminToken = adminToken;
    this.#store = store;
    this.#keys = new DoorbellKeys(secretKey);
    this.#codes = createSignInCodes(options);
    this.#pseudonymOf = createPseudonyms(secretKey);
    this.#metrics = createMetrics({
      undelivered: () => this.#stage.undelivered(),
      health: () => this.health(),
      transactions: () => this.#store.ledger.count(),
    });
    this.#ingest = new Ingest({
      store: this.#store,
      onCommit: (events) => {
        this.#metrics.countEvents(events);
        if (events.length === 0) this.#stage.redraw();
        else this.#stage.announce();
      },
    });
    this.#registry = new LoginRegistry({
      store: this.#store,
      clock,
      log: log.for('logins'),
      secrets,
      createTransport: () => this.#newTransport(),
      onChange: (login, previous) => this.#loginChanged(login, previous),
    });
    this.#signIn = this.#newSignIn();
    this.#subscriptions = this.#newSubscriptions();
    this.#pool = this.#newPool();
    this.#doorbell = new Doorbell({
      clock,
      list: (accountId) => this.#pool.ring(accountId),
      look: (accountId, transactionId) => this.#pool.look(accountId, transactionId),
      has: (transactionId) => this.#store.ledger.byId(transactionId) !== undefined,
    });
    this.#brake = new Brake(store.settings, () => this.#stage.redraw());
    this.#commands = createCommands({
      registry: this.#registry,
      brake: this.#brake,
      log: log.for('commands'),
      view: () => this.view(),
      pool: this.#pool,
      subscriptions: this.#subscriptions,
    });
    this.#homeAssistant = attachHomeAssistant({
      ...options,
      secretKey,
      store,
      signIn: this.#signIn,
      ring: (accountId) => this.#rang(accountId),
      onListening: () => this.#lookEverywhere(),
      onChange: () => this.#stage.redraw(),
    });
    this.#stage = this.#newStage();
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
      logins: this.#registry.all(),
      now: clock.now(),
      staleAfter,
    });
  }

  health(): readonly PartHealth[] {
    return [
      this.#ingest.health(),
      ...this.#registry.all().map(loginHealth),
      this.#subscriptions.health(),
      ...this.#stage.health(),
    ];
  }

  /** Stops in the reverse order of starting; bounded, and nothing that is recorded is lost. */
  async close(): Promise<void> {
    await this.#listeners?.close();
    this.#doorbell.close();
    await this.#pool.close();
    await this.#stage.close();
    this.#store.close();
  }

  async #open(): Promise<void> {
    const { config, clock, log, secrets, randomBytes, supervisor, webDirectory } = this.#options;
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
    for (const { id } of this.#registry.all()) this.#pool.attend(id);
    void this.#stage.run();
  }

  #services(): Services {
    return {
      version: this.#options.version,
      registry: this.#registry,
      signIn: this.#signIn,
      store: this.#store,
      view: () => this.view(),
      health: () => this.health(),
      sinks: () => this.#stage.sinks(),
      reload: async (loginId) => {
        await this.#pool.tryNow(this.#registry.get(loginId).id);
        return this.#registry.get(loginId);
      },
      removeLogin: (loginId, keepHistory) => this.#removeLogin(loginId, keepHistory),
      homeAssistantRedirect: () => this.#homeAssistant?.redirectUri() ?? null,
      loginOfState: (state) => this.#store.authorisations.ownerOf(state),
      accountOfKey: (key) => this.#keys.accountOf(key, this.#accounts()),
      ring: (accountId, body) => this.#doorbell.ring(accountId, body),
      commands: this.#commands,
      webhooksOf: (loginId) => this.#subscriptions.countFor(loginId),
      approvalRenewed: (loginId) => this.#registry.approvalRenewed(loginId),
      signInLink: () => this.signInLink(),
      metrics: () => this.#metrics.text(),
      calls: () => this.#metrics.calls(),
      settings: () => chosenSettings(this.#options.config),
      pseudonymOf: this.#pseudonymOf,
    };
  }

  #newTransport() {
    const { fetch, clock, random, config } = this.#options;
    const onCall = ({ method, path, status, fault }: BankCall) =>
      this.#metrics.countCall({ method, path, outcome: fault ?? String(status) });
    return createTransport({ fetch, clock, random, apiUrl: config.MONZO_API_URL, onCall });
  }

  #newSignIn(): SignIn {
    const { clock, log, secrets, config, randomBytes } = this.#options;
    return new SignIn({
      registry: this.#registry,
      store: this.#store,
      clock,
      log: log.for('logins'),
      secrets,
      authUrl: config.MONZO_AUTH_URL,
      randomId: (size) => Buffer.from(randomBytes(size)).toString('hex'),
      lookAgain: (loginId) => void this.#pool.tryNow(loginId).catch(() => {}),
    });
  }

  #newPool(): PollerPool {
    const { clock, log, config } = this.#options;
    return new PollerPool({
      ingest: this.#ingest,
      store: this.#store,
      logins: this.#registry,
      clock,
      log: log.for('poller'),
      timeZone: config.TIME_ZONE,
      pollEvery: config.POLL_SECONDS === null ? null : config.POLL_SECONDS * durations.second,
      subscriptions: this.#subscriptions,
      report: shapeReporter(this.#store.shapes, clock, log.for('bank')),
    });
  }

  #newSubscriptions(): Subscriptions {
    const { config, log } = this.#options;
    const pathOf = (accountId: string) => `/hooks/${this.#keys.keyOf(accountId)}`;
    return new Subscriptions({
      settings: this.#store.settings,
      log: log.for('webhooks'),
      addressOf: (accountId) =>
        config.PUBLIC_URL === null
          ? (this.#homeAssistant?.webhookUrl() ?? null)
          : `${config.PUBLIC_URL}${pathOf(accountId)}`,
      // The key alone proves it: nobody else can make one, and our public address may have been another one before.
      isOurs: (url, accountId) =>
        url.endsWith(pathOf(accountId)) || url === this.#homeAssistant?.webhookUrl(),
      isReachable: () => config.PUBLIC_URL !== null || this.#homeAssistant?.isListening() === true,
    });
  }

  #newStage(): Stage {
    const { config, clock, random } = this.#options;
    const redrawEvery = Math.min(redrawOften, (config.STALE_HOURS * durations.hour) / 4);
    const { events } = this.#store;
    const stage = new Stage({ clock, random, events, redrawEvery, picture: () => this.#picture() });
    if (config.MQTT_URL !== null) {
      const mqtt = this.#newMqtt(config.MQTT_URL);
      stage.addOutput(mqtt);
      stage.addSink(mqtt.sink);
    }
    if (this.#homeAssistant !== null) {
      stage.addOutput(this.#homeAssistant);
      stage.addSink(this.#homeAssistant.sink);
    }
    return stage;
  }

  #newMqtt(url: string): MqttOutput {
    const { config, clock, log, random } = this.#options;
    return createMqttOutput({
      url,
      baseTopic: config.MQTT_BASE_TOPIC,
      discoveryPrefix: config.MQTT_DISCOVERY_PREFIX,
      retainState: config.MQTT_RETAIN_STATE,
      eventDetail: config.MQTT_EVENT_DETAIL,
      commands: this.#commands,
      allowedCommands: config.MQTT_COMMANDS,
      clock,
      random,
      log: log.for('mqtt'),
    });
  }

  /** Who may be rung for; a ring need not wait for names and balances to be drawn. */
  #accounts(): readonly Account[] {
    return shownAccounts(this.#ingest.knowledge()).map(({ account }) => account);
  }

  /** Home Assistant's webhook passes on whatever was posted: only accounts there are get looked at. */
  #rang(accountId: string): void {
    if (this.#accounts().some(({ id }) => id === accountId)) this.#doorbell.ring(accountId, '');
  }

  /** After a deafness: webhooks are brought in order, and every account is looked at. */
  #lookEverywhere(): void {
    void this.#pool.reconcileWebhooks().catch(() => {});
    for (const { id } of this.#accounts()) this.#doorbell.ring(id, '');
  }

  #loginChanged(login: Login, previous: Login | null): void {
    this.#stage.redraw();
    if (this.#listeners !== null && login.state !== previous?.state) this.#pool.attend(login.id);
  }

  async #removeLogin(loginId: string, keepHistory: boolean): Promise<void> {
    const { clock, log, config } = this.#options;
    const parts = { registry: this.#registry, pool: this.#pool, ingest: this.#ingest };
    const subscriptions = this.#subscriptions;
    const timeZone = config.TIME_ZONE;
    const remove = createRemoval({ ...parts, subscriptions, timeZone, clock, log: log.for('logins') });
    await remove(loginId, keepHistory);
    this.#stage.redraw();
  }

  #picture(): Picture {
    const view = this.view();
    return {
      view,
      bridge: {
        version: this.#options.version,
        paused: this.#brake.isPulled(),
        undelivered: this.#stage.undelivered(),
        health: this.health(),
        counts: { logins: view.logins.length, accounts: view.accounts.length, pots: view.pots.length },
      },
    };
  }
}

function open({ config, clock, secrets, randomBytes, supervisor }: AppOptions): Opened {
  const directory = config.DATA_DIR;
  const secretKey = secretKeyFrom({ directory, randomBytes, given: config.SECRET_KEY ?? undefined });
  const adminToken = adminTokenFrom({ directory, randomBytes, given: config.ADMIN_TOKEN ?? undefined });
  const password = config.MQTT_URL === null ? '' : decodeURIComponent(new URL(config.MQTT_URL).password);
  const keyText = Buffer.from(secretKey).toString('hex');
  const token = config.HOME_ASSISTANT_TOKEN ?? '';
  for (const secret of [adminToken, keyText, password, token, supervisor?.token ?? ''])
    secrets.conceal(secret);
  return { store: openStore({ directory, clock, secretKey, randomBytes }), secretKey, adminToken };
}
