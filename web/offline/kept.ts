import type { Caches } from './caches.ts';

/**
 * What the bridge said last, kept by the browser so that it can be shown while the bridge does not answer. It is money: it is
 * wiped at sign-out and at its end, kept for a browser with a session of its own only, and never taken for an answer.
 */

/** Shorter than the ninety days after which the bridge ends an unused session, so that nothing outlives one. In milliseconds. */
const lifetime = 30 * 86_400_000;
/** Enough for the last pages and searches; the oldest go first. */
const mostAnswers = 60;
/** In characters. */
const longest = 400_000;

/** Whether what was heard then may no longer be shown, where the bridge has not confirmed it since. */
export function isTooOld(heard: number, now: number): boolean {
  return !(heard > now - lifetime);
}

export interface KeptText {
  readonly text: string;
  /** When the bridge said it, in milliseconds since the epoch. */
  readonly at: number;
}

export interface Kept {
  /** From now on something may be kept: the browser is signed in with a session of its own, and the page opens offline. */
  begin(): void;
  /** Keeps a text under a name; does nothing where nothing may be kept. Never throws. */
  keep(name: string, text: string): void;
  /** What was kept, unless it is too old; whether this page has begun to keep does not matter. Never throws. */
  recall(name: string): Promise<KeptText | null>;
  /** Deletes everything, and keeps nothing until `begin`. Never throws. */
  wipe(): Promise<void>;
}

export interface KeptOptions {
  /** Undefined where the browser has none, such as on an address without TLS. */
  readonly caches: Caches | undefined;
  /** The address of the page. */
  readonly base: string;
  readonly now: () => number;
}

/** Everything happens in the order in which it was asked for, so that nothing is kept after a wipe. */
export function createKept({ caches, base, now }: KeptOptions): Kept {
  const cacheName = `monzo-bridge kept ${new URL('./', base).pathname}`;
  const addressOf = (name: string) => new URL(`kept/${encodeURIComponent(name)}`, base).href;
  let isKeeping = false;
  let last: Promise<unknown> = Promise.resolve();
  const inTurn = <T>(work: () => Promise<T>, otherwise: T): Promise<T> => {
    // Refused or full storage: the page works as it does where there is none.
    const done = last.then(work).catch(() => otherwise);
    last = done;
    return done;
  };
  const put = async (name: string, text: string, at: number) => {
    if (!isKeeping || caches === undefined) return;
    const cache = await caches.open(cacheName);
    await cache.put(addressOf(name), new Response(text, { headers: { [heardAt]: String(at) } }));
    const keys = await cache.keys();
    // What is kept again moves to the end.
    await Promise.all(keys.slice(0, -mostAnswers).map((key) => cache.delete(key)));
  };
  return {
    begin() {
      isKeeping = caches !== undefined;
    },
    keep(name, text) {
      const at = now();
      if (isKeeping && text.length <= longest) void inTurn(() => put(name, text, at), undefined);
    },
    recall: (name) =>
      inTurn(async () => {
        if (caches === undefined || !(await caches.has(cacheName))) return null;
        const kept = await (await caches.open(cacheName)).match(addressOf(name));
        const at = Number(kept?.headers.get(heardAt));
        if (kept === undefined) return null;
        if (!isTooOld(at, now())) return { text: await kept.text(), at };
        await caches.delete(cacheName);
        return null;
      }, null),
    wipe() {
      isKeeping = false;
      return inTurn(async () => void (await caches?.delete(cacheName)), undefined);
    },
  };
}

const heardAt = 'x-heard-at';
