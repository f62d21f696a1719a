import { createSignal } from '../../async.ts';
import type { Clock } from '../../clock.ts';
import type { TransferEvent } from '../../domain/event.ts';
import {
  isUndecided,
  mayResend,
  pauseBeforeLook,
  provenBy,
  provesAbsence,
  showsMove,
  type Reason,
  type SendAnswer,
  type Transfer,
} from '../../domain/transfer.ts';
import { messageOf } from '../../errors.ts';
import type { Log } from '../../log.ts';
import type { BankError } from '../../monzo/transport.ts';
import { reasonSentence } from '../../refusals/refuse.ts';
import type { Store } from '../../store/store.ts';
import { moveRefusal } from './answer.ts';
import type { TransferJournal } from './journal.ts';
import type { TransferGateway } from './gateway.ts';
import type { MoneyClock } from './money-clock.ts';

export interface OutcomeResolverOptions {
  readonly store: Store;
  readonly journal: TransferJournal;
  readonly gateway: TransferGateway;
  readonly clock: Clock;
  readonly moneyClock: MoneyClock;
  readonly log: Log;
  /** Whether money must not move now: during a pause or a dry run. */
  readonly isHalted: () => boolean;
  /** Events were recorded. */
  readonly onEvents: (events: readonly TransferEvent[]) => void;
}

const afterTrouble = 60_000;

const absent: Reason = { code: 'not_at_bank', facts: {} };
const undecidable: Reason = { code: 'undecidable', facts: {} };

/**
 * Finds out how transfers ended: sends them again while that is safe and, at the same time, looks for them at the bank. An
 * outcome is recorded before anyone is told.
 */
export class OutcomeResolver {
  readonly #options: OutcomeResolverOptions;
  readonly #stop = new AbortController();
  readonly #running = new Map<string, Promise<void>>();

  constructor(options: OutcomeResolverOptions) {
    this.#options = options;
  }

  /** Begins with a transfer, unless it has begun already. Resolves once the outcome is known and the balances are read. */
  begin(id: string): Promise<void> {
    const running = this.#running.get(id) ?? this.#resolve(id).finally(() => this.#running.delete(id));
    this.#running.set(id, running);
    return running;
  }

  /** Sends a new transfer for the first time, then finds out how it ended. */
  beginWithSend(loginId: string, transfer: Transfer): Promise<void> {
    const running = this.#sendNoted(loginId, transfer)
      .catch((thrown: unknown) => this.#warn(transfer.id, thrown))
      .then(() => this.#resolve(transfer.id))
      .finally(() => this.#running.delete(transfer.id));
    this.#running.set(transfer.id, running);
    return running;
  }

  async close(): Promise<void> {
    this.#stop.abort(new Error('the bridge is stopping'));
    this.#options.gateway.close();
    await Promise.all(this.#running.values());
  }

  /** Never rejects: whatever fails, the disk included, is tried again later. */
  async #resolve(id: string): Promise<void> {
    const { clock, journal } = this.#options;
    const settled = createSignal(clock, this.#stop.signal);
    const unsubscribe = journal.onSettled((other) => {
      if (other === id) settled.raise();
    });
    for (let look = 0; !this.#stop.signal.aborted; look += 1) {
      const pause = await this.#step(id, look).catch((thrown: unknown) => {
        this.#warn(id, thrown);
        return afterTrouble;
      });
      if (pause === null) break;
      await settled.raised({ atMost: pause });
    }
    unsubscribe();
  }

  /** Sends and looks once. Resolves with the pause before the next time in milliseconds; null once the outcome is known. */
  async #step(id: string, look: number): Promise<number | null> {
    const { store, moneyClock, gateway } = this.#options;
    const transfer = store.transfers.byId(id);
    if (transfer && isUndecided(transfer))
      await Promise.all([
        this.#sendAgain(transfer).catch((thrown: unknown) => this.#warn(id, thrown)),
        this.#look(transfer).catch((thrown: unknown) => this.#giveUpWhenDue(transfer, thrown)),
      ]);
    const after = store.transfers.byId(id);
    if (after && isUndecided(after)) return pauseBeforeLook(look, moneyClock.sinceLastSend(after));
    if (after?.state === 'moved') await gateway.readAfter(after);
    return null;
  }

  async #sendAgain(transfer: Transfer): Promise<void> {
    const { store, journal, gateway, moneyClock } = this.#options;
    const login = gateway.loginOf(transfer);
    if (!login || !this.#mayResend(transfer)) return;
    const asked = moneyClock.moment().monotonic;
    await gateway.makeReady(login.id);
    // Much may have happened meanwhile. Every send is recorded before it is made.
    const now = store.transaction(() => {
      const current = store.transfers.byId(transfer.id);
      const isTold = moneyClock.isToldSince(asked) && moneyClock.agrees();
      if (!current || !isTold || !this.#mayResend(current)) return null;
      const noted = { ...current, sends: current.sends + 1, lastSentAt: moneyClock.now(), answer: null };
      store.transfers.save(noted);
      moneyClock.noteSend(noted);
      journal.note('sent', { transferId: transfer.id });
      return noted;
    });
    if (now !== null) await this.#sendNoted(login.id, now);
  }

  #mayResend(transfer: Transfer): boolean {
    const { moneyClock, isHalted } = this.#options;
    return mayResend(transfer, moneyClock.sinceFirstSend(transfer)) && !isHalted();
  }

  async #sendNoted(loginId: string, transfer: Transfer): Promise<void> {
    const { answer, error } = await this.#options.gateway.send(loginId, transfer);
    // What the bank answers while the bridge stops is found out after the next start.
    if (this.#stop.signal.aborted && answer !== 'accepted') return;
    this.#write(() => this.#record(transfer.id, answer, error));
  }

  #record(id: string, answer: SendAnswer, error: BankError | null): readonly TransferEvent[] {
    const { store, journal, moneyClock } = this.#options;
    const transfer = store.transfers.byId(id);
    if (!transfer) return [];
    const answered = { ...transfer, answer };
    store.transfers.save(answered);
    journal.note('answered', { transferId: id, code: error?.bankCode ?? error?.code ?? answer });
    const state = provenBy(transfer, answer);
    if (!isUndecided(transfer) || state === 'open' || state === 'unresolved') return [];
    const given = error === null ? {} : { reason: reasonOf(answer, error) };
    return journal.settle(answered, { state, at: moneyClock.now(), ...given });
  }

  async #look(transfer: Transfer): Promise<void> {
    const { store, journal, gateway, moneyClock } = this.#options;
    if (this.#isShown(transfer)) return;
    const { begun, isWhole } = await gateway.look(transfer);
    const isTold = moneyClock.isToldSince(begun.monotonic) && moneyClock.agrees();
    if (this.#isShown(transfer) || !isWhole || !isTold) return;
    this.#write(() => {
      const current = store.transfers.byId(transfer.id);
      if (!current || !isUndecided(current)) return [];
      if (!provesAbsence(moneyClock.sinceLastSend(current, begun))) return [];
      return journal.settle(current, { state: 'not_moved', at: moneyClock.now(), reason: absent });
    });
  }

  /** Whether the ledger shows the transfer. What is seen while it is listed is settled by the write path itself. */
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

  /** The decisive list could not be read: now only a person, or a later list, can tell the outcome. */
  #giveUpWhenDue(transfer: Transfer, thrown: unknown): void {
    const { store, journal, moneyClock } = this.#options;
    if (this.#stop.signal.aborted) return;
    this.#warn(transfer.id, thrown);
    if (!provesAbsence(moneyClock.sinceLastSend(transfer))) return;
    this.#write(() => {
      const current = store.transfers.byId(transfer.id);
      if (current?.state !== 'open') return [];
      const next = { ...current, state: 'unresolved', reason: undecidable } as const;
      store.transfers.save(next);
      const told = { code: undecidable.code, sentence: reasonSentence(next) };
      journal.note('unresolved', { transferId: transfer.id, ...told });
      return [];
    });
  }

  /** All or nothing. When the disk refuses, the outcome is found out again later: nothing is told that is not recorded. */
  #write(change: () => readonly TransferEvent[]): void {
    const { store, onEvents } = this.#options;
    onEvents(store.transaction(change));
  }

  #warn(id: string, thrown: unknown): void {
    if (this.#stop.signal.aborted) return;
    this.#options.log.warn('The outcome of a transfer is still unknown.', {
      transfer: id,
      reason: messageOf(thrown),
    });
  }
}

function reasonOf(answer: SendAnswer, error: BankError): Reason {
  const { code, facts } = answer === 'refused' ? moveRefusal(error) : error;
  return { code, facts };
}
