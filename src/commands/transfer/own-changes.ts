import type { Clock, Monotonic } from '../../clock.ts';
import { allReadable } from '../../domain/absence.ts';
import type { Balance, Pot } from '../../domain/account.ts';
import type { Observation, TransactionsSeen } from '../../domain/fold.ts';
import type { Transaction } from '../../domain/transaction.ts';
import { intoPot, ourDedupeId, showsMove, type Transfer } from '../../domain/transfer.ts';
import type { Minor } from '../../domain/values.ts';
import type { Ingest } from '../../ingest/ingest.ts';
import { transferTimeouts } from '../../limits.ts';
import type { Store } from '../../store/store.ts';

/** A move that was sent once, after its account had been read, and that was not shown yet. */
interface SentMove {
  readonly transfer: Transfer;
  readonly at: Monotonic;
  /** What the pot holds by Monzo's answer, in minor units. */
  pot: Minor | null;
}

type Ended = PromiseWithResolvers<void>;

export interface OwnChangesOptions {
  readonly ingest: Pick<Ingest, 'knowledge' | 'sumsAfter'>;
  readonly store: Pick<Store, 'ledger' | 'transfers'>;
  readonly clock: Pick<Clock, 'monotonic'>;
}

/**
 * What accounts and pots hold after moves of ours. Where Monzo's list shows nothing new but moves that were sent after
 * everything was read, and the pot agrees, the sums are known without asking again.
 */
export class OwnChanges {
  readonly #options: OwnChangesOptions;
  /** By dedupe id. */
  readonly #sent = new Map<string, SentMove>();
  /** By dedupe id: the moves that were sent and are not yet read after. */
  readonly #underWay = new Map<string, { readonly accountId: string; readonly ended: Ended }>();

  constructor(options: OwnChangesOptions) {
    this.#options = options;
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
    this.#forgetOld();
    if (sends === 1) this.#sent.set(dedupeId, { transfer, at: this.#options.clock.monotonic(), pot: null });
    else this.#sent.delete(dedupeId);
  }

  noteAnswer({ dedupeId }: Transfer, pot: Minor | null): void {
    const sent = this.#sent.get(dedupeId);
    if (sent) sent.pot = pot;
  }

  /** The balance and the pots after new rows; null where only Monzo can tell them. */
  after(page: TransactionsSeen): readonly Observation[] | null {
    const { ingest, clock } = this.#options;
    const { accountId, transactions } = page;
    const { balances, pots: potsOf, missing } = ingest.knowledge();
    const [before, pots] = [balances.get(accountId), potsOf.get(accountId)];
    const moves = this.#ownOnly(transactions);
    const isWhole = (missing.pots.get(accountId)?.size ?? 0) === 0;
    if (!before || !pots || !isWhole || moves === null || !isRead(before.value, pots.value)) return null;
    const sums = ingest.sumsAfter(page);
    const sum = sums?.get(accountId);
    if (!sums || sum === undefined) return null;
    const rows = pots.value.map((pot) => ({ ...pot, balance: sums.get(pot.id) ?? pot.balance }));
    if (!rows.every((pot) => isAnswered(pot, moves))) return null;
    for (const { transfer } of moves) this.#sent.delete(transfer.dedupeId);
    const { at } = page;
    const askedAt = clock.monotonic();
    return [
      { kind: 'balance', at, askedAt, accountId, balance: { ...before.value, balance: sum } },
      { kind: 'pots', at, accountId, list: { rows, askedAt, unreadable: allReadable } },
    ];
  }

  #forgetOld(): void {
    const since = this.#options.clock.monotonic() - transferTimeouts.looking;
    for (const [dedupeId, { at }] of this.#sent) if (at < since) this.#sent.delete(dedupeId);
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

function isRead(balance: Balance, pots: readonly Pot[]): boolean {
  return balance.unread === undefined && pots.every(({ lastRead }) => lastRead === undefined);
}

/** Whether Monzo's answer to the last of the moves said the same of the pot. */
function isAnswered({ id, balance }: Pot, moves: readonly SentMove[]): boolean {
  const last = moves.findLast(({ transfer }) => transfer.potId === id);
  return last === undefined || last.pot === balance;
}
