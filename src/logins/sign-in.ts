import type { Clock, Monotonic } from '../clock.ts';
import { noHistory, type Login } from '../domain/login.ts';
import type { Instant } from '../domain/values.ts';
import { BridgeError } from '../errors.ts';
import { authorisationLifetime } from '../limits.ts';
import type { Log, Secrets } from '../log.ts';
import { authorizeUrl, exchangeCode, type Tokens } from '../monzo/oauth.ts';
import { BankError } from '../monzo/transport.ts';
import { refuse } from '../refusals/refuse.ts';
import type { Store } from '../store/store.ts';
import type { LoginChange, LoginRegistry } from './registry.ts';
import { createLoginSecrets, isUnreadable } from './login-secrets.ts';
import { consequenceOf, consequenceOfRefusal, type Consequence, type SignInRefusal } from './trouble.ts';

export interface SignInOptions {
  readonly registry: LoginRegistry;
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
  readonly secrets: Secrets;
  readonly authUrl: string;
  /** Random text of at least the given strength in bytes, safe in topics, paths and addresses. */
  readonly randomId: (bytes: number) => string;
  /** The login may work now: its secret was replaced or it has new tokens. Read it at once. */
  readonly lookAgain: (loginId: string) => void;
}

export interface NewLogin {
  readonly name: string;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly redirectUri: string;
}

export interface Authorisation {
  readonly id: string;
  /** Where the person signs in at Monzo. */
  readonly authorizeUrl: string;
  readonly redirectUri: string;
}

/** The parameters in the address that Monzo's sign-in page redirects to. */
export interface Callback {
  readonly state: string | null;
  readonly code: string | null;
  readonly error: string | null;
}

interface Begun {
  readonly at: Instant;
  readonly monotonic: Monotonic;
}

/** Signs people in at Monzo, from the first form to the tokens. */
export class SignIn {
  readonly #options: SignInOptions;
  /** When this process began which sign-in, by its state: the wall clock may be put right before the person is back. */
  readonly #begun = new Map<string, Begun>();

  constructor(options: SignInOptions) {
    this.#options = options;
    for (const { id } of options.registry.all()) this.#concealIfReadable(id);
  }

  /**
   * Looks at once, after a start, whether what is stored of each login can be read: with another secret key it cannot.
   * Where it can be read again, tries the login again.
   */
  checkSecrets(): void {
    for (const login of this.#options.registry.all()) this.#checkSecretsOf(login);
  }

  /** Adds a login and begins its sign-in. Throws `client_in_use` and `name_in_use` before anything is sent to Monzo. */
  add({ name, clientId, clientSecret, redirectUri }: NewLogin): Authorisation {
    const { registry, store, clock, log, randomId } = this.#options;
    const other = registry.all().find((login) => login.clientId === clientId);
    if (other) throw refuse('client_in_use', { login: other.name });
    registry.refuseTakenName(name);
    const login: Login = {
      id: `login_${randomId(5)}`,
      name,
      clientId,
      redirectUri,
      userId: null,
      state: 'authorising',
      trouble: null,
      created: clock.now(),
      activeSince: null,
      approvedAt: null,
      lastSuccess: null,
      history: noHistory,
    };
    return store.transaction(() => {
      registry.add(login);
      this.#keepSecret(login.id, clientSecret);
      log.info('A login was added.', { login: login.id });
      return this.#begin(login);
    });
  }

  /** Begins a new sign-in of a login. Its tokens stay in use until that has succeeded. Throws `unknown_login`. */
  reauthorize(id: string): Authorisation {
    return this.#begin(this.#options.registry.get(id));
  }

  /** Replaces the client secret and tries again at once what the old one was refused for. Throws `unknown_login`. */
  replaceSecret(id: string, clientSecret: string): void {
    const { registry, lookAgain } = this.#options;
    const login = registry.get(id);
    this.#keepSecret(id, clientSecret);
    if (login.state === 'authorising') registry.change(id, { trouble: null });
    else lookAgain(id);
  }

  /**
   * Finishes a sign-in. Throws `bad_state`, with nothing changed, for a state that is missing, unknown, used or
   * expired. Every other outcome is in the login's state and trouble.
   */
  async callback({ state, code, error }: Callback): Promise<Login> {
    const { registry, store } = this.#options;
    const taken = state === null ? null : store.authorisations.take(state, this.#timeOf(state));
    if (taken?.ok === false) throw refuse('bad_state', { reason: taken.reason });
    if (!taken || !registry.has(taken.loginId)) throw refuse('bad_state', { reason: 'unknown' });
    const { loginId, redirectUri } = taken;
    if (error !== null || code === null) return this.#refuse(registry.get(loginId), { fault: 'cancelled' });
    try {
      return await registry
        .session(loginId)
        .whileSigningIn(async () =>
          this.#accept(registry.get(loginId), await this.#exchange(loginId, redirectUri, code)),
        );
    } catch (thrown) {
      const login = registry.get(loginId);
      return this.#failed(login, consequenceOf(login, thrown, 'sign_in'));
    }
  }

  /** Monzo may end the tokens in use by this while its answer is lost: so it is recorded before, and undone after. */
  async #exchange(id: string, redirectUri: string, code: string): Promise<Tokens> {
    const { registry } = this.#options;
    const session = registry.session(id);
    const { clientId } = registry.get(id);
    const clientSecret = this.#secretOf(id);
    session.beginSignIn();
    try {
      const { send } = registry.transport(id);
      return await exchangeCode(send, { clientId, clientSecret, redirectUri, code });
    } catch (thrown) {
      if (thrown instanceof BankError && thrown.effect === 'none') session.abandonSignIn();
      throw thrown;
    }
  }

  #accept(login: Login, tokens: Tokens): Login {
    const { registry, store, log, secrets, lookAgain } = this.#options;
    secrets.conceal(tokens.accessToken);
    const session = registry.session(login.id);
    const refusal = refusalOf(login, tokens, registry.all());
    if (refusal !== null) {
      if (refusal.fault === 'no_refresh_token') session.forget();
      else session.abandonSignIn();
      return this.#refuse(login, refusal);
    }
    const accepted: LoginChange = { userId: tokens.userId, state: 'awaiting_approval', trouble: null };
    log.info('Signed in at Monzo; waiting for the approval in the Monzo app.', { login: login.id });
    const connected = store.transaction(() => {
      session.adopt(tokens);
      return registry.change(login.id, accepted);
    });
    lookAgain(login.id);
    return connected;
  }

  #refuse(login: Login, refusal: SignInRefusal): Login {
    return this.#failed(login, consequenceOfRefusal(login, refusal));
  }

  #failed(login: Login, consequence: Consequence): Login {
    const { log, registry } = this.#options;
    const after = registry.apply(login, consequence);
    const { id, fault, needs: reason } = registry.shown(after);
    log.warn('A sign-in did not succeed.', { login: id, fault, reason });
    return after;
  }

  #begin({ id, clientId, redirectUri }: Login): Authorisation {
    const { store, clock, authUrl, randomId } = this.#options;
    const state = randomId(32);
    const [at, monotonic] = [clock.now(), clock.monotonic()];
    store.authorisations.begin({ loginId: id, redirectUri, state, expires: at + authorisationLifetime });
    for (const [old, begun] of this.#begun)
      if (begun.monotonic < monotonic - authorisationLifetime) this.#begun.delete(old);
    this.#begun.set(state, { at, monotonic });
    return { id, redirectUri, authorizeUrl: authorizeUrl({ authUrl, clientId, redirectUri, state }) };
  }

  /** What a clock would show now that has not been set since this sign-in began; after a restart, the time. */
  #timeOf(state: string): Instant {
    const { clock } = this.#options;
    const begun = this.#begun.get(state);
    return begun === undefined ? clock.now() : Math.floor(begun.at + clock.monotonic() - begun.monotonic);
  }

  /** A login that works needs its client secret only for the next renewal, which tells if that cannot be read. */
  #checkSecretsOf({ id, state, trouble }: Login): void {
    const { registry, lookAgain } = this.#options;
    const mustSignIn = state === 'authorising' || state === 'needs_authorisation';
    try {
      registry.session(id).requireReadable();
      if (mustSignIn) this.#secretOf(id);
    } catch (thrown) {
      if (!(thrown instanceof BridgeError) || !isUnreadable(thrown.code)) throw thrown;
      return registry.failed(id, thrown);
    }
    if (!isUnreadable(trouble?.fault)) return;
    if (state === 'authorising') registry.change(id, { trouble: null });
    else lookAgain(id);
  }

  #keepSecret(id: string, clientSecret: string): void {
    const { store, secrets } = this.#options;
    secrets.conceal(clientSecret);
    createLoginSecrets(store.vault, id).keepClientSecret(clientSecret);
  }

  /** Throws `client_secret_unreadable`. */
  #secretOf(id: string): string {
    const { store, secrets } = this.#options;
    const clientSecret = createLoginSecrets(store.vault, id).clientSecret();
    secrets.conceal(clientSecret);
    return clientSecret;
  }

  #concealIfReadable(id: string): void {
    try {
      this.#secretOf(id);
    } catch (thrown) {
      if (!(thrown instanceof BridgeError) || !isUnreadable(thrown.code)) throw thrown;
    }
  }
}

function refusalOf(login: Login, tokens: Tokens, all: readonly Login[]): SignInRefusal | null {
  const same = all.find(({ id, userId }) => id !== login.id && userId === tokens.userId);
  if (same) return { fault: 'person_connected', other: same.name };
  if (login.userId !== null && login.userId !== tokens.userId) return { fault: 'other_person' };
  return tokens.refreshToken === null ? { fault: 'no_refresh_token' } : null;
}
