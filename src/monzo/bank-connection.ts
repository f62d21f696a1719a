import type { Agent, AgentOptions, IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import type { Clock } from '../clock.ts';
import { bankConnections } from '../limits.ts';
import type { Effect } from './bank-error.ts';

/** A request as it leaves this machine. */
export interface OutgoingRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | undefined;
  readonly signal: AbortSignal;
  /** Called before the first byte goes to the bank: whatever goes wrong earlier had no effect there. */
  readonly onLeaving: () => void;
}

/** An answer as it comes; whoever does not read its body to the end lets go of it by ending the iteration. */
export interface IncomingAnswer {
  readonly status: number;
  /** By their names in lower case. */
  readonly headers: AnswerHeaders;
  /** Packed as `content-encoding` says. */
  readonly body: AsyncIterable<Uint8Array> | Iterable<Uint8Array>;
}

export type AnswerHeaders = Readonly<Record<string, string | readonly string[] | undefined>>;

/** Sends one request to the bank. Rejects with the signal's reason, or with what kept the answer from coming. */
export type CallBank = (request: OutgoingRequest) => Promise<IncomingAnswer>;

/**
 * How far a request has come on its way out of this machine: a bank that never got one did not act on it, whatever went
 * wrong: no connection, a wrong certificate, no answer in time.
 */
export interface Departure {
  /** The request leaves now. */
  leave(): void;
  /** What a failure says of the bank: there is no effect where the request never left. */
  effect(): Effect;
}

/** Of a request that has not left. */
export function createDeparture(): Departure {
  let effect: Effect = 'none';
  return {
    leave: () => {
      effect = 'unknown';
    },
    effect: () => effect,
  };
}

/** Imports would load WebSocket and `fetch` with them: ten megabytes more, and a fortieth of a second at the start. */
const http = process.getBuiltinModule('node:http');
const https = process.getBuiltinModule('node:https');

/**
 * Calls the bank over connections that are kept for the next call. Nothing is sent twice and no redirect is followed, but
 * for a read whose kept connection turns out to have been closed: it goes over another one. By the wall clock, because after a
 * sleep of the machine no kept connection is good.
 */
export function createBankConnections(
  { now }: Pick<Clock, 'now'>,
  limits: Limits = bankConnections,
): CallBank {
  const lines = { 'http:': lineOf(http, limits), 'https:': lineOf(https, limits) };
  let usedAt = now();
  return async (request) => {
    const line = lines[request.url.startsWith('https:') ? 'https:' : 'http:'];
    if (Math.abs(now() - usedAt) > limits.idle) closeIdle(line.agent);
    usedAt = now();
    for (;;) {
      const sent = send(line, request);
      try {
        const answer = await sent.answer;
        return { status: answer.statusCode ?? 0, headers: answer.headers, body: answer };
      } catch (thrown) {
        const isClosed = sent.outgoing.reusedSocket && closed.has((thrown as NodeJS.ErrnoException).code);
        if (request.method !== 'GET' || !isClosed || request.signal.aborted) throw thrown;
      }
    }
  };
}

const closed: ReadonlySet<unknown> = new Set(['ECONNRESET', 'EPIPE']);

interface Line {
  readonly open: typeof http.request;
  readonly agent: Agent;
  readonly connecting: number;
}

/** Node follows HTTP_PROXY, HTTPS_PROXY and NO_PROXY where NODE_USE_ENV_PROXY tells it to. */
function lineOf({ Agent: Kind, globalAgent, request }: typeof http | typeof https, limits: Limits): Line {
  const { idle: timeout, probed: keepAliveMsecs, most: maxFreeSockets, connecting } = limits;
  const { proxyEnv } = (globalAgent as Agent & { readonly options: AgentOptions }).options;
  const agent = new Kind({ keepAlive: true, timeout, keepAliveMsecs, maxFreeSockets, proxyEnv });
  return { open: request, agent, connecting };
}

type Limits = Readonly<Record<keyof typeof bankConnections, number>>;

function send(
  { open, agent, connecting }: Line,
  { url, method, headers, body, signal, ...told }: OutgoingRequest,
) {
  const outgoing = open(url, { method, headers, agent, timeout: connecting });
  let hasLeft = false;
  const leave = () => {
    hasLeft = true;
    told.onLeaving();
  };
  const answer = new Promise<IncomingMessage>((resolve, reject) => {
    const giveUp = () => outgoing.destroy(signal.reason as Error);
    outgoing.once('socket', (socket: Socket) => onceReady(socket, leave));
    outgoing.on('timeout', () => {
      if (!hasLeft) outgoing.destroy(new Error('no connection came about in time'));
    });
    outgoing.once('response', (incoming) => {
      if (!hasLeft) leave();
      resolve(incoming);
    });
    outgoing.once('close', () => signal.removeEventListener('abort', giveUp));
    outgoing.on('error', reject);
    if (signal.aborted) giveUp();
    else signal.addEventListener('abort', giveUp, { once: true });
  });
  outgoing.end(body);
  return { answer, outgoing };
}

/** What is written earlier waits in this process. */
function onceReady(socket: Socket, ready: () => void): void {
  if (isReady(socket)) ready();
  else socket.once(socket instanceof TLSSocket ? 'secureConnect' : 'connect', ready);
}

/** Of TLS: whether the bank has shown its certificate, and it is the right one or need not be. */
function isReady(socket: Socket): boolean {
  if (!(socket instanceof TLSSocket)) return !socket.connecting;
  return socket.authorized || Boolean(socket.authorizationError);
}

function closeIdle({ freeSockets }: Agent): void {
  for (const socket of Object.values(freeSockets).flatMap((sockets) => sockets ?? [])) socket.destroy();
}
