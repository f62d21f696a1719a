import type { Monotonic } from '../clock.ts';
import type { BalanceRead, Knowledge } from './fold.ts';
import type { HeldTransaction } from './held-transaction.ts';
import type { Instant, Minor } from './values.ts';

/**
 * Whether a balance that was read includes what is known to have moved: the bank’s balance may lag behind its lists and
 * behind our own moves by seconds, and may be ahead of them.
 */

/** What moved in an account since its balance was agreed, in minor units; negative where money left. */
export interface Change {
  /** The id of the transaction, or the dedupe id of a move of ours that no list has shown yet. */
  readonly id: string;
  readonly amount: Minor;
  /** False where the agreed balance may include it already, because the transaction was shown or changed earlier. */
  readonly isCertain: boolean;
  readonly potId: string | null;
  /** Whether it is a move of ours that no list has shown yet. */
  readonly isExpected: boolean;
}

/** A balance that does not agree with what is known. */
export interface Doubt {
  readonly reading: BalanceRead;
  /** When the first reading that did not agree was asked for. */
  readonly since: Monotonic;
}

/** An account since its balance was last agreed. */
export interface SinceAgreed {
  readonly changes: readonly Change[];
  readonly doubt: Doubt | null;
}

export const nothingSince: SinceAgreed = { changes: [], doubt: null };

/** `late`: it lacks the last of the changes; `unexplained`: the bank knows of something that it has not shown. */
export type Verdict = 'agrees' | 'late' | 'unexplained';

const second = 1_000;
const minute = 60 * second;
/** When to ask again, in milliseconds after the first reading that does not agree; then every ten seconds. */
const asks = [second, 2 * second, 5 * second, 10 * second];
/** How long a balance may lag behind; after that, and after ten seconds where nothing explains it, it is taken as it is. */
const mostLag = 5 * minute;
/** More than so many uncertain changes are taken together. */
const mostUncertain = 6;

/** What a balance says, where `agreed` is the last one that was agreed. */
export function verdictOn(balance: Minor, agreed: Minor, changes: readonly Change[]): Verdict {
  const amounts = (isCertain: boolean) =>
    changes.filter((change) => change.isCertain === isCertain).map(({ amount }) => amount);
  const certain = total(amounts(true));
  const uncertain = amounts(false);
  const sums = uncertain.length <= mostUncertain ? sumsOf(uncertain) : [0, total(uncertain)];
  if (sums.some((sum) => balance === agreed + certain + sum)) return 'agrees';
  let sum = agreed;
  for (const { amount } of changes) {
    if (balance === sum) return 'late';
    sum += amount;
  }
  return 'unexplained';
}

/** The lowest that the balance can be by what is known. */
export function lowestBalance(agreed: Minor, changes: readonly Change[]): Minor {
  const counted = changes.filter(({ isCertain, amount }) => isCertain || amount < 0);
  return agreed + total(counted.map(({ amount }) => amount));
}

/** What is known after a reading: it is agreed, or taken as it is, or doubted. */
function afterReading({ changes, doubt }: SinceAgreed, agreed: Minor, reading: BalanceRead): SinceAgreed {
  const verdict = verdictOn(reading.balance.balance, agreed, changes);
  const since = doubt?.since ?? reading.askedAt;
  const patience = verdict === 'late' ? mostLag : (asks.at(-1) ?? 0);
  const isTaken = verdict === 'agrees' || reading.askedAt - since >= patience;
  return isTaken ? nothingSince : { changes, doubt: { reading, since } };
}

/** When to read a doubted balance again, so long after it was first doubted. */
export function nextBalanceAsk({ since }: Doubt, now: Monotonic): Monotonic {
  const passed = now - since;
  const step = asks.find((ask) => ask > passed);
  if (step !== undefined) return since + step;
  return since + Math.ceil((passed + 1) / (10 * second)) * 10 * second;
}

/** So long before the agreed balance was asked for, a transaction that is new to us was not shown late: it is history. */
const mostLate = 2 * 60 * minute;

interface SeenRow {
  readonly before: HeldTransaction | undefined;
  readonly after: HeldTransaction;
}

/** What a transaction that was seen changes in the balance that was agreed at this instant; null where nothing. */
function changeOf({ before, after }: SeenRow, agreedAt: Instant): Change | null {
  const { id, potId, created } = after.transaction;
  const amount = countedOf(after) - (before ? countedOf(before) : 0);
  if (amount === 0 || (!before && created < agreedAt - mostLate)) return null;
  return { id, amount, isCertain: isSince(agreedAt, { before, after }), potId, isExpected: false };
}

/**
 * Whether the bank dates what changed after an instant. A date that has not moved on, or that lies ahead of the sight, is
 * none: a hold that was dropped has no date, and may be in the balance for long before it is noticed.
 */
function isSince(instant: Instant, { before, after }: SeenRow): boolean {
  const { created, updated } = after.transaction;
  const date = before === undefined ? created : updated;
  const isMoved = before === undefined || updated > before.transaction.updated;
  return isMoved && date > instant && date <= after.seenAt;
}

/** What a transaction adds to the balance: the bank counts pending ones too. */
function countedOf({ transaction, status }: HeldTransaction): Minor {
  return status === 'declined' || status === 'reversed' ? 0 : transaction.amount;
}

/** By account, since the start of the process. */
export type Watched = ReadonlyMap<string, SinceAgreed>;

export interface Observed {
  readonly before: Knowledge;
  /** After everything but the balances. */
  readonly after: Knowledge;
  readonly balances: readonly BalanceRead[];
}

export interface Watching {
  readonly watched: Watched;
  /** The balances that may be recorded now. One that was doubted may agree with what was seen since. */
  readonly admitted: readonly BalanceRead[];
}

/** Which balances agree with what was seen. The first one of an account is taken as it is. */
export function watchBalances(watched: Watched, { before, after, balances }: Observed): Watching {
  const next = new Map(watched);
  const admitted: BalanceRead[] = [];
  const judge = (reading: BalanceRead) => {
    const { accountId } = reading;
    const held = after.balances.get(accountId);
    const known = next.get(accountId) ?? nothingSince;
    const now = held ? afterReading(known, held.value.balance, reading) : nothingSince;
    next.set(accountId, now);
    if (now.doubt === null) admitted.push(reading);
  };
  for (const [id, row] of after.transactions)
    noteRow(next, { before: before.transactions.get(id), after: row }, after);
  for (const reading of balances) judge(reading);
  for (const { doubt } of next.values())
    if (doubt !== null && !balances.includes(doubt.reading) && agreesNow(next, doubt.reading, after))
      judge(doubt.reading);
  return { watched: next, admitted };
}

/** A move of ours that Monzo accepted: until a list shows its transaction, the balance must change by it. */
export function expectMove(watched: Watched, accountId: string, move: ExpectedMove): Watched {
  const { changes, doubt } = watched.get(accountId) ?? nothingSince;
  if (changes.some(({ id }) => id === move.id)) return watched;
  const expected: Change = { ...move, isCertain: true, isExpected: true };
  return new Map(watched).set(accountId, { changes: [...changes, expected], doubt });
}

/** Its id is the dedupe id. */
export type ExpectedMove = Pick<Change, 'id' | 'amount'> & { readonly potId: string };

function noteRow(next: Map<string, SinceAgreed>, row: SeenRow, { balances }: Knowledge): void {
  if (row.before === row.after) return;
  const { accountId, potId, externalId } = row.after.transaction;
  const held = balances.get(accountId);
  const change = held && changeOf(row, held.at);
  if (!change) return;
  const { changes, doubt } = next.get(accountId) ?? nothingSince;
  const isShown = ({ isExpected, ...move }: Change) =>
    isExpected &&
    (externalId?.endsWith(move.id) === true || (move.potId === potId && move.amount === change.amount));
  const expected = changes.find(isShown);
  const others = changes.filter((other) => other !== expected);
  const shown = expected ? { ...change, isCertain: true } : change;
  next.set(accountId, { changes: [...others, shown], doubt });
}

function agreesNow(watched: Watched, { accountId, balance }: BalanceRead, { balances }: Knowledge): boolean {
  const held = balances.get(accountId);
  const { changes } = watched.get(accountId) ?? nothingSince;
  return held !== undefined && verdictOn(balance.balance, held.value.balance, changes) === 'agrees';
}

function total(amounts: readonly Minor[]): Minor {
  return amounts.reduce((sum, amount) => sum + amount, 0);
}

/** The sums of all subsets. */
function sumsOf(amounts: readonly Minor[]): readonly Minor[] {
  return amounts.reduce((sums, amount) => sums.flatMap((sum) => [sum, sum + amount]), [0]);
}
