import type { ListOf } from '../../src/contract/elements.ts';
import { isProblem, type Problem } from './contract.ts';
import { common } from '../texts/common.ts';
import { texts } from '../texts/offline.ts';
import { listOf, orNull, shape, text, type Guard } from './guards.ts';
import { isOfProxy } from './proxy.ts';

/** The bridge refused or did not answer; `message` is a sentence for the person. */
export class Refusal extends Error {
  readonly code: string;
  /** The bridge's whole answer, where it gave one. */
  readonly problem: Problem | null;

  constructor(code: string, sentence: string, problem: Problem | null = null) {
    super(sentence);
    this.code = code;
    this.problem = problem;
  }
}

/** The text in one field of a form is not valid; the form moves the focus there. */
export class WrongField extends Refusal {
  readonly field: string;

  constructor(field: string, sentence: string) {
    super('wrong_field', sentence);
    this.field = field;
  }
}

export interface Request<T> {
  readonly method?: 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly body?: object;
  readonly answer: Guard<T>;
  readonly signal?: AbortSignal;
  /** Keeps every number as it is written, for an answer that is shown unchanged. */
  readonly toTheLetter?: boolean;
}

/** One request to the private API, below the page's own address. Throws a `Refusal` with the bridge's own sentence. */
export type Call = <T>(path: string, request: Request<T>) => Promise<T>;

/** Addresses are relative to the page, wherever it is served. */
export function createCall(fetch: (input: URL, init: RequestInit) => Promise<Response>, base: string): Call {
  return async (path, { method, body, answer, signal, toTheLetter }) => {
    const response = await fetch(new URL(path, base), {
      method: method ?? 'GET',
      cache: 'no-store',
      ...(signal && { signal }),
      ...(body && { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
    }).catch(() => {
      throw unreachable();
    });
    const content = await contentOf(response, toTheLetter === true ? keepNumber : undefined);
    if (!response.ok) throw refusalIn(content, response.status);
    if (!answer(content)) throw new Refusal('unexpected', common.trouble.unexpected);
    return content;
  };
}

/** The sentence for a person in anything that was thrown. */
export function sentenceOf(thrown: unknown): string {
  return thrown instanceof Refusal ? thrown.message : common.trouble.unexpected;
}

/** One page of a list. */
export type Page<Item> = { readonly [Key in keyof ListOf<Item>]: Readonly<ListOf<Item>[Key]> };

/** One page of rows that pass a guard. */
export function pageOf<Item>(item: Guard<Item>): Guard<Page<Item>> {
  return shape<Page<Item>>({ items: listOf(item), next: orNull(text) });
}

/** The part of a list to read: its first rows, or those after a page. */
export interface Portion {
  /** The `next` of the page before. */
  readonly cursor?: string | undefined;
  readonly limit: number;
}

/**
 * A query with those of the members that are set, packed in hexadecimal digits: Home Assistant refuses addresses in which it
 * sees an attack, and people search for whatever a merchant is called.
 */
export function queryOf(members: Readonly<Record<string, string | number | null | undefined>>): string {
  const query = new URLSearchParams();
  for (const [key, value] of Object.entries(members))
    if (value !== undefined && value !== null && value !== '') query.set(key, String(value));
  if (query.size === 0) return '';
  const digits = Array.from(new TextEncoder().encode(String(query)), (byte) =>
    byte.toString(16).padStart(2, '0'),
  );
  return `?packed=${digits.join('')}`;
}

const rawJson: unknown = Reflect.get(JSON, 'rawJSON');

/** Keeps a number that a browser would round as it was written. Older browsers cannot do this and show it rounded. */
function keepNumber(_key: string, value: unknown, context?: { readonly source?: string }): unknown {
  const source = context?.source;
  if (typeof value !== 'number' || source === undefined || String(value) === source) return value;
  return typeof rawJson === 'function' ? rawJson(source) : value;
}

async function contentOf(response: Response, reviver?: typeof keepNumber): Promise<unknown> {
  const content = await response.text().catch(() => '');
  try {
    return JSON.parse(content, reviver) as unknown;
  } catch {
    return null;
  }
}

function unreachable(): Refusal {
  const isOffline = typeof navigator === 'object' && 'onLine' in navigator && !navigator.onLine;
  return new Refusal('unreachable', isOffline ? texts.deviceOffline : common.trouble.unreachable);
}

/** What is no problem document came from something between the page and the bridge, such as Home Assistant. */
function refusalIn(content: unknown, status: number): Refusal {
  if (isProblem(content)) return new Refusal(content.code, content.detail, content);
  if (status === 401) return new Refusal('signed_out_between', common.trouble.signedOutBetween);
  if (isOfProxy(status)) return unreachable();
  return new Refusal('unexpected', common.trouble.unexpected);
}
