import type { FastifyReply, FastifyRequest } from 'fastify';
import type { z } from 'zod';
import { BridgeError, messageOf, type ErrorDetails } from '../errors.ts';
import type { Log } from '../log.ts';
import { BankError } from '../monzo/transport.ts';
import { checked } from '../refusals/mistakes.ts';
import { badRequest, refusals, refuse } from '../refusals/refuse.ts';
import { isForReading, refusedPage, sendPlainPage } from './plain-page.ts';

/** An import would load WebSocket and `fetch` with it. */
const { STATUS_CODES } = process.getBuiltinModule('node:http');

/** Problem documents (RFC 9457): what callers are told of anything that was thrown while answering them. */

/** Has the error's own details as members too; `code` is stable, `detail` a sentence. */
export interface Problem extends ErrorDetails {
  readonly type: 'about:blank';
  readonly title: string;
  readonly status: number;
  readonly code: string;
  readonly detail: string;
}

/** The web server's own refusals, by status, in our words: its own texts may quote the request. */
const serverRefusals: ReadonlyMap<number, BridgeError> = new Map([
  [400, badRequest([{ field: null, rule: 'could not be read; send JSON as the API describes it' }])],
  // No file of the page can have such a name.
  [403, refuse('not_found', { by: 'bridge' })],
  [413, refuse('too_large', {})],
  [415, refuse('unsupported_media_type', {})],
  [503, refuse('stopping', {})],
]);

const internal = refuse('internal', { during: 'request' });

/** The problem for anything that was thrown. Internals are never part of it. */
export function problemOf(thrown: unknown): Problem {
  if (thrown instanceof BridgeError)
    return { ...thrown.details, ...problem(statusOf(thrown), thrown.code, thrown.message) };
  const status = ownStatus(thrown);
  const ours = serverRefusals.get(status);
  if (ours !== undefined) return problemOf(ours);
  const { code, message } = status < 500 ? fallback(status) : internal;
  return problem(status, code, message);
}

export interface ProblemSenderOptions {
  readonly log: Log;
  /** Takes every known secret out of a text. */
  readonly scrub: (text: string) => string;
  /** More details; the error's own override them, but a sentence given here overrides the error's. */
  readonly details?: (request: FastifyRequest, found: Problem) => ErrorDetails & { readonly detail?: string };
}

export type ProblemSender = (thrown: unknown, request: FastifyRequest, reply: FastifyReply) => void;

/**
 * Answers with the problem and logs failures of ours. A sentence may quote the request, and the request may hold a secret:
 * `scrub` takes it out.
 */
export function createProblemSender({ log, scrub, details }: ProblemSenderOptions): ProblemSender {
  return (thrown, request, reply) => {
    const found = problemOf(thrown);
    if (found.status >= 500) logFailure(log, thrown, request);
    const { detail = found.detail, ...more } = details?.(request, found) ?? {};
    void sendProblem(request, reply, { ...more, ...found, detail: scrub(detail) });
  };
}

/** To a person's browser as a page; else as bytes, because a charset parameter does not belong to this media type. */
export function sendProblem(request: FastifyRequest, reply: FastifyReply, found: Problem): FastifyReply {
  if (isForReading(request)) return sendPlainPage(reply.code(found.status), refusedPage(found));
  const body = Buffer.from(JSON.stringify(found));
  return reply.code(found.status).type('application/problem+json').send(body);
}

export function logFailure(log: Log, thrown: unknown, request: FastifyRequest): void {
  const where = { method: request.method, route: request.routeOptions.url ?? null };
  if (thrown instanceof BridgeError)
    return log.warn('A request could not be served.', {
      ...where,
      code: thrown.code,
      reason: thrown.message,
    });
  const stack = thrown instanceof Error ? thrown.stack : undefined;
  log.error('A request failed inside the bridge.', { ...where, reason: messageOf(thrown), stack });
}

function problem(status: number, code: string, detail: string): Problem {
  return { type: 'about:blank', title: STATUS_CODES[status] ?? 'Error', status, code, detail };
}

function statusOf(error: BridgeError): number {
  const known = refusals.get(error.code)?.status;
  if (known !== undefined) return known;
  if (error.retryable) return 503;
  return error instanceof BankError ? 502 : 500;
}

function ownStatus(thrown: unknown): number {
  const status = thrown instanceof Error && 'statusCode' in thrown ? thrown.statusCode : 500;
  return typeof status === 'number' && status >= 400 ? status : 500;
}

function fallback(status: number): BridgeError {
  return badRequest([{ field: null, rule: `was refused: ${STATUS_CODES[status] ?? 'unusable'}` }]);
}

const parts: Readonly<Record<string, string>> = { querystring: 'query', params: 'path' };

interface CheckedPart {
  readonly schema: z.ZodType;
  readonly httpPart?: string | undefined;
}

/** Checks one part of a request for the web server: refuses with what is wrong in which field. */
export function validatorOf({ schema, httpPart = 'request' }: CheckedPart) {
  return (given: unknown) => {
    const read = checked(schema, given, parts[httpPart] ?? httpPart);
    return 'value' in read ? read : { error: badRequest(read.mistakes) };
  };
}
