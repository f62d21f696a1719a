import assert from 'node:assert/strict';
import { execFile, execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import {
  createServer as createHttpServer,
  type IncomingMessage,
  type RequestListener,
  type ServerResponse,
} from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { getCACertificates, setDefaultCACertificates, TLSSocket } from 'node:tls';
import { promisify } from 'node:util';
import { createFakeClock } from '../../sim/fake-clock.ts';
import { failureOf } from '../../test/support/scripted-bank.ts';
import { quiet, until } from '../../test/support/until.ts';
import { bankConnections } from '../limits.ts';
import { createBankConnections } from './bank-connection.ts';
import { createTransport, type BankRequest } from './transport.ts';

const write: BankRequest = {
  method: 'PUT',
  path: '/pots/pot_1/deposit',
  form: { a: 'b' },
  priority: 'money',
};

const read: BankRequest = { method: 'GET', path: '/accounts', priority: 'poll' };

async function served(t: TestContext, server: Server): Promise<number> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => sockets.add(socket));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

/** Sends over real connections, on a clock that only this test moves. */
function sender(apiUrl: string, limits: Parameters<typeof createBankConnections>[1] = bankConnections) {
  const clock = createFakeClock(0);
  const callBank = createBankConnections(clock, limits);
  const transport = createTransport({ clock, random: () => 0, apiUrl, callBank });
  const failure = (request = write) => failureOf(transport.send(request));
  return { clock, failure, send: (request = read, signal?: AbortSignal) => transport.send(request, signal) };
}

interface Seen {
  readonly what: string;
  /** The number of its connection, from one. */
  readonly connection: number;
  /** How many requests came over this connection so far. */
  readonly times: number;
  /** Of TLS: whether the handshake went on from an earlier one. */
  readonly isResumed: boolean;
}

/** A bank that notes over which connection each request comes; `answer` may do otherwise than to answer. */
async function countingBank(
  t: TestContext,
  { tls, answer = () => false }: { tls?: object; answer?: (seen: Seen, response: ServerResponse) => boolean },
) {
  const seen: Seen[] = [];
  const connections = new Map<Socket, number>();
  const hear: RequestListener = (request, response) => {
    const { socket } = request;
    const connection = connections.get(socket) ?? connections.size + 1;
    connections.set(socket, connection);
    const times = 1 + seen.filter((one) => one.connection === connection).length;
    const isResumed = socket instanceof TLSSocket && socket.isSessionReused();
    const one = { what: `${request.method} ${request.url}`, connection, times, isResumed };
    seen.push(one);
    request.resume();
    request.on('end', () => {
      if (!answer(one, response)) response.end('{}');
    });
  };
  const port = await served(t, tls ? createHttpsServer(tls, hear) : createHttpServer(hear));
  const drop = () => [...connections.keys()].forEach((socket) => socket.destroy());
  return { url: `${tls ? 'https://localhost' : 'http://127.0.0.1'}:${port}`, seen, drop };
}

/** A certificate that nobody vouches for. */
function selfSigned(t: TestContext) {
  const directory = mkdtempSync(join(tmpdir(), 'monzo-bridge-certificate-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  const [key, cert] = [join(directory, 'key.pem'), join(directory, 'certificate.pem')];
  const made = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  execFileSync('openssl', [...made, '-keyout', key, '-out', cert, '-subj', '/CN=localhost'], {
    stdio: 'ignore',
  });
  return { key: readFileSync(key), cert: readFileSync(cert) };
}

test('behind a wrong certificate nothing was sent', async (t) => {
  let requests = 0;
  const count: RequestListener = (_request, response) => {
    requests += 1;
    response.end('{}');
  };
  const port = await served(t, createHttpsServer(selfSigned(t), count));
  const { fault, effect } = await sender(`https://127.0.0.1:${port}`).failure();
  assert.deepEqual([fault, effect, requests], ['unreachable', 'none', 0]);
});

test('a request that waited for its connection in vain was not sent', async (t) => {
  const held: Socket[] = [];
  const port = await served(
    t,
    createServer((socket) => held.push(socket)),
  );
  const { clock, failure } = sender(`https://127.0.0.1:${port}`);
  const failing = failure();
  await until('the connection is being made', () => held.length > 0);
  await clock.advance(20_000);
  const { fault, effect } = await failing;
  assert.deepEqual([fault, effect], ['timeout', 'none']);
});

test('a request that was sent and not answered may have had an effect', async (t) => {
  const heard: Socket[] = [];
  const port = await served(
    t,
    createServer((socket) => socket.once('data', () => heard.push(socket))),
  );
  const { clock, failure } = sender(`http://127.0.0.1:${port}`);
  const failing = failure();
  await until('it was sent', () => heard.length > 0);
  await clock.advance(20_000);
  assert.deepEqual([(await failing).fault, (await failing).effect], ['timeout', 'unknown']);
});

test('no status makes the client send again or elsewhere: what the bank says of the only request is the truth', async (t) => {
  const elsewhere = await countingBank(t, {});
  for (const status of [421, 307, 308, 301]) {
    const { url, seen } = await countingBank(t, {
      answer: (_seen, response) => {
        response.writeHead(status, { location: elsewhere.url });
        response.end(JSON.stringify({ code: 'bad_request.already_moved' }));
        return true;
      },
    });
    assert.equal((await sender(url).failure()).effect, 'unknown', `${status}`);
    assert.deepEqual([seen.length, elsewhere.seen.length], [1, 0]);
  }
});

test('where nobody listens nothing was sent', async (t) => {
  const server = createServer();
  const port = await served(t, server);
  await new Promise((resolve) => server.close(resolve));
  const { fault, effect } = await sender(`http://127.0.0.1:${port}`).failure();
  assert.deepEqual([fault, effect], ['unreachable', 'none']);
});

test('a connection that does not come about in its time is given up; nothing was sent', async (t) => {
  const port = await served(
    t,
    createServer(() => {}),
  );
  const { failure } = sender(`https://127.0.0.1:${port}`, { ...bankConnections, connecting: 30 });
  const { fault, effect } = await failure();
  assert.deepEqual([fault, effect], ['unreachable', 'none']);
});

test('calls go side by side, each over a connection of its own, and the next ones over what was kept', async (t) => {
  const waiting: ServerResponse[] = [];
  const { url, seen } = await countingBank(t, {
    answer: (_seen, response) => {
      waiting.push(response);
      if (waiting.length === 3) for (const one of waiting) one.end('{}');
      return waiting.length <= 3;
    },
  });
  const { send } = sender(url);
  await Promise.all([send(), send(), send()]);
  for (let call = 0; call < 3; call += 1) await send(write);
  assert.deepEqual(new Set(seen.map(({ connection }) => connection)), new Set([1, 2, 3]));
  assert.deepEqual(seen.map(({ connection }) => connection).slice(3), Array(3).fill(seen[3]?.connection));
});

test('a read whose kept connection was closed meanwhile goes over another one; a write is never sent twice', async (t) => {
  const { url, seen } = await countingBank(t, {
    answer: ({ times }, response) => times === 2 && response.socket?.destroy() !== undefined,
  });
  const { send, failure } = sender(url);
  await send();
  await send();
  assert.deepEqual(
    seen.map(({ connection, times }) => [connection, times]),
    [
      [1, 1],
      [1, 2],
      [2, 1],
    ],
  );
  const { fault, effect } = await failure();
  assert.deepEqual([fault, effect], ['unreachable', 'unknown']);
  assert.equal(seen.filter(({ what }) => what.startsWith('PUT')).length, 1);
});

test('a read over a new connection that the bank closes is not repeated', async (t) => {
  const { url, seen } = await countingBank(t, {
    answer: (_seen, response) => response.socket?.destroy() !== undefined,
  });
  assert.equal((await sender(url).failure(read)).fault, 'unreachable');
  assert.equal(seen.length, 1);
});

test('a connection that the bank has closed while nothing was asked is not used again, by a write either', async (t) => {
  const { url, seen, drop } = await countingBank(t, {});
  const { send } = sender(url);
  await send();
  drop();
  await quiet();
  await send(write);
  assert.deepEqual(
    seen.map(({ connection }) => connection),
    [1, 2],
  );
});

test('a connection is not kept for longer than the bank says, nor over a sleep of the machine', async (t) => {
  const { url, seen } = await countingBank(t, {
    answer: ({ connection }, response) => {
      if (connection === 1) response.setHeader('keep-alive', 'timeout=1');
      return false;
    },
  });
  const { send, clock } = sender(url);
  await send();
  await send();
  await send();
  clock.jump(bankConnections.idle + 1);
  await send();
  clock.jump(-2 * bankConnections.idle);
  await send();
  assert.deepEqual(
    seen.map(({ connection }) => connection),
    [1, 2, 2, 3, 4],
  );
});

test('who gives up closes the connection, and hears their own reason', async (t) => {
  let isClosed = false;
  const { url } = await countingBank(t, {
    answer: (_seen, response) => {
      response.once('close', () => (isClosed = true));
      response.write('{');
      gone.abort(new Error('never mind'));
      return true;
    },
  });
  const gone = new AbortController();
  await assert.rejects(sender(url).send(read, gone.signal), /never mind/);
  await until('the connection is closed', () => isClosed);
});

test('certificates that the settings add are trusted, and a later handshake goes on from an earlier one', async (t) => {
  const tls = selfSigned(t);
  const before = getCACertificates('default');
  t.after(() => setDefaultCACertificates(before));
  const { url, seen, drop } = await countingBank(t, { tls });
  const { send } = sender(url);
  setDefaultCACertificates([...before, tls.cert.toString()]);
  await send();
  drop();
  await quiet();
  await send();
  assert.deepEqual(
    seen.map(({ isResumed }) => isResumed),
    [false, true],
  );
});

/** Calls the bank twice, as the program does, and prints what became of it. */
const behindProxy = `
import { createBankConnections } from '${import.meta.dirname}/bank-connection.ts';
const call = createBankConnections({ now: () => 0 });
const statusOf = ({ status, body }) => Array.fromAsync(body).then(() => status);
for (const protocol of ['http', 'https']) {
  let effect = 'none';
  const request = { method: 'GET', url: protocol + '://bank.invalid/accounts', headers: {} };
  const asked = call({ ...request, signal: new AbortController().signal, onLeaving: () => (effect = 'unknown') });
  console.log(protocol, await asked.then(statusOf, ({ code }) => code), effect);
}`;

test('the proxy that the environment names is used where Node is told to, and may keep a request from leaving', async (t) => {
  const asked: string[] = [];
  const proxy = createHttpServer((request, response) => {
    asked.push(`${request.method} ${request.url}`);
    response.end('{}');
  });
  proxy.on('connect', ({ url }: IncomingMessage, socket: Socket) => {
    asked.push(`CONNECT ${url}`);
    socket.end('HTTP/1.1 502 Bad Gateway\r\n\r\n');
  });
  const address = `http://127.0.0.1:${await served(t, proxy)}`;
  const env = {
    ...process.env,
    NODE_USE_ENV_PROXY: '1',
    HTTP_PROXY: address,
    HTTPS_PROXY: address,
    NO_PROXY: '',
  };
  const run = promisify(execFile)(process.execPath, ['--input-type=module', '-e', behindProxy], { env });
  const { stdout } = await run;
  assert.equal(stdout, 'http 200 unknown\nhttps ERR_PROXY_TUNNEL none\n');
  assert.deepEqual(asked, ['GET http://bank.invalid/accounts', 'CONNECT bank.invalid:443']);
});
