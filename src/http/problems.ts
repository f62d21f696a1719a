import { STATUS_CODES } from 'node:http';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { hasZodFastifySchemaValidationErrors } from 'fastify-type-provider-zod';
import { refusals } from '../refusals/refuse.ts';
import { BridgeError, messageOf, type ErrorDetails } from '../errors.ts';
import type { Log } from '../log.ts';
import { BankError } from '../monzo/transport.ts';

/** What RFC 9457 calls a problem document, with the error's own members; `code` is stable, `detail` a sentence. */
export interface Problem extends ErrorDetails {
  readonly type: 'about:blank';
  readonly title: string;
  readonly status: number;
  readonly code: string;
  readonly detail: string;
}

/** What is not a command's refusal, which has its status in the table of those. */
const statusByCode: ReadonlyMap<string, number> = new Map([
  ['bad_state', 400],
  ['bad_cursor', 400],
  ['unauthorised', 401],
  ['link_not_valid', 401],
  ['cross_origin', 403],
  ['administrators_only', 403],
  ['not_parked', 404],
  ['client_in_use', 409],
  ['name_in_use', 409],
  ['no_refresh_token', 409],
  ['sign_in_interrupted', 409],
  ['no_tokens', 409],
  ['renewal_interrupted', 409],
  ['vault_unreadable', 409],
  ['no_home_assistant', 409],
  ['decided_by_setting', 409],
  ['wrong_host', 421],
  ['too_many_attempts', 429],
  ['disk_full', 503],
  ['database_busy', 503],
]);

interface ServerRefusal {
  readonly code: string;
  readonly detail: string;
}

/** What the web server itself refuses, by status: its own texts may quote the request. */
const serverRefusals: ReadonlyMap<number, ServerRefusal> = new Map([
  [400, { code: 'bad_request', detail: 'The request could not be read; send JSON as the API describes it.' }],
  [413, { code: 'too_large', detail: 'The request is too large; send less.' }],
  [415, { code: 'unsupported_media_type', detail: 'Only JSON is understood; send it as application/json.' }],
  [503, { code: 'stopping', detail: 'The bridge is stopping; try again once it runs.' }],
]);

const internal: ServerRefusal = {
  code: 'internal',
  detail: 'Something went wrong inside the bridge; its log says what.',
};

/** Turns anything that was thrown while answering into what the caller is told. Internals are never part of it. */
export function problemOf(thrown: unknown): Problem {
  if (thrown instanceof BridgeError)
    return { ...thrown.details, ...problem(statusOf(thrown), thrown.code, thrown.message) };
  if (hasZodFastifySchemaValidationErrors(thrown))
    return problem(400, 'bad_request', validationSentence(thrown));
  const status = ownStatus(thrown);
  const { code, detail } = serverRefusals.get(status) ?? (status < 500 ? fallback(status) : internal);
  return problem(status, code, detail);
}

export interface ProblemSenderOptions {
  readonly log: Log;
  /** Takes every known secret out of a text. */
  readonly scrub: (text: string) => string;
  /** What stands in the problem where the error itself does not say it, another sentence included. */
  readonly details?: (request: FastifyRequest, found: Problem) => ErrorDetails & { readonly detail?: string };
}

export type ProblemSender = (thrown: unknown, request: FastifyRequest, reply: FastifyReply) => void;

/**
 * Answers with the problem; only what nobody expected is logged, and only once. Sentences name what was asked for, and
 * somebody may have put a secret there: `scrub` takes it out.
 */
export function createProblemSender({ log, scrub, details }: ProblemSenderOptions): ProblemSender {
  return (thrown, request, reply) => {
    const found = problemOf(thrown);
    if (found.status >= 500) logFailure(log, thrown, request);
    const { detail = found.detail, ...more } = details?.(request, found) ?? {};
    void sendProblem(reply, { ...more, ...found, detail: scrub(detail) });
  };
}

/** Sent as bytes, because a charset parameter does not belong to this media type. */
export function sendProblem(reply: FastifyReply, found: Problem): FastifyReply {
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
  const known = refusals.get(error.code)?.status ?? statusByCode.get(error.code);
  if (known !== undefined) return known;
  if (error.retryable) return 503;
  return error instanceof BankError ? 502 : 500;
}

function ownStatus(thrown: unknown): number {
  const status = thrown instanceof Error && 'statusCode' in thrown ? thrown.statusCode : 500;
  return typeof status === 'number' && status >= 400 ? status : 500;
}

function fallback(status: number): ServerRefusal {
  return { code: 'bad_request', detail: `The request was refused: ${STATUS_CODES[status] ?? 'unusable'}.` };
}

interface Refused {
  readonly validation: readonly { readonly instancePath: string; readonly message?: string }[];
  readonly validationContext?: string | undefined;
}

const contexts: ReadonlyMap<string, string> = new Map([
  ['querystring', 'query'],
  ['params', 'path'],
  ['body', 'body'],
]);

function validationSentence({ validation, validationContext }: Refused): string {
  const where = contexts.get(validationContext ?? '') ?? 'request';
  const sentences = validation.slice(0, 5).map(({ instancePath, message = 'not usable' }) => {
    const field = instancePath.split('/').filter(Boolean).join('.');
    return field === '' ? `The ${where}: ${message}.` : `${field} in the ${where}: ${message}.`;
  });
  return sentences.join(' ').replaceAll('..', '.');
}
