import { Brake } from '../commands/brake.ts';
import { RailsBook } from '../commands/rails.ts';
import { TransferBook } from '../commands/transfer/book.ts';
import { Mover } from '../commands/transfer/mover.ts';
import { Teller } from '../commands/transfer/teller.ts';
import type { RecordedEvent } from '../domain/event.ts';
import type { PartHealth } from '../domain/health.ts';
import type { Ingest } from '../ingest/ingest.ts';
import { shapeReporter } from '../ingest/shape-reporter.ts';
import type { LoginRegistry } from '../logins/registry.ts';
import type { Store } from '../store/store.ts';
import type { AppOptions } from './options.ts';

export interface MoneyParts {
  readonly options: AppOptions;
  readonly store: Store;
  readonly onChange: () => void;
}

/** What has to be there before anything is learnt from the bank: what is learnt may speak of our own moves. */
export interface MoneyRecords {
  readonly brake: Brake;
  readonly rails: RailsBook;
  readonly book: TransferBook;
}

export function openMoneyRecords({ options, store, onChange }: MoneyParts): MoneyRecords {
  const { clock } = options;
  const brake = new Brake(store.settings, onChange);
  return { brake, rails: new RailsBook(store, clock), book: new TransferBook({ store, clock, brake }) };
}

export interface MoverParts extends MoneyRecords {
  readonly options: AppOptions;
  readonly store: Store;
  readonly ingest: Ingest;
  readonly logins: LoginRegistry;
  readonly onEvents: (events: readonly RecordedEvent[]) => void;
}

/** All that moves money. */
export function createMover(parts: MoverParts): Mover {
  const { options, store, ingest, logins } = parts;
  const { clock, log, config, randomBytes } = options;
  const timeZone = config.TIME_ZONE;
  const report = shapeReporter(store.shapes, clock, log.for('bank'));
  return new Mover({
    ...parts,
    teller: new Teller({ logins, ingest, store, clock, timeZone, report }),
    clock,
    log: log.for('money'),
    timeZone,
    randomId: (bytes) => Buffer.from(randomBytes(bytes)).toString('hex'),
  });
}

/** Whether money can move, and whether a person has to look at something. */
export function moneyHealth({ brake }: MoneyRecords, { transfers }: Store): PartHealth {
  const [unresolved] = transfers.page({ limit: 1, state: 'unresolved' }).items;
  const unsure =
    unresolved &&
    `Nobody could find out whether transfer ${unresolved.id} took place: look in the Monzo app and say so on the bridge’s page.`;
  const sentence = brake.why() ?? unsure ?? null;
  return { part: 'money', state: sentence === null ? 'ok' : 'needs_user', sentence };
}
