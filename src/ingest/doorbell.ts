import { createHmac, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import { coalesced, sleep } from '../async.ts';
import type { Clock } from '../clock.ts';
import type { Instant } from '../domain/values.ts';
import { doorbell } from '../limits.ts';
import { id as bankId } from '../monzo/shape.ts';
import type { PollerPool } from './poller-pool.ts';

export interface DoorbellOptions {
  readonly clock: Clock;
  readonly keys: DoorbellKeys;
  readonly pool: Pick<PollerPool, 'listNew' | 'readTransaction'>;
  /** Whether the ledger holds a transaction. */
  readonly has: (transactionId: string) => boolean;
  /** The ids of the accounts that may be rung for. */
  readonly accounts: () => readonly string[];
}

/** Since the start of the process. */
export interface DoorbellActivity {
  readonly rings: number;
  readonly lastRing: Instant | null;
  /** Transactions that rings named and no list has shown yet. */
  readonly awaited: number;
  /** Rings that named a transaction the bank does not know. */
  readonly unconfirmed: number;
}

/** A transaction that a ring named and no list has shown yet. */
interface Awaited {
  readonly tries: number;
  readonly due: Instant;
}

/** What the rings of one account have left to do. */
interface AccountRings {
  readonly awaited: Map<string, Awaited>;
  /** For rings that name nothing: all that come while one list runs share the next. */
  readonly list: () => Promise<void>;
  /** When transactions were last read by their ids. */
  readAt: readonly Instant[];
  isRunning: boolean;
}

const ring = z.object({
  data: z.object({ id: bankId, account_id: z.string() }),
});

/**
 * Reacts to calls of Monzo's webhooks: lists the account, and believes nothing that the call says. A transaction that
 * it names and no list shows yet is listed for again, and at last read by its id, so that a ring that comes before the
 * bank's lists is not lost. All of this is bounded, so that forged rings cost little.
 */
export class Doorbell {
  readonly #options: DoorbellOptions;
  readonly #accounts = new Map<string, AccountRings>();
  readonly #stop = new AbortController();
  #rings = 0;
  #lastRing: Instant | null = null;
  #unconfirmed = 0;

  constructor(options: DoorbellOptions) {
    this.#options = options;
  }

  /** The account whose doorbell has this key; null where there is none. */
  accountOf(key: string): string | null {
    const { keys, accounts } = this.#options;
    return keys.accountOf(key, accounts());
  }

  /** Lists an account because of a webhook call that named one of its transactions, or none. Never throws. */
  ring(accountId: string, named: string | null): void {
    if (!this.#options.accounts().includes(accountId)) return;
    const rings = this.#ringsOf(accountId);
    const now = this.#options.clock.now();
    this.#rings += 1;
    this.#lastRing = now;
    if (named === null || rings.awaited.size >= doorbell.mostAwaited) void rings.list();
    else if (!rings.awaited.has(named)) rings.awaited.set(named, { tries: 0, due: now });
    if (!rings.isRunning) void this.#run(accountId, rings);
  }

  /** Lists every account although none was rung for: calls may have been missed. */
  listEveryAccount(): void {
    for (const accountId of this.#options.accounts()) void this.#list(accountId);
  }

  activity(): DoorbellActivity {
    const awaited = [...this.#accounts.values()].reduce((sum, rings) => sum + rings.awaited.size, 0);
    return { rings: this.#rings, lastRing: this.#lastRing, awaited, unconfirmed: this.#unconfirmed };
  }

  close(): void {
    this.#stop.abort(new Error('the bridge is stopping'));
  }

  async #run(accountId: string, rings: AccountRings): Promise<void> {
    const { clock } = this.#options;
    rings.isRunning = true;
    while (rings.awaited.size > 0 && !this.#stop.signal.aborted) {
      const next = Math.min(...[...rings.awaited.values()].map(({ due }) => due));
      if (await sleep(clock, Math.max(0, next - clock.now()), this.#stop.signal))
        await this.#lookFor(accountId, rings);
    }
    rings.isRunning = false;
  }

  /** One list serves every awaited transaction that is due about now. */
  async #lookFor(accountId: string, rings: AccountRings): Promise<void> {
    const { clock, has } = this.#options;
    const soon = clock.now() + doorbell.together;
    const due = [...rings.awaited].filter(([, awaited]) => awaited.due <= soon);
    const held = new Set(due.map(([id]) => id).filter(has));
    if (due.some(([id, { tries }]) => tries === 0 || !held.has(id))) await this.#list(accountId);
    for (const [id, { tries }] of due) {
      const pause = doorbell.listAgainAfter[tries];
      // A ring about a row that was known before: it has changed, and may be older than the list reaches.
      if (held.has(id) && tries === 0) await this.#readOnce(accountId, rings, id);
      else if (has(id)) rings.awaited.delete(id);
      else if (pause !== undefined) rings.awaited.set(id, { tries: tries + 1, due: clock.now() + pause });
      else await this.#readOnce(accountId, rings, id);
    }
  }

  async #readOnce(accountId: string, rings: AccountRings, id: string): Promise<void> {
    const { clock, pool, has } = this.#options;
    rings.awaited.delete(id);
    rings.readAt = rings.readAt.filter((at) => at > clock.now() - doorbell.looksPer);
    if (rings.readAt.length < doorbell.mostLooks) {
      rings.readAt = [...rings.readAt, clock.now()];
      await pool.readTransaction(accountId, id).catch(() => {});
    }
    if (!has(id)) this.#unconfirmed += 1;
  }

  /** The poller reports the bank's faults; where a list fails, the transaction is listed for again. */
  #list(accountId: string): Promise<void> {
    return this.#options.pool.listNew(accountId).catch(() => {});
  }

  #ringsOf(accountId: string): AccountRings {
    const rings = this.#accounts.get(accountId) ?? {
      awaited: new Map(),
      list: coalesced(() => this.#list(accountId)),
      readAt: [],
      isRunning: false,
    };
    this.#accounts.set(accountId, rings);
    return rings;
  }
}

/** The transaction that a webhook call's body names, where it names one of this account in a plausible form. */
export function transactionNamedIn(body: string, accountId: string): string | null {
  try {
    const { data } = ring.parse(JSON.parse(body));
    return data.account_id === accountId ? data.id : null;
  } catch {
    return null;
  }
}

/** The secret keys in the addresses that are registered at Monzo. */
export interface DoorbellKeys {
  keyOf(accountId: string): string;
  /** The account a key belongs to, or null; every account is compared, each in constant time. */
  accountOf(key: string, accountIds: readonly string[]): string | null;
}

/**
 * Keys are the HMAC-SHA-256 of the account id, as 64 lower-case hexadecimal digits. They follow from the secret key
 * alone, so that the bridge recognises its own webhooks after its database was rebuilt.
 */
export function createDoorbellKeys(secretKey: Uint8Array): DoorbellKeys {
  const keys = new Map<string, string>();
  const keyOf = (accountId: string) => {
    const key = keys.get(accountId) ?? createHmac('sha256', secretKey).update(accountId).digest('hex');
    keys.set(accountId, key);
    return key;
  };
  return {
    keyOf,
    accountOf: (key, accountIds) => {
      if (!/^[0-9a-f]{64}$/.test(key)) return null;
      const given = Buffer.from(key);
      let found: string | null = null;
      for (const id of accountIds) if (timingSafeEqual(given, Buffer.from(keyOf(id)))) found = id;
      return found;
    },
  };
}
