import { join } from 'node:path';
import { createBank } from './app/bank-access.ts';
import {
  connectHomeAssistant,
  createActionsConsent,
  createHomeAssistant,
  followHomeAssistant,
  mqttUse,
} from './app/home-assistant-composition.ts';
import { createBlueprintOrders, createBlueprintReader } from './app/blueprint-orders.ts';
import { createDashboardOrders, createFileReader } from './app/dashboard-orders.ts';
import { createTransferService, noteUseDaily, openMoneyRecords } from './app/money.ts';
import {
  createClosing,
  open,
  reviseLedger,
  type AppOptions,
  type Closing,
  type Opened,
} from './app/opened.ts';
import { addOutputs, createOutputManager, pageAddress } from './app/outputs.ts';
import { createChecks } from './app/checks.ts';
import { createHouseholdView, type HouseholdView } from './app/household-view.ts';
import { watchForSteps } from './app/clock-watch.ts';
import { chosenSettings } from './config.ts';
import type { Clock } from './clock.ts';
import { moneyHealth } from './commands/rails-store.ts';
import { createCommands } from './commands/table.ts';
import { createNarrowing } from './commands/targets.ts';
import { OwnChanges } from './commands/transfer/own-changes.ts';
import type { TransferService } from './commands/transfer/service.ts';
import type { RecordedEvent } from './domain/event.ts';
import type { PartHealth, View } from './domain/view.ts';
import { createPseudonyms } from './http/diagnostics.ts';
import { createFingerprints } from './http/guard.ts';
import { createMetrics } from './http/metrics.ts';
import { pageAddresses, type PageAddresses } from './http/page-addresses.ts';
import { createSignInCodes, signInLinks, type SignInCodes } from './http/page-sessions.ts';
import type { Ingress } from './http/request-origin.ts';
import { listen, portOf, webAddress, type Listeners } from './http/server.ts';
import type { Services } from './http/services.ts';
import { startBalanceRereading } from './ingest/balance-rereading.ts';
import { Ingest } from './ingest/ingest.ts';
import { loginHealth } from './logins/trouble.ts';
import { createBankClock, createCorrectedClock } from './monzo/bank-clock.ts';
import { clockHealth } from './monzo/clock-health.ts';
import { createDeletedDevices, createHomeAssistantPresence } from './outputs/home-assistant-presence.ts';
import { createLiveOutput } from './outputs/live-output.ts';
import type { Snapshot } from './outputs/output.ts';
import { refuse } from './refusals/refuse.ts';
import { connectSupervisor } from './supervisor/access.ts';

/** The whole program, put together: with the files in `app/` the only place that knows every part. */
export class App {
  readonly #parts: Parts;
  readonly #closing: Closing;
  #listeners: Listeners | null = null;

  private constructor(time: BankTimed, opened: Opened, closing: Closing) {
    this.#closing = closing;
    this.#parts = assemble(time, opened, closing);
  }

  /** Opens everything or nothing. Throws a BridgeError whose sentence says what to correct. */
  static async start(options: AppOptions): Promise<App> {
    const closing = createClosing(options);
    try {
      const time = withBankTime(options);
      const app = new App(time, await open(time.options, closing), closing);
      await app.#start();
      return app;
    } catch (thrown) {
      await closing.close();
      throw thrown;
    }
  }

  get adminToken(): string {
    return this.#parts.adminToken;
  }

  /** Where the private listener answers. */
  get uiUrl(): string {
    return this.#listeners?.uiUrl ?? '';
  }

  /** Where the public listener answers, on this machine. */
  get publicUrl(): string {
    return this.#listeners?.publicUrl ?? '';
  }

  /** A new link for one browser on this machine. Not for logs. */
  signInLink(): string {
    return this.signInLinks().url;
  }

  /** New links that sign one browser in to the page, once, within ten minutes. Not for logs. */
  signInLinks(): ReturnType<typeof signInLinks> {
    return signInLinks(addressesOf(this.#parts)(portIn(this.uiUrl)), this.#parts.codes);
  }

  view(): View {
    return this.#parts.view();
  }

  health(): readonly PartHealth[] {
    return this.#parts.health();
  }

  /** Stops in the reverse order of starting, in bounded time; nothing that is recorded is lost. */
  async close(): Promise<void> {
    await this.#closing.close();
  }

  async #start(): Promise<void> {
    const { options, store, outputs, bank, transferService, releases } = this.#parts;
    this.#closing.add('HTTP listeners', async () => this.#listeners?.close());
    // Closed first: it answers the callers who wait for a move, also those at the listeners.
    this.#closing.add('money moves', () => transferService.close());
    outputs.deliver(() => snapshotOf(this.#parts));
    // The broker can hear what the ledger knows while the listeners load, where their address is known before.
    const { UI_HOST: host, UI_PORT: port } = options.config;
    if (port !== 0) {
      this.#parts.listening.at = webAddress(host, port);
      outputs.renderSoon();
    }
    this.#listeners = await openListeners(this.#parts);
    this.#parts.listening.at = this.#listeners.uiUrl;
    bank.pool.start();
    bank.signIn.checkSecrets();
    transferService.resume();
    void outputs.run();
    void releases.run();
    void reviseLedger(store, options.log.for('ledger'), this.#closing);
    this.#watchTime();
  }

  #watchTime(): void {
    const { wallClock, options, bank } = this.#parts;
    const ended = new AbortController();
    const { signal } = ended;
    const log = options.log.for('clock');
    const onStep = () => {
      bank.subscriptions.rings.missed();
      bank.pool.lookAgain();
    };
    const watch = watchForSteps({ wallClock, log, signal, onStep });
    this.#closing.add('clock', async () => {
      ended.abort();
      await watch;
    });
  }
}

/** Everything but the listeners. */
interface Parts extends Opened, Omit<Services, 'about' | 'optionalEntities'>, HouseholdView {
  readonly options: AppOptions;
  /** Where the private listener answers; empty until it does. */
  readonly listening: { at: string };
  readonly wallClock: Clock;
  readonly startedAt: number;
  readonly transferService: TransferService;
  readonly codes: SignInCodes;
}

/** Creates every part from those before it. What needs closing is added to `closing` as soon as it exists. */
function assemble(time: BankTimed, opened: Opened, closing: Closing): Parts {
  const ground = createGround(time, opened, closing);
  const core = createCore(ground, closing);
  return { ...ground, ...core, ...createReceivers({ ...ground, ...core }) };
}

/** From here on every instant is the bank's, as far as it is known; `wallClock` is the machine's own. */
function withBankTime(options: AppOptions) {
  const { clock: wallClock } = options;
  const bankClock = createBankClock(wallClock);
  return { bankClock, wallClock, options: { ...options, clock: createCorrectedClock(wallClock, bankClock) } };
}

type BankTimed = ReturnType<typeof withBankTime>;

/** What exists before anything is known of the bank: the data directory, and where changes are announced. */
function createGround(time: BankTimed, opened: Opened, closing: Closing) {
  const { options } = time;
  const metrics = createMetrics({ showsBalances: options.config.METRICS_BALANCES });
  const connection = connectHomeAssistant(options, opened.secretKey);
  closing.add('Home Assistant connection', async () => connection?.close());
  const outputs = createOutputManager(options, { ...opened, ...time, metrics });
  closing.add('outputs', () => outputs.close());
  const supervisor = connectSupervisor(options);
  closing.add('Supervisor', async () => supervisor?.close());
  supervisor?.onChange(() => outputs.renderSoon());
  const listening = { at: '' };
  const whole: Whole = { health: () => [] };
  const pageUrl = () => pageAddress(options, { listening: listening.at, supervisor });
  const startedAt = options.clock.now();
  return {
    ...opened,
    ...time,
    metrics,
    connection,
    supervisor,
    outputs,
    startedAt,
    listening,
    pageUrl,
    whole,
  };
}

/** What only exists once everything does, for those who ask for it later. */
interface Whole {
  health: () => readonly PartHealth[];
}

type Ground = ReturnType<typeof createGround>;

/** All that reads and moves: the write path, the bank with its logins, the commands. */
function createCore(ground: Ground, closing: Closing) {
  const { options, store, metrics, outputs, connection } = ground;
  const { clock, log, config } = options;
  // State first where something happened: an automation that an event starts must find its balance.
  const announce = (events: readonly RecordedEvent[]) => {
    metrics.countEvents(events);
    if (events.length === 0) outputs.renderSoon();
    else outputs.announce();
  };
  const money = openMoneyRecords({ ...ground, onChange: () => outputs.renderSoon() });
  closing.add('note of the last use', noteUseDaily({ options, ...money }));
  const ingest = new Ingest({
    store,
    onCommit: announce,
    reconcile: (seen, knowledge) => money.journal.reconcile(seen, knowledge),
  });
  const ownChanges = new OwnChanges({ ingest, store, clock });
  const bank = createBank({ ...ground, ingest, ownMoves: ownChanges });
  const { registry, pool, doorbell, subscriptions, positions } = bank;
  closing.add('positions of the bank', async () => positions.close());
  closing.add('pollers', () => pool.close());
  closing.add('doorbell', () => doorbell.close());
  closing.add('balances', startBalanceRereading({ ...options, store, ingest, pool }));
  registry.onChange(() => outputs.renderSoon());
  subscriptions.rings.onChange(() => outputs.renderSoon());
  const parts = { ...money, options, store, ingest, logins: registry, ownChanges };
  const transferService = createTransferService({ ...parts, onEvents: announce });
  const shown = createHouseholdView({ ...ground, ...money, ingest, registry }, closing);
  const targets = {
    ...shown,
    store,
    reader: ground.reader,
    knowledge: () => ingest.knowledge(),
    homeAssistantTarget: async (id: string) => (await connection?.targets.find(id)) ?? null,
  };
  const commands = createCommands({
    ...bank,
    ...money,
    ...targets,
    transferService,
    clock,
    log: log.for('commands'),
    timeZone: config.TIME_ZONE,
    health: () => ground.whole.health(),
    homeAssistantDevices: async () => (await connection?.targets.devices()) ?? new Map(),
  });
  return { money, bank, ingest, transferService, ...shown, commands, narrowing: createNarrowing(targets) };
}

type Core = ReturnType<typeof createCore>;

/** All that is shown what happens: the outputs, the page, and the health of everything. */
function createReceivers(parts: Ground & Core) {
  const { options, store, ingest, money, bank, bankClock, connection, outputs } = parts;
  const { registry, subscriptions } = bank;
  const { config } = options;
  const presence = createHomeAssistantPresence(store.settings);
  const deletedDevices = createDeletedDevices(store.settings);
  const readDashboardFile = createFileReader(options.dashboardFile ?? builtDashboard);
  const ownBlueprints = createBlueprintReader(options.blueprintsDirectory ?? shippedBlueprints);
  const inHomeAssistant = createHomeAssistant({ ...parts, readDashboardFile, blueprints: ownBlueprints });
  if (connection !== null) followHomeAssistant({ ...parts, connection, presence });
  const live = createLiveOutput();
  outputs.addOutput(live);
  addOutputs({ ...parts, presence, deletedDevices, homeAssistant: inHomeAssistant });
  const decided = { settings: store.settings, homeAssistant: inHomeAssistant };
  const actions = createActionsConsent({ config, ...decided });
  const dashboard = createDashboardOrders({ ...decided, readFile: readDashboardFile });
  const blueprints = createBlueprintOrders({ ...decided, blueprints: ownBlueprints });
  const ofReceivers = () => {
    const shown = outputs.health();
    return [...shown, ...mqttUse(connection, shown)];
  };
  const health = () => [
    ingest.health(),
    parts.dataHealth(),
    clockHealth(options.clock, bankClock, ingest.knowledge()),
    ...registry.views().map(loginHealth),
    bank.pool.health(),
    subscriptions.health(),
    moneyHealth(money, store),
    ...(parts.supervisor === null ? [] : [parts.supervisor.health()]),
    ...ofReceivers(),
  ];
  parts.whole.health = health;
  const addresses = () => addressesOf(parts)(portIn(parts.listening.at));
  const knowledge = () => ingest.knowledge();
  const checks = createChecks({ ...parts, knowledge, health, addresses });
  const homeAssistant = { presence, deletedDevices, connection, actions, dashboard, blueprints };
  return { homeAssistant, live, health, checks, codes: createSignInCodes(options) };
}

function snapshotOf(parts: Parts): Snapshot {
  const { options, shownView, health, money, outputs, optionalEntities, releases } = parts;
  const shown = shownView();
  return {
    view: shown,
    bridge: {
      version: options.version,
      paused: money.moneyPause.isPaused(),
      undelivered: outputs.backlog(),
      health: health(),
      counts: { logins: shown.logins.length, accounts: shown.accounts.length, pots: shown.pots.length },
      postsToFeed: optionalEntities.document().feed_posts,
      release: releases.release(),
    },
  };
}

/** The same place for the sources and for the built program. */
const built = join(import.meta.dirname, '..', 'dist');
const builtPage = join(built, 'web');
const builtDashboard = join(built, 'card', 'monzo-bridge.js');
const shippedBlueprints = join(import.meta.dirname, '..', 'blueprints');

/** Where browsers reach the page, by its port. */
function addressesOf({
  options: { config, machine },
}: Pick<Parts, 'options'>): (port: number) => PageAddresses {
  return (port) => pageAddresses({ config, isApp: config.supervisor !== null, machine, port });
}

/** The port of an address; 0 where there is none yet. */
function portIn(address: string): number {
  return Number(URL.parse(address)?.port ?? 0);
}

/** Opens both listeners or none. Throws what `listen` throws. */
async function openListeners(parts: Parts): Promise<Listeners> {
  const { options, startedAt, secretKey, adminToken, codes } = parts;
  const { config, machine, clock, log, secrets, randomBytes, webDirectory, version } = options;
  const about = {
    version,
    startedAt,
    settings: chosenSettings(config),
    pseudonymOf: createPseudonyms(secretKey),
    fingerprintOf: createFingerprints(secretKey),
  };
  const services = { ...parts, about };
  // The web server and its libraries are a third of what is loaded, and the first state does not need them.
  const { createPublicApp } = await import('./http/public.ts');
  const { createPrivateApp } = await import('./http/private.ts');
  const publicApp = await createPublicApp({ services, log });
  const named = config.UI_URL === null ? [] : [new URL(config.UI_URL).hostname];
  const privateApp = await createPrivateApp({
    services,
    config: { ...config, UI_HOSTS: [...config.UI_HOSTS, ...named, machine.hostName] },
    addresses: addressesOf(parts),
    clock,
    log,
    randomBytes,
    scrub: (text) => secrets.scrub(text),
    webDirectory: webDirectory ?? builtPage,
    adminToken,
    codes,
    ingress: ingressOf(parts),
    publicPort: () => portOf(publicApp),
  });
  return listen({ privateApp, publicApp, config });
}

/** Null without a Supervisor. */
function ingressOf({ options, homeAssistant }: Parts): Ingress | null {
  const { config, supervisor } = options;
  if (config.supervisor === null || supervisor === undefined) return null;
  const standingOf: Ingress['standingOf'] = async (userId) => {
    if (homeAssistant.connection === null) throw refuse('no_home_assistant', {});
    return homeAssistant.connection.standingOf(userId);
  };
  return { peer: supervisor.address, standingOf };
}
