import { coalescedBy, withDeadline } from '../../async.ts';
import type { Clock, Monotonic } from '../../clock.ts';
import type { Account } from '../../domain/account.ts';
import type { Observation } from '../../domain/fold.ts';
import type { Login } from '../../domain/login.ts';
import type { Moment } from '../../domain/moment.ts';
import { maySend, ourDedupeId, type SendAnswer, type Transfer } from '../../domain/transfer.ts';
import type { Minor } from '../../domain/values.ts';
import { knownAccounts, type SharedAccount } from '../../domain/view.ts';
import type { BridgeError } from '../../errors.ts';
import { refuse } from '../../refusals/refuse.ts';
import {
  listNew,
  listSince,
  readMoney,
  type Listed,
  type ReadingTools,
} from '../../ingest/account-reading.ts';
import type { Ingest } from '../../ingest/ingest.ts';
import { reachOf } from '../../ingest/reach.ts';
import { transferTimeouts, transferLookBack } from '../../limits.ts';
import type { LoginRegistry } from '../../logins/registry.ts';
import { createDeparture, type Departure } from '../../monzo/bank-connection.ts';
import { BankError } from '../../monzo/transport.ts';
import type { Store } from '../../store/store.ts';
import type { MoneyClock } from './money-clock.ts';
import type { OwnChanges } from './own-changes.ts';

export interface TransferGatewayOptions {
  readonly logins: LoginRegistry;
  readonly ingest: Ingest;
  readonly store: Store;
  readonly clock: Clock;
  readonly moneyClock: MoneyClock;
  readonly ownChanges: OwnChanges;
}

/** An account's balance, read for a move. */
export interface BalanceRead {
  /** When it was asked for, in monotonic time. */
  readonly asked: Monotonic;
  readonly balance: Minor;
}

/** What a send came back with; `error` where the bank did not accept it. */
export interface Sent {
  readonly answer: SendAnswer;
  readonly error: BankError | null;
  /** What the pot holds by the answer, in minor units; null where it does not say. */
  readonly pot: Minor | null;
}

/** A list that was read to its end. */
export interface Looked extends Listed {
  readonly begun: Moment;
  /** Whether the login that listed was seen before to be shown our moves by their id. */
  readonly hasIds: boolean;
  /** What the pot holds by a reading since then, in minor units; null where it was not read. */
  readonly pot: Minor | null;
}

/** All that transfers do at the bank. What is read there goes through ingest, like every other reading. */
export class TransferGateway {
  readonly #options: TransferGatewayOptions;
  readonly #stop = new AbortController();
  /** The accounts that were listed before. */
  readonly #listed = new Set<string>();
  /** By transfer: what is being read after it. */
  readonly #readingAfter = new Map<string, Promise<Minor | null>>();
  /** By login and account: however many callers come at once, the bank is read once for all of them. */
  readonly #readTogether = coalescedBy((key: string) => {
    const [loginId = '', accountId = ''] = key.split(' ');
    return this.#read(loginId, accountId);
  });
  readonly #readAfterTogether = coalescedBy((key: string) => {
    const [loginId = '', accountId = ''] = key.split(' ');
    return this.#readChanges(loginId, accountId);
  });

  constructor(options: TransferGatewayOptions) {
    this.#options = options;
  }

  /** The active login of the person who moves the money of a transfer. */
  loginOf({ userId, accountId }: Pick<Transfer, 'userId' | 'accountId'>): Login | undefined {
    return this.#seeing(accountId).find((login) => login.userId === userId);
  }

  /**
   * Brings ledger, balance and pots of an account up to date. Resolves with the balance, which was asked for after this
   * call. Throws BridgeError where the bank does not show it all in time.
   */
  readAhead(loginId: string, accountId: string): Promise<BalanceRead> {
    return this.#readTogether(`${loginId} ${accountId}`);
  }

  /**
   * Reads what a move has changed, unless that is being read already or was read with it; the schedule reads what cannot be
   * read now. Resolves with what the pot holds by then, in minor units; null where that is not known.
   */
  readAfter(transfer: Transfer): Promise<Minor | null> {
    const { id } = transfer;
    const begin = () => this.#beginAfter(transfer).finally(() => this.#readingAfter.delete(id));
    const reading = this.#readingAfter.get(id) ?? begin();
    this.#readingAfter.set(id, reading);
    return reading;
  }

  async #beginAfter(transfer: Transfer): Promise<Minor | null> {
    const { store, ingest, ownChanges } = this.#options;
    const { id, accountId } = transfer;
    try {
      const login = this.loginOf(transfer) ?? this.#seeing(accountId)[0];
      if (!login) return null;
      const isShown = store.transfers.byId(id)?.transactionId !== null;
      if (!isShown || !ingest.isAgreed(accountId)) await this.#readAfterTogether(`${login.id} ${accountId}`);
      return this.#potOf(transfer);
    } catch {
      // The answer then goes out without the new balances.
      return null;
    } finally {
      ownChanges.noteEnd(transfer);
    }
  }

  /**
   * Before another send: renews the tokens where they end soon, because a failed renewal must not look like a failed
   * send, and has the bank tell the time, because after a sleep or a start nobody else knows it. Throws what the bank
   * answered.
   */
  async makeReady(loginId: string): Promise<void> {
    const { logins } = this.#options;
    await logins.session(loginId).makeReady();
    await this.#within({ ms: transferTimeouts.reading }, (signal) =>
      logins.client(loginId).whoami({ priority: 'money', signal }),
    );
  }

  /** Sends once. Never throws. */
  async send(loginId: string, transfer: Transfer): Promise<Sent> {
    const { potId, accountId, amount, dedupeId, direction } = transfer;
    const { logins, moneyClock, ingest, ownChanges } = this.#options;
    const client = logins.client(loginId, { writesOnce: true });
    const isStillWanted = () => maySend(moneyClock.sinceLastSend(transfer));
    const call = direction === 'deposit' ? client.depositIntoPot : client.withdrawFromPot;
    const departure = createDeparture();
    const sending = { ms: transferTimeouts.sending, departure };
    ownChanges.noteSend(transfer);
    try {
      const { value } = await this.#within(sending, (signal) =>
        call({ potId, accountId, amount, dedupeId, isStillWanted, departure, signal }),
      );
      ingest.expect(transfer);
      const pot = value?.balance ?? null;
      ownChanges.noteAnswer(transfer, pot);
      // The bank reads while the answer is being recorded.
      void this.readAfter(transfer);
      return { answer: 'accepted', error: null, pot };
    } catch (thrown) {
      ownChanges.noteEnd(transfer);
      return { answer: answerOf(thrown), error: thrown instanceof BankError ? thrown : null, pot: null };
    }
  }

  /**
   * Lists everything that could show a transfer, back to a row that is known: a list is only whole if it shows all that
   * the ledger holds of its time, or an empty answer would prove that no money moved. `withPot`: reads the pot as well.
   * Throws `no_login` or what the bank answered.
   */
  async look(transfer: Transfer, withPot: boolean): Promise<Looked> {
    const { moneyClock, store } = this.#options;
    const { accountId } = transfer;
    const login = this.loginOf(transfer) ?? this.#seeing(accountId)[0];
    if (!login) throw noLogin();
    const begun = moneyClock.moment();
    const needed = Math.min(transfer.firstSentAt ?? transfer.created, moneyClock.now()) - transferLookBack;
    const oldest = moneyClock.now() - reachOf(this.#tools(login.id), accountId);
    if (needed < oldest) throw noLogin();
    const known = Math.max(store.ledger.newestBefore(accountId, needed) ?? needed, oldest);
    const held = store.ledger.idsSince(accountId, known);
    const tools = this.#tools(login.id);
    const account = this.#account(accountId);
    const hasIds = store.learnt.of(login.id).showsMoves !== null;
    const [listed, read] = await this.#within({ ms: transferTimeouts.looking }, (signal) =>
      Promise.all([
        listSince(tools, { account, since: known - 1, signal }),
        withPot ? readMoney(tools, account, signal) : null,
      ]),
    );
    if (read !== null) this.#observeMoney(read);
    this.#learn(login.id, listed.externalIds);
    const isWhole = listed.isWhole && held.every((id) => listed.ids.has(id));
    return { ...listed, isWhole, begun, hasIds, pot: withPot ? this.#potOf(transfer) : null };
  }

  close(): void {
    this.#stop.abort(new Error('the bridge is stopping'));
  }

  async #read(loginId: string, accountId: string): Promise<BalanceRead> {
    const asked = this.#options.clock.monotonic();
    const account = this.#account(accountId);
    const tools = this.#tools(loginId);
    const [, read] = await this.#within({ ms: transferTimeouts.reading }, (signal) =>
      Promise.all([this.#listNew(tools, account, signal), readMoney(tools, account, signal)]),
    );
    const balance = this.#observeMoney(read);
    return { asked, balance };
  }

  /** The list first: what it shows tells most often what the account and the pots hold. */
  async #readChanges(loginId: string, accountId: string): Promise<void> {
    const account = this.#account(accountId);
    const tools = this.#tools(loginId);
    await this.#within({ ms: transferTimeouts.reading }, async (signal) => {
      const { isNews } = await this.#listNew(tools, account, signal);
      if (!isNews) this.#observeMoney(await readMoney(tools, account, signal));
    });
  }

  /** Lists what is new: the first time from so far back that what the bank had shown late is found. */
  async #listNew(tools: ReadingTools, account: Account, signal: AbortSignal): Promise<Listed> {
    const { ownChanges } = this.#options;
    const isFirst = !this.#listed.has(account.id);
    const listed = await listNew(tools, {
      account,
      from: isFirst ? 'overlap' : 'newest',
      isGlance: !isFirst,
      moneyAfter: (rows) => ownChanges.after(rows),
      signal,
    });
    this.#listed.add(account.id);
    this.#learn(tools.loginId, listed.externalIds);
    return listed;
  }

  /** A list of this login that shows an accepted move under its id: only from then on do lists without one mean anything. */
  #learn(loginId: string, externalIds: Iterable<string | null>): void {
    const { store, moneyClock } = this.#options;
    if (store.learnt.of(loginId).showsMoves !== null) return;
    const isShown = [...externalIds].some((externalId) => {
      const dedupeId = ourDedupeId(externalId);
      const transfer = dedupeId === null ? undefined : store.transfers.byDedupeId(dedupeId);
      return transfer?.state === 'moved' && transfer.answer === 'accepted';
    });
    if (isShown) store.learnt.save(loginId, { showsMoves: moneyClock.now() });
  }

  #potOf({ accountId, potId }: Transfer): Minor | null {
    const { pots } = this.#options.ingest.knowledge();
    return pots.get(accountId)?.value.find(({ id }) => id === potId)?.balance ?? null;
  }

  #seeing(accountId: string): readonly Login[] {
    const { logins } = this.#options;
    const { loginIds = [] } = this.#shared(accountId) ?? {};
    const seeing = loginIds.filter((id) => logins.has(id)).map((id) => logins.get(id));
    return seeing.filter(({ state }) => state === 'active');
  }

  #shared(accountId: string): SharedAccount | undefined {
    return knownAccounts(this.#options.ingest.knowledge()).find(({ account }) => account.id === accountId);
  }

  #account(accountId: string): Account {
    const shared = this.#shared(accountId);
    if (!shared) throw noLogin();
    return shared.account;
  }

  /** Records what was read of an account after a list. Returns its balance. */
  #observeMoney(read: readonly Observation[]): Minor {
    this.#options.ingest.observe(read);
    const balance = read.find((one) => one.kind === 'balance');
    return balance?.balance.balance ?? 0;
  }

  #tools(loginId: string): ReadingTools {
    const { logins, ingest, store, clock } = this.#options;
    return { loginId, client: logins.client(loginId, { priority: 'money' }), ingest, store, clock };
  }

  /** Gives up after so many milliseconds, as if the bank had not answered. */
  #within<T>({ ms, departure }: Patience, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const late = () => new BankError('timeout', { effect: departure?.effect() ?? 'unknown' });
    return withDeadline({ clock: this.#options.clock, ms, late, signal: this.#stop.signal }, work);
  }
}

interface Patience {
  readonly ms: number;
  /** Of the only request that is sent meanwhile, where it matters whether it was. */
  readonly departure?: Departure;
}

/**
 * Only an error that says so proves that nothing left this machine, or that the bank refused. That the bank had the
 * dedupe id before does not: it may have made the move then.
 */
function answerOf(thrown: unknown): SendAnswer {
  if (!(thrown instanceof BankError) || thrown.effect === 'unknown') return 'no_word';
  if (/dedupe|duplicate/.test(thrown.bankCode ?? '')) return 'no_word';
  return thrown.status === null ? 'never_sent' : 'refused';
}

function noLogin(): BridgeError {
  return refuse('no_login', { account: null, needs: null });
}
