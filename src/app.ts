import type { Clock } from './clock.ts';
import { Brake } from './commands/brake.ts';
import type { CommandTable } from './commands/command.ts';
import { createCommands } from './commands/table.ts';
import type { Config } from './config.ts';
import type { PartHealth } from './domain/health.ts';
import type { Login } from './domain/login.ts';
import { viewOf, type View } from './domain/view.ts';
import { createMetrics, type Metrics } from './http/metrics.ts';
import { createPrivateApp } from './http/private.ts';
import { createPublicApp } from './http/public.ts';
import { listen, portOf, type Listeners } from './http/server.ts';
import type { Services, SinkPosition } from './http/services.ts';
import { DoorbellKeys } from './ingest/doorbell-keys.ts';
import { Ingest } from './ingest/ingest.ts';
import { PollerPool } from './ingest/poller-pool.ts';
import { durations } from './limits.ts';
import type { Log, Secrets } from './log.ts';
import { LoginRegistry } from './logins/registry.ts';
import { SignIn } from './logins/sign-in.ts';
import type { ShapeReport } from './monzo/shape.ts';
import { createTransport, type BankCall } from './monzo/transport.ts';
import { createDelivery, type Delivery } from './outputs/deliver.ts';
import { createMqttOutput, type MqttOutput } from './outputs/mqtt/publisher.ts';
import type { Picture } from './outputs/output.ts';
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
}

/** What has to be open before anything else can be built. */
interface Opened {
  readonly store: Store;
  readonly secretKey: Uint8Array;
  readonly adminToken: string;
}

/** How often the picture is drawn again by itself: time alone makes values stale. */
const redrawEvery = durations.minute;

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
  readonly #brake: Brake;
  readonly #commands: CommandTable;
  readonly #mqtt: MqttOutput | null;
  readonly #deliveries: readonly Delivery[];
  readonly #stop = new AbortController();
  readonly adminToken: string;
  #listeners: Listeners | null = null;
  #redrawing = false;

  private constructor(options: AppOptions, { store, secretKey, adminToken }: Opened) {
    const { clock, log, secrets } = options;
    this.#options = options;
    this.adminToken = adminToken;
    this.#store = store;
    this.#keys = new DoorbellKeys(secretKey);
    this.#metrics = createMetrics({
      undelivered: () => this.#undelivered(),
      health: () => this.health(),
      transactions: () => this.#store.ledger.count(),
    });
    this.#ingest = new Ingest({
      store: this.#store,
      onCommit: (events) => {
        if (events.length === 0) return this.#redraw();
        this.#metrics.countEvents(events);
        // State first: an automation that an event starts must find the balance that belongs to it.
        this.#draw();
        for (const delivery of this.#deliveries) delivery.ring();
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
    this.#pool = this.#newPool();
    this.#brake = new Brake(store.settings, () => this.#redraw());
    this.#commands = createCommands({
      registry: this.#registry,
      brake: this.#brake,
      log: log.for('commands'),
      tryNow: (loginId) => this.#pool.tryNow(loginId),
    });
    this.#mqtt = this.#newMqtt();
    this.#deliveries = this.#mqtt === null ? [] : [this.#newDelivery(this.#mqtt)];
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
      ...(this.#mqtt === null ? [] : [this.#mqtt.health()]),
      ...this.#deliveries.map((delivery) => delivery.health()),
    ];
  }

  /** Stops in the reverse order of starting; bounded, and nothing that is recorded is lost. */
  async close(): Promise<void> {
    this.#stop.abort(new Error('the bridge is stopping'));
    await this.#listeners?.close();
    await this.#pool.close();
    await Promise.all(this.#deliveries.map((delivery) => delivery.close()));
    await this.#mqtt?.close();
    this.#store.close();
  }

  async #open(): Promise<void> {
    const { config, clock, log } = this.#options;
    const services = this.#services();
    const publicApp = await createPublicApp({ services, log });
    const privateApp = await createPrivateApp({
      services,
      config,
      clock,
      log,
      adminToken: this.adminToken,
      publicPort: () => portOf(publicApp),
    });
    this.#listeners = await listen({ privateApp, publicApp, config });
    for (const { id } of this.#registry.all()) this.#pool.attend(id);
    void this.#redrawForEver();
  }

  #services(): Services {
    return {
      version: this.#options.version,
      registry: this.#registry,
      signIn: this.#signIn,
      store: this.#store,
      view: () => this.view(),
      health: () => this.health(),
      sinks: () => this.#sinks(),
      reload: async (loginId) => {
        await this.#pool.tryNow(this.#registry.get(loginId).id);
        return this.#registry.get(loginId);
      },
      removeLogin: (loginId, keepHistory) => this.#removeLogin(loginId, keepHistory),
      loginOfState: (state) => this.#store.authorisations.ownerOf(state),
      accountOfKey: (key) => this.#keys.accountOf(key, this.view().accounts),
      ring: (accountId) => void this.#pool.ring(accountId).catch(() => {}),
      metrics: () => this.#metrics.text(),
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
      webhooksWork: () => false,
      report: shapeReporter(this.#store, clock, log.for('bank')),
    });
  }

  #newMqtt(): MqttOutput | null {
    const { config, clock, log, random } = this.#options;
    if (config.MQTT_URL === null) return null;
    return createMqttOutput({
      url: config.MQTT_URL,
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

  #newDelivery(mqtt: MqttOutput): Delivery {
    const { clock, random } = this.#options;
    const { events } = this.#store;
    const { name } = mqtt.sink;
    return createDelivery({
      sink: mqtt.sink,
      read: (after) => events.after(after, 100),
      cursor: () => events.cursor(name),
      moveCursor: (seq) => events.moveCursor(name, seq),
      clock,
      random,
      onChange: () => this.#redraw(),
    });
  }

  #sinks(): readonly SinkPosition[] {
    if (this.#mqtt === null) return [];
    const { name } = this.#mqtt.sink;
    const { events } = this.#store;
    const cursor = events.cursor(name);
    return [{ name, cursor, undelivered: events.countAfter(cursor) }];
  }

  #undelivered(): number {
    return Math.max(0, ...this.#sinks().map(({ undelivered }) => undelivered));
  }

  #loginChanged(login: Login, previous: Login | null): void {
    this.#redraw();
    if (this.#listeners !== null && login.state !== previous?.state) this.#pool.attend(login.id);
  }

  async #removeLogin(loginId: string, keepHistory: boolean): Promise<void> {
    this.#registry.get(loginId);
    await this.#pool.dismiss(loginId);
    this.#registry.remove(loginId);
    const orphans = this.#ingest.forget(loginId, this.#options.clock.now());
    if (!keepHistory) for (const accountId of orphans) this.#store.ledger.forgetAccount(accountId);
    this.#redraw();
  }

  /** Many changes in one turn make one picture. */
  #redraw(): void {
    if (this.#redrawing || this.#mqtt === null) return;
    this.#redrawing = true;
    setImmediate(() => this.#draw());
  }

  #draw(): void {
    this.#redrawing = false;
    if (!this.#stop.signal.aborted) this.#mqtt?.show(this.#picture());
  }

  async #redrawForEver(): Promise<void> {
    const { clock, config } = this.#options;
    const often = Math.min(redrawEvery, (config.STALE_HOURS * durations.hour) / 4);
    while (!this.#stop.signal.aborted) {
      this.#redraw();
      await clock.wait(often, this.#stop.signal).catch(() => {});
    }
  }

  #picture(): Picture {
    const view = this.view();
    return {
      view,
      bridge: {
        version: this.#options.version,
        paused: this.#brake.isPulled(),
        undelivered: this.#undelivered(),
        health: this.health(),
        counts: { logins: view.logins.length, accounts: view.accounts.length, pots: view.pots.length },
      },
    };
  }
}

function open({ config, clock, secrets, randomBytes }: AppOptions): Opened {
  const directory = config.DATA_DIR;
  const secretKey = secretKeyFrom({ directory, randomBytes, given: config.SECRET_KEY ?? undefined });
  const adminToken = adminTokenFrom({ directory, randomBytes, given: config.ADMIN_TOKEN ?? undefined });
  const password = config.MQTT_URL === null ? '' : decodeURIComponent(new URL(config.MQTT_URL).password);
  const keyText = Buffer.from(secretKey).toString('hex');
  const token = config.HOME_ASSISTANT_TOKEN ?? '';
  for (const secret of [adminToken, keyText, password, token]) secrets.conceal(secret);
  return { store: openStore({ directory, clock, secretKey, randomBytes }), secretKey, adminToken };
}

function loginHealth({ id, state, needs, name }: Login): PartHealth {
  const part = `login ${id}`;
  if (state === 'active') return { part, state: needs === null ? 'ok' : 'degraded', sentence: needs };
  return { part, state: 'needs_user', sentence: needs ?? `${name}: this login is not connected yet.` };
}

/** Every shape is written down and told once while the program runs; a page full of them costs one write. */
function shapeReporter({ shapes }: Store, clock: Clock, log: Log): ShapeReport {
  const told = new Set<string>();
  return (shape) => {
    const { where, path, expected, got } = shape;
    const fingerprint = JSON.stringify([where, path, expected, got]);
    if (told.has(fingerprint)) return;
    told.add(fingerprint);
    shapes.note(shape, clock.now());
    const sentence = 'Monzo sent something in a shape that is new here; what is usable of it is used.';
    log.info(sentence, { where, path, expected, got });
  };
}
