import { createHash } from 'node:crypto';
import type { Clock } from '../clock.ts';
import { mostCodes, mostSessions, sessionIdle, signInCodeLifetime } from './limits.ts';

export interface SignInOptions {
  readonly clock: Clock;
  readonly randomBytes: (size: number) => Uint8Array;
}

/** Who signed in to the page, in memory: a restart asks everybody again. */
export interface Sessions {
  /** A new session's id; nothing a browser brings along ever becomes one. */
  begin(): string;
  /** Whether a session of this id lives; that it was used keeps it alive. */
  use(id: string): boolean;
  end(id: string): void;
}

/** Codes of one-time links: good for ten minutes, and once. */
export interface SignInCodes {
  create(): string;
  /** Whether the code was good; it no longer is. */
  take(code: string): boolean;
}

/** Only digests of the ids are held, so that what looks into the memory cannot sign in. */
export function createSessions({ clock, randomBytes }: SignInOptions): Sessions {
  const lastUsed = new Map<string, number>();
  const remember = (key: string) => {
    lastUsed.delete(key);
    lastUsed.set(key, clock.now());
    dropBeyond(lastUsed, mostSessions);
  };
  return {
    begin: () => {
      const id = secretText(randomBytes);
      remember(digest(id));
      return id;
    },
    use: (id) => {
      const key = digest(id);
      const last = lastUsed.get(key);
      if (last === undefined) return false;
      if (clock.now() - last < sessionIdle) {
        remember(key);
        return true;
      }
      lastUsed.delete(key);
      return false;
    },
    end: (id) => void lastUsed.delete(digest(id)),
  };
}

export function createSignInCodes({ clock, randomBytes }: SignInOptions): SignInCodes {
  const expires = new Map<string, number>();
  return {
    create: () => {
      const code = secretText(randomBytes);
      expires.set(digest(code), clock.now() + signInCodeLifetime);
      dropBeyond(expires, mostCodes);
      return code;
    },
    take: (code) => {
      const key = digest(code);
      const until = expires.get(key);
      expires.delete(key);
      return until !== undefined && clock.now() < until;
    },
  };
}

function secretText(randomBytes: SignInOptions['randomBytes']): string {
  return Buffer.from(randomBytes(32)).toString('base64url');
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('base64');
}

/** The oldest go first: maps keep the order in which they were filled. */
function dropBeyond(held: Map<string, number>, most: number): void {
  for (const key of held.keys()) {
    if (held.size <= most) return;
    held.delete(key);
  }
}
