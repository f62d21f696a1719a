import { createHash } from 'node:crypto';
import type { TransferEvent } from './event.ts';
import type { Transaction } from './transaction.ts';
import type { Currency, Instant, Minor } from './values.ts';

/** `deposit`: from the account into its pot; `withdraw`: back. */
export type Direction = 'deposit' | 'withdraw';

/**
 * `open`: sent, and nobody knows yet whether the money moved; `unresolved`: the same, and only a person can tell;
 * `not_sent`: the request never left this machine, so its request id is free again.
 */
export const transferStates = ['open', 'moved', 'not_moved', 'unresolved', 'not_sent'] as const;

export type TransferState = (typeof transferStates)[number];

/** What a send came back with. `refused` is a 4xx that says the bank did nothing; `no_word` leaves everything open. */
export type SendAnswer = 'accepted' | 'refused' | 'never_sent' | 'no_word';

/** A command to move money, written down before it is acted on. */
export interface Transfer {
  readonly id: string;
  readonly created: Instant;
  readonly state: TransferState;
  /** Whose tokens every send uses: Monzo may recognise a repetition only of the same person. */
  readonly userId: string;
  readonly accountId: string;
  readonly potId: string;
  readonly direction: Direction;
  readonly amount: Minor;
  readonly currency: Currency;
  /** What makes every repetition the same transfer; null where the caller gave nothing. */
  readonly requestId: string | null;
  readonly dedupeId: string;
  readonly sends: number;
  readonly firstSentAt: Instant | null;
  readonly lastSentAt: Instant | null;
  /** What the last send that is over came back with. */
  readonly answer: SendAnswer | null;
  /** Whether a caller was left without an outcome, and has to be told once there is one. */
  readonly notifyLater: boolean;
  readonly settledAt: Instant | null;
  /** Monzo's transaction, once it was seen. */
  readonly transactionId: string | null;
  /** Why it is where it is: stable code and sentence; null where all is plain. */
  readonly code: string | null;
  readonly sentence: string | null;
  readonly door: string;
  readonly user: string | null;
  /** Seen at the bank under our prefix without a row of ours: another bridge, or a row a backup did not hold. */
  readonly found: boolean;
}

export interface RequestOf {
  readonly potId: string;
  readonly direction: Direction;
  readonly requestId: string;
}

/** How every move of ours begins at the bank. */
const prefix = 'mb-';

/**
 * Monzo's `dedupe_id` of a transfer: the same for every repetition from any door and, because nothing of the user is in
 * it, for both partners of a joint account and for two bridges.
 */
export function dedupeIdOf({ potId, direction, requestId }: RequestOf): string {
  const text = JSON.stringify([potId, direction, requestId]);
  return `${prefix}${createHash('sha256').update(text).digest('hex').slice(0, 32)}`;
}

/** The dedupe id at the end of a transaction's `external_id` (Monzo puts the user in front), if the move is a bridge's. */
export function ourDedupeId(externalId: string | null): string | null {
  const last = externalId?.slice(externalId.lastIndexOf(':') + 1) ?? '';
  return last.startsWith(prefix) ? last : null;
}

/** Whether the money may have moved without our knowing. */
export function isUndecided({ state }: Pick<Transfer, 'state'>): boolean {
  return state === 'open' || state === 'unresolved';
}

const minute = 60_000;

/** From the writing down of a send to the end of the send itself it never takes longer. */
const sendTakes = 10_000;

/** Monzo remembers a dedupe id for nobody knows how long; for a quarter of an hour it is safe to repeat. */
export const resendWithin = 15 * minute - sendTakes;

/** A list read a quarter of an hour after the last send shows it, or it did not happen. */
export const absentAfter = 15 * minute + sendTakes;

/** What an answer proves, by whether it was the only send. A refusal of a repetition proves nothing of the one before. */
const proofs: Readonly<Record<SendAnswer, { readonly only: TransferState; readonly again: TransferState }>> =
  {
    accepted: { only: 'moved', again: 'moved' },
    refused: { only: 'not_moved', again: 'open' },
    never_sent: { only: 'not_sent', again: 'open' },
    no_word: { only: 'open', again: 'open' },
  };

/** Where a transfer stands after the answer to its latest send; what is settled stays so. */
export function provenBy(transfer: Pick<Transfer, 'state' | 'sends'>, answer: SendAnswer): TransferState {
  if (!isUndecided(transfer)) return transfer.state;
  const proven = proofs[answer][transfer.sends === 1 ? 'only' : 'again'];
  return proven === 'open' ? transfer.state : proven;
}

/** Whether it may be sent once more: the outcome is open, nothing refused it, and the bank surely knows the id still. */
export function mayResend(
  { state, firstSentAt, answer }: Pick<Transfer, 'state' | 'firstSentAt' | 'answer'>,
  now: Instant,
): boolean {
  if (state !== 'open' || answer === 'refused' || firstSentAt === null) return false;
  return now - firstSentAt < resendWithin;
}

/** Whether a complete list that was begun then, and does not show the transfer, proves that it did not take place. */
export function provesAbsence({ lastSentAt }: Pick<Transfer, 'lastSentAt'>, begunAt: Instant): boolean {
  return lastSentAt !== null && begunAt - lastSentAt >= absentAfter;
}

/** After how many milliseconds an open transfer is looked for again, by how often it was; the last one holds for ever. */
const looks = [2_000, 5_000, 10_000, 30_000, 60_000, 120_000];
/** How much later than it proves anything the decisive list is begun: what was on its way is over by then. */
const margin = 30_000;
const seldom = 15 * minute;

/** How long to wait before the next look, which is also the next send where that is allowed. */
export function pauseBeforeLook(transfer: Transfer, look: number, now: Instant): number {
  const step = looks[Math.min(look, looks.length - 1)] ?? seldom;
  const decisive = (transfer.lastSentAt ?? now) + absentAfter + margin;
  if (now >= decisive) return seldom;
  return Math.min(step, decisive - now);
}

/** How a transfer ended. Code and sentence say why where it is not plain. */
export interface Settlement {
  readonly state: 'moved' | 'not_moved' | 'not_sent';
  readonly at: Instant;
  readonly transactionId?: string;
  readonly code?: string;
  readonly sentence?: string;
}

export interface Settled {
  readonly next: Transfer;
  /** For those who were left without an outcome, or told another one; null where nobody was. */
  readonly event: TransferEvent | null;
}

/** A transfer once its outcome is known. `isAwaited`: a caller is there who will be told directly. */
export function settle(transfer: Transfer, settlement: Settlement, isAwaited: boolean): Settled {
  const { state, at, code = null, sentence = null, transactionId = transfer.transactionId } = settlement;
  const next = { ...transfer, state, settledAt: at, transactionId, code, sentence, notifyLater: false };
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

/** Whether a transaction shows that money moved under this id; a declined one shows nothing. */
export function showsMove({ externalId, declineReason }: Transaction, dedupeId: string): boolean {
  return declineReason === null && externalId !== null && externalId.endsWith(dedupeId);
}

/** The bank's clock and ours may differ by this much before no money is moved at all. */
export const mostClockDifference = minute;

interface OwnPast {
  /** When the newest transfer of ours was written down; null where there is none. */
  readonly newestOwn: Instant | null;
  /** From when on the account's transactions are events. */
  readonly eventsSince: Instant | undefined;
}

/**
 * Whether a move under our prefix that we have no row of was made by somebody else, or by us after the backup that this
 * database is. What is older than all we remember is the past, of this bridge or another, and no reason to stop.
 */
export function isForeignMove(
  { created }: Pick<Transaction, 'created'>,
  { newestOwn, eventsSince }: OwnPast,
): boolean {
  if (newestOwn !== null) return created > newestOwn - mostClockDifference;
  return eventsSince !== undefined && created >= eventsSince;
}

/** A row for a move that was found at the bank: it counts like any other, and a request with its id is a repetition. */
export function foundTransfer(transaction: Transaction, dedupeId: string, at: Instant): Transfer {
  const { id, accountId, potId, amount, currency, created, externalId } = transaction;
  return {
    id: `transfer_${dedupeId.slice(prefix.length)}`,
    created,
    state: 'moved',
    userId: externalId?.slice(0, -dedupeId.length).replace(/:$/, '') ?? '',
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
    code: null,
    sentence: null,
    door: 'bridge',
    user: null,
    found: true,
  };
}
