import { z } from 'zod';
import type { Clock } from '../clock.ts';
import type { Instant } from '../domain/values.ts';
import { doorbell } from '../limits.ts';
import { id as bankId } from '../monzo/shape.ts';
import { coalesced } from '../async.ts';

export interface DoorbellOptions {
  readonly clock: Clock;
  /** Lists an account's new transactions; calls while a list runs share one more. */
  readonly list: (accountId: string) => Promise<void>;
  /** Asks for one row by id. */
  readonly look: (accountId: string, transactionId: string) => Promise<void>;
  readonly has: (transactionId: string) => boolean;
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

interface Awaited {
  readonly tries: number;
  readonly due: Instant;
}

interface Bell {
  readonly awaited: Map<string, Awaited>;
  /** For rings that name nothing: shared by all that come while one runs, so that none of them has to be remembered. */
  readonly list: () => Promise<void>;
  looks: readonly Instant[];
  isWatching: boolean;
}

const ring = z.object({
  data: z.object({ id: bankId, account_id: z.string() }),
});

/**
 * What a webhook's call sets off: we look, and believe nothing it says. A transaction it names that no list shows yet
 * is listed for again and at last asked for by id, so that a ring ahead of the bank's own reading side is not lost;
 * all that is bounded, so that forged rings cost little.
 */
export class Doorbell {
  readonly #options: DoorbellOptions;
  readonly #bells = new Map<string, Bell>();
  readonly #stop = new AbortController();
  #rings = 0;
  #lastRing: Instant | null = null;
  #unconfirmed = 0;

  constructor(options: DoorbellOptions) {
    this.#options = options;
  }

  /** Looks at an account because somebody rang, naming one of its transactions or none. Never throws. */
  ring(accountId: string, named: string | null): void {
    const bell = this.#bellOf(accountId);
    const now = this.#options.clock.now();
    this.#rings += 1;
    this.#lastRing = now;
    if (named === null || bell.awaited.size >= doorbell.mostAwaited) void bell.list();
    else if (!bell.awaited.has(named)) bell.awaited.set(named, { tries: 0, due: now });
    if (!bell.isWatching) void this.#watch(accountId, bell);
  }

  /** Looks at an account although nobody rang: a ring may have gone unheard. */
  lookAt(accountId: string): void {
    void this.#list(accountId);
  }

  activity(): DoorbellActivity {
    const awaited = [...this.#bells.values()].reduce((sum, bell) => sum + bell.awaited.size, 0);
    return { rings: this.#rings, lastRing: this.#lastRing, awaited, unconfirmed: this.#unconfirmed };
  }

  close(): void {
    this.#stop.abort(new Error('the bridge is stopping'));
  }

  async #watch(accountId: string, bell: Bell): Promise<void> {
    const { clock } = this.#options;
    bell.isWatching = true;
    while (bell.awaited.size > 0 && !this.#stop.signal.aborted) {
      const next = Math.min(...[...bell.awaited.values()].map(({ due }) => due));
      await clock.wait(Math.max(0, next - clock.now()), this.#stop.signal).catch(() => {});
      if (!this.#stop.signal.aborted) await this.#serve(accountId, bell);
    }
    bell.isWatching = false;
  }

  /** One list serves everybody who is due about now. */
  async #serve(accountId: string, bell: Bell): Promise<void> {
    const { clock, has } = this.#options;
    const soon = clock.now() + doorbell.together;
    const due = [...bell.awaited].filter(([, awaited]) => awaited.due <= soon);
    const held = new Set(due.map(([id]) => id).filter(has));
    if (due.some(([id, { tries }]) => tries === 0 || !held.has(id))) await this.#list(accountId);
    for (const [id, { tries }] of due) {
      const pause = doorbell.listAgainAfter[tries];
      // A ring about a row we held before: it has changed, and may be older than the list reaches.
      if (held.has(id) && tries === 0) await this.#lookOnce(accountId, bell, id);
      else if (has(id)) bell.awaited.delete(id);
      else if (pause !== undefined) bell.awaited.set(id, { tries: tries + 1, due: clock.now() + pause });
      else await this.#lookOnce(accountId, bell, id);
    }
  }

  async #lookOnce(accountId: string, bell: Bell, id: string): Promise<void> {
    const { clock, look, has } = this.#options;
    bell.awaited.delete(id);
    bell.looks = bell.looks.filter((at) => at > clock.now() - doorbell.looksPer);
    if (bell.looks.length < doorbell.mostLooks) {
      bell.looks = [...bell.looks, clock.now()];
      await look(accountId, id).catch(() => {});
    }
    if (!has(id)) this.#unconfirmed += 1;
  }

  /** The poller tells of the bank's troubles; a ring that fails is listed for again like one that came too early. */
  #list(accountId: string): Promise<void> {
    return this.#options.list(accountId).catch(() => {});
  }

  #bellOf(accountId: string): Bell {
    const bell = this.#bells.get(accountId) ?? {
      awaited: new Map(),
      list: coalesced(() => this.#list(accountId)),
      looks: [],
      isWatching: false,
    };
    this.#bells.set(accountId, bell);
    return bell;
  }
}

/** The transaction that a caller's body names, if it names one of this account in a shape that could be true. */
export function transactionNamedIn(body: string, accountId: string): string | null {
  try {
    const { data } = ring.parse(JSON.parse(body));
    return data.account_id === accountId ? data.id : null;
  } catch {
    return null;
  }
}
