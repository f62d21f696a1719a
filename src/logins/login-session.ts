import type { Clock } from '../clock.ts';
import type { Instant } from '../domain/values.ts';
import { BridgeError } from '../errors.ts';
import { refreshMargin } from '../limits.ts';
import type { Secrets } from '../log.ts';
import { logout, refreshTokens, type Tokens } from '../monzo/oauth.ts';
import { BankError, type BankAnswer, type BankRequest, type Transport } from '../monzo/transport.ts';
import { refuse } from '../refusals/refuse.ts';
import type { Vault } from '../store/vault.ts';
import { createLoginSecrets, isUnreadable, type LoginSecrets } from './login-secrets.ts';

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
}

/**
 * One login's tokens. Monzo's refresh tokens work once and a second renewal ends the login, so only one renewal runs
 * at a time, and the new pair is committed before anything uses it.
 */
export class LoginSession {
  readonly #options: SessionOptions;
  readonly #kept: LoginSecrets;
  #renewal: Promise<StoredTokens> | null = null;
  /** A pair that could not be stored. It is the only one that works, so it is kept until the disk takes it. */
  #uncommitted: StoredTokens | null = null;

  constructor(options: SessionOptions) {
    this.#options = options;
    this.#kept = createLoginSecrets(options.vault, options.loginId);
  }

  /** Stores a new pair, which is the only one used from now on. */
  adopt(tokens: Tokens): void {
    this.#uncommitted = null;
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

  /**
   * Sends with a valid access token: renews it first where it expires soon, and renews it and sends again where the
   * bank no longer accepts it. Throws what the transport throws, and `no_tokens` where the person has never signed in.
   */
  async send(request: UnsignedRequest, signal?: AbortSignal): Promise<BankAnswer> {
    const { transport } = this.#options;
    const tokens = await this.#valid();
    try {
      return await transport.send({ ...request, token: tokens.accessToken }, signal);
    } catch (thrown) {
      if (!(thrown instanceof BankError) || !isDead(thrown)) throw thrown;
      const replacement = await this.#replacementFor(tokens, thrown);
      return transport.send({ ...request, token: replacement.accessToken }, signal);
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

  async #valid(): Promise<StoredTokens> {
    if (this.#renewal) return this.#renewal;
    const tokens = this.#held();
    const isFresh = tokens.expiresAt - this.#options.clock.now() > refreshMargin;
    return isFresh ? tokens : this.#renew(tokens);
  }

  /** Another request may have renewed the pair while this one was under way; then that pair is used. */
  async #replacementFor(dead: StoredTokens, reason: BankError): Promise<StoredTokens> {
    if (this.#renewal) return this.#renewal;
    const current = this.#held();
    if (current.accessToken !== dead.accessToken) return current;
    try {
      return await this.#renew(current);
    } catch (thrown) {
      throw isSpent(thrown) && reason.fault === 'token_evicted' ? reason : thrown;
    }
  }

  #renew(tokens: StoredTokens): Promise<StoredTokens> {
    this.#renewal ??= this.#renewNow(tokens).finally(() => {
      this.#renewal = null;
    });
    return this.#renewal;
  }

  async #renewNow(tokens: StoredTokens): Promise<StoredTokens> {
    const { clientId, transport, clock } = this.#options;
    const { refreshToken } = tokens;
    if (refreshToken === null) throw refuse('no_refresh_token', {});
    const clientSecret = this.#kept.clientSecret();
    this.#save({ ...tokens, renewing: tokens.renewing ?? clock.now() });
    try {
      const renewed = await refreshTokens(transport.send, { clientId, clientSecret, refreshToken });
      if (!this.#hasChangedSince(tokens)) this.#uncommitted = this.#conceal({ ...renewed, renewing: null });
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
    if (tokens.renewing === null && !mayHaveRenewed(thrown)) this.#save(tokens);
    if (!isSpent(thrown)) return thrown;
    if (tokens.renewing !== null) return refuse('renewal_interrupted', {}, { cause: thrown });
    return (tokens.signingIn ?? null) === null
      ? thrown
      : refuse('sign_in_interrupted', {}, { cause: thrown });
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
    return text === null ? null : this.#conceal(JSON.parse(text) as StoredTokens);
  }

  /** Null also where the stored pair cannot be read: it is of no use then. */
  #readable(): StoredTokens | null {
    try {
      return this.#stored();
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

function isDead({ fault }: BankError): boolean {
  return fault === 'token_dead' || fault === 'token_evicted';
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
