import type { Clock } from '../clock.ts';
import type { Instant } from '../domain/values.ts';
import { refreshMargin } from '../limits.ts';
import type { Secrets } from '../log.ts';
import { logout, refreshTokens, type Tokens } from '../monzo/oauth.ts';
import { BankError, type BankAnswer, type BankRequest, type Transport } from '../monzo/transport.ts';
import { refuse } from '../refusals/refuse.ts';
import type { Vault } from '../store/vault.ts';

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
  /** Set while a renewal is under way: should the process die there, the next one knows that the pair may be spent. */
  readonly renewing: Instant | null;
  /** Set while a new sign-in is being finished: by its answer, lost or not, Monzo ends this pair. */
  readonly signingIn?: Instant | null;
}

/** Names of the vault's entries of one login. */
export const vaultNames = { tokens: 'tokens', clientSecret: 'client_secret' } as const;

/**
 * One login's tokens. Monzo's refresh tokens are single-use and a second renewal ends the login, so there is never
 * more than one in flight, and the new pair is committed before anything uses it.
 */
export class LoginSession {
  readonly #options: SessionOptions;
  #renewal: Promise<StoredTokens> | null = null;
  /** A pair that the disk refused: the only living one, so it is kept until the disk takes it. */
  #uncommitted: StoredTokens | null = null;

  constructor(options: SessionOptions) {
    this.#options = options;
  }

  /** Stores a new pair; from now on only that is used. */
  adopt(tokens: Tokens): void {
    this.#uncommitted = null;
    this.#save({ ...tokens, renewing: null });
  }

  /** A new sign-in is about to be finished: until its outcome is known, the pair in use may end by it. */
  beginSignIn(): void {
    const tokens = this.#stored();
    if (tokens) this.#save({ ...tokens, signingIn: this.#options.clock.now() });
  }

  /** The sign-in changed nothing at Monzo. */
  abandonSignIn(): void {
    const tokens = this.#stored();
    if (tokens) this.#save({ ...tokens, signingIn: null });
  }

  /** Forgets the pair, which Monzo has ended without giving another that lasts. */
  forget(): void {
    const { vault, loginId } = this.#options;
    this.#uncommitted = null;
    vault.delete(loginId, vaultNames.tokens);
  }

  /** Ends the login at Monzo, whose tokens are worth nothing afterwards. Throws what `send` throws. */
  async end(signal?: AbortSignal): Promise<void> {
    const { accessToken } = await this.#living();
    await logout(this.#options.transport.send, accessToken, signal);
  }

  hasTokens(): boolean {
    return this.#stored() !== null;
  }

  /**
   * Sends with a living access token, renewing it first when it ends soon, and once more when the bank calls it dead.
   * Throws what the transport throws; `no_tokens` where the person has never signed in.
   */
  async send(request: UnsignedRequest, signal?: AbortSignal): Promise<BankAnswer> {
    const { transport } = this.#options;
    const tokens = await this.#living();
    try {
      return await transport.send({ ...request, token: tokens.accessToken }, signal);
    } catch (thrown) {
      if (!(thrown instanceof BankError) || !isDead(thrown)) throw thrown;
      const replacement = await this.#replacementFor(tokens, thrown);
      return transport.send({ ...request, token: replacement.accessToken }, signal);
    }
  }

  /** Renews the pair where it ends soon, so that `sendOnce` needs nothing else first. Throws what a renewal throws. */
  async makeReady(): Promise<void> {
    await this.#living();
  }

  /**
   * Sends with a living access token and never a second time, not even when the bank calls it dead: for what must be
   * counted by whoever repeats it. Throws what `send` throws.
   */
  async sendOnce(request: UnsignedRequest, signal?: AbortSignal): Promise<BankAnswer> {
    const { accessToken } = await this.#living();
    return this.#options.transport.send({ ...request, token: accessToken }, signal);
  }

  async #living(): Promise<StoredTokens> {
    if (this.#renewal) return this.#renewal;
    const tokens = this.#held();
    const isFresh = tokens.expiresAt - this.#options.clock.now() > refreshMargin;
    return isFresh ? tokens : this.#renew(tokens);
  }

  /** Somebody else may have renewed while this request was under way: then theirs is the living pair. */
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
    const { loginId, clientId, transport, vault, clock } = this.#options;
    const { refreshToken } = tokens;
    if (refreshToken === null) throw refuse('no_refresh_token', {});
    this.#save({ ...tokens, renewing: tokens.renewing ?? clock.now() });
    try {
      const clientSecret = vault.get(loginId, vaultNames.clientSecret) ?? '';
      const renewed = await refreshTokens(transport.send, { clientId, clientSecret, refreshToken });
      if (!this.#hasChangedSince(tokens)) this.#uncommitted = this.#conceal({ ...renewed, renewing: null });
    } catch (thrown) {
      if (!this.#hasChangedSince(tokens)) throw this.#failureOf(tokens, thrown);
    }
    return this.#held();
  }

  /** Whether somebody signed in anew meanwhile: then theirs is the living pair, whatever came of the renewal. */
  #hasChangedSince({ accessToken }: StoredTokens): boolean {
    return this.#stored()?.accessToken !== accessToken;
  }

  /** Why there are no new tokens; a pair that may be spent by ourselves is remembered as such. */
  #failureOf(tokens: StoredTokens, thrown: unknown): unknown {
    if (tokens.renewing === null && !mayHaveRenewed(thrown)) this.#save(tokens);
    if (!isSpent(thrown)) return thrown;
    if (tokens.renewing !== null) return refuse('renewal_interrupted', {}, { cause: thrown });
    return (tokens.signingIn ?? null) === null
      ? thrown
      : refuse('sign_in_interrupted', {}, { cause: thrown });
  }

  /** The pair to use, committed. Throws `no_tokens`; what the disk throws while it takes no new pair. */
  #held(): StoredTokens {
    if (this.#uncommitted) {
      this.#save(this.#uncommitted);
      this.#uncommitted = null;
    }
    const tokens = this.#stored();
    if (!tokens) throw refuse('no_tokens', {});
    return tokens;
  }

  #stored(): StoredTokens | null {
    const { vault, loginId } = this.#options;
    const text = vault.get(loginId, vaultNames.tokens);
    return text === null ? null : this.#conceal(JSON.parse(text) as StoredTokens);
  }

  #save(tokens: StoredTokens): StoredTokens {
    const { vault, loginId } = this.#options;
    vault.put(loginId, vaultNames.tokens, JSON.stringify(tokens));
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

/** Whether the bank may have renewed although the new pair never came. A limit is judged before anything is done. */
function mayHaveRenewed(thrown: unknown): boolean {
  return !(thrown instanceof BankError) || (thrown.effect === 'unknown' && thrown.fault !== 'rate_limited');
}
