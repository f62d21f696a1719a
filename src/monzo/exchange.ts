import type { Clock } from '../clock.ts';
import type { Instant } from '../domain/values.ts';
import { bankTimeOf, judge, textOf, unreachable } from './answer.ts';
import type { Priority } from './budget.ts';
import { BankError, type Purpose } from './faults.ts';

export interface BankRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly path: string;
  readonly query?: Readonly<Record<string, string | readonly string[]>>;
  readonly form?: Readonly<Record<string, string>>;
  readonly token?: string;
  readonly priority: Priority;
}

export interface BankAnswer {
  readonly status: number;
  readonly body: unknown;
  /** When it arrived, by our clock. */
  readonly at: Instant;
  /** When it was sent, by the bank's clock, to the second; null where it does not say. */
  readonly bankTime: Instant | null;
}

export interface ExchangeOptions {
  readonly fetch: (url: string, init: RequestInit) => Promise<Response>;
  readonly clock: Clock;
  readonly apiUrl: string;
}

const deadline = 20_000;
const tokenPath = '/oauth2/token';

/** One request and its answer, within twenty seconds. Throws BankError, or the signal's reason. */
export async function exchange(
  { fetch, clock, apiUrl }: ExchangeOptions,
  request: BankRequest,
  signal?: AbortSignal,
): Promise<BankAnswer> {
  const cut = new AbortController();
  const over = new AbortController();
  const abandon = () => cut.abort(signal?.reason);
  signal?.addEventListener('abort', abandon, { once: true });
  const tooLate = clock.wait(deadline, over.signal).then(
    () => cut.abort(new BankError('timeout', { effect: 'unknown' })),
    () => undefined,
  );
  const cutShort = new Promise<never>((_resolve, reject) => {
    cut.signal.addEventListener('abort', () => reject(cut.signal.reason as Error), { once: true });
  });
  const exchanged = async (): Promise<BankAnswer> => {
    const response = await fetch(urlOf(apiUrl, request), initOf(request, cut.signal));
    const { status, headers } = response;
    const text = await textOf(response);
    const at = clock.now();
    const body = judge({ status, headers, text }, { purpose: purposeOf(request), at });
    return { status, body, at, bankTime: bankTimeOf(headers) };
  };
  try {
    if (signal?.aborted) throw signal.reason;
    return await Promise.race([exchanged(), cutShort]);
  } catch (thrown) {
    if (cut.signal.aborted) throw cut.signal.reason;
    throw thrown instanceof BankError || signal?.aborted ? thrown : unreachable(thrown);
  } finally {
    signal?.removeEventListener('abort', abandon);
    over.abort(new Error('answered'));
    await tooLate;
  }
}

function urlOf(apiUrl: string, { path, query }: BankRequest): string {
  const pairs = Object.entries(query ?? {}).flatMap(([key, value]) =>
    (typeof value === 'string' ? [value] : value).map((one): [string, string] => [key, one]),
  );
  const search = new URLSearchParams(pairs).toString();
  return `${apiUrl.replace(/\/+$/, '')}${path}${search === '' ? '' : `?${search}`}`;
}

function initOf({ method, path, form, token }: BankRequest, signal: AbortSignal): RequestInit {
  const headers = new Headers({ accept: 'application/json', 'user-agent': 'monzo-bridge' });
  // Monzo's gateway refuses a renewal that carries the dead access token.
  if (token !== undefined && path !== tokenPath) headers.set('authorization', `Bearer ${token}`);
  if (!form) return { method, headers, signal, redirect: 'error' };
  headers.set('content-type', 'application/x-www-form-urlencoded');
  return { method, headers, signal, redirect: 'error', body: new URLSearchParams(form).toString() };
}

function purposeOf({ path, form }: BankRequest): Purpose {
  if (path !== tokenPath) return 'data';
  return form?.['grant_type'] === 'refresh_token' ? 'refresh' : 'code';
}
