import type { Clock } from '../clock.ts';
import type { Login } from '../domain/login.ts';
import { BridgeError, messageOf } from '../errors.ts';
import { durations } from '../limits.ts';
import type { Log, Secrets } from '../log.ts';
import type { Transport } from '../monzo/transport.ts';
import type { Store } from '../store/store.ts';
import { consequenceOf } from './faults.ts';
import { Session } from './session.ts';

export interface RegistryOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
  readonly secrets: Secrets;
  readonly createTransport: (loginId: string) => Transport;
  /** Called after every change, with the login as it is now and as it was before. */
  readonly onChange: (login: Login, previous: Login | null) => void;
}

export type LoginChange = Partial<Omit<Login, 'id' | 'created'>>;

/** What one login talks to the bank through. */
interface Connection {
  readonly session: Session;
  readonly transport: Transport;
}

/** The last success is shown to people by the hour and judged by the hour: it need not be stored with every call. */
const lastSuccessGrain = 15 * durations.minute;

/** Every login that exists: the one place that changes them, and what success and failure make of them. */
export class LoginRegistry {
  readonly #options: RegistryOptions;
  readonly #logins: Map<string, Login>;
  readonly #connections = new Map<string, Connection>();

  constructor(options: RegistryOptions) {
    this.#options = options;
    this.#logins = new Map(options.store.logins.all().map((login) => [login.id, login]));
  }

  all(): readonly Login[] {
    return [...this.#logins.values()];
  }

  has(id: string): boolean {
    return this.#logins.has(id);
  }

  /** Throws `unknown_login`. */
  get(id: string): Login {
    const login = this.#logins.get(id);
    if (!login)
      throw new BridgeError(
        'unknown_login',
        `There is no login ${id}; the list of logins shows which there are.`,
      );
    return login;
  }

  add(login: Login): void {
    this.#options.store.logins.save(login);
    this.#remember(login);
  }

  change(id: string, patch: LoginChange): Login {
    const login = { ...this.get(id), ...patch };
    this.add(login);
    return login;
  }

  /** Forgets the login, its tokens and its secret. What it alone could see is the caller's to remove. */
  remove(id: string): void {
    const { store, log } = this.#options;
    this.get(id);
    store.transaction(() => {
      store.vault.deleteAll(id);
      store.logins.remove(id);
    });
    this.#logins.delete(id);
    this.#connections.delete(id);
    log.info('A login was removed.', { login: id });
  }

  session(id: string): Session {
    return this.#connectionOf(id).session;
  }

  transport(id: string): Transport {
    return this.#connectionOf(id).transport;
  }

  /** The bank answered a data call of this login. */
  succeeded(id: string): void {
    const login = this.#logins.get(id);
    if (login?.state !== 'active') return;
    const now = this.#options.clock.now();
    const isDue = login.lastSuccess === null || now - login.lastSuccess >= lastSuccessGrain;
    if (login.needs !== null) this.#options.log.info('A login is well again.', { login: id });
    if (isDue || login.needs !== null) this.change(id, { lastSuccess: now, needs: null });
  }

  /** Something went wrong for this login: its state and its sentence follow from the table of faults. */
  failed(id: string, thrown: unknown): void {
    const login = this.#logins.get(id);
    if (!login) return;
    const { state, needs } = consequenceOf(login, thrown);
    if (needs === login.needs && (state ?? login.state) === login.state) return;
    this.#options.log.warn('A login is in trouble.', { login: id, state: state ?? login.state, needs });
    const changed = { ...login, state: state ?? login.state, needs };
    this.#remember(changed);
    this.#saveIfPossible(changed);
  }

  #remember(login: Login): void {
    const previous = this.#logins.get(login.id) ?? null;
    this.#logins.set(login.id, login);
    this.#options.onChange(login, previous);
  }

  /** Trouble is told even when the disk is the trouble; what could not be written then is found again at the next try. */
  #saveIfPossible(login: Login): void {
    try {
      this.#options.store.logins.save(login);
    } catch (thrown) {
      this.#options.log.error('A login could not be written down.', {
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
    const session = new Session({ loginId: id, clientId, transport, vault: store.vault, clock, secrets });
    const connection = { session, transport };
    this.#connections.set(id, connection);
    return connection;
  }
}
