import type { Knowledge } from '../../domain/fold.ts';
import {
  evidenceSpan,
  fits,
  isNameless,
  isOfPot,
  potShows,
  potUnrest,
  rowsOf,
  showsPart,
  type Figures,
  type Span,
} from '../../domain/move-evidence.ts';
import type { Transaction } from '../../domain/transaction.ts';
import { cutDedupeId, cutsOf, ourDedupeId, showsMove, type Transfer } from '../../domain/transfer.ts';
import type { Instant, Minor } from '../../domain/values.ts';
import type { EvidenceFacts } from '../../refusals/outcome-refusals.ts';
import type { Store } from '../../store/store.ts';

type EvidenceStore = Pick<Store, 'transfers' | 'ledger' | 'learnt'>;
type PotOf = Pick<Transfer, 'accountId' | 'potId'>;

/** A transfer whose own row may be among those of the pot. */
interface Own {
  readonly transfer: Transfer;
  readonly hasIds: boolean;
}

/**
 * What the ledger and the pots say of transfers. `hasIds`: Monzo was seen to show accepted moves by their id, so that a
 * row without one is another's.
 */
export class MoveEvidence {
  readonly #store: EvidenceStore;

  constructor(store: EvidenceStore) {
    this.#store = store;
  }

  /** Whether Monzo was seen to show accepted moves by their id to a login that sees the account. */
  hasIds(accountId: string, { accounts }: Knowledge): boolean {
    const { learnt } = this.#store;
    return [...accounts].some(
      ([loginId, { value }]) =>
        value.some(({ id }) => id === accountId) && learnt.of(loginId).showsMoves !== null,
    );
  }

  /** The transaction that shows a transfer. */
  rowOf(transfer: Transfer, hasIds: boolean): Transaction | undefined {
    const isOfPart = (row: Transaction) => this.ofPart(row)?.id === transfer.id;
    const shown = this.#ofId(transfer.dedupeId) ?? this.#nameless(transfer).find(isOfPart);
    return shown ?? (hasIds ? undefined : this.#ofFigures(transfer));
  }

  /** Which transfer a row shows by a part of its id; undefined where it is none's, or may be several's. */
  ofPart(row: Transaction): Transfer | undefined {
    const part = cutDedupeId(row.externalId);
    const [only, other] = part === null ? [] : this.#store.transfers.byDedupeStart(part);
    return only && other === undefined && showsPart(row, only) ? only : undefined;
  }

  /** The transaction of a request that only Monzo remembers, under its id or a part of it. */
  atBank(request: Figures, dedupeId: string): Transaction | undefined {
    const { ledger } = this.#store;
    const ofPart = () =>
      ledger
        .withExternalIdEndingInAny(cutsOf(dedupeId))
        .find(({ transaction }) => showsPart(transaction, { ...request, dedupeId }))?.transaction;
    return this.#ofId(dedupeId) ?? ofPart();
  }

  /** The transactions that a person may compare with a transfer: its figures and time, and no other transfer's. */
  fitting(transfer: Transfer): readonly Transaction[] {
    const { transfers } = this.#store;
    const isFree = ({ id }: Transaction) => (transfers.byTransaction(id)?.id ?? transfer.id) === transfer.id;
    return this.#nameless(transfer).filter(isFree);
  }

  /** The same as facts of a sentence. */
  facts(transfer: Transfer): EvidenceFacts {
    const { amount, currency, direction } = transfer;
    const times = this.fitting(transfer).map(({ created }) => created);
    return { by: 'person', amount, currency, direction, times, declinedAt: this.#declinedAt(transfer) };
  }

  /** When Monzo dated a declined transaction under the transfer's id; null if there is none. */
  #declinedAt(transfer: Transfer): Instant | null {
    const { dedupeId, accountId } = transfer;
    const isIts = ({ declineReason, externalId }: Transaction) => {
      const id = ourDedupeId(externalId) ?? cutDedupeId(externalId);
      return declineReason !== null && id !== null && dedupeId.startsWith(id);
    };
    return this.#potMoves(accountId, evidenceSpan(transfer)).find(isIts)?.created ?? null;
  }

  /** Whether something of the bank’s speaks for a move that a complete list does not show by its id. */
  speaksFor(transfer: Transfer, pot: Minor | null): boolean {
    return this.#nameless(transfer).length > 0 || (pot !== null && potShows(transfer, pot));
  }

  /** What a pot was just read to hold; null where the reading may be in the middle of a change. */
  potBefore(of: PotOf, { pots }: Knowledge, now: Instant): Minor | null {
    const pot = pots.get(of.accountId)?.value.find(({ id }) => id === of.potId);
    return pot && this.#isQuiet(of, now) ? pot.balance : null;
  }

  /** Whether what a pot holds shows that a transfer has happened, and nothing else explains it. */
  showsInPot(transfer: Transfer, balance: Minor, hasIds: boolean): boolean {
    return potShows(transfer, balance) && this.#isQuiet(transfer, transfer.created, { transfer, hasIds });
  }

  #ofId(dedupeId: string): Transaction | undefined {
    const rows = this.#store.ledger.withExternalIdEnding(dedupeId);
    return rows.find(({ transaction }) => showsMove(transaction, dedupeId))?.transaction;
  }

  /** What fits a transfer and may be any one's with these figures; those of other transfers included. */
  #nameless(transfer: Transfer): readonly Transaction[] {
    const rows = this.#potMoves(transfer.accountId, evidenceSpan(transfer));
    return rows.filter((row) => fits(row, transfer) && isNameless(row));
  }

  /** The row without an id that must be the transfer's, where Monzo was never seen to show ids. */
  #ofFigures(transfer: Transfer): Transaction | undefined {
    const { transfers } = this.#store;
    const alike = transfers.alikeWithoutRow(transfer);
    const rows = new Map(alike.flatMap((one) => this.#nameless(one)).map((row) => [row.id, row]));
    const isFree = (row: Transaction) =>
      transfers.byTransaction(row.id) === undefined && this.ofPart(row) === undefined;
    return rowsOf(alike, [...rows.values()].filter(isFree)).get(transfer.id);
  }

  /** Whether nothing is known to have changed a pot since then, but one transfer. */
  #isQuiet({ accountId, potId }: PotOf, since: Instant, own?: Own): boolean {
    const begin = since - potUnrest;
    const others = this.#store.transfers.ofPotSince(potId, begin);
    if (others.some(({ id }) => id !== own?.transfer.id)) return false;
    const isOwn = (row: Transaction) => own !== undefined && !own.hasIds && fits(row, own.transfer);
    const changes = this.#potMoves(accountId, { since: begin, until: Number.MAX_SAFE_INTEGER }).filter(
      (row) => row.declineReason === null && isOfPot(row, { accountId, potId }),
    );
    return changes.length <= 1 && changes.every(isOwn);
  }

  #potMoves(accountId: string, { since, until }: Span): readonly Transaction[] {
    return this.#store.ledger.potMoves(accountId, since, until).map(({ transaction }) => transaction);
  }
}
