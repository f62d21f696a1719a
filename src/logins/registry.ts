import { isDeepStrictEqual } from 'node:util';
import { createNotifier } from '../async.ts';
import type { Clock } from '../clock.ts';
import type { Login, LoginView } from '../domain/login.ts';
import { messageOf } from '../errors.ts';
import { durations } from '../limits.ts';
import type { Log, Secrets } from '../log.ts';
import { createMonzoClient, type MonzoClient } from '../monzo/monzo-client.ts';
import { createPageFacts, type PageFacts } from '../monzo/page-facts.ts';
import type { ShapeReport } from '../monzo/shape.ts';
import type { Priority, Transport } from '../monzo/transport.ts';
import { refuse } from '../refusals/refuse.ts';
import type { Store } from '../store/store.ts';
import { LoginSession } from './login-session.ts';
import { consequenceOf, loginView, type Consequence } from './trouble.ts';

export interface RegistryOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
  readonly secrets: Secrets;
  readonly createTransport: (loginId: string) => Transport;
  /** Of the times in sentences. */
  readonly timeZone: string;
  /** What an account is called in sentences. */
  readonly nameOf: (accountId: string) => string;
  /** Told of every answer of the bank that has an unknown shape. */
  readonly report: ShapeReport;
}

export interface ClientOptions {
  /** Aborts every call of the client, in addition to the signal of each call. */
  readonly until?: AbortSignal;
  /** A write is never repeated with a renewed token: for callers that must count what they send. */
  readonly writesOnce?: boolean;
  /** Of every call of the client, where it is not what each call asks for. */
  readonly priority?: Priority;
}

/** A login that changed, as it is now and as it was before; null where it is new. */
export interface ChangedLogin {
  readonly login: Login;
  readonly previous: Login | null;
}

export type LoginChange = Partial<Omit<Login, 'id' | 'created'>>;

/** How one login talks to the bank. */
interface Connection {
  readonly session: LoginSession;
  readonly transport: Transport;
  readonly pageFacts: PageFacts;
}

/** The last success is shown to the hour, so it need not be stored with every call. */
const lastSuccessGrain = 15 * durations.minute;

/** Every login that exists, and the one place that changes them. */
export class LoginRegistry {
  readonly #options: RegistryOptions;
  readonly #logins: Map<string, Login>;
  readonly #connections = new Map<string, Connection>();
  /** Ids of the logins whose last reading failed. */
  readonly #troubled = new Set<string>();
  /** What the bank does not show of single accounts to a login, as sentences. */
  readonly #accounts = new Map<string, string>();
  readonly #changes = createNotifier<ChangedLogin>();

  constructor(options: RegistryOptions) {
    this.#options = options;
    this.#logins = new Map(options.store.logins.all().map((login) => [login.id, login]));
  }

  /** Calls back after every change of a login; returns what ends that. */
  onChange(listener: (change: ChangedLogin) => void): () => void {
    return this.#changes.subscribe(listener);
  }

  all(): readonly Login[] {
    return [...this.#logins.values()];
  }

  /** Every login as it is shown now. */
  views(): readonly LoginView[] {
    return this.all().map((login) => this.shown(login));
  }

  /** One login as it is shown now. Throws `unknown_login`. */
  view(id: string): LoginView {
    return this.shown(this.get(id));
  }

  has(id: string): boolean {
    return this.#logins.has(id);
  }

  /** Throws `unknown_login`. */
  get(id: string): Login {
    const login = this.#logins.get(id);
    if (!login) throw refuse('unknown_login', { id });
    return login;
  }

  add(login: Login): void {
    this.#options.store.logins.save(login);
    this.#remember(login);
  }

  /** Throws `unknown_login`, and `name_in_use` where another login has the new name. */
  change(id: string, patch: LoginChange): Login {
    const before = this.get(id);
    const login = { ...before, ...patch };
    if (login.name !== before.name) this.refuseTakenName(login.name, id);
    this.add(login);
    return this.get(id);
  }

  /** Throws `name_in_use`. People name their logins on the command line too, so case makes no difference. */
  refuseTakenName(name: string, exceptFor: string | null = null): void {
    const lowerCase = name.toLowerCase();
    const isTaken = this.all().some(
      (login) => login.id !== exceptFor && login.name.toLowerCase() === lowerCase,
    );
    if (isTaken) throw refuse('name_in_use', { name });
  }

  /** Whether a login is read and its last reading went well. */
  isWell(id: string): boolean {
    return this.#logins.get(id)?.state === 'active' && !this.#troubled.has(id);
  }

  /** Records that the person has renewed the approval in the Monzo app: Monzo itself does not tell. */
  approvalRenewed(id: string): Login {
    const { state, approvedAt } = this.get(id);
    if (state !== 'active' || approvedAt === null) return this.get(id);
    return this.change(id, { approvedAt: this.#options.clock.now() });
  }

  /** Deletes the login, its tokens and its secret. The caller removes what only this login could see. */
  remove(id: string): void {
    const { store, log } = this.#options;
    this.get(id);
    store.transaction(() => {
      store.vault.deleteAll(id);
      store.logins.remove(id);
    });
    this.#logins.delete(id);
    this.#connections.delete(id);
    this.#troubled.delete(id);
    this.#accounts.delete(id);
    log.info('A login was removed.', { login: id });
  }

  session(id: string): LoginSession {
    return this.#connectionOf(id).session;
  }

  transport(id: string): Transport {
    return this.#connectionOf(id).transport;
  }

  /** The bank as one login sees it. Each call throws what `LoginSession.send` throws. */
  client(id: string, { until, writesOnce = false, priority }: ClientOptions = {}): MonzoClient {
    const { report } = this.#options;
    const { session, pageFacts } = this.#connectionOf(id);
    return createMonzoClient({
      send: (asked, signal) => {
        const request = priority === undefined ? asked : { ...asked, priority };
        const signals = [signal, until].filter((one) => one !== undefined);
        const ended = signals.length === 2 ? AbortSignal.any(signals) : signals[0];
        const isOnce = writesOnce && request.method !== 'GET';
        return isOnce ? session.sendOnce(request, ended) : session.send(request, ended);
      },
      report,
      pageFacts,
    });
  }

  /** The bank answered a data call of this login. */
  succeeded(id: string): void {
    const login = this.#logins.get(id);
    if (login?.state !== 'active') return;
    const now = this.#options.clock.now();
    const isDue = login.lastSuccess === null || Math.abs(now - login.lastSuccess) >= lastSuccessGrain;
    if (this.#troubled.delete(id)) this.#options.log.info('A login works again.', { login: id });
    if (isDue || login.trouble !== null) this.change(id, { lastSuccess: now, trouble: null });
  }

  /** Something went wrong for this login. Its state and its trouble follow from the table of faults. */
  failed(id: string, thrown: unknown): void {
    const login = this.#logins.get(id);
    if (!login) return;
    this.#troubled.add(id);
    this.apply(login, consequenceOf(login, thrown));
  }

  /** Tells what the bank does not show of single accounts to a login that works, as a sentence; null for nothing. */
  noteAccounts(id: string, sentence: string | null): void {
    const login = this.#logins.get(id);
    if (!login || (this.#accounts.get(id) ?? null) === sentence) return;
    if (sentence === null) this.#accounts.delete(id);
    else this.#accounts.set(id, sentence);
    this.#changes.notify({ login, previous: login });
  }

  /** Gives a login the state and the trouble that a fault leads to. */
  apply(login: Login, consequence: Consequence): Login {
    const { state, trouble } = this.#withNextTry(login.id, consequence);
    if (state === login.state && isDeepStrictEqual(trouble, login.trouble)) return login;
    const changed = { ...login, state, trouble };
    const { id, fault, needs: reason } = this.shown(changed);
    this.#options.log.warn('A login is in trouble.', { login: id, state, fault, reason });
    this.#remember(changed);
    this.#saveIfPossible(changed);
    return changed;
  }

  /** A login whose tokens are refused says when they are tried again. */
  #withNextTry(id: string, { state, trouble }: Consequence): Consequence {
    if (trouble === null) return { state, trouble };
    const { next: _, ...facts } = trouble.facts;
    const left = state === 'needs_authorisation' ? this.session(id).untilTry() : null;
    if (left === null) return { state, trouble: { ...trouble, facts } };
    const next = left === 0 ? 'soon' : Math.round(this.#options.clock.now() + left);
    return { state, trouble: { ...trouble, facts: { ...facts, next } } };
  }

  /** A login as it is shown now. */
  shown(login: Login): LoginView {
    const { clock, timeZone, nameOf } = this.#options;
    const accounts = this.#accounts.get(login.id) ?? null;
    return loginView(login, { now: clock.now(), timeZone, nameOf, accounts });
  }

  #remember(login: Login): void {
    const previous = this.#logins.get(login.id) ?? null;
    this.#logins.set(login.id, login);
    this.#changes.notify({ login, previous });
  }

  /** Trouble is shown even where it cannot be stored: the disk may be the trouble. The next reading finds it again. */
  #saveIfPossible(login: Login): void {
    try {
      this.#options.store.logins.save(login);
    } catch (thrown) {
      this.#options.log.error('A login could not be stored.', {
        login: login.id,
        reason: messageOf(thrown),
      });
    }
  }

  #connectionOf(id: string): Connection {
    const existing = this.#connections.get(id);
    if (existing) return existing;
    const { store, clock, secrets, createTransport } = this.#options;
    const transport = createTransport(id);
    const { clientId } = this.get(id);
    const session = new LoginSession({
      loginId: id,
      clientId,
      transport,
      vault: store.vault,
      clock,
      secrets,
    });
    const pageFacts = createPageFacts({
      clock,
      full: store.learnt.of(id).longestPage,
      save: (longestPage) => store.learnt.save(id, { longestPage }),
    });
    const connection = { session, transport, pageFacts };
    this.#connections.set(id, connection);
    return connection;
  }
}
