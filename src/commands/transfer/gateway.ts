import type { Clock } from '../../clock.ts';
import type { Account } from '../../domain/bank.ts';
import type { Login } from '../../domain/login.ts';
import type { SendAnswer, Transfer } from '../../domain/transfer.ts';
import type { Instant } from '../../domain/values.ts';
import { knownAccounts, type SharedAccount } from '../../domain/view.ts';
import type { BridgeError } from '../../errors.ts';
import { refuse } from '../../refusals/refuse.ts';
import { createAccountReader, type AccountReader, type Listed } from '../../ingest/account-reader.ts';
import { coalesced } from '../../async.ts';
import type { Ingest } from '../../ingest/ingest.ts';
import { moneyPatience, readableReach, transferLookBack } from '../../limits.ts';
import type { LoginRegistry } from '../../logins/registry.ts';
import { BankError } from '../../monzo/transport.ts';
import type { Store } from '../../store/store.ts';

export interface TransferGatewayOptions {
  readonly logins: LoginRegistry;
  readonly ingest: Ingest;
  readonly store: Store;
  readonly clock: Clock;
}

/** What a send came back with; `error` where that was no acceptance. */
export interface Sent {
  readonly answer: SendAnswer;
  readonly error: BankError | null;
}

/** A list that was read to its end, and through which login. */
export interface Looked extends Listed {
  readonly loginId: string;
}

/** The bank as transfers see it. What it reads goes through ingest, like everything that is learnt. */
export class TransferGateway {
  readonly #options: TransferGatewayOptions;
  readonly #stop = new AbortController();
  /** By login and account: however many ask at once, the bank is read for all of them together. */
  readonly #readings = new Map<string, () => Promise<Instant>>();

  constructor(options: TransferGatewayOptions) {
    this.#options = options;
  }

  /** The login of a person that may move money of an account now. */
  loginOf({ userId, accountId }: Pick<Transfer, 'userId' | 'accountId'>): Login | undefined {
    return this.#seeing(accountId).find((login) => login.userId === userId);
  }

  /** How far the bank's clock is from ours, in milliseconds; null while it said nothing of it. */
  clockDifference(loginId: string): number | null {
    return this.#options.logins.transport(loginId).health().clockDifference;
  }

  /**
   * Brings ledger, balance and pots of an account up to date, and says when that was begun, which is never before this
   * call. Throws BridgeError where the bank does not show it all in time; nothing was moved then.
   */
  readAhead(loginId: string, accountId: string): Promise<Instant> {
    const key = `${loginId} ${accountId}`;
    const reading = this.#readings.get(key) ?? coalesced(() => this.#read(loginId, accountId));
    this.#readings.set(key, reading);
    return reading();
  }

  /** Reads what a move has changed; what cannot be read now is read by the schedule. */
  async readAfter(transfer: Transfer): Promise<void> {
    const login = this.loginOf(transfer) ?? this.#seeing(transfer.accountId)[0];
    if (!login) return;
    try {
      // Of two readings in one millisecond nobody can say which is the later one.
      await this.#options.clock.wait(1, this.#stop.signal);
      await this.readAhead(login.id, transfer.accountId);
    } catch {
      // The answer goes out without, and nobody is told a balance that is not known.
    }
  }

  /** Has the tokens renewed where they end soon: a renewal is no send, and must not look like one. */
  async makeReady(loginId: string): Promise<void> {
    await this.#options.logins.session(loginId).makeReady();
  }

  /** Sends once. Never throws. */
  async send(loginId: string, transfer: Transfer): Promise<Sent> {
    const { potId, accountId, amount, dedupeId, direction } = transfer;
    const client = this.#options.logins.client(loginId, { writesOnce: true });
    const call = direction === 'deposit' ? client.depositIntoPot : client.withdrawFromPot;
    try {
      await this.#within(moneyPatience.sending, (signal) =>
        call({ potId, accountId, amount, dedupeId, signal }),
      );
      return { answer: 'accepted', error: null };
    } catch (thrown) {
      return { answer: answerOf(thrown), error: thrown instanceof BankError ? thrown : null };
    }
  }

  /** Lists everything that could show a transfer. Throws where nobody may see the account, or the bank does not show it. */
  async look(transfer: Transfer): Promise<Looked> {
    const { clock } = this.#options;
    const login = this.loginOf(transfer) ?? this.#seeing(transfer.accountId)[0];
    if (!login) throw unseen();
    const since = (transfer.firstSentAt ?? transfer.created) - transferLookBack;
    if (since < clock.now() - readableReach) throw unseen();
    const listed = await this.#within(moneyPatience.looking, (signal) =>
      this.#reader(login.id).listSince(this.#account(transfer.accountId), since, signal),
    );
    return { ...listed, loginId: login.id };
  }

  close(): void {
    this.#stop.abort(new Error('the bridge is stopping'));
  }

  async #read(loginId: string, accountId: string): Promise<Instant> {
    const { clock } = this.#options;
    const begun = clock.now();
    const account = this.#account(accountId);
    const reader = this.#reader(loginId);
    await this.#within(moneyPatience.reading, async (signal) => {
      await Promise.all([reader.listNew(account, signal), this.#readMoney(reader, account, signal)]);
    });
    return begun;
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
    if (!shared) throw unseen();
    return shared.account;
  }

  async #readMoney(reader: AccountReader, account: Account, signal: AbortSignal): Promise<void> {
    this.#options.ingest.observe(await reader.readMoney(account, signal));
  }

  #reader(loginId: string): AccountReader {
    const { logins, ingest, store, clock } = this.#options;
    return createAccountReader({ client: logins.client(loginId), ingest, store, clock });
  }

  /** Gives up after so many milliseconds, as if the bank had not answered. */
  async #within<T>(ms: number, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const { clock } = this.#options;
    const late = new AbortController();
    const over = new AbortController();
    const signal = AbortSignal.any([late.signal, this.#stop.signal]);
    const timer = clock.wait(ms, over.signal).then(
      () => late.abort(new BankError('timeout', { effect: 'unknown' })),
      () => undefined,
    );
    const abandoned = new Promise<never>((_resolve, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
    });
    try {
      return await Promise.race([work(signal), abandoned]);
    } finally {
      over.abort(new Error('no longer needed'));
      await timer;
    }
  }
}

/** Only an error that says so shows that nothing left this machine, or that the bank refused. */
function answerOf(thrown: unknown): SendAnswer {
  if (!(thrown instanceof BankError) || thrown.effect === 'unknown') return 'no_word';
  return thrown.status === null ? 'never_sent' : 'refused';
}

function unseen(): BridgeError {
  return refuse('no_login', { account: null, needs: null });
}
