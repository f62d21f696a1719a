import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { createDoorbellKeys } from '../../src/ingest/doorbell.ts';
import { quiet, until } from '../support/until.ts';
import { createWorld, type World } from '../support/world.ts';
import { rawRequest } from '../app/http-request.ts';

interface Connection {
  readonly socket: Socket;
  /** What was answered so far. */
  readonly answer: () => string;
  readonly isOver: () => boolean;
}

/** A connection that sends what no client library would. */
function send(url: string, text: string): Connection {
  const { hostname: host, port } = new URL(url);
  const socket = connect({ host, port: Number(port) });
  let answer = '';
  socket.setEncoding('latin1').on('data', (part: string) => (answer += part));
  socket.on('error', () => {});
  socket.write(text);
  return { socket, answer: () => answer, isOver: () => socket.destroyed };
}

async function statusOf(url: string, text: string): Promise<string> {
  const { answer, isOver } = send(url, text);
  await until('an answer', () => answer() !== '' || isOver());
  await until('the connection is closed', isOver);
  return answer().split('\r\n', 1).join('');
}

const odd: Readonly<Record<string, string>> = {
  'two hosts': 'GET /healthz HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n\r\n',
  'one host twice': 'GET /healthz HTTP/1.1\r\nHost: localhost\r\nhOsT: localhost\r\n\r\n',
  'two hosts over HTTP/1.0': 'GET /healthz HTTP/1.0\r\nHost: localhost\r\nHost: evil.example\r\n\r\n',
  'a list of hosts': 'GET /healthz HTTP/1.1\r\nHost: localhost, evil.example\r\n\r\n',
  'no host': 'GET /healthz HTTP/1.1\r\n\r\n',
  'an empty host': 'GET /healthz HTTP/1.1\r\nHost:\r\n\r\n',
  'a blank host': 'GET /healthz HTTP/1.1\r\nHost:  \t \r\n\r\n',
  'a host over two lines': 'GET /healthz HTTP/1.1\r\nHost: localhost\r\n evil.example\r\n\r\n',
  'a blank behind the name': 'GET /healthz HTTP/1.1\r\nHost : localhost\r\n\r\n',
  'another host as its target': 'GET http://evil.example/healthz HTTP/1.1\r\nHost: localhost\r\n\r\n',
  'its own host as its target': 'GET http://localhost/healthz HTTP/1.1\r\nHost: localhost\r\n\r\n',
  'no path': 'OPTIONS * HTTP/1.1\r\nHost: localhost\r\n\r\n',
};

describe('a request on a bare connection', () => {
  let world: World;
  let account: string;
  let key: string;

  before(async () => {
    world = await createWorld({ settings: { MONZO_BRIDGE_UI_HOSTS: 'Bank.example.org, proxy.example.net' } });
    await world.connect('alex');
    account = world.app().view().accounts[0]?.id ?? '';
    const secretKey = Buffer.from(readFileSync(join(world.directory, 'secret-key'), 'utf8').trim(), 'hex');
    key = createDoorbellKeys(secretKey).keyOf(account);
  });
  after(() => world[Symbol.asyncDispose]());

  for (const [what, text] of Object.entries(odd))
    it(`with ${what} is refused by both listeners, and the connection closed`, async () => {
      for (const url of [world.app().uiUrl, world.app().publicUrl])
        assert.equal(await statusOf(url, text), 'HTTP/1.1 400 Bad Request', url);
    });

  it('may name a host of this network, or one that a setting names, and no other', async () => {
    const answered = async (host: string) =>
      (await rawRequest(`${world.app().uiUrl}/healthz`, { headers: { host } })).status;
    for (const host of ['bank.example.org', 'BANK.example.org:443', 'proxy.example.net', hostname()])
      assert.equal(await answered(host), 200, host);
    for (const host of ['bridge.local:8099', 'bridge.home.arpa', 'bridge.internal', 'a.localhost'])
      assert.equal(await answered(host), 200, host);
    for (const host of [
      'bank.example.com',
      'www.bank.example.org',
      'local.example.org',
      'bridge.local.evil.example',
    ])
      assert.equal(await answered(host), 421, host);
  });

  const head = (path: string, length: number) =>
    `POST ${path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${length}\r\n\r\n`;

  for (const path of [`/hooks/${'b'.repeat(64)}`, '/hooks/x', '/elsewhere'])
    it(`to ${path.slice(0, 12)}… is answered and cut off before its body is read`, async () => {
      const { answer, isOver } = send(world.app().publicUrl, `${head(path, 9_000_000)}x`);
      await until('the connection is closed', isOver);
      assert.match(answer(), /^HTTP\/1\.1 404 /);
    });

  it('that rings and breaks off in mid-body rings all the same, and is no error', async () => {
    const rings = async () =>
      ((await (await world.api('/api/activity')).json()) as { doorbells: { rings: number } }).doorbells.rings;
    const before = await rings();
    const logged = world.logLines.length;
    const head100 = head(`/hooks/${key}`, 100).replace('\r\n\r\n', '\r\nExpect: 100-continue\r\n\r\n');
    const { socket, answer } = send(world.app().publicUrl, `${head100}{"type":`);
    await until('the request has arrived', () => answer().includes('100 Continue'));
    socket.destroy();
    await until('the ring counts', async () => (await rings()) > before);
    const trouble = world.logLines.slice(logged).filter((line) => /"level":"?(warn|error|40|50)/.test(line));
    assert.deepEqual(trouble, []);
  });

  it('to the private listener that breaks off in mid-body is no error either', async () => {
    const logged = world.logLines.length;
    const { uiUrl, adminToken } = world.app();
    const more = `\r\nAuthorization: Bearer ${adminToken}\r\nExpect: 100-continue\r\n\r\n`;
    const { socket, answer } = send(uiUrl, `${head('/api/logins', 100).replace('\r\n\r\n', more)}{"a`);
    await until('the request has arrived', () => answer().includes('100 Continue'));
    socket.destroy();
    await quiet();
    await world.api('/api/health');
    assert.deepEqual(
      world.logLines.slice(logged).filter((line) => line.includes('stack')),
      [],
    );
  });
});
