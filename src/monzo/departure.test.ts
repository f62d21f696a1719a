import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer as createHttpServer, type RequestListener } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { createFakeClock } from '../../sim/fake-clock.ts';
import { until } from '../../test/support/until.ts';
import { BankError, createTransport, type BankRequest } from './transport.ts';

const write: BankRequest = {
  method: 'PUT',
  path: '/pots/pot_1/deposit',
  form: { a: 'b' },
  priority: 'money',
};

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

/** Sends over a real connection, on a clock that only this test moves. */
function sender(apiUrl: string) {
  const clock = createFakeClock(0);
  const transport = createTransport({ clock, random: () => 0, apiUrl, fetch });
  const failure = async (): Promise<BankError> => {
    try {
      await transport.send(write);
    } catch (thrown) {
      assert.ok(thrown instanceof BankError, String(thrown));
      return thrown;
    }
    return assert.fail('it was answered');
  };
  return { clock, failure };
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

test('after a 421, which makes the client send again by itself, a refusal proves nothing', async (t) => {
  let requests = 0;
  const port = await served(
    t,
    createHttpServer((_request, response) => {
      requests += 1;
      response.statusCode = requests === 1 ? 421 : 400;
      response.end(JSON.stringify({ code: 'bad_request.already_moved' }));
    }),
  );
  const { effect } = await sender(`http://127.0.0.1:${port}`).failure();
  assert.equal(effect, 'unknown');
});
