import { createHmac, timingSafeEqual } from 'node:crypto';

/**
 * The keys in the addresses that Monzo rings: HMAC-SHA-256 of the account id, as 64 lower-case hexadecimal digits.
 * They follow from the secret key alone, so a rebuilt database knows its own webhooks again.
 */
export class DoorbellKeys {
  readonly #secretKey: Uint8Array;
  readonly #keys = new Map<string, string>();

  constructor(secretKey: Uint8Array) {
    this.#secretKey = secretKey;
  }

  keyOf(accountId: string): string {
    const known = this.#keys.get(accountId);
    if (known !== undefined) return known;
    const key = createHmac('sha256', this.#secretKey).update(accountId).digest('hex');
    this.#keys.set(accountId, key);
    return key;
  }

  /** Whose key it is, or null; every account is compared, each in constant time. */
  accountOf(key: string, accounts: readonly { readonly id: string }[]): string | null {
    if (!/^[0-9a-f]{64}$/.test(key)) return null;
    const given = Buffer.from(key);
    let found: string | null = null;
    for (const { id } of accounts) if (timingSafeEqual(given, Buffer.from(this.keyOf(id)))) found = id;
    return found;
  }
}
