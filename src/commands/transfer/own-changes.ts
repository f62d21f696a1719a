import type { Clock, Monotonic } from '../../clock.ts';
import { allReadable } from '../../domain/absence.ts';
import type { Balance, Pot, Reading } from '../../domain/account.ts';
import type { Observation, TransactionsSeen } from '../../domain/fold.ts';
import { mostClockDifference } from '../../domain/moment.ts';
import type { Transaction } from '../../domain/transaction.ts';
import { intoPot, ourDedupeId, showsMove, type Transfer } from '../../domain/transfer.ts';
import type { Instant, Minor } from '../../domain/values.ts';
import type { Ingest } from '../../ingest/ingest.ts';
import { transferTimeouts } from '../../limits.ts';
import type { Store } from '../../store/store.ts';

/** A move that was sent and that no list had shown when its account was read last. */
interface SentMove {
  readonly transfer: Transfer;
  readonly at: Monotonic;
  /** What the pot holds by Monzo's answer, in minor units. */
  pot: Minor | null;
}

/** An account as it was read last. */
interface LastRead {
  readonly balance: Reading<Balance>;
  readonly pots: Reading<readonly Pot[]>;
}

type Ended = PromiseWithResolvers<void>;

export interface OwnChangesOptions {
  readonly ingest: Pick<Ingest, 'knowledge' | 'doubtsOf'>;
  readonly store: Pick<Store, 'ledger' | 'transfers'>;
  readonly clock: Pick<Clock, 'monotonic'>;
}

/**
 * What accounts and pots hold after moves of ours. Where Monzo's list shows nothing new but moves that were sent after
 * everything was read, and the pot agrees, the sums are known without asking again.
 */
export class OwnChanges {
  readonly #options: OwnChangesOptions;
  readonly #lastRead = new Map<string, LastRead>();
  /** By dedupe id. */
  readonly #sent = new Map<string, SentMove>();
  /** By dedupe id: the moves that were sent and are not yet read after. */
  readonly #underWay = new Map<string, { readonly accountId: string; readonly ended: Ended }>();

  constructor(options: OwnChangesOptions) {
    this.#options = options;
  }

  /** An account's balance and pots were just read, with a list. */
  noteRead(accountId: string): void {
    const { balances, pots } = this.#options.ingest.knowledge();
    const [balance, listed] = [balances.get(accountId), pots.get(accountId)];
    if (balance && listed) this.#lastRead.set(accountId, { balance, pots: listed });
    else this.#lastRead.delete(accountId);
    for (const [dedupeId, move] of this.#sent) if (!this.#mayBeNews(move)) this.#sent.delete(dedupeId);
  }

  /**
   * Resolves once the account was read after every move of it that is under way, or the bank has not accepted it; null where
   * none is. That reading is likely to show what the bank rings for meanwhile.
   */
  underWay(accountId: string): Promise<unknown> | null {
    const own = [...this.#underWay.values()].filter((move) => move.accountId === accountId);
    return own.length === 0 ? null : Promise.all(own.map(({ ended }) => ended.promise));
  }

  /** Whether a transaction is a move of ours. */
  isOwn(transactionId: string): boolean {
    return this.#options.store.transfers.byTransaction(transactionId) !== undefined;
  }

  /** A move was read after, or there is nothing to read. */
  noteEnd({ dedupeId }: Transfer): void {
    this.#underWay.get(dedupeId)?.ended.resolve();
    this.#underWay.delete(dedupeId);
  }

  /** What was read before the first send cannot include the move; before another one it may. */
  noteSend(transfer: Transfer): void {
    const { accountId, dedupeId, sends } = transfer;
    if (!this.#underWay.has(dedupeId))
      this.#underWay.set(dedupeId, { accountId, ended: Promise.withResolvers<void>() });
    if (sends === 1) this.#sent.set(dedupeId, { transfer, at: this.#options.clock.monotonic(), pot: null });
    else this.#sent.delete(dedupeId);
  }

  noteAnswer({ dedupeId }: Transfer, pot: Minor | null): void {
    const sent = this.#sent.get(dedupeId);
    if (sent) sent.pot = pot;
  }

  /** From when on a page shows the moves that no list has shown; null where there are none. */
  since(accountId: string): Instant | null {
    const own = [...this.#sent.values()].filter(({ transfer }) => transfer.accountId === accountId);
    const times = own.map(({ transfer: { firstSentAt, created } }) => firstSentAt ?? created);
    return times.length === 0 ? null : Math.min(...times) - mostClockDifference;
  }

  /** The balance and the pots after what a page shows; null where only Monzo can tell them. */
  after({ accountId, transactions, ...page }: TransactionsSeen): readonly Observation[] | null {
    const before = this.#lastRead.get(accountId);
    this.#lastRead.delete(accountId);
    const moves = before && this.#isUpToDate(accountId, before) ? this.#ownOnly(transactions) : null;
    if (!before || moves === null) return null;
    const rows = before.pots.value.map((pot) => potAfter(pot, moves));
    if (!rows.every((pot) => isAnswered(pot, moves))) return null;
    const change = moves.reduce((sum, { transfer }) => sum - intoPot(transfer), 0);
    const balance = { ...before.balance.value, balance: before.balance.value.balance + change };
    const at = readAfterwards(page.at, Math.max(before.balance.at, before.pots.at));
    const askedAt = this.#options.clock.monotonic();
    return [
      { kind: 'balance', at, askedAt, accountId, balance },
      { kind: 'pots', at, accountId, list: { rows, askedAt, unreadable: allReadable } },
    ];
  }

  /** Whether the next list may be the first that shows a move. */
  #mayBeNews({ transfer, at }: SentMove): boolean {
    const { clock, store } = this.#options;
    if (clock.monotonic() - at > transferTimeouts.looking) return false;
    return store.ledger.withExternalIdEnding(transfer.dedupeId).length === 0;
  }

  /** Whether nothing was read since, and nothing of it is in doubt. */
  #isUpToDate(accountId: string, { balance, pots }: LastRead): boolean {
    const { ingest } = this.#options;
    const knowledge = ingest.knowledge();
    const isSame = knowledge.balances.get(accountId) === balance && knowledge.pots.get(accountId) === pots;
    const isWhole = (knowledge.missing.pots.get(accountId)?.size ?? 0) === 0;
    const isRead =
      balance.value.unread === undefined && pots.value.every(({ lastRead }) => lastRead === undefined);
    return isSame && isWhole && isRead && ingest.doubtsOf(accountId).length === 0;
  }

  /** The moves that a page shows; null where it shows anything else that is new. */
  #ownOnly(rows: readonly Transaction[]): readonly SentMove[] | null {
    const held = this.#options.store.ledger.held(rows.map(({ id }) => id));
    const news = rows.filter((row) => held.get(row.id)?.transaction.raw !== row.raw);
    const own = news.flatMap((row) => {
      const dedupeId = ourDedupeId(row.externalId) ?? '';
      const move = this.#sent.get(dedupeId);
      return move && !held.has(row.id) && showsMove(row, dedupeId) && row.amount === -intoPot(move.transfer)
        ? [move]
        : [];
    });
    return own.length === news.length && own.length > 0 ? own : null;
  }
}

/** Longer than the calls of a move take that follow one another within one millisecond. */
const sameMoment = 10;

/**
 * When something was read that was asked for after another reading: two within one millisecond have no order, and the
 * later one has to count.
 */
export function readAfterwards(at: Instant, earlier: Instant): Instant {
  return earlier >= at && earlier - at < sameMoment ? earlier + 1 : at;
}

function potAfter(pot: Pot, moves: readonly SentMove[]): Pot {
  const into = moves.filter(({ transfer }) => transfer.potId === pot.id);
  if (into.length === 0) return pot;
  return { ...pot, balance: into.reduce((sum, { transfer }) => sum + intoPot(transfer), pot.balance) };
}

/** Whether Monzo's answer to the last of the moves said the same of the pot. */
function isAnswered({ id, balance }: Pot, moves: readonly SentMove[]): boolean {
  const last = moves.findLast(({ transfer }) => transfer.potId === id);
  return last === undefined || last.pot === balance;
}
