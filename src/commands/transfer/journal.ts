import { createNotifier } from '../../async.ts';
import type { TransferEvent } from '../../domain/event.ts';
import type { Knowledge } from '../../domain/fold.ts';
import { mostAhead } from '../../domain/moment.ts';
import { kindOf, type Transaction } from '../../domain/transaction.ts';
import {
  dedupeIdOf,
  foundTransfer,
  isForeignMove,
  ourDedupeId,
  settle,
  showsMove,
  type Settlement,
  type Transfer,
} from '../../domain/transfer.ts';
import type { Instant, Minor } from '../../domain/values.ts';
import type { AuditDecision, AuditEntry } from '../../store/audit.ts';
import { reasonSentence } from '../../refusals/refuse.ts';
import { durations } from '../../limits.ts';
import type { Store } from '../../store/store.ts';
import type { Caller } from '../command.ts';
import { pauseSentence, type MoneyPause, type PauseReason } from '../rails-store.ts';
import { auditedRequest, type TransferRequest } from './answer.ts';
import type { MoveEvidence } from './evidence.ts';
import type { MoneyClock } from './money-clock.ts';

export interface TransferJournalOptions {
  readonly store: Pick<Store, 'transfers' | 'audit' | 'events'>;
  readonly moneyClock: MoneyClock;
  readonly moneyPause: MoneyPause;
  readonly evidence: MoveEvidence;
}

/** Why money moves are paused when Monzo shows one that this database has no record of. */
const foreignMove: PauseReason = { code: 'foreign_move', facts: {} };
/** Why they are paused when Monzo shows one with another amount than was requested. */
const otherAmount: PauseReason = { code: 'other_amount', facts: {} };

/**
 * The record of every transfer: each change of one is written together with its audit row and the event that follows.
 * Opens no database transaction itself, so that callers can add to it.
 */
export class TransferJournal {
  readonly #options: TransferJournalOptions;
  readonly #awaited = new Map<string, number>();
  readonly #settled = createNotifier<string>();

  constructor(options: TransferJournalOptions) {
    this.#options = options;
  }

  /** Records a move that is accepted now, as sent. */
  begin(request: TransferRequest, beginning: Beginning): Transfer {
    const { store, moneyClock } = this.#options;
    const transfer = newTransfer(request, beginning, this.#nextDate());
    store.transfers.save(transfer);
    moneyClock.noteSend(transfer);
    const { id: transferId, door, user } = transfer;
    this.note('allowed', { door, user, transferId, asked: auditedRequest(request) });
    return transfer;
  }

  /** Calls back with the id of every transfer whose outcome becomes known; returns what ends that. */
  onSettled(listener: (id: string) => void): () => void {
    return this.#settled.subscribe(listener);
  }

  /** Counts a caller who waits to be told the outcome directly; returns what ends the wait. */
  wait(id: string): () => void {
    this.#awaited.set(id, (this.#awaited.get(id) ?? 0) + 1);
    return () => {
      const left = (this.#awaited.get(id) ?? 1) - 1;
      if (left > 0) this.#awaited.set(id, left);
      else this.#awaited.delete(id);
    };
  }

  /** Adds a row to the audit: by the bridge itself, unless the entry names another door. */
  note(decision: AuditDecision, entry: Partial<AuditEntry> = {}): void {
    this.#options.store.audit.append(this.#options.moneyClock.now(), wholeEntry(decision, entry));
  }

  /** The same for what anyone may repeat without end: within a minute it is counted. */
  tally(decision: AuditDecision, entry: Partial<AuditEntry>): void {
    this.#options.store.audit.tally(this.#options.moneyClock.now(), wholeEntry(decision, entry));
  }

  /** Records how a transfer ended. Returns the event that tells callers who no longer wait, if there are any. */
  settle(
    transfer: Transfer,
    settlement: Settlement,
    entry: Partial<AuditEntry> = {},
  ): readonly TransferEvent[] {
    const { store, moneyClock } = this.#options;
    const { transfers, events } = store;
    const { next, event } = settle(transfer, settlement, this.#awaited.has(transfer.id));
    transfers.save(next);
    moneyClock.noteSettled(next.id);
    const { id: transferId, reason, transactionId } = next;
    const told = { code: reason?.code ?? null, sentence: reasonSentence(next) };
    this.note(settlement.state, { transferId, ...told, transactionId, ...entry });
    this.#settled.notify(transfer.id);
    return event === null ? [] : events.append([event]);
  }

  /** Settles our transfers that newly seen transactions show; pauses money where another bridge made a move. */
  reconcile(seen: readonly Transaction[], knowledge: Knowledge): readonly TransferEvent[] {
    const { store, moneyClock } = this.#options;
    const newestOwn = store.transfers.newestCreated(moneyClock.now() + mostAhead);
    return seen.flatMap((transaction) => {
      const dedupeId = ourDedupeId(transaction.externalId);
      if (dedupeId === null) return this.#seenNameless(transaction, knowledge);
      if (!showsMove(transaction, dedupeId)) return [];
      const transfer = store.transfers.byDedupeId(dedupeId);
      if (transfer) return this.seen(transfer, transaction);
      const past = { newestOwn, eventsSince: knowledge.eventsSince.get(transaction.accountId) };
      if (isForeignMove(transaction, past)) this.#stopForForeign(transaction, dedupeId);
      return [];
    });
  }

  /** A row without a complete id of a bridge may be one of our moves all the same. */
  #seenNameless(transaction: Transaction, knowledge: Knowledge): readonly TransferEvent[] {
    const { store, evidence } = this.#options;
    const isPotMove = ['pot_deposit', 'pot_withdrawal'].includes(kindOf(transaction));
    if (!isPotMove || store.transfers.byTransaction(transaction.id)) return [];
    const ofPart = evidence.ofPart(transaction);
    if (ofPart) return this.seen(ofPart, transaction);
    const withoutRow = store.transfers.withoutRow(
      transaction.accountId,
      transaction.created - longestUnderway,
    );
    if (withoutRow.length === 0) return [];
    const hasIds = evidence.hasIds(transaction.accountId, knowledge);
    const its = withoutRow.find((transfer) => evidence.rowOf(transfer, hasIds)?.id === transaction.id);
    return its ? this.seen(its, transaction) : [];
  }

  /** The bank shows the transaction of a transfer: the money moved, whatever was recorded before. */
  seen(transfer: Transfer, { id, amount }: Transaction): readonly TransferEvent[] {
    const { store, moneyPause, moneyClock } = this.#options;
    if (transfer.state === 'moved' && transfer.transactionId === id) return [];
    if (Math.abs(amount) !== transfer.amount) moneyPause.pause(otherAmount);
    if (transfer.state !== 'moved')
      return this.settle(transfer, { state: 'moved', at: moneyClock.now(), transactionId: id });
    store.transfers.save({ ...transfer, transactionId: id });
    this.note('seen', { transferId: transfer.id, transactionId: id });
    return [];
  }

  /** Leaves a transfer that was taken for not made to a person. */
  doubt(transfer: Transfer): Transfer {
    const { store, evidence } = this.#options;
    const reason = { code: 'not_shown', facts: evidence.facts(transfer) };
    const next = { ...transfer, state: 'unresolved', settledAt: null, reason } as const;
    store.transfers.save(next);
    const told = { code: reason.code, sentence: reasonSentence(next) };
    this.note('unresolved', { transferId: transfer.id, ...told });
    return next;
  }

  /** Records a move that only the bank remembers. */
  adopt(transaction: Transaction, dedupeId: string): Transfer {
    const { store, moneyClock } = this.#options;
    const transfer = foundTransfer(transaction, dedupeId, moneyClock.now());
    store.transfers.save(transfer);
    moneyClock.noteSettled(transfer.id);
    this.note('found', { transferId: transfer.id, transactionId: transaction.id });
    return transfer;
  }

  /**
   * The date of a move that is accepted now: never before that of an earlier one, restarts included, unless that one was
   * dated by a clock that was ahead.
   */
  #nextDate(): Instant {
    const { store, moneyClock } = this.#options;
    const now = moneyClock.now();
    return Math.max(now, store.transfers.newestCreated(now + mostAhead) ?? now);
  }

  #stopForForeign(transaction: Transaction, dedupeId: string): void {
    const { id: transferId } = this.adopt(transaction, dedupeId);
    this.#options.moneyPause.pause(foreignMove);
    const sentence = pauseSentence(foreignMove);
    this.note('done', { action: 'pause', sentence, transferId, transactionId: transaction.id });
  }
}

function wholeEntry(decision: AuditDecision, entry: Partial<AuditEntry>): AuditEntry {
  return { door: 'bridge', user: null, action: 'pot_transfer', ...entry, decision };
}

/** What a new transfer is called, and who asked for it and pays. */
interface Beginning extends Caller {
  readonly id: string;
  readonly userId: string;
  readonly potBefore: Minor | null;
}

/** How much older than a row that shows it a transfer may be. */
const longestUnderway = durations.day;

/** A transfer is recorded as sent before it is: from then on it counts as if the bank had it. */
function newTransfer(
  request: TransferRequest,
  { id, userId, door, user, potBefore }: Beginning,
  now: Instant,
): Transfer {
  const { accountId, potId, direction, amount, currency, requestId } = request;
  return {
    id,
    created: now,
    state: 'open',
    userId,
    accountId,
    potId,
    direction,
    amount,
    currency,
    requestId,
    dedupeId: dedupeIdOf({ potId, direction, requestId: requestId ?? id }),
    sends: 1,
    firstSentAt: now,
    lastSentAt: now,
    answer: null,
    notifyLater: false,
    settledAt: null,
    transactionId: null,
    reason: null,
    door,
    user,
    found: false,
    potBefore,
  };
}
