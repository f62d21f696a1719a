import {
  createMoneyPause,
  createRailsStore,
  pauseSentence,
  type MoneyPause,
  type RailsStore,
} from '../commands/rails-store.ts';
import { MoveEvidence } from '../commands/transfer/evidence.ts';
import { MoneyClock } from '../commands/transfer/money-clock.ts';
import { TransferJournal } from '../commands/transfer/journal.ts';
import type { OwnChanges } from '../commands/transfer/own-changes.ts';
import { TransferService } from '../commands/transfer/service.ts';
import { TransferGateway } from '../commands/transfer/gateway.ts';
import type { RecordedEvent } from '../domain/event.ts';
import type { PartHealth } from '../domain/view.ts';
import type { Ingest } from '../ingest/ingest.ts';
import type { LoginRegistry } from '../logins/registry.ts';
import type { Clock } from '../clock.ts';
import type { BankClock } from '../monzo/bank-clock.ts';
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
  return {
    moneyPause,
    moneyClock,
    evidence,
    rails: createRailsStore(store, options.clock),
    journal: new TransferJournal({ store, moneyClock, moneyPause, evidence }),
  };
}

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

/** Whether money can move, and whether a person has to look at something. */
export function moneyHealth({ moneyPause }: MoneyRecords, { transfers }: Store): PartHealth {
  const unresolved = transfers.undecided().findLast(({ state }) => state === 'unresolved');
  const unsure =
    unresolved &&
    `The outcome of transfer ${unresolved.id} is unknown. Check the Monzo app, then record it on the bridge’s page.`;
  const sentence = pauseSentence(moneyPause.reason()) ?? unsure ?? null;
  return { part: 'money', state: sentence === null ? 'ok' : 'needs_user', sentence };
}
