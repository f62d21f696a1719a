import { createHash } from 'node:crypto';
import type { TransferEvent } from './event.ts';
import { mostAhead, mostClockDifference, type Elapsed } from './moment.ts';
import type { Transaction } from './transaction.ts';
import type { Currency, Instant, Minor } from './values.ts';

/** `deposit`: from the account into its pot; `withdraw`: back. */
export type Direction = 'deposit' | 'withdraw';

/**
 * `open`: sent, and the outcome is not known yet; `unresolved`: the bridge cannot find out, a person must record the
 * outcome; `not_sent`: the request never left this machine, so its request id is free again.
 */
export const transferStates = ['open', 'moved', 'not_moved', 'unresolved', 'not_sent'] as const;

export type TransferState = (typeof transferStates)[number];

/** Whether the money moved, by the state of the transfer. */
export const moneyMovedIn: Readonly<Record<TransferState, 'yes' | 'no' | 'unknown'>> = {
  open: 'unknown',
  unresolved: 'unknown',
  moved: 'yes',
  not_moved: 'no',
  not_sent: 'no',
};

/** Why something is as it is: a stable code, and the facts of its sentence. */
export interface Reason {
  readonly code: string;
  /** Null if an earlier version recorded the reason without them. */
  readonly facts: object | null;
}

/**
 * The answer to a send. `accepted`: Monzo took the move, which may happen later or never; `refused` is a 4xx which says
 * that no money moved; `no_word` leaves the outcome open.
 */
export type SendAnswer = 'accepted' | 'refused' | 'never_sent' | 'no_word';

/** A requested transfer of money, stored before it is sent. */
export interface Transfer {
  readonly id: string;
  readonly created: Instant;
  readonly state: TransferState;
  /** The user whose tokens every send uses: Monzo may recognise a repetition only from the same user. */
  readonly userId: string;
  readonly accountId: string;
  readonly potId: string;
  readonly direction: Direction;
  readonly amount: Minor;
  readonly currency: Currency;
  /** Makes every repetition the same transfer; null if the caller gave none. */
  readonly requestId: string | null;
  readonly dedupeId: string;
  readonly sends: number;
  readonly firstSentAt: Instant | null;
  readonly lastSentAt: Instant | null;
  /** The answer to the last send that has ended. */
  readonly answer: SendAnswer | null;
  /** Whether a caller was left without an outcome and must be told later. */
  readonly notifyLater: boolean;
  readonly settledAt: Instant | null;
  /** The id of Monzo's transaction, once it was seen. */
  readonly transactionId: string | null;
  /** The reason for the state; null if there is none. */
  readonly reason: Reason | null;
  readonly door: string;
  readonly user: string | null;
  /** Found at the bank with our prefix but not in the database: from another bridge, or missing from a backup. */
  readonly found: boolean;
  /** What the pot held before the first send; null where something else may have changed it at that time. */
  readonly potBefore: Minor | null;
}

/** By how much a move changes its pot, in minor units; the account changes by the opposite. */
export function intoPot({ direction, amount }: Pick<Transfer, 'direction' | 'amount'>): Minor {
  return direction === 'deposit' ? amount : -amount;
}

export interface RequestOf {
  readonly potId: string;
  readonly direction: Direction;
  readonly requestId: string;
}

/** The start of every dedupe id of a bridge. */
const prefix = 'mb-';

/**
 * Monzo's `dedupe_id` of a transfer: the same for every repetition through any door. It does not include the user, so it
 * is also the same for both owners of a joint account and for two bridges.
 */
export function dedupeIdOf({ potId, direction, requestId }: RequestOf): string {
  const text = JSON.stringify([potId, direction, requestId]);
  return `${prefix}${createHash('sha256').update(text).digest('hex').slice(0, 32)}`;
}

const complete = /^mb-[0-9a-f]{32}$/;
/** The beginning of one, long enough that of a household's transfers only one begins so. */
const beginning = /^mb-[0-9a-f]{4,31}$/;

/**
 * The dedupe id at the end of a transaction's `external_id` (Monzo puts the user in front); null if there is no complete
 * one of a bridge: less of it names no bridge.
 */
export function ourDedupeId(externalId: string | null): string | null {
  const last = lastPart(externalId);
  return complete.test(last) ? last : null;
}

/** The beginning of a dedupe id, where Monzo shows an `external_id` that was cut; null if there is none. */
export function cutDedupeId(externalId: string | null): string | null {
  const last = lastPart(externalId);
  return beginning.test(last) ? last : null;
}

/** All that `cutDedupeId` may find where this one was cut, the shortest first. */
export function cutsOf(dedupeId: string): readonly string[] {
  const [shortest, longest] = ['mb-0123'.length, dedupeId.length - 1];
  return Array.from({ length: longest - shortest + 1 }, (_, more) => dedupeId.slice(0, shortest + more));
}

function lastPart(externalId: string | null): string {
  return externalId?.slice(externalId.lastIndexOf(':') + 1) ?? '';
}

/** Whether the outcome is unknown: the money may have moved. */
export function isUndecided({ state }: Pick<Transfer, 'state'>): boolean {
  return state === 'open' || state === 'unresolved';
}

const minute = 60_000;

/** The longest time from storing a send to the end of the send. */
const sendTakes = 10_000;

/**
 * The bank may date a move so much later than its row: a clock that passed as right may be behind, and a send takes time.
 * A row from the last moments before midnight therefore counts for both days.
 */
export const datedLater = mostClockDifference + sendTakes;

/** How long after the first send it is safe to send again: we do not know for how long Monzo remembers a dedupe id. */
export const resendWithin = 15 * minute - sendTakes;

/**
 * How long after the last send a complete list without the transfer proves that no money moved; until then a change of
 * the pot, or a transaction without an id, shows that a move which Monzo accepted has happened.
 */
export const absentAfter = 15 * minute + sendTakes;

/**
 * The state that an answer proves, by whether it was the only send: refusing a repetition says nothing about the first.
 * An acceptance alone proves nothing: the move may happen later or never.
 */
const proofs: Readonly<Record<SendAnswer, { readonly only: TransferState; readonly again: TransferState }>> =
  {
    accepted: { only: 'open', again: 'open' },
    refused: { only: 'not_moved', again: 'open' },
    never_sent: { only: 'not_sent', again: 'open' },
    no_word: { only: 'open', again: 'open' },
  };

/** The state of a transfer after the answer to its latest send; a settled transfer stays settled. */
export function provenBy(transfer: Pick<Transfer, 'state' | 'sends'>, answer: SendAnswer): TransferState {
  if (!isUndecided(transfer)) return transfer.state;
  const proven = proofs[answer][transfer.sends === 1 ? 'only' : 'again'];
  return proven === 'open' ? transfer.state : proven;
}

/**
 * Whether it may be sent again: the outcome is open, the last send was neither refused nor accepted (Monzo has it then),
 * and the bank still remembers the dedupe id even if the first send was as long ago as it may have been.
 */
export function mayResend(
  { state, answer }: Pick<Transfer, 'state' | 'answer'>,
  sinceFirstSend: Elapsed | null,
): boolean {
  if (state !== 'open' || answer === 'refused' || answer === 'accepted') return false;
  if (sinceFirstSend === null) return false;
  return sinceFirstSend.most < resendWithin;
}

/**
 * Whether the same request may be tried anew, as another transfer: Monzo refused this one at its only send, so it never
 * moved anything, and what Monzo refused it for may be gone by now. What a person has recorded stays.
 */
export function mayTryAnew({
  state,
  answer,
  sends,
  reason,
}: Pick<Transfer, 'state' | 'answer' | 'sends' | 'reason'>): boolean {
  return state === 'not_moved' && answer === 'refused' && sends === 1 && reason?.code !== 'decided';
}

/**
 * Whether a send may still leave, so long after it was stored: the rails were checked then. Where the machine slept, or
 * its clock was set, between the two it may not.
 */
export function maySend(sinceStored: Elapsed | null): boolean {
  return sinceStored !== null && sinceStored.most < mostAhead + sendTakes;
}

/** Whether a complete list without the transfer, begun so long after its last send, proves that no money moved. */
export function provesAbsence(sinceLastSend: Elapsed | null): boolean {
  return sinceLastSend !== null && sinceLastSend.least >= absentAfter;
}

/**
 * Whether figures alone, so long after the last send, still show that an accepted move has happened: the person, told
 * that it is not seen, may make it by hand later.
 */
export function showsByFigures({ answer }: Pick<Transfer, 'answer'>, sinceLastSend: Elapsed | null): boolean {
  return answer === 'accepted' && sinceLastSend !== null && sinceLastSend.most < absentAfter;
}

/** Pauses before each search for an open transfer, in milliseconds; then the last one repeats. */
const looks = [2_000, 5_000, 10_000, 30_000, 60_000, 120_000];
/** How much later than `absentAfter` the decisive list is begun, so that every send has ended by then. */
const margin = 30_000;
const seldom = 15 * minute;

/**
 * How long to wait before the next search, and before the next send if that is allowed. The first one after a start may
 * have begun before the bank had told the time, and then decides nothing: another one follows soon.
 */
export function pauseBeforeLook(look: number, sinceLastSend: Elapsed | null): number {
  const step = looks[Math.min(look, looks.length - 1)] ?? seldom;
  const left = absentAfter + margin - (sinceLastSend?.least ?? 0);
  if (left <= 0) return look === 0 ? step : seldom;
  return Math.min(step, left);
}

/** How a transfer ended, with the reason if there is one. */
export interface Settlement {
  readonly state: 'moved' | 'not_moved' | 'not_sent';
  readonly at: Instant;
  readonly transactionId?: string;
  readonly reason?: Reason;
}

export interface Settled {
  readonly next: Transfer;
  /** For callers who were left without an outcome or told another one; null if there is none. */
  readonly event: TransferEvent | null;
}

/** Settles a transfer with its outcome. `isAwaited`: a caller is waiting and gets the outcome directly. */
export function settle(transfer: Transfer, settlement: Settlement, isAwaited: boolean): Settled {
  const { state, at, reason = null, transactionId = transfer.transactionId } = settlement;
  const next = { ...transfer, state, settledAt: at, transactionId, reason, notifyLater: false };
  const isCorrection = !isUndecided(transfer);
  const isNotified = transfer.notifyLater || !isAwaited || isCorrection;
  return { next, event: isNotified && state !== 'not_sent' ? outcomeOf(next, at) : null };
}

function outcomeOf({ id, accountId, requestId, state }: Transfer, at: Instant): TransferEvent {
  const moved = state === 'moved';
  return {
    id: `${id}:${moved ? 'completed' : 'failed'}`,
    type: moved ? 'transfer_completed' : 'transfer_failed',
    at,
    accountId,
    transferId: id,
    requestId,
    moneyMoved: moved ? 'yes' : 'no',
  };
}

/** Whether a transaction shows that money moved with this dedupe id; a declined one does not. */
export function showsMove({ externalId, declineReason }: Transaction, dedupeId: string): boolean {
  return declineReason === null && externalId !== null && externalId.endsWith(dedupeId);
}

interface OwnPast {
  /** When the newest transfer of this bridge was stored; null if there is none. */
  readonly newestOwn: Instant | null;
  /** From when on the account's new transactions are events. */
  readonly eventsSince: Instant | undefined;
}

/**
 * Whether a transfer with our prefix that is not in the database was made by another bridge, or by this one after the
 * backup that the database was restored from. Transfers older than everything in the database do not count.
 */
export function isForeignMove(
  { created }: Pick<Transaction, 'created'>,
  { newestOwn, eventsSince }: OwnPast,
): boolean {
  if (newestOwn !== null) return created > newestOwn - mostClockDifference;
  return eventsSince !== undefined && created >= eventsSince;
}

/** A row for a transfer that was found at the bank: it counts towards limits, and a request with its id repeats it. */
export function foundTransfer(transaction: Transaction, dedupeId: string, at: Instant): Transfer {
  const { id, accountId, potId, amount, currency, created, externalId } = transaction;
  const person = /^(.*):[^:]*$/.exec(externalId ?? '')?.[1] ?? '';
  return {
    id: `transfer_${dedupeId.slice(prefix.length)}`,
    created,
    state: 'moved',
    userId: person,
    accountId,
    potId: potId ?? '',
    direction: amount < 0 ? 'deposit' : 'withdraw',
    amount: Math.abs(amount),
    currency,
    requestId: null,
    dedupeId,
    sends: 0,
    firstSentAt: null,
    lastSentAt: null,
    answer: null,
    notifyLater: false,
    settledAt: at,
    transactionId: id,
    reason: null,
    door: 'bridge',
    user: null,
    found: true,
    potBefore: null,
  };
}
