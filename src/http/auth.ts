import { createHash, timingSafeEqual } from 'node:crypto';
import { isIP } from 'node:net';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { BridgeError } from '../errors.ts';
import { refuse } from '../refusals/refuse.ts';
import { wrongTokens } from './limits.ts';

export type RequestCheck = (request: FastifyRequest, reply: FastifyReply) => Promise<void>;

/** Somebody shows a secret. */
export interface Attempt {
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  readonly isRight: () => boolean;
}

export type AttemptJudge = (attempt: Attempt) => Promise<boolean>;

/**
 * Judges tokens and codes. Wrong ones are counted by address, and beyond a limit even the right one is refused until
 * the minute is over: otherwise guessing would cost nothing. Throws `too_many_attempts`.
 */
export function createAttemptJudge(app: FastifyInstance): AttemptJudge {
  const attempts = app.createRateLimit(wrongTokens);
  return async ({ request, reply, isRight }) => {
    const before = await attempts(request, { increment: false });
    if (!before.isAllowed && before.remaining === 0) throw tooManyAttempts(reply, before.ttlInSeconds);
    if (isRight()) return true;
    await attempts(request);
    return false;
  };
}

/** Compares in a time that says nothing about how much of the secret was right. */
export function createSecretTest(secret: string): (given: string) => boolean {
  const expected = digest(secret);
  return (given) => timingSafeEqual(digest(given), expected);
}

/**
 * Refuses requests for host names that are not ours: a web page of a stranger can point a name of its own at this
 * machine, and the browser would then take both for the same site. Addresses, loopback names and names without a
 * dot cannot be pointed anywhere by strangers. Throws `wrong_host`.
 */
export function createHostCheck(names: readonly string[]): (request: FastifyRequest) => void {
  const allowed = new Set(names.map((name) => name.toLowerCase()));
  return (request) => {
    const host = hostName(request.headers.host);
    if (host !== null && (isOwnName(host) || allowed.has(host))) return;
    throw refuse('wrong_host', {});
  };
}

/** Whether the request came from this very machine, and not through a proxy on it. */
export function isFromThisMachine(request: FastifyRequest): boolean {
  const { forwarded, 'x-forwarded-for': forwardedFor, 'x-real-ip': realIp } = request.headers;
  const viaProxy = forwarded ?? forwardedFor ?? realIp;
  return viaProxy === undefined && /^(::1$|(::ffff:)?127\.)/.test(request.ip);
}

export function bearerOf(request: FastifyRequest): string | null {
  return /^bearer +(\S+) *$/i.exec(request.headers.authorization ?? '')?.[1] ?? null;
}

export function unauthorised(reply: FastifyReply, given: 'nothing' | 'token'): BridgeError {
  void reply.header('www-authenticate', 'Bearer');
  return refuse('unauthorised', { given });
}

function isOwnName(host: string): boolean {
  return !host.includes('.') || host.endsWith('.localhost') || isIP(host) !== 0;
}

/** The name in a Host header in lower case, without port and brackets; null where it is missing or malformed. */
function hostName(header: string | undefined): string | null {
  const match = /^(?:\[([0-9a-f:.]+)\]|([a-z0-9._-]+))(?::\d{1,5})?$/i.exec(header ?? '');
  const name = match?.[1] ?? match?.[2];
  return name === undefined ? null : name.toLowerCase().replace(/\.$/, '');
}

/** Digests are of one length, so the comparison says nothing about the token's. */
function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

function tooManyAttempts(reply: FastifyReply, seconds: number): BridgeError {
  void reply.header('retry-after', String(seconds));
  return refuse('too_many_attempts', { seconds });
}
