import { durations } from '../limits.ts';
import { mostClockDifference } from './moment.ts';
import { kindOf, type Transaction } from './transaction.ts';
import { absentAfter, cutDedupeId, intoPot, isUndecided, ourDedupeId, type Transfer } from './transfer.ts';
import type { Instant, Minor } from './values.ts';

/** What a bank shows of a transfer without naming it: its rows may come without our id, or with a part of it. */

/** The times between which a transaction may be dated that shows a transfer, the last one included. */
export interface Span {
  readonly since: Instant;
  readonly until: Instant;
}

/** A transaction of the same day may be a move that Monzo accepted and made later, or one that the person made instead. */
const sameDay = durations.day;

/** When a transaction may be dated that a person should compare with a transfer. */
export function evidenceSpan(transfer: Transfer): Span {
  return spanOf(transfer, sameDay);
}

function spanOf({ created, firstSentAt, lastSentAt }: Transfer, longest: number): Span {
  const [first, last] = [firstSentAt ?? created, lastSentAt ?? created];
  return { since: first - mostClockDifference, until: last + longest };
}

/** What a transaction shows of a transfer beside its id. */
export type Figures = Pick<Transfer, 'accountId' | 'potId' | 'direction' | 'amount'>;

/** Whether a transaction is of the same account, pot, direction and amount as a transfer. */
export function hasFiguresOf(transaction: Transaction, figures: Figures): boolean {
  return transaction.amount === -intoPot(figures) && isOfPot(transaction, figures);
}

/** The same, and whether it is of the transfer's time. */
export function fits(transaction: Transaction, transfer: Transfer, span = evidenceSpan(transfer)): boolean {
  const { created } = transaction;
  return created >= span.since && created <= span.until && hasFiguresOf(transaction, transfer);
}

/** A row of a pot move names its pot, in `metadata` or as the description; where it does not, it may be any pot's. */
export function isOfPot(
  transaction: Transaction,
  { accountId, potId }: Pick<Figures, 'accountId' | 'potId'>,
): boolean {
  if (transaction.accountId !== accountId) return false;
  const kind = kindOf(transaction);
  if (kind !== 'pot_deposit' && kind !== 'pot_withdrawal') return false;
  const { description } = transaction;
  return (transaction.potId ?? (description.startsWith('pot_') ? description : potId)) === potId;
}

/**
 * Whether a transaction shows a part of a dedupe id, and everything else of its transfer: the account, the pot, the
 * direction and the amount. Then the money moved, because only a bridge writes such ids, and of a household's transfers
 * with the same figures no two begin alike: four letters make that one in 65,536. It never works the other way: that a
 * list shows no part of an id proves nothing, and a part of an id that is nobody's here names no other bridge.
 */
export function showsPart(transaction: Transaction, transfer: Figures & Pick<Transfer, 'dedupeId'>): boolean {
  const part = cutDedupeId(transaction.externalId);
  if (part === null || transaction.declineReason !== null) return false;
  return transfer.dedupeId.startsWith(part) && hasFiguresOf(transaction, transfer);
}

/** Whether a row could be any transfer's with these figures: one with a complete id is that one's alone. */
export function isNameless({ externalId }: Transaction): boolean {
  return ourDedupeId(externalId) === null;
}

/**
 * Which rows without an id belong to which transfers; all are of one account, pot, direction and amount, and none of the
 * transfers has a row. Those known to have moved come first. The others get rows only where there is one for each: of
 * two moves and one row nobody knows whose it is.
 */
export function rowsOf(
  transfers: readonly Transfer[],
  rows: readonly Transaction[],
): ReadonlyMap<string, Transaction> {
  const left = rows.toSorted((a, b) => a.created - b.created);
  const give = (transfer: Transfer): readonly (readonly [string, Transaction])[] => {
    const place = left.findIndex((row) => fits(row, transfer, spanOf(transfer, absentAfter)));
    return place < 0 ? [] : left.splice(place, 1).map((row) => [transfer.id, row] as const);
  };
  const mayBe = (transfer: Transfer) =>
    rows.some((row) => fits(row, transfer, spanOf(transfer, absentAfter)));
  const open = transfers.filter((transfer) => isUndecided(transfer) && mayBe(transfer));
  const ofMoved = transfers.filter(({ state }) => state === 'moved').flatMap(give);
  const ofOpen = open.flatMap(give);
  const accepted = new Set(open.filter(({ answer }) => answer === 'accepted').map(({ id }) => id));
  const isClear = ofOpen.length === open.length;
  return new Map([...ofMoved, ...(isClear ? ofOpen.filter(([id]) => accepted.has(id)) : [])]);
}

/**
 * Whether a pot's balance shows a transfer: it differs by exactly the amount. Only where nothing else is known to have
 * changed the pot meanwhile.
 */
export function potShows(
  { potBefore, ...move }: Pick<Transfer, 'potBefore' | 'direction' | 'amount'>,
  balance: Minor,
): boolean {
  return potBefore !== null && balance - potBefore === intoPot(move);
}

/** How long a change of a pot may be under way in what the bank shows: what is so near to a reading may be in it or not. */
export const potUnrest = absentAfter;
