import {
  afterChange,
  afterMove,
  afterReading,
  afterShown,
  firstAgreed,
  isOvertaken,
  total,
  verdictOn,
  type AmountRead,
  type Change,
  type Doubt,
  type SinceAgreed,
} from './balance-agreement.ts';
import { isReadAfter, type BalanceRead, type Knowledge, type PotsListed } from './fold.ts';
import type { HeldTransaction } from './held-transaction.ts';
import { kindOf, type TransactionKind } from './transaction.ts';
import { intoPot, type Transfer } from './transfer.ts';
import type { Minor } from './values.ts';

/** The balances of all accounts and pots, and what is known of each beside its amount, by the id of the account or pot. */
export type Watched = ReadonlyMap<string, WatchedBalance>;

interface WatchedBalance {
  readonly accountId: string;
  readonly known: SinceAgreed;
  /** The account's balance that is doubted; null where none is. */
  readonly doubted: BalanceRead | null;
}

export interface Observed {
  readonly before: Knowledge;
  /** After everything but the balances of accounts. */
  readonly after: Knowledge;
  readonly balances: readonly BalanceRead[];
  readonly pots: readonly PotsListed[];
}

/** For how long a balance was seen to lag, in milliseconds. */
export interface BalanceLag {
  readonly accountId: string;
  readonly lag: number;
}

export interface Watching {
  readonly watched: Watched;
  /** The balances that may be recorded now. One that was doubted may agree with what was seen since. */
  readonly admitted: readonly BalanceRead[];
  /**
   * What accounts with new rows hold by what was shown, where the balance that was read with these rows knows of more: among
   * many purchases it is often ahead of the list. It is told, and never what the next one is judged by.
   */
  readonly summed: readonly BalanceRead[];
  readonly lags: readonly BalanceLag[];
}

/**
 * Which balances agree with what was seen. The first one of an account is taken as it is. A pot's is always told, because
 * one that lags is the one before, but asked for again until it includes what is known to have moved.
 */
export function watchBalances(watched: Watched, { before, after, balances, pots }: Observed): Watching {
  const next = new Map(watched);
  const admitted: BalanceRead[] = [];
  const lags: BalanceLag[] = [];
  const judge = (reading: BalanceRead) => {
    const { accountId } = reading;
    const held = after.balances.has(accountId) ? next.get(accountId) : undefined;
    const amount = amountOf(reading);
    if (!held) {
      next.set(accountId, { accountId, known: firstAgreed(amount, true), doubted: null });
      admitted.push(reading);
      return;
    }
    const { known, isAdmitted, lag } = afterReading(held.known, amount);
    const doubted = isOvertaken(held.known, amount) ? held.doubted : reading;
    next.set(accountId, { accountId, known, doubted: isAdmitted ? null : doubted });
    if (isAdmitted) admitted.push(reading);
    if (lag !== null) lags.push({ accountId, lag });
  };
  for (const [id, row] of after.transactions) noteRow(next, before.transactions.get(id), row);
  for (const reading of balances) judge(reading);
  for (const { doubted, known } of next.values())
    if (doubted !== null && !balances.includes(doubted) && agrees(doubted, known)) judge(doubted);
  for (const list of pots) judgePots(next, list);
  return { watched: next, admitted, summed: summedUp(watched, next, { before, after }), lags };
}

function summedUp(
  watched: Watched,
  next: Watched,
  { before, after }: Pick<Observed, 'before' | 'after'>,
): readonly BalanceRead[] {
  const rows = [...after.transactions.values()].filter(
    (row) => row !== before.transactions.get(row.transaction.id),
  );
  return [...next].flatMap(([accountId, { known, doubted }]) => {
    const earlier = watched.get(accountId)?.known.changes ?? [];
    const told = after.balances.get(accountId)?.value;
    if (doubted === null || !told || known.doubt?.verdict !== 'unexplained') return [];
    if (known.changes === earlier) return [];
    // A move of ours that no list shows is told by nobody.
    const isShown = known.changes.every(({ isExpected }) => !isExpected);
    const isAfter = rows.every(
      ({ transaction }) =>
        transaction.accountId !== accountId || isReadAfter(doubted.at, transaction.created),
    );
    const sum = certainSum(known);
    if (sum === null || !isShown || !isAfter) return [];
    const fresh = known.changes.filter((each) => !earlier.includes(each));
    const inside = fresh.filter(({ id }) => isPotMove(after.transactions.get(id)));
    const isTotalKnown =
      told.totalBalance !== null &&
      told.balance + sumOf(fresh) === sum &&
      (fresh.length === known.changes.length || told.balance !== known.agreed);
    // Where the total is added up from the pots, or was not told since the last of their moves, it would be in doubt.
    if (!isTotalKnown && known.changes.some(({ potId }) => potId !== null)) return [];
    // What moves between an account and its pots leaves the total as it was.
    const totalBalance =
      told.totalBalance === null ? null : told.totalBalance + sum - told.balance - sumOf(inside);
    return [{ ...doubted, balance: { ...doubted.balance, balance: sum, totalBalance } }];
  });
}

const isPotMove = (row: HeldTransaction | undefined) =>
  row !== undefined && row.transaction.potId !== null && potKinds.has(kindOf(row.transaction));

const potKinds: ReadonlySet<TransactionKind> = new Set(['pot_deposit', 'pot_withdrawal']);

const agrees = ({ balance }: BalanceRead, known: SinceAgreed) =>
  verdictOn(balance.balance, known) === 'agrees';

const amountOf = ({ balance, at, askedAt }: BalanceRead): AmountRead => ({
  amount: balance.balance,
  at,
  askedAt,
});

function judgePots(next: Map<string, WatchedBalance>, { accountId, at, list }: PotsListed): void {
  for (const { id, balance } of list.rows) {
    if (balance === undefined) continue;
    const amount = { amount: balance, at, askedAt: list.askedAt };
    const held = next.get(id)?.known;
    const known = held ? afterReading(held, amount).known : firstAgreed(amount, false);
    next.set(id, { accountId, known, doubted: null });
  }
}

/** The balances on disk, which were agreed when they were written, and what the ledger shows since. */
export function watchedAtStart(household: Knowledge, rows: ReadonlyMap<string, HeldTransaction>): Watched {
  const watched = new Map<string, WatchedBalance>();
  for (const [accountId, { at, value }] of household.balances)
    watched.set(accountId, {
      accountId,
      known: firstAgreed({ amount: value.balance, at }, true),
      doubted: null,
    });
  for (const row of rows.values()) {
    const agreed = watched.get(row.transaction.accountId)?.known;
    if (agreed && row.transaction.created > agreed.from) noteRow(watched, undefined, row);
  }
  return watched;
}

/** A move of ours that Monzo accepted: until a list shows its transaction, the balances must change by it. */
export function expectMove(watched: Watched, move: ExpectedMove): Watched {
  const { accountId, potId, dedupeId: id } = move;
  const next = new Map(watched);
  const changes = [
    [accountId, -intoPot(move)],
    [potId, intoPot(move)],
  ] as const;
  for (const [subject, by] of changes)
    change(next, subject, (known) => afterMove(known, { id, amount: by, potId }));
  return next;
}

export type ExpectedMove = Pick<Transfer, 'accountId' | 'potId' | 'dedupeId' | 'direction' | 'amount'>;

/** A part of an account that must be read again. */
export interface DoubtedPart {
  readonly part: 'balance' | 'pots';
  readonly doubt: Doubt;
}

/** Whether the balances of an account and of its pots include all that lists have shown, for certain. */
export function isAgreed(watched: Watched, accountId: string): boolean {
  return ofAccount(watched, accountId).every(
    ([, { known }]) => known.doubt === null && known.changes.every(({ isExpected }) => isExpected),
  );
}

/**
 * What an account and its pots hold after what was seen, in minor units by their ids, where they were agreed before and all
 * that was shown since is certain; else null.
 */
export function sumsAfter(
  watched: Watched,
  { before, after }: Pick<Observed, 'before' | 'after'>,
  accountId: string,
): ReadonlyMap<string, Minor> | null {
  const next = new Map(watched);
  for (const [id, row] of after.transactions) noteRow(next, before.transactions.get(id), row);
  const all = ofAccount(next, accountId).map(
    ([id, { known }]) => [id, known.doubt === null ? certainSum(known) : null] as const,
  );
  const known = all.flatMap(([id, sum]) => (sum === null ? [] : [[id, sum] as const]));
  return known.length < all.length ? null : new Map(known);
}

function ofAccount(watched: Watched, accountId: string): readonly (readonly [string, WatchedBalance])[] {
  return [...watched].filter(([, each]) => each.accountId === accountId);
}

/** With all that was shown since the balance was agreed; null where it may include some of that already. */
function certainSum({ agreed, changes }: SinceAgreed): Minor | null {
  const shown = changes.filter(({ isExpected }) => !isExpected);
  const isCertain = shown.every((each) => each.isCertain && !each.isOld);
  return isCertain ? agreed + sumOf(shown) : null;
}

function sumOf(changes: readonly Change[]): Minor {
  return total(changes.map(({ amount }) => amount));
}

export function doubtsOf(watched: Watched, accountId: string): readonly DoubtedPart[] {
  return [...watched].flatMap(([id, { known, ...of }]) => {
    if (of.accountId !== accountId || known.doubt === null) return [];
    return [{ part: id === accountId ? ('balance' as const) : ('pots' as const), doubt: known.doubt }];
  });
}

function noteRow(
  next: Map<string, WatchedBalance>,
  before: HeldTransaction | undefined,
  after: HeldTransaction,
): void {
  if (before === after) return;
  const { id, accountId, potId, externalId, created } = after.transaction;
  const amount = countedOf(after) - (before ? countedOf(before) : 0);
  // That a transaction has vanished is believed minutes after it has.
  const isOld = before?.transaction === after.transaction;
  const isOfPot = potId !== null && potKinds.has(kindOf(after.transaction));
  const changes = [[accountId, amount] as const, ...(isOfPot ? [[potId, -amount] as const] : [])];
  for (const [subject, by] of changes) {
    const isShown = (move: Change) =>
      externalId?.endsWith(move.id) === true || (move.potId === potId && move.amount === by);
    change(next, subject, (known) => {
      const shown = before === undefined ? afterShown(known, isShown, by) : null;
      return shown ?? afterChange(known, { id, amount: by, potId, created: before ? null : created, isOld });
    });
  }
}

function change(
  next: Map<string, WatchedBalance>,
  subject: string,
  by: (known: SinceAgreed) => SinceAgreed,
): void {
  const held = next.get(subject);
  if (held) next.set(subject, { ...held, known: by(held.known) });
}

/** What a transaction adds to the balance: the bank counts pending ones too. */
function countedOf({ transaction, status }: HeldTransaction): Minor {
  return status === 'declined' || status === 'reversed' ? 0 : transaction.amount;
}
