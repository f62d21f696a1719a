import { createHash } from 'node:crypto';
import { createNotifier } from '../async.ts';
import type { Clock, Monotonic } from '../clock.ts';
import type { LinkItem } from '../contract/login-data.ts';
import type { Instant } from '../domain/values.ts';
import { messageOf } from '../errors.ts';
import { durations } from '../limits.ts';
import type { Log } from '../log.ts';
import type { SessionRows, StoredSession } from '../store/session-rows.ts';
import type { PageAddresses } from './page-addresses.ts';

/** The sessions of browsers that signed in to the page, and the codes of one-time links. Durations are milliseconds. */

/** Long enough to walk over to another device with the link, short enough for a log that others read. */
const codeLifetime = 10 * durations.minute;

/** A browser that opens the page once a season stays signed in. */
const sessionIdle = 90 * durations.day;

/** The last use is stored this exactly: a page that is open uses its session four times a minute. */
const storedWithin = 10 * durations.minute;

/** A household's browsers, many times over; this only bounds the memory. */
const mostSessions = 200;
const mostCodes = 20;

export interface SignInOptions {
  readonly clock: Clock;
  readonly randomBytes: (size: number) => Uint8Array;
}

/** What may be shown of a session; its id is no secret. */
export type SessionView = Pick<StoredSession, 'id' | 'browser' | 'created' | 'lastUsed'>;

export interface SessionOptions extends SignInOptions {
  readonly log: Log;
  /** Where they are kept beyond a restart. */
  readonly rows: SessionRows;
  /** Stands for the admin token: under another one no session goes on. */
  readonly beganUnder: string;
}

interface Held {
  readonly stored: StoredSession;
  lastUsed: Instant;
  /** When it was used since this process started; null where it was not. */
  usedAt: Monotonic | null;
  /** The last use as it is on the disk. */
  storedUse: Instant;
}

/**
 * The sessions of browsers that signed in to the page. A key is the text in a browser's cookie. Holds only digests of the
 * keys, so that neither a dump of the memory nor a copy of the database can be used to sign in. What is too old is refused
 * and not forgotten: the clock may be wrong, and be put right.
 */
export class Sessions {
  readonly #options: SessionOptions;
  /** By digest, the last used last. */
  readonly #held = new Map<string, Held>();
  readonly #ended = createNotifier();

  constructor(options: SessionOptions) {
    this.#options = options;
    for (const stored of options.rows.of(options.beganUnder)) {
      const { lastUsed } = stored;
      this.#held.set(stored.digest, { stored, lastUsed, usedAt: null, storedUse: lastUsed });
    }
  }

  /** A new session's key; one that a browser brings along is never accepted as new. */
  begin(browser: string): string {
    const { clock, randomBytes, rows, beganUnder } = this.#options;
    const key = secretText(randomBytes);
    const now = clock.now();
    const id = Buffer.from(randomBytes(8)).toString('hex');
    const stored = { id, digest: digest(key), beganUnder, browser, created: now, lastUsed: now };
    this.#held.set(stored.digest, { stored, lastUsed: now, usedAt: clock.monotonic(), storedUse: now });
    this.#attempt(() => rows.add(stored));
    const oldest = [...this.#held.values()].slice(0, -mostSessions).map((session) => session.stored.id);
    this.#attempt(() => this.end(oldest));
    return key;
  }

  /** Whether the session with this key is alive; using it keeps it alive. */
  use(key: string): boolean {
    const { clock, rows } = this.#options;
    this.#bringBack();
    const session = this.#held.get(digest(key));
    if (session === undefined || !this.#isAlive(session)) return false;
    const now = clock.now();
    Object.assign(session, { lastUsed: now, usedAt: clock.monotonic() });
    const { stored } = session;
    this.#held.delete(stored.digest);
    this.#held.set(stored.digest, session);
    // Before it began, the clock is wrong: stored, that would end it as soon as the clock is right.
    if (now >= stored.created && Math.abs(now - session.storedUse) >= storedWithin) {
      session.storedUse = now;
      this.#attempt(() => rows.touch(stored.id, now));
    }
    return true;
  }

  /** The id of the session with this key; null where there is none. */
  idOf(key: string): string | null {
    return this.#held.get(digest(key))?.stored.id ?? null;
  }

  /** Those that are alive, the last used first. */
  list(): readonly SessionView[] {
    this.#bringBack();
    const now = this.#options.clock.now();
    const alive = [...this.#held.values()].filter((session) => this.#isAlive(session));
    return alive.toReversed().map(({ stored: { id, browser, created }, lastUsed }) => ({
      id,
      browser,
      created: Math.min(created, now),
      lastUsed,
    }));
  }

  /** Ends these for good, and returns how many there were. Throws `disk_full` where that cannot be stored. */
  end(ids: readonly string[]): number {
    const ended = [...this.#held.values()].map(({ stored }) => stored).filter(({ id }) => ids.includes(id));
    if (ended.length > 0) this.#options.rows.remove(ended.map(({ id }) => id));
    for (const { digest: held } of ended) this.#held.delete(held);
    this.#ended.notify();
    return ended.length;
  }

  /** Called whenever sessions were ended; returns what ends the subscription. */
  onEnd(listener: () => void): () => void {
    return this.#ended.subscribe(listener);
  }

  /** A use ahead of now was told by a clock that was wrong: it counts as one of now. */
  #bringBack(): void {
    const { clock } = this.#options;
    const now = clock.now();
    for (const session of this.#held.values())
      if (session.lastUsed > now) Object.assign(session, { lastUsed: now, usedAt: clock.monotonic() });
  }

  /** Either clock keeps it alive: the wall clock may be set, and the other stands still while the machine sleeps. */
  #isAlive({ lastUsed, usedAt }: Held): boolean {
    const { clock } = this.#options;
    if (clock.now() - lastUsed < sessionIdle) return true;
    return usedAt !== null && clock.monotonic() - usedAt < sessionIdle;
  }

  /** A session works without the disk, until the next restart. */
  #attempt(write: () => void): void {
    try {
      write();
    } catch (thrown) {
      const sentence = 'A session of the page could not be stored; it may end with the next restart.';
      this.#options.log.warn(sentence, { reason: messageOf(thrown) });
    }
  }
}

/** Codes of one-time links: good for ten minutes, and once. */
export interface SignInCodes {
  create(): string;
  /** Whether the code was good; it no longer is. */
  take(code: string): boolean;
}

/** Their ten minutes are told by a clock that nobody can set. */
export function createSignInCodes({ clock, randomBytes }: SignInOptions): SignInCodes {
  const expires = new Map<string, Monotonic>();
  return {
    create: () => {
      const code = secretText(randomBytes);
      expires.set(digest(code), clock.monotonic() + codeLifetime);
      for (const oldest of [...expires.keys()].slice(0, -mostCodes)) expires.delete(oldest);
      return code;
    },
    take: (code) => {
      const key = digest(code);
      const until = expires.get(key);
      expires.delete(key);
      return until !== undefined && clock.monotonic() < until;
    },
  };
}

/** Links to the page with one code, which signs one browser in, once, within ten minutes. */
export function signInLinks(
  { shown, complete, forOthers, advice }: PageAddresses,
  codes: SignInCodes,
): LinkItem {
  const at = `/#code=${codes.create()}`;
  const qr = forOthers === null ? null : forOthers + at;
  return { url: complete + at, links: shown.map((address) => address + at), qr, advice };
}

const browsers: readonly (readonly [RegExp, string])[] = [
  [/Home ?Assistant\//i, 'Home Assistant'],
  [/Edg(A|iOS)?\//, 'Edge'],
  [/OPR\//, 'Opera'],
  [/SamsungBrowser\//, 'Samsung Internet'],
  [/(Firefox|FxiOS)\//, 'Firefox'],
  [/(Chrome|CriOS|Chromium)\//, 'Chrome'],
  [/Version\/.*Safari\//, 'Safari'],
];

const systems: readonly (readonly [RegExp, string])[] = [
  [/iPhone/, 'an iPhone'],
  [/iPad/, 'an iPad'],
  [/Android/, 'Android'],
  [/Windows/, 'Windows'],
  [/CrOS/, 'ChromeOS'],
  [/Mac OS X|Macintosh/, 'macOS'],
  [/Linux|X11/, 'Linux'],
];

/** A browser as its owner would call it, such as "Firefox on Windows"; an unknown one as it calls itself. */
export function browserNamed(userAgent: string | undefined): string {
  const given = (userAgent ?? '').replaceAll(/[^\x20-\x7e]/g, '').trim();
  const named = (table: typeof browsers) => table.find(([pattern]) => pattern.test(given))?.[1];
  const browser = named(browsers);
  const system = named(systems);
  if (browser === undefined) return given === '' ? 'An unknown browser' : given.slice(0, 60);
  return system === undefined ? browser : `${browser} on ${system}`;
}

function secretText(randomBytes: SignInOptions['randomBytes']): string {
  return Buffer.from(randomBytes(32)).toString('base64url');
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('base64');
}
