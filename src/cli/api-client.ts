import type { z } from 'zod';
import { messageOf } from '../errors.ts';
import { doorHeader } from '../http/request-origin.ts';
import { problemSchema } from '../contract/elements.ts';
import { listOf } from '../contract/elements.ts';
import { loginSchema, type LoginItem } from '../contract/login-data.ts';
import { CommandFailure } from './terminal.ts';

export interface ClientOptions {
  readonly url: string;
  /** Read when the first call is made. */
  readonly token: () => string;
  readonly fetch: typeof globalThis.fetch;
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
}

interface Reached {
  readonly status: number;
  readonly answer: string;
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

export function createClient({ url, token, fetch }: ClientOptions): Client {
  const text = async ({ method = 'GET', path, query = {}, body }: Call): Promise<string> => {
    const headers: Record<string, string> = { authorization: `Bearer ${token()}`, [doorHeader]: 'cli' };
    if (body !== undefined) headers['content-type'] = 'application/json';
    const { status, answer } = await reach(fetch, `${url}${path}${queryText(query)}`, {
      method,
      headers,
      redirect: 'error',
      signal: AbortSignal.timeout(patience),
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    if (status >= 400) throw refusal(status, answer);
    return answer;
  };
  return {
    text,
    json: async (schema, call) => {
      const parsed = schema.safeParse(parsedJson(await text(call)));
      if (parsed.success) return parsed.data;
      throw notTheBridge(url);
    },
  };

  async function reach(fetch: ClientOptions['fetch'], address: string, init: RequestInit): Promise<Reached> {
    try {
      const response = await fetch(address, init);
      return { status: response.status, answer: await response.text() };
    } catch (thrown) {
      if (thrown instanceof Error && thrown.name === 'TimeoutError')
        throw new CommandFailure('no_answer', `The bridge at ${url} does not answer in time; see its log.`);
      const reason = reasonOf(thrown);
      throw unconnected.has(reason)
        ? new CommandFailure(
            'not_running',
            `No bridge answers at ${url} (${reason}). Start it with: monzo-bridge start`,
            { details: { reason } },
          )
        : new CommandFailure('no_answer', `The bridge at ${url} broke off before it answered (${reason}).`);
    }
  }
}

function queryText(query: Readonly<Record<string, string | undefined>>): string {
  const given = Object.entries(query).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return given.length === 0 ? '' : `?${new URLSearchParams(given).toString()}`;
}

function refusal(status: number, answer: string): CommandFailure {
  const parsed = problemSchema.safeParse(parsedJson(answer));
  if (!parsed.success)
    return new CommandFailure('unexpected_answer', `The bridge answered with status ${status}.`, { status });
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

const loginList = listOf(loginSchema);

export async function allLogins(client: Client): Promise<readonly LoginItem[]> {
  return (await client.json(loginList, { path: '/api/logins' })).items;
}

/** The login with this id or, if unique, this name. Throws `unknown_login`, `ambiguous_login`. */
export async function loginNamed(client: Client, idOrName: string): Promise<LoginItem> {
  const logins = await allLogins(client);
  const byId = logins.find(({ id }) => id === idOrName);
  if (byId) return byId;
  const named = logins.filter(({ name }) => name.toLowerCase() === idOrName.toLowerCase());
  const [only] = named;
  if (only && named.length === 1) return only;
  throw only
    ? new CommandFailure('ambiguous_login', `Several logins have the name ${idOrName}; use the id instead.`)
    : new CommandFailure('unknown_login', `There is no login ${idOrName}; see: monzo-bridge login list`);
}

/** The path of a login's resource. */
export function pathOf(id: string, action = ''): string {
  return `/api/logins/${encodeURIComponent(id)}${action}`;
}
