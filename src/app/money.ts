import { sleep } from '../async.ts';
import {
  createMoneyPause,
  createRailsStore,
  pauseSentence,
  type MoneyPause,
  type PauseReason,
  type RailsStore,
} from '../commands/rails-store.ts';
import { MoveEvidence } from '../commands/transfer/evidence.ts';
import { MoneyClock } from '../commands/transfer/money-clock.ts';
import { TransferJournal } from '../commands/transfer/journal.ts';
import type { OwnChanges } from '../commands/transfer/own-changes.ts';
import { TransferService } from '../commands/transfer/service.ts';
import { TransferGateway } from '../commands/transfer/gateway.ts';
import type { RecordedEvent } from '../domain/event.ts';
import { mostClockDifference } from '../domain/moment.ts';
import type { Instant } from '../domain/values.ts';
import { messageOf } from '../errors.ts';
import type { Ingest } from '../ingest/ingest.ts';
import { durations, readableReach } from '../limits.ts';
import type { LoginRegistry } from '../logins/registry.ts';
import type { Clock } from '../clock.ts';
import type { BankClock } from '../monzo/bank-clock.ts';
import { judgedRestore, restoredFrom } from '../store/backup.ts';
import { noteUse } from '../store/last-use.ts';
import type { Store } from '../store/store.ts';
import type { AppOptions } from './opened.ts';

export interface MoneyParts {
  readonly options: AppOptions;
  readonly store: Store;
  readonly bankClock: BankClock;
  readonly wallClock: Clock;
  readonly onChange: () => void;
}

/** What must exist before anything is read from the bank: what is read may show the bridge's own moves. */
export interface MoneyRecords {
  readonly moneyPause: MoneyPause;
  readonly rails: RailsStore;
  readonly moneyClock: MoneyClock;
  readonly evidence: MoveEvidence;
  readonly journal: TransferJournal;
  readonly age: AgeCheck;
}

export function openMoneyRecords(parts: MoneyParts): MoneyRecords {
  const { options, store, bankClock, wallClock, onChange } = parts;
  const moneyPause = createMoneyPause(store.settings, onChange);
  const moneyClock = new MoneyClock(wallClock, bankClock);
  const evidence = new MoveEvidence(store);
  const journal = new TransferJournal({ store, moneyClock, moneyPause, evidence });
  const records = { moneyPause, moneyClock, evidence, journal };
  const age = createAgeCheck(parts, records);
  age.judge(wallClock.now());
  return { ...records, age, rails: createRailsStore(store, options.clock, onChange) };
}

/** Whether the bank can have forgotten moves of money that this database does not know. */
export interface AgeCheck {
  /** Pauses money moves where it can: a person has to look before money moves. */
  judge(now: Instant): void;
  /** The same, and notes that the database is in use. Never throws. */
  note(now: Instant): void;
}

/**
 * A move that was made by another copy of this database, such as the one that a backup was made of, is recognised where Monzo
 * lists it. Where the database was not in use for longer than Monzo lists, or comes from a backup that is dated ahead of our
 * clock, nobody can tell. A copy that was put back by hand looks like a bridge that was off, so both are treated alike.
 */
function createAgeCheck(
  { store, options: { log } }: Pick<MoneyParts, 'store' | 'options'>,
  { moneyPause, journal }: Pick<MoneyRecords, 'moneyPause' | 'journal'>,
): AgeCheck {
  const restored = restoredFrom(store.settings);
  const isNew = restored?.isNew === true;
  const learnt = store.logins.all().flatMap(({ id }) => store.learnt.of(id).reaches);
  const reach = Math.min(readableReach, ...learnt.map((one) => one.reach));
  let last = isNew ? restored.taken : store.lastUse;
  let isUnjudged = isNew;
  const judge = (now: Instant) => {
    const age = last === null ? 0 : now - last;
    const isListed = age < reach && (!isUnjudged || age >= -mostClockDifference);
    if (isListed && !isUnjudged) return;
    const reason = isNew ? oldBackup : longUnused;
    store.transaction(() => {
      if (!isListed) {
        moneyPause.pause(reason);
        journal.note('done', { action: 'pause', sentence: pauseSentence(reason) });
        noteUse(store.settings, now);
      }
      judgedRestore(store.settings);
    });
    isUnjudged = false;
    if (!isListed) last = now;
  };
  const note = (now: Instant) => {
    try {
      judge(now);
      noteUse(store.settings, now);
      last = now;
    } catch (thrown) {
      log.debug('It could not be noted that the database is in use.', { reason: messageOf(thrown) });
    }
  };
  return { judge, note };
}

const oldBackup: PauseReason = { code: 'old_backup', facts: {} };
const longUnused: PauseReason = { code: 'long_unused', facts: {} };

export interface TransferServiceParts extends MoneyRecords {
  readonly options: AppOptions;
  readonly store: Store;
  readonly ingest: Ingest;
  readonly logins: LoginRegistry;
  readonly ownChanges: OwnChanges;
  readonly onEvents: (events: readonly RecordedEvent[]) => void;
}

/** All that moves money. */
export function createTransferService(parts: TransferServiceParts): TransferService {
  const { options, store, ingest, logins, moneyClock, ownChanges, age } = parts;
  const { clock, log, config, randomBytes } = options;
  return new TransferService({
    ...parts,
    gateway: new TransferGateway({ logins, ingest, store, clock, moneyClock, ownChanges }),
    clock,
    log: log.for('money'),
    judgeAge: () => age.judge(clock.now()),
    timeZone: config.TIME_ZONE,
    randomId: (bytes) => Buffer.from(randomBytes(bytes)).toString('hex'),
  });
}

const noteEvery = durations.day;

/** Notes once a day and at the end that the database is in use: what is put back later, and says less, is a copy. */
export function noteUseDaily({
  age,
  options,
}: Pick<MoneyRecords, 'age'> & Pick<MoneyParts, 'options'>): () => Promise<void> {
  const ended = new AbortController();
  const noting = (async () => {
    while (await sleep(options.clock, noteEvery, ended.signal)) age.note(options.clock.now());
    age.note(options.clock.now());
  })();
  return async () => {
    ended.abort();
    await noting;
  };
}
