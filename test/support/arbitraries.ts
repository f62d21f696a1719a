import * as fc from 'fast-check';
import type { Observation, TransactionsSeen } from '../../src/domain/fold.ts';
import type { Transaction } from '../../src/domain/transaction.ts';
import { aTransaction, noon } from './samples.ts';

/** One content of a row, and the first and the last moment at which the bank shows it. */
export interface RowVersion {
  readonly transaction: Transaction;
  readonly from: number;
  readonly until: number;
}

/** What became of one row at the bank, oldest content first; no content comes twice. */
export type RowHistory = readonly RowVersion[];

const minute = 60_000;

interface Step {
  readonly lasts: number;
  /** How the bank dates the change; nothing says that it must be when it took place. */
  readonly dated: 'now' | 'kept' | 'back' | 'ahead';
  readonly amount: number;
  readonly category: string;
  readonly notes: string;
  readonly settles: 'keep' | 'now' | 'later';
  readonly declined: boolean;
}

const stepWith = (amounts: readonly number[]): fc.Arbitrary<Step> =>
  fc.record({
    lasts: fc.integer({ min: 1, max: 90 }).map((minutes) => minutes * minute),
    dated: fc.constantFrom('now', 'now', 'kept', 'back', 'ahead'),
    amount: fc.constantFrom(...amounts),
    category: fc.constantFrom('general', 'eating_out', 'transport'),
    notes: fc.constantFrom('', '', 'lunch'),
    settles: fc.constantFrom('keep', 'keep', 'now', 'later'),
    declined: fc.constantFrom(true, false, false, false),
  });

/**
 * One row as the bank changes it over time: `updated` may do anything, what has settled stays settled, and a declined
 * payment is declined from the start.
 */
function rowHistory(id: string, amounts: readonly number[]): fc.Arbitrary<RowHistory> {
  const steps = fc.array(stepWith(amounts), { minLength: 1, maxLength: 5 });
  const starts = fc.integer({ min: 0, max: 600 }).map((minutes) => noon + minutes * minute);
  return fc.tuple(steps, starts).map(([changes, created]) => {
    const versions: RowVersion[] = [];
    let from = created;
    for (const [index, change] of changes.entries()) {
      const before = versions.at(-1)?.transaction;
      const told = { id, created, ...changedBy(change, { from, before }) };
      const transaction = aTransaction({ ...told, raw: JSON.stringify({ ...told, index }) });
      versions.push({ transaction, from, until: from + change.lasts - 1 });
      from += change.lasts;
    }
    return versions;
  });
}

interface Before {
  readonly from: number;
  readonly before: Transaction | undefined;
}

const updates: Readonly<Record<Step['dated'], (from: number, before: number) => number>> = {
  now: (from) => from,
  kept: (_from, before) => before,
  back: (_from, before) => before - 1,
  ahead: () => Date.parse('2099-01-01T00:00:00Z'),
};

function changedBy(change: Step, { from, before }: Before): Partial<Transaction> {
  const declined = before === undefined ? change.declined : before.declineReason !== null;
  const settles = { keep: null, now: from, later: from + 40 * minute }[change.settles];
  return {
    updated: updates[change.dated](from, before?.updated ?? from),
    amount: declined ? 0 : change.amount,
    localAmount: -350,
    category: change.category,
    notes: change.notes,
    settles: declined ? null : (before?.settles ?? settles),
    declineReason: declined ? 'INSUFFICIENT_FUNDS' : null,
  };
}

/** A few rows of one account with all that became of them. */
function historyOf(amounts: readonly number[]): fc.Arbitrary<readonly RowHistory[]> {
  return fc
    .integer({ min: 1, max: 4 })
    .chain((rows) =>
      fc.tuple(...Array.from({ length: rows }, (_, index) => rowHistory(`tx_${index}`, amounts))),
    );
}

/** All that may become of rows: amounts change, and holds are released, which makes the amount nothing. */
export const bankHistory = historyOf([-350, -350, -350, -410, 1_250, 0]);

/** The same without a release. */
export const spendingHistory = historyOf([-350, -350, -410, 1_250]);

/** Looks at the bank: each shows one account's rows as they are at that moment, some of them left out. */
export function looksAt(history: readonly RowHistory[]): fc.Arbitrary<readonly TransactionsSeen[]> {
  const moments = history.flatMap((row) => row.flatMap(({ from, until }) => [from, until]));
  const moment = fc.oneof(
    fc.constantFrom(...moments),
    fc.integer({ min: Math.min(...moments), max: Math.max(...moments) }),
  );
  const look = fc
    .tuple(moment, fc.array(fc.boolean(), { minLength: 4, maxLength: 4 }))
    .map(([at, hidden]) => {
      const transactions = history.flatMap((row, index) => (hidden[index] ? [] : versionAt(row, at)));
      return { kind: 'transactions', at, loginId: 'login_1', accountId: 'acc_1', transactions } as const;
    });
  return fc.array(look, { minLength: 1, maxLength: 12 });
}

/** The content shown at a moment; none before the row was there, the last one for ever. */
export function versionAt(row: RowHistory, at: number): readonly Transaction[] {
  const shown = row.findLast(({ from }) => from <= at);
  return shown === undefined ? [] : [shown.transaction];
}

/** The same observations in another order, some of them more than once. */
export function shuffled<T extends Observation>(observations: readonly T[]): fc.Arbitrary<readonly T[]> {
  const again = fc.subarray([...observations]);
  return again.chain((repeated) => {
    const all = [...observations, ...repeated];
    return fc.shuffledSubarray(all, { minLength: all.length, maxLength: all.length });
  });
}
