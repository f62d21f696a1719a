import type { IncomingMessage } from 'node:http';
import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import type { FastifyInstance, FastifyReply } from 'fastify';
import { BridgeError, messageOf } from '../errors.ts';
import type { Api, HttpConfig } from './api.ts';

/** The two listeners: opening and closing them, and the timeouts and headers that all their answers have. */

export interface ListenOptions {
  readonly privateApp: Api;
  readonly publicApp: FastifyInstance;
  readonly config: Pick<HttpConfig, 'UI_HOST' | 'UI_PORT' | 'PUBLIC_HOST' | 'PUBLIC_PORT'>;
}

export interface Listeners {
  /** Where the private listener answers on this machine. */
  readonly uiUrl: string;
  /** Where the public listener answers on this machine. */
  readonly publicUrl: string;
  /** Idempotent and bounded: connections still open after a grace are cut off. */
  close(): Promise<void>;
}

/** All that listening and closing need, however the routes are typed. */
type Listening = Pick<FastifyInstance, 'listen' | 'close' | 'server'>;

interface Door {
  readonly app: Listening;
  readonly host: string;
  readonly port: number;
  /** The start of its variables' names. */
  readonly variable: 'MONZO_BRIDGE_UI' | 'MONZO_BRIDGE_PUBLIC';
}

/** How long open connections may take to end, in milliseconds. */
const grace = 2_000;

/** Opens both listeners or none. Throws `port_in_use`, `port_refused`, `host_unavailable`, each naming its variable. */
export async function listen({ privateApp, publicApp, config }: ListenOptions): Promise<Listeners> {
  const close = closing([privateApp, publicApp]);
  try {
    const publicUrl = await open({
      app: publicApp,
      host: config.PUBLIC_HOST,
      port: config.PUBLIC_PORT,
      variable: 'MONZO_BRIDGE_PUBLIC',
    });
    const uiUrl = await open({
      app: privateApp,
      host: config.UI_HOST,
      port: config.UI_PORT,
      variable: 'MONZO_BRIDGE_UI',
    });
    return { uiUrl, publicUrl, close };
  } catch (thrown) {
    await close();
    throw thrown;
  }
}

/** The port an application listens on; null while it does not. */
export function portOf(app: Pick<FastifyInstance, 'server'>): number | null {
  const address = app.server.address();
  return address === null || typeof address === 'string' ? null : address.port;
}

/** One of these listens on every address, and `::` on those of IPv4 as well. */
const everywhere = /^(0\.0\.0\.0|::)$/;

/**
 * An address of ours as a web address. A listener on all addresses is reached on the loopback one of IPv4, because a
 * machine or container with IPv6 turned off has no other.
 */
export function webAddress(host: string, port: number): string {
  const name = host.replace(everywhere, '127.0.0.1').replace(/^\[|\]$/g, '');
  return `http://${name.includes(':') ? `[${name}]` : name}:${port}`;
}

async function open({ app, host, port, variable }: Door): Promise<string> {
  try {
    await app.listen({ host, port });
  } catch (thrown) {
    throw notListening(thrown, { host, port, variable });
  }
  return webAddress(host, (app.server.address() as AddressInfo).port);
}

export type DoorSettings = Omit<Door, 'app'>;

/** Why a listener could not be opened now, as a sentence; null where it could. Opens it for a moment. */
export async function listeningTrouble({ host, port, variable }: DoorSettings): Promise<string | null> {
  const server = createServer();
  try {
    server.listen({ host, port });
    await once(server, 'listening');
    return null;
  } catch (thrown) {
    return messageOf(notListening(thrown, { host, port, variable }));
  } finally {
    server.close();
  }
}

function closing(apps: readonly Listening[]): () => Promise<void> {
  let closed: Promise<void> | null = null;
  const sockets = new Set<Socket>();
  for (const { server } of apps)
    server.on('connection', (socket: Socket) => {
      sockets.add(socket);
      socket.once('close', () => sockets.delete(socket));
    });
  const closeNow = async (): Promise<void> => {
    // Reset, not ended: what is cut off must not look whole.
    const cut = setTimeout(() => {
      for (const socket of sockets) socket.resetAndDestroy();
    }, grace);
    await Promise.all(apps.map((app) => app.close()));
    clearTimeout(cut);
  };
  return () => (closed ??= closeNow());
}

function notListening(thrown: unknown, { host, port, variable }: DoorSettings): unknown {
  const code = thrown instanceof Error && 'code' in thrown ? String(thrown.code) : '';
  const facts = listenFailures.get(code);
  if (!facts) return thrown;
  const sentence = facts.sentence
    .replaceAll('{place}', `${host}:${port}`)
    .replaceAll('{variable}', variable)
    .replaceAll('{reason}', messageOf(thrown));
  return new BridgeError(facts.code, sentence, { needsPerson: true, cause: thrown });
}

const unavailable = {
  code: 'host_unavailable',
  sentence:
    'This machine has no address {place} to listen on; set {variable}_HOST to one of its own, such as 127.0.0.1.',
};

const listenFailures: ReadonlyMap<string, { readonly code: string; readonly sentence: string }> = new Map([
  [
    'EADDRINUSE',
    {
      code: 'port_in_use',
      sentence: 'Another program already listens on {place}; stop it, or set {variable}_PORT to a free port.',
    },
  ],
  [
    'EACCES',
    {
      code: 'port_refused',
      sentence: 'The system does not allow listening on {place}; set {variable}_PORT to a port above 1023.',
    },
  ],
  ['EADDRNOTAVAIL', unavailable],
  ['ENOTFOUND', unavailable],
  ['EAI_AGAIN', unavailable],
]);

/** Durations in milliseconds. */
interface Timeouts {
  /** Until the whole request has arrived. */
  readonly request: number;
  /** Until its headers have arrived. */
  readonly headers: number;
  /** A silent connection; a sign-in waits at most this long for Monzo. */
  readonly idle: number;
  readonly keepAlive: number;
}

export const privateTimeouts: Timeouts = {
  request: 30_000,
  headers: 10_000,
  idle: 120_000,
  keepAlive: 5_000,
};
export const publicTimeouts: Timeouts = { request: 10_000, headers: 5_000, idle: 60_000, keepAlive: 2_000 };

/** The server options that enforce the timeouts. */
export function serverOptions(timeouts: Timeouts) {
  return {
    requestTimeout: timeouts.request,
    connectionTimeout: timeouts.idle,
    keepAliveTimeout: timeouts.keepAlive,
    forceCloseConnections: 'idle' as const,
    http: { headersTimeout: timeouts.headers, connectionsCheckingInterval: 2_000 },
  };
}

/**
 * Whether a request names a path, and one host for it at most. With two hosts, or a host in its target, each proxy on the
 * way could choose another one than the bridge.
 */
export function isPlain({ rawHeaders, url = '' }: Pick<IncomingMessage, 'rawHeaders' | 'url'>): boolean {
  const hosts = rawHeaders.filter(
    (_, index) => rawHeaders[index - 1]?.toLowerCase() === 'host' && index % 2 === 1,
  );
  return url.startsWith('/') && hosts.length <= 1 && hosts.every((host) => /^[^\s,]+$/.test(host));
}

/**
 * The address with its query, where that is packed in hexadecimal digits as `packed`: in those nobody on the way takes a
 * text for an attack. What is packed wrongly stays, and is refused as a parameter that is unknown.
 */
export function unpacked(url: string): string {
  const [, path = '', digits = ''] = /^([^?]*)\?packed=((?:[\da-f]{2})+)$/.exec(url) ?? [];
  const query = Buffer.from(digits, 'hex').toString('latin1');
  return /^[\w.~*+%=&-]+$/.test(query) ? `${path}?${query}` : url;
}

/** Browser features that no page of ours needs. */
const noPermissions = [
  'accelerometer',
  'camera',
  'display-capture',
  'geolocation',
  'gyroscope',
  'microphone',
  'payment',
  'usb',
]
  .map((feature) => `${feature}=()`)
  .join(', ');

/** No answer may be embedded, sniffed, cached, run or read by other sites. */
const strictHeaders = {
  'cache-control': 'no-store',
  'content-security-policy':
    "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': noPermissions,
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
} as const;

export function addStrictHeaders(reply: FastifyReply): void {
  void reply.headers(strictHeaders);
}
