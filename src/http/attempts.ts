import { isIPv6 } from 'node:net';
import type { FastifyRequest, FastifyReply } from 'fastify';
import { sleep } from '../async.ts';
import type { Clock, Monotonic } from '../clock.ts';
import { refuse } from '../refusals/refuse.ts';

/**
 * Wrong tokens, codes and sessions. Each answer to one is held back, longer and longer the more of them come; what is
 * right is never held back, or anyone could lock out the person who has it. Durations are milliseconds.
 */

/** They are counted apart: whoever tries tokens does not slow down a link. */
export type Credential = 'token' | 'code' | 'session';

/** How many may come at once before they are held back, and how many a minute are forgotten again. */
interface Allowance {
  readonly free: number;
  readonly perMinute: number;
}

/** A person mistypes a few times. */
const ofOneNetwork: Allowance = { free: 10, perMinute: 10 };
/** A household's programs that all have an old token. */
const inAll: Allowance = { free: 60, perMinute: 60 };

const minute = 60_000;
const shortestHold = 100;
const longestHold = 5_000;

/** Answers held back at once for one kind; more are refused at once, so that they do not use up connections. */
const mostHeld = 32;

/** Networks remembered for one kind. The count of all of them goes on when one is forgotten. */
const mostNetworks = 1_000;

export interface Attempts {
  /** Counts a wrong credential, and resolves when its refusal may be sent. Throws `too_many_attempts`. */
  failed(what: Credential, request: FastifyRequest, reply: FastifyReply): Promise<void>;
}

export function createAttempts(clock: Clock): Attempts {
  const kinds = new Map<Credential, Tally>();
  return {
    failed: async (what, request, reply) => {
      const tally = kinds.get(what) ?? createTally(clock);
      kinds.set(what, tally);
      const hold = tally.count(networkOf(request.ip));
      if (hold === 0) return;
      if (tally.held >= mostHeld) {
        const seconds = longestHold / 1_000;
        void reply.header('retry-after', String(seconds));
        throw refuse('too_many_attempts', { seconds });
      }
      const gone = new AbortController();
      reply.raw.once('close', () => gone.abort());
      tally.held += 1;
      await sleep(clock, hold, gone.signal);
      tally.held -= 1;
    },
  };
}

interface Tally {
  held: number;
  /** Counts one and returns how long its answer is held back. */
  count(network: string): number;
}

interface Level {
  readonly value: number;
  readonly at: Monotonic;
}

function createTally(clock: Clock): Tally {
  const networks = new Map<string, Level>();
  let all: Level = { value: 0, at: clock.monotonic() };
  const risen = (level: Level | undefined, { perMinute }: Allowance): Level => {
    const at = clock.monotonic();
    const forgotten = ((at - (level?.at ?? at)) / minute) * perMinute;
    return { value: Math.max(0, (level?.value ?? 0) - forgotten) + 1, at };
  };
  return {
    held: 0,
    count: (network) => {
      const own = risen(networks.get(network), ofOneNetwork);
      all = risen(all, inAll);
      networks.delete(network);
      networks.set(network, own);
      for (const oldest of networks.keys()) {
        if (networks.size <= mostNetworks) break;
        networks.delete(oldest);
      }
      return Math.max(holdFor(own, ofOneNetwork), holdFor(all, inAll));
    },
  };
}

function holdFor({ value }: Level, { free }: Allowance): number {
  return value <= free ? 0 : Math.min(longestHold, shortestHold * 2 ** Math.floor(value - free));
}

/**
 * Who an address belongs to: one machine for IPv4; for IPv6 its /64, of which a single machine has all addresses. A
 * connection that is over has no address any more.
 */
export function networkOf(address: string | undefined): string {
  const plain = (address ?? '').replace(/%.*$/, '').replace(/^::ffff:(?=\d+\.)/i, '');
  if (!isIPv6(plain)) return plain;
  const [head = '', tail] = plain.toLowerCase().split('::', 2);
  const first = head === '' ? [] : head.split(':');
  const last = tail === undefined || tail === '' ? [] : tail.split(':');
  const gap = Array.from({ length: Math.max(0, 8 - first.length - last.length) }, () => '0');
  const groups = [...first, ...gap, ...last].slice(0, 4);
  return `${groups.map((group) => Number.parseInt(group, 16).toString(16)).join(':')}::/64`;
}
