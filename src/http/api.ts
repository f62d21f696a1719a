import type {
  FastifyBaseLogger,
  FastifyInstance,
  FastifyRequest,
  RawReplyDefaultExpression,
  RawRequestDefaultExpression,
  RawServerDefault,
} from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { Clock } from '../clock.ts';
import type { Caller } from '../commands/command.ts';
import { problemSchema } from '../contract/elements.ts';
import type { Log } from '../log.ts';
import type { RefusalCode } from '../refusals/refuse.ts';
import type { Services } from './services.ts';

/** A web server whose routes are typed by their zod schemas. */
export type Api = FastifyInstance<
  RawServerDefault,
  RawRequestDefaultExpression,
  RawReplyDefaultExpression,
  FastifyBaseLogger,
  ZodTypeProvider
>;

/** The settings of the two listeners, named like their variables. */
export interface HttpConfig {
  readonly UI_HOST: string;
  readonly UI_HOSTS: readonly string[];
  /** Where browsers reach the page, without a slash at the end; null where nobody said so. */
  readonly UI_URL: string | null;
  readonly UI_PORT: number;
  readonly PUBLIC_HOST: string;
  readonly PUBLIC_PORT: number;
  /** How Monzo reaches the public listener, without a slash at the end; null where it cannot. */
  readonly PUBLIC_URL: string | null;
  readonly TIME_ZONE: string;
}

export interface RouteOptions {
  readonly services: Services;
  readonly config: Pick<HttpConfig, 'PUBLIC_URL' | 'TIME_ZONE'>;
  readonly clock: Clock;
  /** The port that the public listener is bound to. */
  readonly publicPort: () => number;
  readonly callerOf: (request: FastifyRequest) => Caller;
}

export interface LoggedRouteOptions extends RouteOptions {
  readonly log: Log;
}

/** Every answer that is not the route's own: a problem document. */
export interface ProblemAnswer {
  readonly description: string;
  readonly content: { readonly 'application/problem+json': { readonly schema: typeof problemSchema } };
  /** What the route can refuse a request with, beside what every route can. */
  readonly refusals: readonly RefusalCode[];
}

function problems(refusals: readonly RefusalCode[]): ProblemAnswer {
  const content = { 'application/problem+json': { schema: problemSchema } };
  return { description: 'A problem document (RFC 9457).', content, refusals };
}

/** The answers of a route: its own on success, else a problem document with one of the codes, or of those that every route has. */
export function answers<Status extends number, Schema extends z.ZodType>(
  status: Status,
  schema: Schema,
  ...refusals: readonly RefusalCode[]
) {
  return { [status]: schema, default: problems(refusals) } as Record<Status, Schema> & {
    default: ProblemAnswer;
  };
}

/** For a route that writes its JSON text itself, so that the bank's large numbers survive. */
export function textAnswers(description: string, schema: z.ZodType, ...refusals: readonly RefusalCode[]) {
  return downloadAnswers(description, { 'application/json': schema }, ...refusals);
}

/** For a route that answers with a file, by media type. */
export function downloadAnswers(
  description: string,
  schemas: Readonly<Record<string, z.ZodType>>,
  ...refusals: readonly RefusalCode[]
) {
  const content = Object.fromEntries(Object.entries(schemas).map(([type, schema]) => [type, { schema }]));
  return { 200: { description, content }, default: problems(refusals) };
}

/** For a route that answers without a body. */
export function emptyAnswers(...refusals: readonly RefusalCode[]) {
  return { 204: z.undefined().describe('Done.'), default: problems(refusals) };
}
