import type { Clock } from '../clock.ts';
import type { Instant } from '../domain/values.ts';
import { BridgeError } from '../errors.ts';
import { refreshMargin } from '../limits.ts';
import type { Secrets } from '../log.ts';
import { logout, refreshTokens, type Tokens } from '../monzo/oauth.ts';
import {
  BankError,
  type BankAnswer,
  type BankFault,
  type BankRequest,
  type Transport,
} from '../monzo/transport.ts';
import { refuse } from '../refusals/refuse.ts';
import type { Vault } from '../store/vault.ts';
import { createLoginSecrets, isUnreadable, type LoginSecrets } from './login-secrets.ts';
import { createTokenRest, isEviction, isTokenRefusal, type Refusals } from './token-rest.ts';

/** A request that still lacks its access token. */
export type UnsignedRequest = Omit<BankRequest, 'token'>;

export interface SessionOptions {
  readonly loginId: string;
  readonly clientId: string;
  readonly transport: Transport;
  readonly vault: Vault;
  readonly clock: Clock;
  readonly secrets: Secrets;
}

interface StoredTokens extends Tokens {
  /** When a renewal began that has not been answered. Kept through a crash: the pair may be spent. */
  readonly renewing: Instant | null;
  /** When a sign-in began that has not been answered: by answering, even if the answer is lost, Monzo ends this pair. */
  readonly signingIn?: Instant | null;
  /** That the bank no longer accepts this pair, or did not at its last attempts. */
  readonly refused?: Refusals | null;
}

/**
 * One login's tokens. Monzo's refresh tokens work once and a second renewal ends the login, so only one renewal runs
 * at a time, and the new pair is committed before anything uses it.
 */
export class LoginSession {
  readonly #options: SessionOptions;
  readonly #kept: LoginSecrets;
  readonly #rest;
  #renewal: Promise<StoredTokens> | null = null;
  /** Settles once a sign-in that is being finished is over; null while there is none. */
  #signIn: Promise<unknown> | null = null;
  /** A person asks: the next renewal is made although the bank has refused the last one. */
  #isAsked = false;
  /** A pair that could not be stored. It is the only one that works, so it is kept until the disk takes it. */
  #uncommitted: StoredTokens | null = null;

  /** What was read last. */
  #read: { readonly text: string; readonly tokens: StoredTokens } | null = null;

  constructor(options: SessionOptions) {
    this.#options = options;
    this.#kept = createLoginSecrets(options.vault, options.loginId);
    this.#rest = createTokenRest(options.clock);
  }

  /** Stores a new pair, which is the only one used from now on. */
  adopt(tokens: Tokens): void {
    this.#uncommitted = null;
    this.#rest.forget();
    this.#save({ ...tokens, renewing: null });
  }

  /** Records that a new sign-in is being finished: until its outcome is known, it may have ended the pair in use. */
  beginSignIn(): void {
    const tokens = this.#readable();
    if (tokens) this.#save({ ...tokens, signingIn: this.#options.clock.now() });
  }

  /** Records that the sign-in changed nothing at Monzo. */
  abandonSignIn(): void {
    const tokens = this.#readable();
    if (tokens) this.#save({ ...tokens, signingIn: null });
  }

  /**
   * Finishes a sign-in while no renewal is under way: the old refresh token could end the new pair, if the bank got it
   * later. Rejects as the work does.
   */
  async whileSigningIn<T>(work: () => Promise<T>): Promise<T> {
    await this.#renewal?.catch(() => undefined);
    const signIn = work().finally(() => {
      this.#signIn = null;
    });
    this.#signIn = signIn.catch(() => undefined);
    return signIn;
  }

  /** Deletes the pair: Monzo has ended it without giving another that lasts. */
  forget(): void {
    this.#uncommitted = null;
    this.#kept.forgetTokens();
  }

  /** Ends the login at Monzo; its tokens no longer work afterwards. Throws what `send` throws. */
  async end(signal?: AbortSignal): Promise<void> {
    const { accessToken } = await this.#valid();
    await logout(this.#options.transport.send, accessToken, signal);
  }

  /** Whether there are tokens, and they can be read. */
  hasTokens(): boolean {
    return this.#readable() !== null;
  }

  /** Throws `tokens_unreadable` or `vault_unreadable` where there are tokens that cannot be read. */
  requireReadable(): void {
    this.#stored();
  }

  /** Does what a person asks for: what the bank has refused is tried at once, one time. */
  async asAsked<T>(work: () => Promise<T>): Promise<T> {
    this.#isAsked = true;
    try {
      return await work();
    } finally {
      this.#isAsked = false;
    }
  }

  /**
   * For how many milliseconds a pair that the bank has refused is left alone before it is tried again; null where there is
   * nothing that could work again by itself.
   */
  untilTry(): number | null {
    const tokens = this.#readable();
    if (!tokens) return null;
    const { refused = null, refreshToken, expiresAt } = tokens;
    const isRenewable = refreshToken !== null && this.#hasSecret() && !(refused && isEviction(refused.fault));
    if (!isRenewable && expiresAt <= this.#options.clock.now()) return null;
    const left = this.#rest.left(refused);
    return left === Number.POSITIVE_INFINITY ? null : left;
  }

  /**
   * Sends with a valid access token: renews it first where it expires soon, and renews it and sends again where the
   * bank no longer accepts it. Throws what the transport throws, and `no_tokens` where the person has never signed in.
   */
  async send(request: UnsignedRequest, signal?: AbortSignal): Promise<BankAnswer> {
    const { transport } = this.#options;
    const tokens = await this.#valid();
    try {
      const answer = await transport.send({ ...request, token: tokens.accessToken }, signal);
      this.#accepted(tokens);
      return answer;
    } catch (thrown) {
      if (!isTokenRefusal(thrown)) throw thrown;
      const replacement = await this.#replacementFor(tokens, thrown);
      return this.#sendRenewed({ ...request, token: replacement.accessToken }, signal);
    }
  }

  async #sendRenewed(request: BankRequest, signal?: AbortSignal): Promise<BankAnswer> {
    try {
      return await this.#options.transport.send(request, signal);
    } catch (thrown) {
      if (isTokenRefusal(thrown)) this.#noteRefusal(thrown);
      throw thrown;
    }
  }

  /** Renews the pair where it expires soon, so that `sendOnce` need not. Throws what a renewal throws. */
  async makeReady(): Promise<void> {
    await this.#valid();
  }

  /**
   * Sends with a valid access token, and never a second time, even where the bank no longer accepts the token: for
   * callers that must count what they send. Throws what `send` throws.
   */
  async sendOnce(request: UnsignedRequest, signal?: AbortSignal): Promise<BankAnswer> {
    const { accessToken } = await this.#valid();
    return this.#options.transport.send({ ...request, token: accessToken }, signal);
  }

  /** The access token is used for as long as it lasts where only its renewal is refused. */
  async #valid(): Promise<StoredTokens> {
    const isFresh = ({ expiresAt }: StoredTokens, margin: number) =>
      expiresAt - this.#options.clock.now() > margin;
    try {
      if (this.#renewal) return await this.#renewal;
      const tokens = this.#held();
      return isFresh(tokens, refreshMargin) ? tokens : await this.#renew(tokens);
    } catch (thrown) {
      const tokens = isTokenRefusal(thrown) ? this.#held() : null;
      if (tokens && isFresh(tokens, 0)) return tokens;
      throw thrown;
    }
  }

  /** Another request may have renewed the pair while this one was under way; then that pair is used. */
  async #replacementFor(dead: StoredTokens, reason: BankError): Promise<StoredTokens> {
    if (this.#renewal) return this.#renewal;
    const current = this.#held();
    if (current.accessToken !== dead.accessToken) return current;
    try {
      // Another program has the login now, and our refresh token might end it there.
      if (isEviction(reason.fault) && !this.#isAsked) throw reason;
      return await this.#renew(current);
    } catch (thrown) {
      const named = isSpent(thrown) && isEviction(reason.fault) ? reason : thrown;
      if (isTokenRefusal(named)) this.#noteRefusal(named);
      // Where the renewal cannot even be tried, the access token was all there was.
      else if (!(named instanceof BankError)) this.#noteRefusal(reason);
      throw named;
    }
  }

  /** Throws what the bank said last where it has refused the pair and is not to be asked again yet. */
  #renew(tokens: StoredTokens): Promise<StoredTokens> {
    if (!this.#renewal && !this.#mayRenew(tokens)) return Promise.reject(this.#lastRefusal(tokens));
    this.#renewal ??= this.#renewAlone(tokens).finally(() => {
      this.#renewal = null;
    });
    return this.#renewal;
  }

  #mayRenew({ refused = null }: StoredTokens): boolean {
    if (refused === null || this.#isAsked) return true;
    return !isEviction(refused.fault) && this.#rest.left(refused) <= 0;
  }

  #lastRefusal({ refused, ...tokens }: StoredTokens): unknown {
    const fault = refused?.fault ?? 'refresh_dead';
    return explained(tokens, new BankError(fault, { effect: 'none', purpose: 'refresh' }));
  }

  /** While only the renewal is refused, an access token that is accepted is no news. */
  #accepted({ accessToken, refused = null }: StoredTokens): void {
    if (refused === null || (!refused.isWhole && this.#rest.left(refused) > 0)) return;
    const tokens = this.#stored();
    if (tokens?.accessToken === accessToken) this.#save({ ...tokens, refused: null });
  }

  /** Counted once for each attempt, however many calls it consists of; an eviction is remembered in any case. */
  #noteRefusal({ fault }: BankError): void {
    const tokens = this.#readable();
    if (!tokens) return;
    const { refused = null } = tokens;
    const counted =
      refused === null || this.#rest.left(refused) <= 0 ? this.#refusedAgain(tokens, fault) : refused;
    const named = isEviction(fault) ? fault : counted.fault;
    if (refused !== counted || named !== counted.fault || !counted.isWhole)
      this.#save({ ...tokens, refused: { ...counted, fault: named, isWhole: true } });
  }

  #refusedAgain({ refused }: StoredTokens, fault: BankFault): Refusals {
    return { fault, times: (refused?.times ?? 0) + 1, at: this.#options.clock.now(), isWhole: false };
  }

  async #renewAlone(tokens: StoredTokens): Promise<StoredTokens> {
    if (this.#signIn === null) return this.#renewNow(tokens);
    await this.#signIn;
    const current = this.#held();
    return current.accessToken === tokens.accessToken ? this.#renewNow(current) : current;
  }

  async #renewNow(tokens: StoredTokens): Promise<StoredTokens> {
    const { clientId, transport, clock } = this.#options;
    const { refreshToken } = tokens;
    if (refreshToken === null) throw refuse('no_refresh_token', {});
    const clientSecret = this.#kept.clientSecret();
    this.#isAsked = false;
    this.#save({ ...tokens, renewing: tokens.renewing ?? clock.now() });
    try {
      const renewed = await refreshTokens(transport.send, { clientId, clientSecret, refreshToken });
      if (!this.#hasChangedSince(tokens)) this.#uncommitted = this.#conceal({ ...renewed, renewing: null });
      this.#rest.forget();
    } catch (thrown) {
      if (!this.#hasChangedSince(tokens)) throw this.#failureOf(tokens, thrown);
    }
    return this.#held();
  }

  /** Whether the person has signed in again meanwhile: then that pair is used, whatever the renewal brought. */
  #hasChangedSince({ accessToken }: StoredTokens): boolean {
    return this.#stored()?.accessToken !== accessToken;
  }

  /** Why there are no new tokens. A pair that our own renewal may have spent stays marked as such. */
  #failureOf(tokens: StoredTokens, thrown: unknown): unknown {
    const isSpentByUs = tokens.renewing !== null || mayHaveRenewed(thrown);
    const kept = isSpentByUs ? (this.#stored() ?? tokens) : tokens;
    if (isTokenRefusal(thrown)) this.#save({ ...kept, refused: this.#refusedAgain(tokens, thrown.fault) });
    else if (!isSpentByUs) this.#save(kept);
    return explained(tokens, thrown);
  }

  /** The pair to use, committed. Throws `no_tokens`, what cannot be read, and what the store throws while a new pair cannot be stored. */
  #held(): StoredTokens {
    if (this.#uncommitted) {
      this.#save(this.#uncommitted);
      this.#uncommitted = null;
    }
    const tokens = this.#stored();
    if (tokens) return tokens;
    // What the person has to do then needs the client secret.
    this.#kept.clientSecret();
    throw refuse('no_tokens', {});
  }

  #stored(): StoredTokens | null {
    const text = this.#kept.tokens();
    if (text === null) return null;
    if (this.#read?.text !== text) {
      this.#read = { text, tokens: this.#conceal(JSON.parse(text) as StoredTokens) };
    }
    return this.#read.tokens;
  }

  #hasSecret(): boolean {
    return this.#unlessUnreadable(() => this.#kept.clientSecret()) !== null;
  }

  /** Null also where the stored pair cannot be read: it is of no use then. */
  #readable(): StoredTokens | null {
    return this.#unlessUnreadable(() => this.#stored());
  }

  #unlessUnreadable<T>(read: () => T): T | null {
    try {
      return read();
    } catch (thrown) {
      if (thrown instanceof BridgeError && isUnreadable(thrown.code)) return null;
      throw thrown;
    }
  }

  #save(tokens: StoredTokens): StoredTokens {
    this.#kept.keepTokens(JSON.stringify(tokens));
    return this.#conceal(tokens);
  }

  #conceal(tokens: StoredTokens): StoredTokens {
    const { secrets } = this.#options;
    secrets.conceal(tokens.accessToken);
    if (tokens.refreshToken !== null) secrets.conceal(tokens.refreshToken);
    return tokens;
  }
}

/** A refused pair that something of ours explains is told so. */
function explained(
  { renewing, signingIn = null }: Pick<StoredTokens, 'renewing' | 'signingIn'>,
  thrown: unknown,
) {
  if (!isSpent(thrown)) return thrown;
  if (renewing !== null) return refuse('renewal_interrupted', {}, { cause: thrown });
  return signingIn === null ? thrown : refuse('sign_in_interrupted', {}, { cause: thrown });
}

function isSpent(thrown: unknown): boolean {
  return (
    thrown instanceof BankError && (thrown.fault === 'refresh_dead' || thrown.fault === 'refresh_evicted')
  );
}

/** Whether the bank may have renewed although its answer is missing. It checks its rate limit before it acts. */
function mayHaveRenewed(thrown: unknown): boolean {
  if (!(thrown instanceof BankError) || isSpent(thrown)) return !isSpent(thrown);
  return thrown.effect === 'unknown' && thrown.fault !== 'rate_limited';
}
