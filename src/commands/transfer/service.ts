import { settlesWithin } from '../../async.ts';
import type { Clock, Monotonic } from '../../clock.ts';
import type { TransferEvent } from '../../domain/event.ts';
import { mostClockDifference } from '../../domain/moment.ts';
import { brokenRail, type RailsContext } from '../../domain/rails.ts';
import { dedupeIdOf, isUndecided, mayTryAnew, type Transfer } from '../../domain/transfer.ts';
import type { Minor } from '../../domain/values.ts';
import { isPotMissing } from '../../domain/view.ts';
import { refuse, withDetails } from '../../refusals/refuse.ts';
import { BridgeError, messageOf } from '../../errors.ts';
import type { Ingest } from '../../ingest/ingest.ts';
import { transferTimeouts } from '../../limits.ts';
import type { Log } from '../../log.ts';
import type { LoginRegistry } from '../../logins/registry.ts';
import type { AuditDecision, AuditEntry } from '../../store/audit.ts';
import type { Store } from '../../store/store.ts';
import type { Caller } from '../command.ts';
import type { MoneyPause, RailsStore } from '../rails-store.ts';
import {
  answerOf,
  auditedRequest,
  nothingMoved,
  refuseMove,
  refuseReuse,
  trialAnswer,
  type MoveResult,
  type TransferRequest,
} from './answer.ts';
import type { MoveEvidence } from './evidence.ts';
import type { TransferJournal } from './journal.ts';
import { OutcomeResolver } from './outcome-resolver.ts';
import type { BalanceRead, TransferGateway } from './gateway.ts';
import type { MoneyClock } from './money-clock.ts';
import { movedToday } from './today.ts';

export interface TransferServiceOptions {
  readonly store: Store;
  readonly journal: TransferJournal;
  readonly gateway: TransferGateway;
  readonly evidence: MoveEvidence;
  readonly rails: RailsStore;
  readonly moneyPause: MoneyPause;
  readonly ingest: Ingest;
  readonly logins: LoginRegistry;
  readonly clock: Clock;
  readonly moneyClock: MoneyClock;
  readonly log: Log;
  /** Pauses money moves where the database may be an old copy: called once the bank has told the time. */
  readonly judgeAge: () => void;
  readonly timeZone: string;
  /** So many random bytes as hexadecimal text. */
  readonly randomId: (bytes: number) => string;
  readonly onEvents: (events: readonly TransferEvent[]) => void;
}

interface Payer {
  readonly loginId: string;
  readonly userId: string;
}

/** What a request became: a new transfer, or one that was made before. */
interface Written {
  /** Null for a trial, which leaves only an audit row. */
  readonly transfer: Transfer | null;
  readonly isNew: boolean;
}

/** Moves money between accounts and pots: at most once for each request, inside the rails, with truthful answers. */
export class TransferService {
  readonly #options: TransferServiceOptions;
  readonly #resolver: OutcomeResolver;
  /** Refusals that are in the audit. */
  readonly #noted = new WeakSet<BridgeError>();

  constructor(options: TransferServiceOptions) {
    const { moneyPause, rails } = options;
    this.#options = options;
    this.#resolver = new OutcomeResolver({
      ...options,
      isHalted: () => moneyPause.isPaused() || rails.rails().dryRun,
    });
  }

  /** After a start: continues every transfer whose outcome is unknown. Its caller no longer waits. */
  resume(): void {
    const { store } = this.#options;
    for (const transfer of store.transfers.undecided()) {
      this.#notifyLater(transfer);
      void this.#resolver.begin(transfer.id);
    }
  }

  /**
   * Makes a move. Answers within twenty seconds of the request with what is known by then. Throws a BridgeError where no
   * money has moved; its details say so.
   */
  async move(request: TransferRequest, caller: Required<Caller>): Promise<MoveResult> {
    const deadline = caller.since + transferTimeouts.answering;
    try {
      const known = this.#knownFor(request);
      if (known && !mayTryAnew(known)) return await this.#repeat(known, { request, caller, deadline });
      const payer = this.#payer(request);
      this.#refuseAtOnce(request);
      const read = await this.#readAhead(payer, request);
      const { transfer, isNew } = this.#write(request, caller, { payer, read });
      if (transfer === null) return trialAnswer(request, this.#options.ingest.knowledge());
      if (!isNew) return await this.#repeat(transfer, { request, caller, deadline });
      const resolution = this.#resolver.beginWithSend(payer.loginId, transfer);
      return await this.#answer(transfer, { resolution, deadline, isRepeated: false });
    } catch (thrown) {
      this.noteRefusal(thrown, { ...caller, asked: auditedRequest(request) });
      throw thrown;
    }
  }

  /**
   * Adds to the audit that nothing was moved, and why; once for each error. A failure that belongs to a transfer is in the
   * audit already.
   */
  noteRefusal(thrown: unknown, entry: Partial<AuditEntry>): void {
    if (!(thrown instanceof BridgeError) || (thrown.details['transfer_id'] ?? null) !== null) return;
    if (this.#noted.has(thrown)) return;
    this.#noted.add(thrown);
    const { code, message, retryable } = thrown;
    this.#note(retryable ? 'failed' : 'refused', { ...entry, code, sentence: message });
  }

  /** Records what a person found out about an unresolved transfer. Throws `unknown_transfer`, `not_unresolved`. */
  decide(id: string, moved: boolean, { door, user }: Caller): Transfer {
    const { store, journal, moneyClock, evidence, onEvents } = this.#options;
    const events = store.transaction(() => {
      const transfer = store.transfers.byId(id);
      if (!transfer) throw refuse('unknown_transfer', { id });
      if (transfer.state !== 'unresolved')
        throw refuse('not_unresolved', { id, state: transfer.state === 'open' ? 'open' : 'settled' });
      const state = moved ? 'moved' : 'not_moved';
      const entry = { action: 'decide_transfer', door, user } as const;
      const reason = { code: 'decided', facts: { moved: moved ? 'yes' : 'no' } };
      const [row, other] = moved ? evidence.fitting(transfer) : [];
      const its = row && other === undefined ? { transactionId: row.id } : {};
      return journal.settle(transfer, { state, at: moneyClock.now(), reason, ...its }, entry);
    });
    onEvents(events);
    return store.transfers.byId(id) ?? unreachableTransfer(id);
  }

  async close(): Promise<void> {
    await this.#resolver.close();
  }

  /** The transfer that a request repeats. Throws `request_id_reused` where the request asks for another move. */
  #knownFor(request: TransferRequest): Transfer | undefined {
    const { transfers } = this.#options.store;
    const { requestId } = request;
    if (requestId === null) return undefined;
    const dedupeId = dedupeIdOf({ ...request, requestId });
    const known = transfers.byRequestId(requestId) ?? transfers.byDedupeId(dedupeId);
    if (known && !isSameMove(known, request)) throw refuseReuse(known, request);
    return known;
  }

  /**
   * The same, unless it may be tried anew. Includes what only the bank remembers: after a backup was restored, that is the
   * only record.
   */
  #knownOrAtBank(request: TransferRequest): Transfer | undefined {
    const { store, journal, evidence } = this.#options;
    const { requestId } = request;
    if (requestId === null) return undefined;
    const dedupeId = dedupeIdOf({ ...request, requestId });
    const before = this.#knownFor(request);
    const known = before && mayTryAnew(before) ? this.#doubted(before) : before;
    const found = known === undefined ? evidence.atBank(request, dedupeId) : undefined;
    const transfer = known ?? (found && journal.adopt(found, dedupeId));
    if (!transfer) return undefined;
    if (!isSameMove(transfer, request)) throw refuseReuse(transfer, request);
    if (transfer.requestId === null) store.transfers.save({ ...transfer, requestId });
    return transfer;
  }

  /** A refused transfer, where Monzo never showed ids and now shows what may be it: then a person has to tell. */
  #doubted(refused: Transfer): Transfer | undefined {
    const { journal, evidence, ingest } = this.#options;
    if (evidence.hasIds(refused.accountId, ingest.knowledge())) return undefined;
    return evidence.fitting(refused).length === 0 ? undefined : journal.doubt(refused);
  }

  async #repeat(known: Transfer, { request, caller, deadline }: Repetition): Promise<MoveResult> {
    this.#note('repeated', { ...caller, transferId: known.id, asked: auditedRequest(request) });
    const resolution = known.state === 'open' ? this.#resolver.begin(known.id) : Promise.resolve();
    return this.#answer(known, { resolution, deadline, isRepeated: true });
  }

  /** Waits for the outcome as long as the caller does; after that, an event tells it. */
  async #answer(written: Transfer, { resolution, deadline, isRepeated }: Waiting): Promise<MoveResult> {
    const { clock, ingest, evidence } = this.#options;
    const patience = deadline - clock.monotonic();
    // A caller who has waited too long already may be gone, and is notified later like every other one.
    if (patience > 0) await this.#within(patience, written.id, resolution);
    const transfer = this.#asItStands(written);
    if (isUndecided(transfer)) this.#notifyLater(transfer);
    const fitting = isUndecided(transfer) ? evidence.fitting(transfer) : [];
    return answerOf(transfer, { knowledge: ingest.knowledge(), isRepeated, fitting });
  }

  /** Waits for a resolution, and counts as a caller who is told the outcome directly. */
  async #within(patience: number, id: string, resolution: Promise<void>): Promise<void> {
    const { journal, clock } = this.#options;
    const stopWaiting = journal.wait(id);
    try {
      await settlesWithin(clock, patience, resolution);
    } finally {
      stopWaiting();
    }
  }

  /** A disk that cannot be read says nothing about the money: the transfer is then answered as it was written. */
  #asItStands(written: Transfer): Transfer {
    try {
      return this.#options.store.transfers.byId(written.id) ?? written;
    } catch (thrown) {
      const reason = messageOf(thrown);
      this.#options.log.warn('A transfer could not be read again.', { transfer: written.id, reason });
      return written;
    }
  }

  #notifyLater(transfer: Transfer): void {
    const { store, log } = this.#options;
    try {
      store.transfers.save({ ...transfer, notifyLater: true });
    } catch (thrown) {
      // Without the mark the event is recorded all the same, unless another caller waits for the outcome then.
      const reason = messageOf(thrown);
      log.warn('It could not be recorded that a caller is to be notified of an outcome.', {
        transfer: transfer.id,
        reason,
      });
    }
  }

  /** The person who sends a move first also sends it again: Monzo may recognise only repetitions of one person. */
  #payer({ logins }: TransferRequest): Payer {
    const registry = this.#options.logins;
    const able = logins.flatMap(({ id, userId }) => (userId === null ? [] : [{ loginId: id, userId }]));
    const payer = able.find(({ loginId }) => registry.isWell(loginId)) ?? able[0];
    if (!payer) throw refuseMove('no_login', { account: null, needs: null });
    return payer;
  }

  #refuseWhilePaused(): void {
    const { moneyPause } = this.#options;
    if (moneyPause.isPaused()) throw refuseMove('paused', { reason: moneyPause.reason()?.code ?? 'person' });
  }

  /** Reads ledger and balance from the bank: the rails are checked against nothing older. */
  async #readAhead({ loginId }: Payer, { accountId }: TransferRequest): Promise<BalanceRead> {
    const { gateway, judgeAge } = this.#options;
    try {
      const read = await gateway.readAhead(loginId, accountId);
      judgeAge();
      return read;
    } catch (thrown) {
      throw thrown instanceof BridgeError ? withDetails(thrown, nothingMoved) : thrown;
    }
  }

  /** Checks the rails in the transaction that records the transfer, so that two requests cannot pass a limit together. */
  #write(request: TransferRequest, caller: Caller, ready: Ready): Written {
    const { store, journal, rails, randomId, evidence, ingest, moneyClock } = this.#options;
    return store.transaction(() => {
      const known = this.#knownOrAtBank(request);
      if (known) return { transfer: known, isNew: false };
      this.#judge(request, ready.read);
      if (request.isTrial || rails.rails().dryRun) {
        journal.note('dry_run', { ...caller, asked: auditedRequest(request) });
        return { transfer: null, isNew: false };
      }
      const id = `transfer_${randomId(12)}`;
      const { userId } = ready.payer;
      const potBefore = evidence.potBefore(request, ingest.knowledge(), moneyClock.now());
      return { transfer: journal.begin(request, { ...caller, id, userId, potBefore }), isNew: true };
    });
  }

  /** Refuses before the bank is asked what no answer of the bank could allow. */
  #refuseAtOnce(request: TransferRequest): void {
    this.#refuseWhilePaused();
    const isDayKnown = this.#options.moneyClock.agrees();
    const context = this.#context(request, { available: Number.MAX_SAFE_INTEGER, isDayKnown });
    // Which day it is, and how long ago something was, is certain only where the clocks agree.
    const timeless = { ...context, movedToday: { inAll: 0, byAccount: 0 }, sinceSameMove: null };
    this.#refuseOutside(request, isDayKnown ? context : timeless);
  }

  #judge(request: TransferRequest, { asked, balance }: BalanceRead): void {
    const { moneyClock } = this.#options;
    this.#refuseWhilePaused();
    const difference = moneyClock.differenceSince(asked);
    if (difference !== null && difference > mostClockDifference)
      throw refuseMove('clock_differs', { seconds: Math.round(difference / 1_000) });
    // The clock was set or the machine slept since the bank last told the time: no clock is right for certain.
    if (difference === null && moneyClock.wasTold()) throw refuseMove('bank_time_unknown', {});
    this.#refusePot(request);
    const available = this.#available(request, { asked, balance });
    this.#refuseOutside(request, this.#context(request, { available, isDayKnown: difference !== null }));
  }

  /** The list that was read for this move may be the first that leaves the pot out, or the first after it was unlocked. */
  #refusePot({ accountId, potId, direction }: TransferRequest): void {
    const knowledge = this.#options.ingest.knowledge();
    const pot = knowledge.pots.get(accountId)?.value.find(({ id }) => id === potId);
    const name = pot?.name ?? potId;
    if (isPotMissing(knowledge, { id: potId, accountId })) throw refuseMove('pot_missing', { pot: name });
    if (pot?.locked && direction === 'withdraw') throw refuseMove('pot_locked', { by: 'bridge', pot: name });
  }

  #refuseOutside(request: TransferRequest, context: Context): void {
    const broken = brokenRail({ rails: this.#options.rails.rails(), move: request, context });
    // Nobody can say that what counts was moved today.
    if (broken?.code === 'per_day_cap' && !context.isDayKnown) throw refuseMove('bank_time_unknown', {});
    if (broken) throw refuseMove(broken.code, broken.facts);
  }

  /** The balance less the deposits that it may not include yet: those still open, and those that ended since it was asked for. */
  #available({ accountId }: TransferRequest, { asked, balance }: BalanceRead): Minor {
    const { store, moneyClock, ingest } = this.#options;
    const ended = moneyClock.settledSince(asked).flatMap((id) => store.transfers.byId(id) ?? []);
    const moved = ended.filter(({ state }) => state === 'moved');
    const uncounted = [...moved, ...store.transfers.undecided()].filter(
      (transfer) => transfer.direction === 'deposit' && transfer.accountId === accountId,
    );
    // The bank's balance may lag behind what is known to have moved; each move counts once.
    const counted = new Set(uncounted.map(({ dedupeId }) => dedupeId));
    const lowest = ingest.lowestBalance(accountId, counted) ?? balance;
    return uncounted.reduce((left, { amount }) => left - amount, Math.min(balance, lowest));
  }

  #context(request: TransferRequest, known: Pick<Context, 'available' | 'isDayKnown'>): Context {
    const { moneyClock } = this.#options;
    const { transfers } = this.#options.store;
    const same = transfers.latestSameMove(request);
    return {
      ...known,
      movedToday: movedToday(this.#options, { ...request, ...known }),
      sinceSameMove: same === undefined ? null : (moneyClock.sinceEnd(same)?.least ?? null),
      undecidedSameMove: transfers.undecidedSameMove(request)?.id ?? null,
    };
  }

  /** For what was decided already: a disk that refuses the audit row must not change the answer. */
  #note(decision: AuditDecision, entry: Partial<AuditEntry>): void {
    try {
      this.#options.journal.tally(decision, entry);
    } catch (thrown) {
      const reason = messageOf(thrown);
      this.#options.log.warn('The audit could not be written.', { decision, code: entry.code, reason });
    }
  }
}

interface Context extends RailsContext {
  readonly isDayKnown: boolean;
}

interface Ready {
  readonly payer: Payer;
  readonly read: BalanceRead;
}

interface Repetition {
  readonly request: TransferRequest;
  readonly caller: Caller;
  readonly deadline: Monotonic;
}

interface Waiting {
  readonly resolution: Promise<void>;
  readonly deadline: Monotonic;
  readonly isRepeated: boolean;
}

function isSameMove(known: Transfer, { accountId, potId, direction, amount }: TransferRequest): boolean {
  const { accountId: account, potId: pot } = known;
  return account === accountId && pot === potId && known.direction === direction && known.amount === amount;
}

/** Rows of transfers are never deleted. */
function unreachableTransfer(id: string): never {
  throw new Error(`The transfer ${id} is gone.`);
}
