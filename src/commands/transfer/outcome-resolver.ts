import { createSignal } from '../../async.ts';
import type { Clock } from '../../clock.ts';
import type { TransferEvent } from '../../domain/event.ts';
import {
  isUndecided,
  mayResend,
  pauseBeforeLook,
  provenBy,
  provesAbsence,
  showsByFigures,
  type Reason,
  type SendAnswer,
  type Transfer,
} from '../../domain/transfer.ts';
import type { Minor } from '../../domain/values.ts';
import { messageOf } from '../../errors.ts';
import type { Ingest } from '../../ingest/ingest.ts';
import type { Log } from '../../log.ts';
import type { BankError } from '../../monzo/transport.ts';
import { reasonSentence } from '../../refusals/refuse.ts';
import type { Store } from '../../store/store.ts';
import { moveRefusal } from './answer.ts';
import type { MoveEvidence } from './evidence.ts';
import type { TransferJournal } from './journal.ts';
import type { Looked, Sent, TransferGateway } from './gateway.ts';
import type { MoneyClock } from './money-clock.ts';

export interface OutcomeResolverOptions {
  readonly store: Store;
  readonly journal: TransferJournal;
  readonly gateway: TransferGateway;
  readonly evidence: MoveEvidence;
  readonly ingest: Pick<Ingest, 'knowledge'>;
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
/** Why a person has to find out. */
type Undecided = 'accepted_not_seen' | 'not_shown' | 'undecidable';

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
    const isOpen = transfer !== undefined && isUndecided(transfer);
    const [isRead] = isOpen
      ? await Promise.all([this.#lookSafely(transfer), this.#sendSafely(transfer)])
      : [];
    const after = store.transfers.byId(id);
    if (after && isUndecided(after)) return pauseBeforeLook(look, moneyClock.sinceLastSend(after));
    if (after?.state === 'moved' && isRead !== true) await gateway.readAfter(after);
    return null;
  }

  async #sendSafely(transfer: Transfer): Promise<void> {
    await this.#sendAgain(transfer).catch((thrown: unknown) => this.#warn(transfer.id, thrown));
  }

  /** Resolves with whether what a move changes was read as well. */
  async #lookSafely(transfer: Transfer): Promise<boolean> {
    try {
      return await this.#look(transfer);
    } catch (thrown) {
      this.#giveUpWhenDue(transfer, thrown);
      return false;
    }
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
    const sent = await this.#options.gateway.send(loginId, transfer);
    // What the bank answers while the bridge stops is found out after the next start.
    if (this.#stop.signal.aborted && sent.answer !== 'accepted') return;
    this.#write(() => this.#record(transfer.id, sent));
  }

  #record(id: string, { answer, error, pot }: Sent): readonly TransferEvent[] {
    const { store, journal, moneyClock } = this.#options;
    const transfer = store.transfers.byId(id);
    if (!transfer) return [];
    const answered = { ...transfer, answer };
    store.transfers.save(answered);
    journal.note('answered', { transferId: id, code: error?.bankCode ?? error?.code ?? answer });
    if (!isUndecided(transfer)) return [];
    if (answer === 'accepted') return this.#accepted(answered, pot);
    const state = provenBy(transfer, answer);
    if (state === 'open' || state === 'unresolved') return [];
    const given = error === null ? {} : { reason: reasonOf(answer, error) };
    return journal.settle(answered, { state, at: moneyClock.now(), ...given });
  }

  /** Monzo took the move; that it has happened is said when the pot, or a list, shows it. */
  #accepted(transfer: Transfer, pot: Minor | null): readonly TransferEvent[] {
    const { store } = this.#options;
    const events = this.#settledByPot(transfer, pot);
    if (events !== null) return events;
    if (transfer.state === 'open')
      store.transfers.save({ ...transfer, reason: { code: 'accepted_not_seen', facts: { by: 'bridge' } } });
    return [];
  }

  /** The events of its settlement where the pot shows that an accepted transfer has happened; else null. */
  #settledByPot(transfer: Transfer, pot: Minor | null): readonly TransferEvent[] | null {
    const { journal, evidence, ingest, moneyClock } = this.#options;
    const isInTime = showsByFigures(transfer, moneyClock.sinceLastSend(transfer));
    if (pot === null || !isInTime) return null;
    const hasIds = evidence.hasIds(transfer.accountId, ingest.knowledge());
    if (!evidence.showsInPot(transfer, pot, hasIds)) return null;
    return journal.settle(transfer, { state: 'moved', at: moneyClock.now() });
  }

  async #look(transfer: Transfer): Promise<boolean> {
    const { gateway, moneyClock } = this.#options;
    if (this.#isShown(transfer)) return false;
    const isDue = provesAbsence(moneyClock.sinceLastSend(transfer));
    if (transfer.answer === 'accepted' && !isDue) {
      const pot = await gateway.readAfter(transfer);
      if (!this.#isShown(transfer)) this.#change(transfer, (current) => this.#settledByPot(current, pot));
      return true;
    }
    const looked = await gateway.look(transfer, isDue);
    if (!this.#isShown(transfer)) this.#change(transfer, (current) => this.#concluded(current, looked));
    return false;
  }

  /** Changes a transfer that is still undecided when the change is made. */
  #change({ id }: Transfer, change: (current: Transfer) => readonly TransferEvent[] | null): void {
    const { store } = this.#options;
    this.#write(() => {
      const current = store.transfers.byId(id);
      return (current && isUndecided(current) && change(current)) || [];
    });
  }

  /** What follows from a list that does not show a transfer, and from the pot that was read with it. */
  #concluded(transfer: Transfer, { begun, isWhole, hasIds, pot }: Looked): readonly TransferEvent[] {
    const { journal, evidence, moneyClock } = this.#options;
    const events = this.#settledByPot(transfer, pot);
    if (events !== null) return events;
    if (moneyClock.contradicts(begun.monotonic) || !provesAbsence(moneyClock.sinceLastSend(transfer, begun)))
      return [];
    if (transfer.answer === 'accepted') return this.#giveToPerson(transfer, 'accepted_not_seen');
    if (!isWhole) return this.#giveToPerson(transfer, 'undecidable');
    if (!hasIds || evidence.speaksFor(transfer, pot)) return this.#giveToPerson(transfer, 'not_shown');
    return journal.settle(transfer, { state: 'not_moved', at: moneyClock.now(), reason: absent });
  }

  /** From now on only a person, or a later list, can tell the outcome. What a person may compare is kept as it changes. */
  #giveToPerson(transfer: Transfer, code: Undecided): readonly TransferEvent[] {
    const { store, journal, evidence } = this.#options;
    if (transfer.state === 'unresolved' && code === 'undecidable') return [];
    const facts = code === 'undecidable' ? {} : evidence.facts(transfer);
    const next = { ...transfer, state: 'unresolved', reason: { code, facts } } as const;
    if (transfer.state === 'unresolved' && sameReason(transfer.reason, next.reason)) return [];
    store.transfers.save(next);
    journal.note('unresolved', { transferId: transfer.id, code, sentence: reasonSentence(next) });
    return [];
  }

  /** Whether the ledger shows the transfer. What is seen while it is listed is settled by the write path itself. */
  #isShown({ id, accountId }: Transfer): boolean {
    const { store, journal, evidence, ingest } = this.#options;
    const transfer = store.transfers.byId(id);
    if (transfer && !isUndecided(transfer) && transfer.transactionId !== null) return true;
    const found = transfer && evidence.rowOf(transfer, evidence.hasIds(accountId, ingest.knowledge()));
    if (!found) return false;
    this.#write(() => {
      const current = store.transfers.byId(id);
      return current ? journal.seen(current, found) : [];
    });
    return true;
  }

  /** The decisive list could not be read: now only a person, or a later list, can tell the outcome. */
  #giveUpWhenDue(transfer: Transfer, thrown: unknown): void {
    const { moneyClock } = this.#options;
    if (this.#stop.signal.aborted) return;
    this.#warn(transfer.id, thrown);
    if (!provesAbsence(moneyClock.sinceLastSend(transfer))) return;
    this.#change(transfer, (current) => {
      if (current.state !== 'open') return null;
      return this.#giveToPerson(current, current.answer === 'accepted' ? 'accepted_not_seen' : 'undecidable');
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

function sameReason(one: Reason | null, other: Reason): boolean {
  return one?.code === other.code && JSON.stringify(one.facts) === JSON.stringify(other.facts);
}
