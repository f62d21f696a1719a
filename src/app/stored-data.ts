import { withDeadline } from '../async.ts';
import type { Clock } from '../clock.ts';
import type { PartHealth } from '../domain/view.ts';
import { messageOf, type BridgeError } from '../errors.ts';
import { durations, integrity, permissionsEvery } from '../limits.ts';
import type { Log } from '../log.ts';
import { isDamage } from '../store/database.ts';
import { markOf, type Restored } from '../store/backup.ts';
import { databasePath, putSecretKey, type DirectoryLock } from '../store/directory.ts';
import { checkIntegrity } from '../store/integrity.ts';
import { exposuresOf, protectDirectory } from '../store/permissions.ts';

export interface DatabaseCheckOptions {
  readonly directory: string;
  readonly lock: DirectoryLock;
  readonly clock: Clock;
  readonly log: Log;
  readonly atOnceBelow?: number | undefined;
  readonly onDamage?: ((damage: BridgeError) => void) | undefined;
}

/** Whether the stored data are sound. */
export interface DatabaseCheck {
  /**
   * Checks the database before it is opened, and longer after a process that did not end properly. Resolves when it is
   * sound, or when it has taken so long that it goes on beside the program. Throws `database_unreadable`.
   */
  begin(): Promise<void>;
  /** The database turned out to be damaged. */
  readonly onDamage: (damage: BridgeError) => void;
  state(): 'sound' | 'checking' | 'unchecked' | 'damaged';
  close(): void;
}

export function createDatabaseCheck(options: DatabaseCheckOptions): DatabaseCheck {
  const { directory, lock, clock, log, atOnceBelow = integrity.atOnceBelow } = options;
  const path = databasePath(directory);
  const stop = new AbortController();
  let state: ReturnType<DatabaseCheck['state']> = 'checking';

  const onDamage = (damage: BridgeError) => {
    lock.trust(false);
    if (state === 'damaged') return;
    state = 'damaged';
    log.error(damage.message);
    options.onDamage?.(damage);
  };
  const check = async (): Promise<void> => {
    const isThorough = lock.isSuspect;
    const isOver = await checkIntegrity(path, { isThorough, atOnceBelow, signal: stop.signal });
    if (state !== 'checking') return;
    state = isOver ? 'sound' : 'unchecked';
    if (isOver) lock.trust(true);
  };
  const failedLater = (thrown: unknown) => {
    if (isDamage(thrown)) return onDamage(thrown);
    state = 'unchecked';
    log.warn('The database could not be checked.', { reason: messageOf(thrown) });
  };
  const begin = async (): Promise<void> => {
    const checked = check();
    const late = new Error('The check takes longer.');
    const ms = lock.isSuspect ? integrity.patienceAfterKill : integrity.patience;
    try {
      await withDeadline({ clock, ms, late: () => late }, () => checked);
    } catch (thrown) {
      if (isDamage(thrown)) lock.trust(false);
      if (thrown !== late) throw thrown;
      log.info('The database is large: its check goes on while the bridge runs.');
      checked.catch(failedLater);
    }
  };
  return { begin, onDamage, state: () => state, close: () => stop.abort() };
}

/** Takes the secret key out of a restored backup that has one, unless the settings name another. */
export function takeSecretKey(directory: string, given: string | null): void {
  const key = given === null ? (markOf(databasePath(directory))?.secretKey ?? null) : null;
  if (key !== null) putSecretKey(directory, key);
}

/** Logs from which backup the database comes, at the first start with it. */
export function announceRestore(restored: Restored | null, log: Log): void {
  if (restored?.isNew === true) log.warn(restoredSentence(restored));
}

function restoredSentence({ taken }: Restored): string {
  const at = new Date(taken).toISOString().slice(0, 16).replace('T', ' ');
  return `The database was restored from a backup of ${at} UTC. What Monzo still shows of the time since is read again, and its events are sent again with the same ids. Limits and settings are those of the backup: check them. Some people may have to sign in again, and those who joined since have to be connected again.`;
}

interface ProtectOptions {
  readonly directory: string;
  readonly log: Log;
  readonly clock: Pick<Clock, 'monotonic'>;
}

/** Takes other users' access to the data directory away, and says what is still open to them, as a sentence; else null. */
export function protect({ directory, log, clock }: ProtectOptions): () => string | null {
  const { corrected, exposed } = protectDirectory(directory);
  for (const path of corrected) log.warn('Other users had access to this; they no longer have.', { path });
  for (const { path, sentence } of exposed) log.warn(sentence, { path });
  let looked = { at: Number.NEGATIVE_INFINITY, sentence: null as string | null };
  return () => {
    const at = clock.monotonic();
    if (at - looked.at >= permissionsEvery)
      looked = { at, sentence: exposuresOf(directory)[0]?.sentence ?? null };
    return looked.sentence;
  };
}

const checkSentences = {
  sound: null,
  checking: 'The database is still being checked.',
  unchecked: 'The database could not be checked completely.',
  damaged: 'The database is damaged: the bridge stops. The log says what to do.',
} as const;

interface StoredData {
  /** What other users have access to, as a sentence. */
  readonly exposed: string | null;
  readonly check: ReturnType<DatabaseCheck['state']>;
  /** From which backup the database comes; null where it comes from none. */
  readonly restored: Restored | null;
  readonly clock: Pick<Clock, 'now'>;
}

/** The health of the data directory: whether the database is sound, comes from a backup, and nobody else has access. */
export function dataHealth({ exposed, check, restored, clock }: StoredData): PartHealth {
  const part = 'stored_data';
  if (check === 'damaged') return { part, state: 'down', sentence: checkSentences.damaged };
  if (exposed !== null) return { part, state: 'degraded', sentence: exposed };
  if (restored !== null && Math.abs(clock.now() - restored.at) < restoreShown)
    return { part, state: 'degraded', sentence: restoredSentence(restored) };
  return { part, state: 'ok', sentence: checkSentences[check] };
}

/** Long enough for everyone in the household to see it, in milliseconds. */
const restoreShown = durations.day;
