import type { Clock } from '../clock.ts';
import { BridgeError } from '../errors.ts';
import type { Instant } from '../domain/values.ts';
import { refreshMargin } from '../limits.ts';
import type { Secrets } from '../log.ts';
import { refreshTokens, type Tokens } from '../monzo/oauth.ts';
import { BankError, type BankAnswer, type BankRequest, type Transport } from '../monzo/transport.ts';
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
}

/** Names of the vault's entries of one login. */
export const vaultNames = { tokens: 'tokens', clientSecret: 'client_secret' } as const;

/**
 * One login's tokens. Monzo's refresh tokens are single-use and a second renewal ends the login, so there is never
 * more than one in flight, and the new pair is committed before anything uses it.
 */
export class Session {
  readonly #options: SessionOptions;
  #renewal: Promise<StoredTokens> | null = null;

  constructor(options: SessionOptions) {
    this.#options = options;
  }

  /** Stores a new pair; from now on only that is used. */
  adopt(tokens: Tokens): void {
    this.#save({ ...tokens, renewing: null });
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

  async #living(): Promise<StoredTokens> {
    if (this.#renewal) return this.#renewal;
    const tokens = this.#stored();
    if (!tokens) throw noTokens();
    const isFresh = tokens.expiresAt - this.#options.clock.now() > refreshMargin;
    return isFresh ? tokens : this.#renew(tokens);
  }

  /** Somebody else may have renewed while this request was under way: then theirs is the living pair. */
  async #replacementFor(dead: StoredTokens, reason: BankError): Promise<StoredTokens> {
    if (this.#renewal) return this.#renewal;
    const current = this.#stored();
    if (!current) throw noTokens();
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
    if (refreshToken === null) throw noTokens();
    const wasInterrupted = tokens.renewing !== null;
    this.#save({ ...tokens, renewing: clock.now() });
    try {
      const clientSecret = vault.get(loginId, vaultNames.clientSecret) ?? '';
      const renewed = await refreshTokens(transport.send, { clientId, clientSecret, refreshToken });
      return this.#save({ ...renewed, renewing: null });
    } catch (thrown) {
      throw wasInterrupted && isSpent(thrown) ? interrupted(thrown) : thrown;
    }
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

function noTokens(): BridgeError {
  return new BridgeError('no_tokens', 'This login has no tokens yet; sign in at Monzo to connect it.', {
    needsPerson: true,
  });
}

function interrupted(cause: unknown): BridgeError {
  return new BridgeError(
    'renewal_interrupted',
    'The bridge or the network stopped while the tokens were being renewed, and Monzo no longer accepts the old ones; sign in at Monzo again.',
    { needsPerson: true, cause },
  );
}
