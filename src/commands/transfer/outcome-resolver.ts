import type { Clock } from '../../clock.ts';
import type { TransferEvent } from '../../domain/event.ts';
import {
  isUndecided,
  mayResend,
  mostClockDifference,
  pauseBeforeLook,
  provenBy,
  provesAbsence,
  showsMove,
  type SendAnswer,
  type Transfer,
} from '../../domain/transfer.ts';
import { messageOf } from '../../errors.ts';
import type { Log } from '../../log.ts';
import type { BankError } from '../../monzo/transport.ts';
import { sentenceOf, withDetails } from '../../refusals/refuse.ts';
import type { Store } from '../../store/store.ts';
import { moveRefusal } from '../bank-refusals.ts';
import type { TransferJournal } from './journal.ts';
import type { TransferGateway } from './gateway.ts';

export interface OutcomeResolverOptions {
  readonly store: Store;
  readonly journal: TransferJournal;
  readonly gateway: TransferGateway;
  readonly clock: Clock;
  readonly log: Log;
  /** Whether anything forbids that money moves now: the pause, a dry run. */
  readonly isHalted: () => boolean;
  /** Events were recorded. */
  readonly onEvents: (events: readonly TransferEvent[]) => void;
}

const afterTrouble = 60_000;

const absent = { code: 'not_at_bank', sentence: sentenceOf('not_at_bank', {}) } as const;

const undecidable =
  'Monzo could not be asked whether this move took place. Look for it in the Monzo app and say so on the bridge’s page; until then it counts as made.';

/**
 * Goes after transfers until their outcome is known: sends again while that is safe and, beside that, looks for them at
 * the bank. What is found out is written down before anybody is told.
 */
export class OutcomeResolver {
  readonly #options: OutcomeResolverOptions;
  readonly #stop = new AbortController();
  readonly #running = new Map<string, Promise<void>>();
  readonly #sleeping = new Map<string, AbortController>();

  constructor(options: OutcomeResolverOptions) {
    this.#options = options;
    options.journal.onSettled((id) => this.#sleeping.get(id)?.abort(new Error('the outcome is known')));
  }

  /** Goes after a transfer, unless somebody does already; resolves once its outcome is known and the money was read. */
  begin(id: string): Promise<void> {
    const running = this.#running.get(id) ?? this.#resolve(id).finally(() => this.#running.delete(id));
    this.#running.set(id, running);
    return running;
  }

  /** Sends what was just written down for the first time, and goes after it where that does not tell. */
  beginWithSend(loginId: string, transfer: Transfer): Promise<void> {
    const running = this.#sendNoted(loginId, transfer)
      .catch((thrown: unknown) => this.#tell(transfer.id, thrown))
      .then(() => this.#resolve(transfer.id))
      .finally(() => this.#running.delete(transfer.id));
    this.#running.set(transfer.id, running);
    return running;
  }

  async close(): Promise<void> {
    this.#stop.abort(new Error('the bridge is stopping'));
    this.#options.gateway.close();
    for (const sleeper of this.#sleeping.values()) sleeper.abort(this.#stop.signal.reason);
    await Promise.all(this.#running.values());
  }

  /** Never rejects: whatever goes wrong on the way, the disk included, is tried again later. */
  async #resolve(id: string): Promise<void> {
    for (let look = 0; !this.#stop.signal.aborted; look += 1)
      try {
        const pause = await this.#step(id, look);
        if (pause === null) return;
        await this.#sleep(id, pause);
      } catch (thrown) {
        this.#tell(id, thrown);
        await this.#sleep(id, afterTrouble);
      }
  }

  /** Sends and looks once; answers after how many milliseconds to do so again, or null once the outcome is known. */
  async #step(id: string, look: number): Promise<number | null> {
    const { store, journal, gateway } = this.#options;
    const transfer = store.transfers.byId(id);
    if (transfer && isUndecided(transfer))
      await Promise.all([
        this.#sendAgain(transfer).catch((thrown: unknown) => this.#tell(id, thrown)),
        this.#look(transfer).catch((thrown: unknown) => this.#giveUpWhenDue(transfer, thrown)),
      ]);
    const after = store.transfers.byId(id);
    if (after && isUndecided(after)) return pauseBeforeLook(after, look, journal.now());
    if (after?.state === 'moved') await gateway.readAfter(after);
    return null;
  }

  async #sleep(id: string, ms: number): Promise<void> {
    const sleeper = new AbortController();
    this.#sleeping.set(id, sleeper);
    if (this.#stop.signal.aborted) sleeper.abort(this.#stop.signal.reason);
    await this.#options.clock.wait(ms, sleeper.signal).catch(() => {});
    this.#sleeping.delete(id);
  }

  async #sendAgain(transfer: Transfer): Promise<void> {
    const { store, journal, gateway } = this.#options;
    const login = gateway.loginOf(transfer);
    if (!login || !this.#mayResend(login.id, transfer)) return;
    await gateway.makeReady(login.id);
    // Much may have happened meanwhile, and nothing is sent that was not written down before.
    const now = store.transaction(() => {
      const current = store.transfers.byId(transfer.id);
      if (!current || !this.#mayResend(login.id, current)) return null;
      const noted = { ...current, sends: current.sends + 1, lastSentAt: journal.now(), answer: null };
      store.transfers.save(noted);
      journal.note('sent', { transferId: transfer.id });
      return noted;
    });
    if (now !== null) await this.#sendNoted(login.id, now);
  }

  #mayResend(loginId: string, transfer: Transfer): boolean {
    const { journal, isHalted } = this.#options;
    return mayResend(transfer, journal.now()) && !isHalted() && this.#clockAgrees(loginId);
  }

  #clockAgrees(loginId: string): boolean {
    return (this.#options.gateway.clockDifference(loginId) ?? 0) <= mostClockDifference;
  }

  async #sendNoted(loginId: string, transfer: Transfer): Promise<void> {
    const { answer, error } = await this.#options.gateway.send(loginId, transfer);
    // What the bank says while we stop is for the next start to find out.
    if (this.#stop.signal.aborted && answer !== 'accepted') return;
    this.#write(() => this.#heard(transfer.id, answer, error));
  }

  #heard(id: string, answer: SendAnswer, error: BankError | null): readonly TransferEvent[] {
    const { store, journal } = this.#options;
    const transfer = store.transfers.byId(id);
    if (!transfer) return [];
    const answered = { ...transfer, answer };
    store.transfers.save(answered);
    journal.note('answered', { transferId: id, code: error?.bankCode ?? error?.code ?? answer });
    const state = provenBy(transfer, answer);
    if (!isUndecided(transfer) || state === 'open' || state === 'unresolved') return [];
    const why = error === null ? {} : reasonOf(answer, error);
    return journal.settle(answered, { state, at: journal.now(), ...why });
  }

  async #look(transfer: Transfer): Promise<void> {
    const { store, journal, gateway } = this.#options;
    if (this.#isShown(transfer)) return;
    const { begunAt, isWhole, loginId } = await gateway.look(transfer);
    if (this.#isShown(transfer) || !isWhole || !this.#clockAgrees(loginId)) return;
    this.#write(() => {
      const current = store.transfers.byId(transfer.id);
      if (!current || !isUndecided(current) || !provesAbsence(current, begunAt)) return [];
      return journal.settle(current, { state: 'not_moved', at: journal.now(), ...absent });
    });
  }

  /** Whether the ledger shows the transfer; what is seen while it is listed is noticed by the write path itself. */
  #isShown({ id, dedupeId }: Transfer): boolean {
    const { store, journal } = this.#options;
    const found = store.ledger
      .withExternalIdEnding(dedupeId)
      .find(({ transaction }) => showsMove(transaction, dedupeId));
    if (!found) return false;
    this.#write(() => {
      const current = store.transfers.byId(id);
      return current ? journal.seen(current, found.transaction) : [];
    });
    return true;
  }

  /** The decisive list could not be had: now only a person, or a later list, can tell. */
  #giveUpWhenDue(transfer: Transfer, thrown: unknown): void {
    const { store, journal, clock } = this.#options;
    if (this.#stop.signal.aborted) return;
    this.#tell(transfer.id, thrown);
    if (!provesAbsence(transfer, clock.now())) return;
    this.#write(() => {
      const current = store.transfers.byId(transfer.id);
      if (current?.state !== 'open') return [];
      store.transfers.save({ ...current, state: 'unresolved', sentence: undecidable });
      journal.note('unresolved', { transferId: transfer.id, sentence: undecidable });
      return [];
    });
  }

  /** All or nothing. When the disk refuses, the outcome is found out again later; nobody is told what is not written. */
  #write(change: () => readonly TransferEvent[]): void {
    const { store, onEvents } = this.#options;
    onEvents(store.transaction(change));
  }

  #tell(id: string, thrown: unknown): void {
    if (this.#stop.signal.aborted) return;
    this.#options.log.warn('A transfer is still open.', { transfer: id, reason: messageOf(thrown) });
  }
}

function reasonOf(
  answer: SendAnswer,
  error: BankError,
): { readonly code: string; readonly sentence: string } {
  const refusal = answer === 'refused' ? moveRefusal(error) : withDetails(error, { money_moved: 'no' });
  return { code: refusal.code, sentence: refusal.message };
}
