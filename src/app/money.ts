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
import type { Ingest } from '../ingest/ingest.ts';
import { readableReach } from '../limits.ts';
import type { LoginRegistry } from '../logins/registry.ts';
import type { Clock } from '../clock.ts';
import type { BankClock } from '../monzo/bank-clock.ts';
import { judgedRestore, restoredFrom } from '../store/backup.ts';
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
}

export function openMoneyRecords(parts: MoneyParts): MoneyRecords {
  const { options, store, bankClock, wallClock, onChange } = parts;
  const moneyPause = createMoneyPause(store.settings, onChange);
  const moneyClock = new MoneyClock(wallClock, bankClock);
  const evidence = new MoveEvidence(store);
  const journal = new TransferJournal({ store, moneyClock, moneyPause, evidence });
  const records = { moneyPause, moneyClock, evidence, journal };
  judgeRestore(store, records, wallClock.now());
  return { ...records, rails: createRailsStore(store, options.clock) };
}

/**
 * After a restore, a move that was made since is recognised where Monzo lists it. Where the backup is older than what Monzo lists,
 * or dated ahead of our clock, a person has to look before money moves.
 */
function judgeRestore(
  store: Store,
  { moneyPause, journal }: Pick<MoneyRecords, 'moneyPause' | 'journal'>,
  now: Instant,
): void {
  const restored = restoredFrom(store.settings);
  if (restored?.isNew !== true) return;
  const learnt = store.logins.all().flatMap(({ id }) => store.learnt.of(id).reaches);
  const reach = Math.min(readableReach, ...learnt.map((one) => one.reach));
  const age = now - restored.taken;
  const isListed = age >= -mostClockDifference && age < reach;
  store.transaction(() => {
    if (!isListed) {
      moneyPause.pause(oldBackup);
      journal.note('done', { action: 'pause', sentence: pauseSentence(oldBackup) });
    }
    judgedRestore(store.settings);
  });
}

const oldBackup: PauseReason = { code: 'old_backup', facts: {} };

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
  const { options, store, ingest, logins, moneyClock, ownChanges } = parts;
  const { clock, log, config, randomBytes } = options;
  return new TransferService({
    ...parts,
    gateway: new TransferGateway({ logins, ingest, store, clock, moneyClock, ownChanges }),
    clock,
    log: log.for('money'),
    timeZone: config.TIME_ZONE,
    randomId: (bytes) => Buffer.from(randomBytes(bytes)).toString('hex'),
  });
}
