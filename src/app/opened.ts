import { setImmediate as nextTurn } from 'node:timers/promises';
import { withDeadline } from '../async.ts';
import type { Clock } from '../clock.ts';
import type { Config } from '../config.ts';
import type { PartHealth } from '../domain/view.ts';
import type { Outside } from '../ingest/address-test.ts';
import { messageOf, type BridgeError } from '../errors.ts';
import type { Machine } from '../http/page-addresses.ts';
import type { SupervisorPlace } from '../http/request-origin.ts';
import { closingPatience } from '../limits.ts';
import type { Log, Secrets } from '../log.ts';
import type { CallBank } from '../monzo/bank-connection.ts';
import { brokerPasswords } from '../outputs/mqtt/broker.ts';
import type { Output } from '../outputs/output.ts';
import { leaveSnapshot, restoredFrom, takeSnapshot } from '../store/backup.ts';
import { adminTokenFrom, lockDirectory, secretKeyFrom } from '../store/directory.ts';
import { Reader } from '../store/reader.ts';
import { openStore, type Store } from '../store/store.ts';
import { announceRestore, createDatabaseCheck, dataHealth, protect, takeSecretKey } from './stored-data.ts';

/** What the program gets from outside: settings, time, randomness, the network and the log. */
export interface AppOptions {
  readonly config: Config;
  readonly clock: Clock;
  readonly log: Log;
  readonly secrets: Secrets;
  /** What the page's addresses depend on. */
  readonly machine: Machine;
  /** The way to the bank. */
  readonly callBank: CallBank;
  /** The way to the bridge's own public address. */
  readonly outside: Outside;
  /** Between 0 and 1. */
  readonly random: () => number;
  readonly randomBytes: (size: number) => Uint8Array;
  readonly version: string;
  /** Where the Supervisor is; used only where its token is among the settings. */
  readonly supervisor?: SupervisorPlace;
  /** Called before every write to the database; what it throws stops the write. */
  readonly beforeWrite?: (sql: string) => void;
  /** Whether a commit has reached the disk when it returns. True if left out; only tests may say false. */
  readonly isFlushed?: boolean;
  /** Where the built page is, if not beside the program. */
  readonly webDirectory?: string;
  /** Where the newest version of the bridge is asked for, if not at the registry of its package. */
  readonly registryUrl?: string;
  /** Where the built file of the dashboard in Home Assistant is, if not beside the program. */
  readonly dashboardFile?: string;
  /** Where the blueprints and their index are, if not beside the program. */
  readonly blueprintsDirectory?: string;
  /** More outputs than the settings ask for. */
  readonly outputs?: readonly Output[];
  /** Smaller databases are checked at once, larger ones in a process of their own; in bytes. Only tests give it. */
  readonly checkAtOnceBelow?: number;
  /** Told once where the database turns out to be damaged while the program runs; the caller has to close it then. */
  readonly onDamage?: (damage: BridgeError) => void;
}

/** Closes what was opened, in the reverse order. */
export interface Closing {
  /** Has a part closed when everything is, before the parts that were added earlier. */
  add(part: string, close: () => void | Promise<void>): void;
  /** Never rejects: a part that fails or takes too long is logged, and the others are still closed. */
  close(): Promise<void>;
}

export function createClosing({ clock, log }: { readonly clock: Clock; readonly log: Log }): Closing {
  const stack = new AsyncDisposableStack();
  const late = () => new Error(`Not closed within ${closingPatience / 1_000} seconds.`);
  let closed: Promise<void> | null = null;
  return {
    add: (part, close) => {
      stack.defer(async () => {
        try {
          await withDeadline({ clock, ms: closingPatience, late }, async () => close());
        } catch (thrown) {
          const sentence = 'A part of the bridge could not be closed properly; the others are still closed.';
          log.error(sentence, { part, reason: messageOf(thrown) });
        }
      });
    },
    close: () => (closed ??= stack.disposeAsync()),
  };
}

/** The data directory, open. */
export interface Opened {
  readonly store: Store;
  /** Answers searches, sums and exports in a thread of its own. */
  readonly reader: Reader;
  readonly secretKey: Uint8Array;
  readonly adminToken: string;
  readonly dataHealth: () => PartHealth;
  /** The same of the database alone. */
  readonly databaseHealth: () => PartHealth;
}

/**
 * Opens the data directory, protects and checks it, and keeps every secret out of the log. Throws as `openStore` does;
 * nothing is written to a damaged database.
 */
export async function open(options: AppOptions, closing: Closing): Promise<Opened> {
  const { config, clock, log, secrets, randomBytes, beforeWrite, isFlushed } = options;
  const directory = config.DATA_DIR;
  const lock = lockDirectory(directory);
  closing.add('lock of the data directory', () => lock.release());
  // Home Assistant takes no snapshot of an app that is stopped.
  if (config.supervisor !== null) closing.add('snapshot', () => leaveSnapshot(directory));
  takeSnapshot(directory);
  const checking = createDatabaseCheck({
    ...options,
    directory,
    lock,
    atOnceBelow: options.checkAtOnceBelow,
  });
  closing.add('check of the database', () => checking.close());
  await checking.begin();
  takeSecretKey(directory, config.SECRET_KEY);
  const secretKey = secretKeyFrom({ directory, randomBytes, given: config.SECRET_KEY ?? undefined });
  const adminToken = adminTokenFrom({ directory, randomBytes, given: config.ADMIN_TOKEN ?? undefined });
  const passwords = config.MQTT_URL === null ? [] : brokerPasswords(config.MQTT_URL);
  const keyText = Buffer.from(secretKey).toString('hex');
  const token = config.HOME_ASSISTANT_TOKEN ?? '';
  const { token: ofSupervisor = '', brokerUser } = config.supervisor ?? {};
  const given = [token, ofSupervisor, brokerUser?.password ?? ''];
  for (const secret of [adminToken, keyText, ...passwords, ...given]) secrets.conceal(secret);
  const { onDamage } = checking;
  const timeZone = config.TIME_ZONE;
  const store = openStore({
    directory,
    lock,
    clock,
    secretKey,
    randomBytes,
    timeZone,
    beforeWrite,
    isFlushed,
    onDamage,
  });
  closing.add('database', () => store.close());
  const reader = new Reader({ path: store.path, onDamage });
  closing.add('database reader', () => reader.close());
  const exposed = protect({ directory, log, clock });
  const restored = restoredFrom(store.settings);
  announceRestore(restored, log);
  const healthOf = (exposedNow: string | null) =>
    dataHealth({ exposed: exposedNow, check: checking.state(), restored, clock });
  return {
    store,
    reader,
    secretKey,
    adminToken,
    dataHealth: () => healthOf(exposed()),
    databaseHealth: () => healthOf(null),
  };
}

/** Few enough not to delay a webhook call noticeably. */
const rowsAtOnce = 200;

/** Derives days and sums of older transactions again where the time zone or the rules have changed; ends by itself. */
export async function reviseLedger({ ledger }: Store, log: Log, closing: Closing): Promise<void> {
  const stop = new AbortController();
  closing.add('revision of the ledger', () => stop.abort());
  try {
    while (!stop.signal.aborted && ledger.reviseSome(rowsAtOnce)) await nextTurn();
  } catch (thrown) {
    log.warn('Days and sums of older transactions could not be brought up to date.', {
      reason: messageOf(thrown),
    });
  }
}
