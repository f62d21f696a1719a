import type { z } from 'zod';
import { Readable } from 'node:stream';
import { withDeadline } from '../async.ts';
import type { Clock } from '../clock.ts';
import { BridgeError, messageOf } from '../errors.ts';
import { doorHeader } from '../http/request-origin.ts';
import { problemSchema } from '../contract/elements.ts';
import { CommandFailure } from './terminal.ts';

export interface ClientOptions {
  readonly url: string;
  /** Read when the first call is made. */
  readonly token: () => string;
  readonly fetch: typeof globalThis.fetch;
  readonly clock: Clock;
}

export interface Call {
  readonly method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly path: string;
  readonly query?: Readonly<Record<string, string | undefined>>;
  readonly body?: unknown;
}

/**
 * Talks to the running bridge. Throws CommandFailure: with the code and sentence of the bridge, `not_running`, or
 * `no_answer` where the bridge may have acted all the same.
 */
export interface Client {
  /** The JSON text of the answer, unchanged. */
  text(call: Call): Promise<string>;
  json<Schema extends z.ZodType>(schema: Schema, call: Call): Promise<z.output<Schema>>;
  /** Both. */
  read<Schema extends z.ZodType>(schema: Schema, call: Call): Promise<Answer<z.output<Schema>>>;
  /** A file while it arrives, however long that takes. Its stream fails where the bridge breaks off. */
  download(call: Call): Promise<Readable>;
}

export interface Answer<Value> {
  readonly text: string;
  readonly value: Value;
}

const patience = 60_000;

/** Network failures after which nothing has reached the bridge. */
export const unconnected: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
  'bad port',
  'ERR_INVALID_URL',
]);

export function createClient({ url, token, fetch, clock }: ClientOptions): Client {
  const asked = ({ method = 'GET', path, query = {}, body }: Call, signal: AbortSignal) => {
    const headers: Record<string, string> = { authorization: `Bearer ${token()}`, [doorHeader]: 'cli' };
    if (body !== undefined) headers['content-type'] = 'application/json';
    return fetch(`${url}${path}${queryText(query)}`, {
      method,
      headers,
      redirect: 'error',
      signal,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  };
  const late = () =>
    new CommandFailure('no_answer', `The bridge at ${url} does not answer in time; see its log.`);
  const reached = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (thrown) {
      if (!(thrown instanceof Error) || thrown instanceof CommandFailure || thrown instanceof BridgeError)
        throw thrown;
      throw thrown.name === 'TimeoutError' ? late() : unreached(url, thrown);
    }
  };
  const taken = async (response: Response) => {
    const answer = await response.text();
    if (response.status >= 400) throw refusal(url, response.status, answer);
    return answer;
  };
  const text = (call: Call) => reached(async () => taken(await asked(call, AbortSignal.timeout(patience))));
  const read: Client['read'] = async (schema, call) => {
    const answer = await text(call);
    const parsed = schema.safeParse(parsedJson(answer));
    if (parsed.success) return { text: answer, value: parsed.data };
    throw notTheBridge(url);
  };
  return {
    text,
    read,
    json: async (schema, call) => (await read(schema, call)).value,
    download: (call) =>
      reached(async () => {
        // Only the answer's beginning has to come in time.
        const response = await withDeadline({ clock, ms: patience, late }, (signal) => asked(call, signal));
        if (response.status >= 400 || response.body === null)
          throw refusal(url, response.status, await response.text());
        return Readable.fromWeb(response.body);
      }),
  };
}

/** The failure of a request that got no whole answer. */
export function unreached(url: string, thrown: Error): CommandFailure {
  const reason = reasonOf(thrown);
  return unconnected.has(reason)
    ? new CommandFailure(
        'not_running',
        `No bridge answers at ${url} (${reason}). Start it with: monzo-bridge start`,
        { details: { reason } },
      )
    : new CommandFailure('no_answer', `The bridge at ${url} broke off before it answered (${reason}).`);
}

function queryText(query: Readonly<Record<string, string | undefined>>): string {
  const given = Object.entries(query).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return given.length === 0 ? '' : `?${new URLSearchParams(given).toString()}`;
}

function refusal(url: string, status: number, answer: string): CommandFailure {
  const parsed = problemSchema.safeParse(parsedJson(answer));
  if (!parsed.success) {
    const sentence = `What answers at ${url}, with status ${status}, is not the bridge: check MONZO_BRIDGE_UI_HOST and MONZO_BRIDGE_UI_PORT, or --url.`;
    return new CommandFailure('unexpected_answer', sentence, { status });
  }
  const { type: _type, title: _title, status: _status, code, detail, ...details } = parsed.data;
  return new CommandFailure(code, detail, { status, details });
}

export function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function notTheBridge(url: string): CommandFailure {
  const sentence = `The program that answers at ${url} is not this version of the bridge; check MONZO_BRIDGE_UI_HOST and MONZO_BRIDGE_UI_PORT.`;
  return new CommandFailure('unexpected_answer', sentence);
}

/** The system's code for what `fetch` threw, or its words. */
export function reasonOf(thrown: unknown): string {
  const cause = thrown instanceof Error ? thrown.cause : undefined;
  if (!(cause instanceof Error)) return messageOf(thrown);
  return 'code' in cause && typeof cause.code === 'string' ? cause.code : cause.message;
}

/** The path of a login's resource. */
export function pathOf(id: string, action = ''): string {
  return `/api/logins/${encodeURIComponent(id)}${action}`;
}
