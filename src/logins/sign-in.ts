import type { Clock } from '../clock.ts';
import { noHistory, type Login } from '../domain/login.ts';
import { BridgeError } from '../errors.ts';
import { authorisationLifetime } from '../limits.ts';
import type { Log, Secrets } from '../log.ts';
import { authorizeUrl, exchangeCode, type Tokens } from '../monzo/oauth.ts';
import type { Store } from '../store/store.ts';
import { approvalNeeded, consequenceOf } from './faults.ts';
import type { LoginChange, LoginRegistry } from './registry.ts';
import { vaultNames } from './session.ts';

export interface SignInOptions {
  readonly registry: LoginRegistry;
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
  readonly secrets: Secrets;
  readonly authUrl: string;
  /** Random text of at least the given strength in bytes, safe in topics, paths and addresses. */
  readonly randomId: (bytes: number) => string;
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

/** What came back from Monzo's sign-in page in the address. */
export interface Callback {
  readonly state: string | null;
  readonly code: string | null;
  readonly error: string | null;
}

/** How a person signs in at Monzo, from the first form to the tokens. */
export class SignIn {
  readonly #options: SignInOptions;

  constructor(options: SignInOptions) {
    this.#options = options;
    for (const { id } of options.registry.all()) this.#secretOf(id);
  }

  /** Starts connecting a person. Throws `client_in_use` before anything is sent to Monzo. */
  add({ name, clientId, clientSecret, redirectUri }: NewLogin): Authorisation {
    const { registry, store, clock, log, randomId } = this.#options;
    const twin = registry.all().find((login) => login.clientId === clientId);
    if (twin) throw clientInUse(twin);
    const login: Login = {
      id: `login_${randomId(5)}`,
      name,
      clientId,
      redirectUri,
      userId: null,
      state: 'authorising',
      needs: `${name}: sign in at Monzo with the link the bridge gave; its page has a new one.`,
      created: clock.now(),
      activeSince: null,
      approvedAt: null,
      lastSuccess: null,
      history: noHistory,
    };
    return store.transaction(() => {
      registry.add(login);
      this.replaceSecret(login.id, clientSecret);
      log.info('A login was added.', { login: login.id });
      return this.#begin(login);
    });
  }

  /** A new sign-in for a login that exists; what is stored stays in use until that has succeeded. */
  reauthorize(id: string): Authorisation {
    return this.#begin(this.#options.registry.get(id));
  }

  replaceSecret(id: string, clientSecret: string): void {
    const { store, secrets } = this.#options;
    secrets.conceal(clientSecret);
    store.vault.put(id, vaultNames.clientSecret, clientSecret);
  }

  /**
   * Finishes a sign-in. Throws `bad_state` for a state that is missing, unknown, used or expired, and then nothing
   * has changed; every other outcome is told by the login's state and `needs`.
   */
  async callback({ state, code, error }: Callback): Promise<Login> {
    const { registry, store, clock, log } = this.#options;
    const taken = state === null ? null : store.authorisations.take(state, clock.now());
    if (taken?.ok === false) throw badState(taken.reason);
    if (!taken || !registry.has(taken.loginId)) throw badState('unknown');
    const login = registry.get(taken.loginId);
    if (error !== null || code === null) return registry.change(login.id, { needs: cancelled });
    try {
      const { send } = registry.transport(login.id);
      const clientSecret = this.#secretOf(login.id);
      const { clientId } = login;
      return this.#accept(
        login,
        await exchangeCode(send, { clientId, clientSecret, redirectUri: taken.redirectUri, code }),
      );
    } catch (thrown) {
      const { needs } = consequenceOf(login, thrown);
      log.warn('A sign-in did not succeed.', { login: login.id, reason: needs });
      return registry.change(login.id, { needs });
    }
  }

  #accept(login: Login, tokens: Tokens): Login {
    const { registry, store, log, secrets } = this.#options;
    secrets.conceal(tokens.accessToken);
    const refusal = refusalOf(login, tokens, registry.all());
    if (refusal !== null) {
      log.warn('A sign-in was refused.', { login: login.id, reason: refusal });
      return registry.change(login.id, { needs: refusal });
    }
    const accepted: LoginChange = {
      userId: tokens.userId,
      state: 'awaiting_approval',
      needs: approvalNeeded(login),
    };
    log.info('Signed in at Monzo; waiting for the approval in the Monzo app.', { login: login.id });
    return store.transaction(() => {
      registry.session(login.id).adopt(tokens);
      return registry.change(login.id, accepted);
    });
  }

  #begin({ id, clientId, redirectUri }: Login): Authorisation {
    const { store, clock, authUrl, randomId } = this.#options;
    const state = randomId(32);
    const expires = clock.now() + authorisationLifetime;
    store.authorisations.begin({ loginId: id, redirectUri, state, expires });
    return { id, redirectUri, authorizeUrl: authorizeUrl({ authUrl, clientId, redirectUri, state }) };
  }

  #secretOf(id: string): string {
    const clientSecret = this.#options.store.vault.get(id, vaultNames.clientSecret) ?? '';
    this.#options.secrets.conceal(clientSecret);
    return clientSecret;
  }
}

const cancelled =
  'The sign-in was cancelled at Monzo. Choose “Sign in again” on the bridge’s page when you want to go on.';

function refusalOf(login: Login, tokens: Tokens, all: readonly Login[]): string | null {
  const twin = all.find((other) => other.id !== login.id && other.userId === tokens.userId);
  if (twin)
    return `This person is already connected as “${twin.name}”. Remove this login, or sign in as somebody else.`;
  if (login.userId !== null && login.userId !== tokens.userId)
    return `Somebody else than ${login.name} signed in. Sign in again as ${login.name}, or add a login for the other person.`;
  if (tokens.refreshToken === null)
    return 'Monzo gave no refresh token, so the login would end within hours. Set Confidentiality to Confidential on Monzo’s developer page, then sign in again.';
  return null;
}

function clientInUse(twin: Login): BridgeError {
  const sentence = `The login “${twin.name}” already uses this OAuth client. Sign that one in again, or make a client of its own for another person.`;
  return new BridgeError('client_in_use', sentence, { needsPerson: true });
}

const stateSentences = {
  unknown: 'This sign-in is not one the bridge began. Start again from the bridge’s page.',
  used: 'This sign-in link was used already. Start again from the bridge’s page if the login is not connected.',
  expired: 'This sign-in took too long. Start again from the bridge’s page.',
} as const;

function badState(reason: keyof typeof stateSentences): BridgeError {
  return new BridgeError('bad_state', stateSentences[reason], { needsPerson: true });
}
