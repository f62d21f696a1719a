import { createHash, timingSafeEqual } from 'node:crypto';
import { isIP } from 'node:net';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { BridgeError } from '../errors.ts';
import { wrongTokens } from './limits.ts';

export type RequestCheck = (request: FastifyRequest, reply: FastifyReply) => Promise<void>;

/**
 * Requires the admin token as a bearer. Wrong tokens are counted by address, and beyond a limit even the right one
 * is refused until the minute is over: otherwise guessing would cost nothing. A missing token is no guess.
 * Throws `unauthorised`, `too_many_attempts`.
 */
export function createTokenCheck(app: FastifyInstance, adminToken: string): RequestCheck {
  const attempts = app.createRateLimit(wrongTokens);
  const expected = digest(adminToken);
  return async (request, reply) => {
    const given = bearerOf(request.headers.authorization);
    if (given === null) throw unauthorised(reply, 'Send the admin token as a bearer token.');
    const before = await attempts(request, { increment: false });
    if (!before.isAllowed && before.remaining === 0) throw tooManyAttempts(reply, before.ttlInSeconds);
    if (timingSafeEqual(digest(given), expected)) return;
    await attempts(request);
    throw unauthorised(
      reply,
      'This is not the admin token; it is in the file admin-token of the data directory.',
    );
  };
}

/**
 * Refuses requests for host names that are not ours: a web page of a stranger can point a name of its own at this
 * machine, and the browser would then take both for the same site. Addresses, loopback names and names without a
 * dot cannot be pointed anywhere by strangers. Throws `wrong_host`.
 */
export function createHostCheck(names: readonly string[]): RequestCheck {
  const allowed = new Set(names.map((name) => name.toLowerCase()));
  return async (request) => {
    const host = hostName(request.headers.host);
    if (host !== null && (isOwnName(host) || allowed.has(host))) return;
    const sentence =
      'The bridge does not answer under this host name; use the address of its machine, or the name in MONZO_BRIDGE_UI_HOST.';
    throw new BridgeError('wrong_host', sentence);
  };
}

/** Whether the request came from this very machine, and not through a proxy on it. */
export function isFromThisMachine(request: FastifyRequest): boolean {
  const { forwarded, 'x-forwarded-for': forwardedFor, 'x-real-ip': realIp } = request.headers;
  const viaProxy = forwarded ?? forwardedFor ?? realIp;
  return viaProxy === undefined && /^(::1$|(::ffff:)?127\.)/.test(request.ip);
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

function bearerOf(header: string | undefined): string | null {
  return /^bearer +(\S+) *$/i.exec(header ?? '')?.[1] ?? null;
}

/** Digests are of one length, so the comparison says nothing about the token's. */
function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

function unauthorised(reply: FastifyReply, sentence: string): BridgeError {
  void reply.header('www-authenticate', 'Bearer');
  return new BridgeError('unauthorised', sentence, { needsPerson: true });
}

function tooManyAttempts(reply: FastifyReply, seconds: number): BridgeError {
  void reply.header('retry-after', String(seconds));
  const sentence = `Too many wrong tokens came from this address; try again in ${seconds} seconds.`;
  return new BridgeError('too_many_attempts', sentence, { retryable: true });
}
