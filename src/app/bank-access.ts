import type { Clock } from '../clock.ts';
import type { Instant } from '../domain/values.ts';
import { lagOf } from '../domain/bank-questions.ts';
import { shownAccounts, shownNames } from '../domain/view.ts';
import { plainAddress } from '../domain/webhook-address.ts';
import type { Metrics } from '../http/metrics.ts';
import type { Bank } from '../http/services.ts';
import { AddressTest } from '../ingest/address-test.ts';
import {
  createDoorbellKeys,
  Doorbell,
  type DoorbellKeys,
  type HeldRow,
  type OwnMoves,
} from '../ingest/doorbell.ts';
import type { Ingest } from '../ingest/ingest.ts';
import { PollerPool, removeLogin } from '../ingest/poller-pool.ts';
import { Subscriptions } from '../ingest/subscriptions.ts';
import { doorbell as limits, durations } from '../limits.ts';
import type { Log } from '../log.ts';
import { LoginRegistry } from '../logins/registry.ts';
import { SignIn } from '../logins/sign-in.ts';
import type { BankClock } from '../monzo/bank-clock.ts';
import type { ShapeReport } from '../monzo/shape.ts';
import { createTransport, type BankCall } from '../monzo/transport.ts';
import { createBankWatch, type BankWatch } from '../monzo/watch/bank-watch.ts';
import type { HomeAssistantConnection } from '../outputs/home-assistant/home-assistant-connection.ts';
import type { OutputManager } from '../outputs/manager.ts';
import { restoredFrom } from '../store/backup.ts';
import { createBankPositions, type Shapes } from '../store/bridge-records.ts';
import type { AppOptions, Opened } from './opened.ts';

interface BankOptions extends Pick<Opened, 'store' | 'secretKey'> {
  readonly options: AppOptions;
  readonly bankClock: BankClock;
  readonly ingest: Ingest;
  readonly ownMoves: OwnMoves;
  readonly metrics: Metrics;
  readonly outputs: OutputManager;
  /** Monzo's webhooks may come through it; null where there is none. */
  readonly connection: HomeAssistantConnection | null;
}

/** Creates all that talks to the bank. Nothing is read until the pool is started. */
export function createBank(given: BankOptions): Bank {
  const { options, store, ingest, secretKey } = given;
  const { clock, log, secrets, config, randomBytes } = options;
  const keys = createDoorbellKeys(secretKey);
  const pollEvery = config.POLL_SECONDS === null ? null : config.POLL_SECONDS * durations.second;
  const { positions, watch } = watchBank(given);
  const registry = createRegistry(given, watch);
  const subscriptions = createSubscriptions(given, { keys, pollEvery });
  const pool = new PollerPool({
    ingest,
    store,
    logins: registry,
    clock,
    log: log.for('poller'),
    pollEvery,
    subscriptions,
    isTimeTold: () => given.bankClock.now() !== null && !given.bankClock.isSilent(),
  });
  const accountIds = () => shownAccounts(ingest.knowledge()).map(({ account }) => account.id);
  const addressTest = createAddressTest(given, { subscriptions, accountIds });
  ingest.onRecorded((events) => subscriptions.rings.found(events));
  const doorbell = new Doorbell({
    clock,
    keys,
    pool,
    isProbe: (named) => addressTest.isProbe(named),
    onRing: (accountId, named) => subscriptions.rings.heard(accountId, named),
    held: (accountId, transactionId) => heldRow({ store, ingest, registry }, { accountId, transactionId }),
    ownMoves: given.ownMoves,
    accounts: accountIds,
  });
  const signIn = new SignIn({
    registry,
    store,
    clock,
    log: log.for('logins'),
    secrets,
    authUrl: config.MONZO_AUTH_URL,
    randomId: (size) => Buffer.from(randomBytes(size)).toString('hex'),
    lookAgain: (loginId) => void pool.reload(loginId).catch(() => {}),
  });
  return {
    registry,
    subscriptions,
    pool,
    doorbell,
    addressTest,
    signIn,
    positions,
    rang: watch.rang,
    removeLogin: async (loginId, keepHistory) => {
      const parts = { registry, pool, ingest, subscriptions, clock, log: log.for('logins') };
      await removeLogin(parts, { loginId, keepHistory });
      given.outputs.renderSoon();
    },
  };
}

interface RungRow {
  readonly accountId: string;
  readonly transactionId: string;
}

interface RowSources extends Pick<BankOptions, 'store' | 'ingest'> {
  readonly registry: LoginRegistry;
}

/** How far back one list goes is only asked for a ring about a row that is known. */
function heldRow(
  { store: { ledger, learnt }, ingest, registry }: RowSources,
  { accountId, transactionId }: RungRow,
): HeldRow | null {
  const transaction = ingest.held(transactionId)?.transaction;
  if (transaction?.accountId !== accountId) return null;
  const { created } = transaction;
  return {
    created,
    get isInReach() {
      const pages = registry.all().map(({ id }) => learnt.of(id).longestPage ?? limits.page);
      const reach = Math.floor(limits.reach * Math.min(...pages));
      return created > (ledger.createdBefore(accountId, reach) ?? -1);
    },
  };
}

/** What sees how the bank behaves, and what keeps it. */
function watchBank({ options, store, ingest }: BankOptions) {
  const { clock, log } = options;
  const positions = createBankPositions({
    settings: store.settings,
    clock,
    onNew: ({ question, position }) =>
      log.for('bank').info('Monzo was seen to do something.', { question, position }),
  });
  const { note } = positions;
  ingest.onLag(({ lag }) => note('balance_lag', lagOf(lag)));
  const watch = createBankWatch({
    note,
    clock,
    lastUse: lastUseOfTokens(store),
    onFailure: (reason) =>
      log.for('bank').error('An answer of Monzo could not be compared with others.', { reason }),
  });
  return { positions, watch };
}

/** The tokens in a backup may have been used after it was made. */
function lastUseOfTokens({ settings, lastUse }: BankOptions['store']): Instant | null {
  const restored = restoredFrom(settings);
  return restored !== null && (lastUse ?? 0) < restored.at ? null : lastUse;
}

function createRegistry(
  { options, store, ingest, metrics, bankClock }: BankOptions,
  watch: BankWatch,
): LoginRegistry {
  const { clock, log, secrets, config, callBank, random } = options;
  const onCall = ({ method, path, status, fault, ms }: BankCall) =>
    metrics.noteCall({ method, path, outcome: String(fault ?? status ?? 'given_up') }, ms);
  return new LoginRegistry({
    store,
    clock,
    log: log.for('logins'),
    secrets,
    createTransport: (loginId) =>
      createTransport({
        answered: store.learnt.of(loginId).callsAnswered,
        onAnswered: (callsAnswered) => store.learnt.save(loginId, { callsAnswered }),
        callBank,
        clock,
        random,
        apiUrl: config.MONZO_API_URL,
        onCall,
        onTime: (time) => bankClock.heard(time),
        onJudged: (answer) => watch.heard(answer, loginId),
      }),
    timeZone: config.TIME_ZONE,
    nameOf: (accountId) => shownNames(ingest.knowledge()).get(accountId) ?? accountId,
    report: createShapeReport(store.shapes, clock, log.for('bank')),
  });
}

function createSubscriptions(
  { options, store, connection }: BankOptions,
  { keys, pollEvery }: { readonly keys: DoorbellKeys; readonly pollEvery: number | null },
): Subscriptions {
  const { PUBLIC_URL: publicUrl } = options.config;
  const pathOf = (accountId: string) => `/hooks/${keys.keyOf(accountId)}`;
  const isInHomeAssistant = (url: string) => {
    const address = connection?.webhookUrl() ?? null;
    return address !== null && plainAddress(url) === plainAddress(address);
  };
  return new Subscriptions({
    settings: store.settings,
    learnt: store.learnt,
    log: options.log.for('webhooks'),
    clock: options.clock,
    pollEvery,
    addressOf: (accountId) =>
      publicUrl === null ? (connection?.webhookUrl() ?? null) : publicUrl + pathOf(accountId),
    // The key alone proves it: only this bridge can make one, and its public address may have changed.
    isOurs: (url, accountId) => plainAddress(url).endsWith(pathOf(accountId)) || isInHomeAssistant(url),
    isReachable: () => publicUrl !== null || connection?.isListening() === true,
  });
}

interface TestParts {
  readonly subscriptions: Subscriptions;
  readonly accountIds: () => readonly string[];
}

function createAddressTest({ options }: BankOptions, parts: TestParts): AddressTest {
  const { clock, log, outside, config, randomBytes } = options;
  const { subscriptions, accountIds } = parts;
  const via = config.PUBLIC_URL === null ? 'home_assistant' : 'public_url';
  return new AddressTest({
    clock,
    log: log.for('webhooks'),
    outside,
    randomId: (size) => Buffer.from(randomBytes(size)).toString('hex'),
    isReachable: () => subscriptions.isReachable(),
    address: () => {
      const [accountId] = accountIds();
      if (accountId === undefined) return 'no_account';
      const url = subscriptions.addressOf(accountId);
      return url === null ? 'no_address' : { url, via, accountId };
    },
  });
}

/** Stores and logs each unexpected format once while the program runs; a page full of them costs one write. */
function createShapeReport(shapes: Shapes, clock: Clock, log: Log): ShapeReport {
  const reported = new Set<string>();
  return (shape) => {
    const { where, path, expected, got } = shape;
    const fingerprint = JSON.stringify([where, path, expected, got]);
    if (reported.has(fingerprint)) return;
    reported.add(fingerprint);
    shapes.note(shape, clock.now());
    log.info('Monzo returned an unexpected format. Fields that could not be read were ignored.', {
      where,
      path,
      expected,
      got,
    });
  };
}
