import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { brotliCompressSync, constants, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { unlessAborted } from '../src/async.ts';
import type { CallBank } from '../src/monzo/bank-connection.ts';
import { answerApi, callerOf } from './api.ts';
import type { Bank } from './bank.ts';
import { readCall } from './call.ts';
import type { Answer, Call, Part, WireCall } from './call.ts';
import { answerControl } from './control.ts';
import type { Broken, Encoding, Faults } from './faults.ts';
import { answerAuth, answerPhone } from './pages.ts';
import type { Switches } from './switches.ts';

interface IncomingCall {
  readonly bank: Bank;
  readonly faults: Faults;
  readonly call: Call;
  readonly onLeft?: (() => void) | undefined;
}

async function throughFaults({ bank, faults, call, onLeft }: IncomingCall): Promise<Answer | Broken> {
  const caller = callerOf(bank.model, call);
  const { outcome, struck } = await faults.run(call, {
    answer: (behindMs) => answerApi(bank.model, call, behindMs),
    onLeft,
  });
  bank.calls.push({
    at: bank.model.now(),
    method: call.method,
    path: call.path,
    query: call.query.toString(),
    status: typeof outcome === 'string' ? 0 : outcome.status,
    ...caller,
    fault: struck.length === 0 ? null : struck.join('+'),
  });
  return outcome;
}

/** Only the API has faults: the log-in page, the phone and the control API always answer. */
const handlers: Readonly<Record<Part, (incoming: IncomingCall) => Answer | Promise<Answer | Broken>>> = {
  api: throughFaults,
  auth: ({ bank, call }) => answerAuth(bank.model, call),
  phone: ({ bank, call }) => answerPhone(bank.model, call),
  sim: ({ bank, faults, call }) => answerControl({ bank, faults }, call),
};

/** The codes of what a call rejects with if the connection is closed or never comes about. */
const failureCodes: Readonly<Record<Exclude<Broken, 'silence'>, string>> = {
  reset: 'ECONNRESET',
  refused: 'ECONNREFUSED',
  no_route: 'ENETUNREACH',
  connect_timeout: 'ETIMEDOUT',
  tls_error: 'CERT_HAS_EXPIRED',
};

function connectionFailure(kind: Exclude<Broken, 'silence'>): Error {
  const code = failureCodes[kind];
  return Object.assign(new Error(code), { code });
}

const hour = 3_600_000;
const dates: Readonly<Record<Switches['answerDate'], (now: number) => number | null>> = {
  true: (now) => now,
  absent: () => null,
  kept_for_an_hour: (now) => Math.floor(now / hour) * hour,
};

/** The `Date` of an answer; null where it has none. */
function dateOf({ now, switches }: Bank['model'], skew: string, at: string | undefined): number | null {
  if (skew === 'none') return null;
  return at === undefined ? (dates[switches.answerDate](now() + Number(skew)) ?? null) : Number(at);
}

/** An answer as it goes over the wire. */
interface WireAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

function toWire(bank: Bank, answer: Answer): WireAnswer {
  const { 'x-skew-ms': skew = '0', 'x-date-ms': at, 'x-spoilt': spoilt, ...headers } = answer.headers;
  const date = dateOf(bank.model, skew, at);
  const traceId = String(bank.calls.length).padStart(12, '0');
  const body = packed(answer.status === 204 ? '' : answer.body, headers['content-encoding']);
  return {
    status: answer.status,
    headers: {
      ...(date === null ? {} : { date: new Date(date).toUTCString() }),
      'trace-id': `00000000-0000-4000-8000-${traceId}`,
      ...headers,
    },
    body: spoilt === undefined ? body : body.subarray(0, body.length >> 1),
  };
}

interface Arrival {
  readonly call: WireCall;
  readonly signal: AbortSignal;
  readonly onLeft?: (() => void) | undefined;
}

/**
 * Answers one request to any part of the simulated bank. Rejects as a connection does if a fault breaks it; if a fault
 * suppresses the answer, stays pending until the request's signal is aborted.
 */
async function handleBankRequest(
  { bank, faults }: Pick<IncomingCall, 'bank' | 'faults'>,
  { call: wireCall, signal, onLeft }: Arrival,
): Promise<WireAnswer> {
  const call = readCall(wireCall);
  const outcome = await handlers[call.part]({ bank, faults, call, onLeft });
  if (outcome === 'silence') return unlessAborted(Promise.withResolvers<never>().promise, signal);
  if (typeof outcome === 'string') throw connectionFailure(outcome);
  return toWire(bank, outcome);
}

/** The bank without a network. Any host works; `auth.*` is the log-in page. */
export function callSimulatedBank(bank: Bank, faults: Faults): CallBank {
  return async ({ method, url, headers, body = '', signal, onLeaving: onLeft }) => {
    signal.throwIfAborted();
    const call = { method, url, headers, text: body };
    const answer = await unlessAborted(handleBankRequest({ bank, faults }, { call, signal, onLeft }), signal);
    return { ...answer, body: [answer.body] };
  };
}

/** The same as a `fetch`, for those who are not the bridge. */
export function bankFetch(bank: Bank, faults: Faults): typeof globalThis.fetch {
  const callBank = callSimulatedBank(bank, faults);
  return async (input, init) => {
    const request = new Request(input, init);
    const { method, url, signal } = request;
    const outgoing = { method, url, headers: Object.fromEntries(request.headers), signal };
    const { status, headers, body } = await callBank({
      ...outgoing,
      body: await request.text(),
      onLeaving: () => {},
    });
    const pieces = await Array.fromAsync(body);
    return new Response(status === 204 ? null : Buffer.concat(pieces), {
      status,
      headers: headers as Record<string, string>,
    });
  };
}

async function textOf(incoming: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}

const packers: Readonly<Record<string, (body: string) => Buffer>> = {
  gzip: (body) => gzipSync(body),
  deflate: (body) => deflateSync(body),
  br: (body) => brotliCompressSync(body, { params: { [constants.BROTLI_PARAM_QUALITY]: 1 } }),
  zstd: (body) => zstdCompressSync(body),
} satisfies Readonly<Record<Encoding, (body: string) => Buffer>>;

function packed(body: string, encoding = ''): Buffer {
  return packers[encoding]?.(body) ?? Buffer.from(body);
}

async function serve(
  options: ServeOptions,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
): Promise<void> {
  const gone = new AbortController();
  outgoing.once('close', () => gone.abort());
  try {
    const { method = 'GET', headers } = incoming;
    const url = `http://bank.invalid${incoming.url ?? '/'}`;
    const call = { method, url, headers, text: await textOf(incoming) };
    const {
      status,
      headers: answered,
      body,
    } = await handleBankRequest(options, { call, signal: gone.signal });
    outgoing.writeHead(status, answered).end(body);
  } catch {
    // The fault broke the connection, or the caller went away.
    outgoing.destroy();
  }
}

export interface ServeOptions {
  readonly bank: Bank;
  readonly faults: Faults;
  readonly host?: string;
  /** A free port by default. */
  readonly port?: number;
}

export interface ServedBank {
  /** The base URL of the API, without a trailing slash. */
  readonly apiUrl: string;
  /** The log-in page. */
  readonly authUrl: string;
  readonly phoneUrl: string;
  /** The base URL of the control API. */
  readonly controlUrl: string;
  /** Closes all connections and stops. */
  close(): Promise<void>;
}

function listening(server: Server, options: ServeOptions): Promise<AddressInfo> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port ?? 0, options.host ?? '127.0.0.1', () =>
      resolve(server.address() as AddressInfo),
    );
  });
}

/** Serves all parts on one listener: `/api`, `/auth`, `/phone`, `/sim`. */
export async function serveBank(options: ServeOptions): Promise<ServedBank> {
  const server = createServer((incoming, outgoing) => void serve(options, incoming, outgoing));
  const { address, port } = await listening(server, options);
  const base = `http://${address.includes(':') ? `[${address}]` : address}:${port}`;
  return {
    apiUrl: `${base}/api`,
    authUrl: `${base}/auth`,
    phoneUrl: `${base}/phone`,
    controlUrl: `${base}/sim`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
