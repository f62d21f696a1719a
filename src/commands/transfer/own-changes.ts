import type { Clock } from '../../clock.ts';
import { allReadable } from '../../domain/absence.ts';
import type { Balance, Pot, Reading } from '../../domain/account.ts';
import type { Observation, TransactionsSeen } from '../../domain/fold.ts';
import { mostClockDifference } from '../../domain/moment.ts';
import type { Transaction } from '../../domain/transaction.ts';
import { intoPot, ourDedupeId, showsMove, type Transfer } from '../../domain/transfer.ts';
import type { Instant, Minor } from '../../domain/values.ts';
import type { Ingest } from '../../ingest/ingest.ts';
import type { Store } from '../../store/store.ts';

/** A move that was sent after an account had been read. */
interface SentMove {
  readonly transfer: Transfer;
  /** What the pot holds by Monzo's answer, in minor units. */
  pot: Minor | null;
}

/** An account as it was read before moves, and those that were sent since. */
interface ReadBefore {
  readonly balance: Reading<Balance>;
  readonly pots: Reading<readonly Pot[]>;
  readonly sent: Map<string, SentMove>;
}

export interface OwnChangesOptions {
  readonly ingest: Pick<Ingest, 'knowledge' | 'doubtsOf'>;
  readonly store: Pick<Store, 'ledger'>;
  readonly clock: Pick<Clock, 'monotonic'>;
}

/**
 * What accounts and pots hold after moves of ours. Where Monzo's list shows nothing new but moves that were sent after
 * everything was read, and the pot agrees, the sums are known without asking again.
 */
export class OwnChanges {
  readonly #options: OwnChangesOptions;
  readonly #before = new Map<string, ReadBefore>();

  constructor(options: OwnChangesOptions) {
    this.#options = options;
  }

  /** An account's balance and pots were just read, with a list. */
  noteRead(accountId: string): void {
    const { balances, pots } = this.#options.ingest.knowledge();
    const [balance, listed] = [balances.get(accountId), pots.get(accountId)];
    if (balance && listed) this.#before.set(accountId, { balance, pots: listed, sent: new Map() });
    else this.#before.delete(accountId);
  }

  /** What was read before the first send cannot include the move; before another one it may. */
  noteSend(transfer: Transfer): void {
    if (transfer.sends === 1)
      this.#before.get(transfer.accountId)?.sent.set(transfer.dedupeId, { transfer, pot: null });
  }

  noteAnswer({ accountId, dedupeId }: Transfer, pot: Minor | null): void {
    const sent = this.#before.get(accountId)?.sent.get(dedupeId);
    if (sent) sent.pot = pot;
  }

  /** From when on a page shows the moves that were sent since an account was read; null where none were. */
  since(accountId: string): Instant | null {
    const sent = [...(this.#before.get(accountId)?.sent.values() ?? [])];
    const times = sent.map(({ transfer: { firstSentAt, created } }) => firstSentAt ?? created);
    return times.length === 0 ? null : Math.min(...times) - mostClockDifference;
  }

  /** The balance and the pots after what a page shows; null where only Monzo can tell them. */
  after({ accountId, at, transactions }: TransactionsSeen): readonly Observation[] | null {
    const before = this.#before.get(accountId);
    const moves = before && this.#isUpToDate(accountId, before) ? this.#ownOnly(before, transactions) : null;
    this.#before.delete(accountId);
    if (!before || moves === null) return null;
    const rows = before.pots.value.map((pot) => potAfter(pot, moves));
    if (!moves.every(({ transfer: { potId } }) => isAnswered(rows, potId, moves))) return null;
    const change = moves.reduce((sum, { transfer }) => sum - intoPot(transfer), 0);
    const balance = { ...before.balance.value, balance: before.balance.value.balance + change };
    const askedAt = this.#options.clock.monotonic();
    return [
      { kind: 'balance', at, askedAt, accountId, balance },
      { kind: 'pots', at, accountId, list: { rows, askedAt, unreadable: allReadable } },
    ];
  }

  /** Whether nothing was read since, and nothing of it is in doubt. */
  #isUpToDate(accountId: string, { balance, pots }: ReadBefore): boolean {
    const { ingest } = this.#options;
    const knowledge = ingest.knowledge();
    const isSame = knowledge.balances.get(accountId) === balance && knowledge.pots.get(accountId) === pots;
    const isWhole = (knowledge.missing.pots.get(accountId)?.size ?? 0) === 0;
    const isRead =
      balance.value.unread === undefined && pots.value.every(({ lastRead }) => lastRead === undefined);
    return isSame && isWhole && isRead && ingest.doubtsOf(accountId).length === 0;
  }

  /** The moves that a page shows; null where it shows anything else that is new. */
  #ownOnly({ sent }: ReadBefore, rows: readonly Transaction[]): readonly SentMove[] | null {
    const held = this.#options.store.ledger.held(rows.map(({ id }) => id));
    const news = rows.filter((row) => held.get(row.id)?.transaction.raw !== row.raw);
    const own = news.flatMap((row) => {
      const dedupeId = ourDedupeId(row.externalId) ?? '';
      const move = sent.get(dedupeId);
      return move && !held.has(row.id) && showsMove(row, dedupeId) && row.amount === -intoPot(move.transfer)
        ? [move]
        : [];
    });
    return own.length === news.length && own.length > 0 ? own : null;
  }
}

function potAfter(pot: Pot, moves: readonly SentMove[]): Pot {
  const into = moves.filter(({ transfer }) => transfer.potId === pot.id);
  if (into.length === 0) return pot;
  return { ...pot, balance: into.reduce((sum, { transfer }) => sum + intoPot(transfer), pot.balance) };
}

/** Whether an answer of Monzo's said the same of the pot. */
function isAnswered(rows: readonly Pot[], potId: string, moves: readonly SentMove[]): boolean {
  const balance = rows.find(({ id }) => id === potId)?.balance;
  return moves.some(({ transfer, pot }) => transfer.potId === potId && pot === balance);
}
