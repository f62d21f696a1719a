import type { z } from 'zod';
import { messageOf } from '../errors.ts';
import { doorHeader } from '../http/asked.ts';
import { problemSchema } from '../http/contract.ts';
import { CommandFailure } from './failure.ts';

export interface ClientOptions {
  readonly url: string;
  /** Read when the first call is made. */
  readonly token: () => string;
  readonly fetch: typeof globalThis.fetch;
}

export interface Call {
  readonly method?: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  readonly path: string;
  readonly query?: Readonly<Record<string, string | undefined>>;
  readonly body?: unknown;
}

/** Talks to the running process. Throws CommandFailure: with the process's own sentence, or `not_running`. */
export interface Client {
  /** The answer's JSON text, to the letter. */
  text(call: Call): Promise<string>;
  json<Schema extends z.ZodType>(schema: Schema, call: Call): Promise<z.output<Schema>>;
}

const patience = 60_000;

export function createClient({ url, token, fetch }: ClientOptions): Client {
  const text = async ({ method = 'GET', path, query = {}, body }: Call): Promise<string> => {
    const headers: Record<string, string> = { authorization: `Bearer ${token()}`, [doorHeader]: 'cli' };
    if (body !== undefined) headers['content-type'] = 'application/json';
    const response = await reach(fetch, `${url}${path}${queryText(query)}`, {
      method,
      headers,
      redirect: 'error',
      signal: AbortSignal.timeout(patience),
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const answer = await response.text();
    if (!response.ok) throw refusal(response.status, answer);
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

  async function reach(fetch: ClientOptions['fetch'], address: string, init: RequestInit): Promise<Response> {
    try {
      return await fetch(address, init);
    } catch (thrown) {
      const slow = thrown instanceof Error && thrown.name === 'TimeoutError';
      const sentence = slow
        ? `The bridge at ${url} does not answer in time; see its log.`
        : `No bridge answers at ${url} (${reasonOf(thrown)}). Start it with: monzo-bridge start`;
      throw new CommandFailure('not_running', sentence);
    }
  }
}

function queryText(query: Readonly<Record<string, string | undefined>>): string {
  const given = Object.entries(query).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return given.length === 0 ? '' : `?${new URLSearchParams(given).toString()}`;
}

function refusal(status: number, answer: string): CommandFailure {
  const parsed = problemSchema.safeParse(parsedJson(answer));
  if (parsed.success) return new CommandFailure(parsed.data.code, parsed.data.detail, status);
  return new CommandFailure('unexpected_answer', `The bridge answered with status ${status}.`, status);
}

function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function notTheBridge(url: string): CommandFailure {
  const sentence = `What answers at ${url} is not this version of the bridge; check MONZO_BRIDGE_UI_HOST and MONZO_BRIDGE_UI_PORT.`;
  return new CommandFailure('unexpected_answer', sentence);
}

function reasonOf(thrown: unknown): string {
  const cause = thrown instanceof Error ? thrown.cause : undefined;
  if (cause instanceof Error && 'code' in cause) return String(cause.code);
  return messageOf(thrown);
}
