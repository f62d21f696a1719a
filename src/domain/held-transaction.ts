import type { EventType } from './event.ts';
import {
  comparedFields,
  statusOf,
  type Transaction,
  type TransactionContent,
  type TransactionStatus,
} from './transaction.ts';
import type { Instant, Minor } from './values.ts';

/** A transaction as it is stored. */
export interface HeldTransaction {
  readonly transaction: Transaction;
  readonly status: TransactionStatus;
  /** When the answer that showed this content first was asked for: of two contents, the one asked for later counts. */
  readonly seenAt: Instant;
  /** The login that alone has seen this content; null where several have, or where that was not recorded. */
  readonly seenBy: string | null;
  /** The compared fields when the transaction was first seen; a return to them is no `amended` event. */
  readonly firstFields: string;
}

/** When a transaction was seen, that is, asked for, and by which login. */
export interface Sight {
  readonly at: Instant;
  readonly loginId: string;
}

/** Whether a transaction's status can no longer change. */
export function isFinal(held: HeldTransaction): boolean {
  return held.status !== 'pending';
}

/**
 * The row after a sight of it. Its content decides whether something is new, and the order of asking which of two contents
 * is: `updated` says neither, because the bank may leave it as it was, set it back, or date it ahead.
 */
export function afterSight(
  held: HeldTransaction | undefined,
  seen: Transaction,
  { at, loginId }: Sight,
): HeldTransaction {
  const status = statusOf(seen, at);
  if (!held)
    return { transaction: seen, status, seenAt: at, seenBy: loginId, firstFields: comparedFields(seen) };
  const { transaction, seenAt } = held;
  if (seen.raw === transaction.raw) return reSeen(held, status, { at, loginId });
  const isNewer = at > seenAt || (at === seenAt && seen.raw > transaction.raw);
  return isNewer ? { ...held, transaction: seen, status, seenAt: at, seenBy: loginId } : held;
}

/** The same content again: it may have settled since, or be back although it had vanished, or be another owner's too. */
function reSeen(before: HeldTransaction, status: TransactionStatus, { at, loginId }: Sight): HeldTransaction {
  const isOnlyOnes = before.seenBy === null || before.seenBy === loginId;
  const held = isOnlyOnes ? before : { ...before, seenBy: null };
  if (held.status === 'pending' && status !== 'pending') return { ...held, status };
  const isBack = held.status === 'reversed' && status !== 'reversed' && at > held.seenAt;
  return isBack ? { ...held, status, seenAt: at } : held;
}

/** What happened between two states of a transaction. One that is final when first seen was only created. */
export function changesBetween(
  held: HeldTransaction | undefined,
  next: HeldTransaction,
): readonly EventType[] {
  if (!held) return ['transaction.created'];
  const released =
    next.transaction.amount === 0 && held.transaction.amount !== 0 && next.status !== 'declined';
  if (released) return held.status === 'reversed' ? [] : ['transaction.reversed'];
  const fields = comparedFields(next.transaction);
  const isOther = fields !== comparedFields(held.transaction) && fields !== next.firstFields;
  // One that came back after it had vanished was charged after all.
  const settled = ['pending', 'reversed'].includes(held.status) && next.status === 'settled';
  return [
    ...(isOther && !isOtherView(held, next) ? (['transaction.amended'] as const) : []),
    ...(settled ? (['transaction.settled'] as const) : []),
  ];
}

/**
 * Whether two contents differ only because two owners of the account look at them: another login saw another category or
 * other notes, and the bank does not say that it changed anything since.
 */
function isOtherView(held: HeldTransaction, next: HeldTransaction): boolean {
  const [before, after] = [held.transaction, next.transaction];
  const isOtherLogin = held.seenBy !== null && held.seenBy !== next.seenBy;
  const isUnchanged = before.updated === after.updated && before.amount === after.amount;
  return isOtherLogin && isUnchanged && before.merchantId === after.merchantId;
}

/**
 * What a reversed transaction was, in minor units of the account: what it still has, else what it had when it was first seen,
 * else what the shop had asked for in the same currency. Null for all others, and where nothing tells.
 */
export function amountBefore({ transaction, status, firstFields }: ReversedRow): Minor | null {
  if (status !== 'reversed') return null;
  const { amount, currency, localAmount, localCurrency } = transaction;
  const asked = localCurrency === currency ? localAmount : 0;
  return [amount, firstAmount(firstFields), asked].find((one) => one !== 0) ?? null;
}

interface ReversedRow extends Pick<HeldTransaction, 'status' | 'firstFields'> {
  readonly transaction: TransactionContent;
}

function firstAmount(firstFields: string): Minor {
  const amount = /^\[(-?\d{1,15}),/.exec(firstFields)?.[1];
  return amount === undefined ? 0 : Number(amount);
}
