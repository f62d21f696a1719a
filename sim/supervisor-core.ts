import { request as startRequest } from 'node:http';
import type { IncomingMessage, RequestOptions, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocket, WebSocketServer, type ClientOptions, type RawData } from 'ws';
import { answerPlainly, bodyOf, normalised, passOn } from './supervisor-proxy.ts';

/** Where Home Assistant answers: over TCP with an administrator's token, or by its Unix socket, which needs none. */
export type CoreAddress =
  | { readonly url: string; readonly token: string }
  | { readonly socketPath: string; readonly token?: undefined };

/** How a request reaches Home Assistant. */
function towardsCore(core: CoreAddress, path: string): RequestOptions {
  if (core.token === undefined) return { socketPath: core.socketPath, path };
  const { hostname, port } = new URL(core.url);
  return { hostname, port, path: new URL(core.url).pathname.replace(/\/$/, '') + path };
}

/** A session of the administrator "Supervisor" on Home Assistant's websocket. Rejects where it cannot be had. */
async function openCoreSocket(core: CoreAddress): Promise<WebSocket> {
  const address =
    core.token === undefined
      ? `ws+unix://${core.socketPath}:/api/websocket`
      : `${core.url.replace(/^http/, 'ws')}/api/websocket`;
  // Home Assistant's stop waits for each line whose other end leaves closing it to Home Assistant.
  const options: ClientOptions & { closeTimeout: number } = { perMessageDeflate: false, closeTimeout: 100 };
  const socket = new WebSocket(address, options);
  const { promise, resolve, reject } = Promise.withResolvers<WebSocket>();
  const failed = () => reject(new Error('Home Assistant did not let the Supervisor in.'));
  const onMessage = (data: RawData) => {
    const { type } = JSON.parse(textOf(data)) as { readonly type: string };
    if (type === 'auth_required') socket.send(JSON.stringify({ type: 'auth', access_token: core.token }));
    else if (type === 'auth_ok') resolve(socket);
    else failed();
  };
  socket.on('message', onMessage);
  socket.on('error', failed);
  socket.once('close', failed);
  await promise.finally(() => socket.off('message', onMessage));
  return socket;
}

/** Asks Home Assistant one question over its websocket. Rejects where it does not answer. */
export async function askCore(core: CoreAddress, type: string): Promise<unknown> {
  const socket = await openCoreSocket(core);
  try {
    const answered = Promise.withResolvers<unknown>();
    socket.on('message', (data) =>
      answered.resolve((JSON.parse(textOf(data)) as { result: unknown }).result),
    );
    socket.once('close', () => answered.reject(new Error('Home Assistant is gone.')));
    socket.send(JSON.stringify({ id: 1, type }));
    return await answered.promise;
  } finally {
    socket.close();
  }
}

/** Sends what comes from either on to the other, and closes both when one is closed. */
function joinSockets(one: WebSocket, other: WebSocket): void {
  for (const [from, to] of [
    [one, other],
    [other, one],
  ] as const) {
    from.on('message', (data, isBinary) => to.send(data, { binary: isBinary }));
    from.on('error', () => {});
    from.once('close', () => to.close());
  }
  if (other.readyState > WebSocket.OPEN) one.close();
}

function textOf(data: RawData): string {
  return (Array.isArray(data) ? Buffer.concat(data) : Buffer.from(data as ArrayBuffer)).toString();
}

/** Home Assistant counts as up once it has started; before that and while it stops the proxies refuse. */
async function isCoreUp(core: CoreAddress | null): Promise<boolean> {
  if (core === null) return false;
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const headers = core.token === undefined ? {} : { authorization: `Bearer ${core.token}` };
  startRequest({ ...towardsCore(core, '/api/core/state'), headers, agent: false }, (answer) => {
    void bodyOf(answer).then(
      (body) => resolve(/"state":\s*"RUNNING"/.test(body.toString())),
      () => resolve(false),
    );
  })
    .once('error', () => resolve(false))
    .end();
  return promise;
}

/** Tells Home Assistant to read something anew, as its administrator. Rejects where it does not answer well. */
export async function pushToCore(core: CoreAddress, path: string): Promise<void> {
  const headers = core.token === undefined ? {} : { authorization: `Bearer ${core.token}` };
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  startRequest({ ...towardsCore(core, path), method: 'POST', headers, agent: false }, (answer) => {
    answer.resume();
    resolve(answer.statusCode ?? 0);
  })
    .once('error', reject)
    .end();
  const status = await promise;
  if (status !== 200) throw new Error(`Home Assistant answered ${path} with ${status}.`);
}

interface CoreCall {
  readonly incoming: IncomingMessage;
  readonly outgoing: ServerResponse;
  readonly core: CoreAddress | null;
  readonly isOfApp: boolean;
}

/** `/core/api/*`: as an administrator of the Supervisor's own; of the headers only the type of the content goes on. */
export async function passToCore({ incoming, outgoing, core, isOfApp }: CoreCall): Promise<void> {
  const { method = 'GET', headers } = incoming;
  if (!['GET', 'POST', 'DELETE'].includes(method)) return answerPlainly(outgoing, 405, 'Method Not Allowed');
  if (!isOfApp) return answerPlainly(outgoing, 401, 'Unauthorized');
  if (core === null || !(await isCoreUp(core))) return answerPlainly(outgoing, 502, 'Bad Gateway');
  const url = new URL(incoming.url ?? '/', 'http://supervisor');
  url.pathname = url.pathname.replace(/^\/core/, '');
  return passOn({
    incoming,
    outgoing,
    to: towardsCore(core, normalised(url)),
    headers: {
      host: 'homeassistant',
      'content-type': headers['content-type'] ?? 'application/octet-stream',
      ...(core.token === undefined ? {} : { authorization: `Bearer ${core.token}` }),
    },
    isPassedOn: () => false,
  });
}

const version = '2026.11.0';

export interface CoreSocketDoor {
  /** Where Home Assistant answers now; null while it is down. */
  readonly core: () => CoreAddress | null;
  readonly isAppToken: (given: unknown) => boolean;
}

/** `/core/websocket` and `/core/api/websocket`: lets the app in by the Supervisor's token, and joins it to a session of its own. */
export function createCoreSockets({ core, isAppToken }: CoreSocketDoor) {
  const sockets = new WebSocketServer({ noServer: true, perMessageDeflate: false });
  const serve = (socket: WebSocket) => {
    const tell = (message: object) => socket.send(JSON.stringify(message));
    socket.on('error', () => {});
    tell({ type: 'auth_required', ha_version: version });
    socket.once('message', (data) => {
      const given = JSON.parse(textOf(data)) as Readonly<Record<string, unknown>>;
      if (!isAppToken(given['api_password'] ?? given['access_token'])) {
        tell({ type: 'auth_invalid', message: 'Invalid access' });
        return socket.close();
      }
      // What the app says meanwhile waits.
      socket.pause();
      tell({ type: 'auth_ok', ha_version: version });
      return void joined(core(), socket);
    });
  };
  return {
    upgrade: async (incoming: IncomingMessage, line: Duplex, head: Buffer): Promise<void> => {
      line.on('error', () => {});
      const isOurs = /^\/core(?:\/api)?\/websocket$/.test(incoming.url ?? '');
      if (!isOurs) return void line.end('HTTP/1.1 404 Not Found\r\n\r\n');
      if (!(await isCoreUp(core()))) return void line.end('HTTP/1.1 502 Bad Gateway\r\n\r\n');
      return sockets.handleUpgrade(incoming, line, head, serve);
    },
    cut: () => {
      for (const socket of sockets.clients) socket.terminate();
    },
  };
}

async function joined(core: CoreAddress | null, socket: WebSocket): Promise<void> {
  try {
    if (core === null) throw new Error('Home Assistant is down.');
    joinSockets(socket, await openCoreSocket(core));
  } catch {
    socket.close();
  } finally {
    socket.resume();
  }
}
