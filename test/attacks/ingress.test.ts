import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { after, before, describe, it } from 'node:test';
import type { Ingress } from '../../src/http/request-origin.ts';
import { createListener } from '../app/http-browser.ts';
import { rawRequest } from '../app/http-request.ts';
import { startHouse, type House } from '../support/panel.ts';
import { inSteps, until } from '../support/until.ts';
import { createWorld, type World } from '../support/world.ts';

/** What the Supervisor sends for an administrator. */
const asZoe = {
  'x-remote-user-id': 'zoe',
  'x-remote-user-name': 'zoe',
  'x-remote-user-display-name': 'Zoe',
  'x-ingress-path': '/api/hassio_ingress/Qx3k_0aTokenThatLooksLikeOne',
  'x-hass-source': 'core.ingress',
  'x-forwarded-host': 'home.example.org',
  'x-forwarded-proto': 'https',
};

/** A request as it is written, over a line of its own. */
async function written(port: number, host: string, lines: readonly string[]): Promise<string> {
  const socket = connect(port, host);
  socket.write(`${lines.join('\r\n')}\r\nConnection: close\r\n\r\n`);
  return text(socket);
}

describe('attacks on the way in through Home Assistant', () => {
  let house: House;
  let world: World;
  const port = () => Number(new URL(world.app().uiUrl).port);
  /** From another app, or from anything else that reaches the listener: not from the Supervisor's address. */
  const elsewhere = (path: string, headers: Readonly<Record<string, string>>, method = 'GET') =>
    rawRequest(`http://[::1]:${port()}${path}`, {
      method,
      headers: { host: 'bridge', 'content-type': 'application/json', ...headers },
      ...(method === 'GET' ? {} : { body: '{}' }),
    });
  /** From the Supervisor's own address, which the listener sees as `::ffff:127.0.0.1`. */
  const asSupervisor = (lines: readonly string[], request = 'GET /api/logins') =>
    written(port(), '127.0.0.1', [`${request} HTTP/1.1`, 'Host: bridge', ...lines]);
  const codeIn = (answer: string) => /"code":"(\w+)"/.exec(answer)?.[1] ?? answer.split('\r\n', 1)[0];

  before(async () => {
    house = await startHouse();
    world = await createWorld({ settings: house.settings, supervisor: house.place });
    house.leadTo(world.app().uiUrl);
    const isConnected = () =>
      world
        .app()
        .health()
        .some(({ part, state }) => part === 'home_assistant' && state === 'ok');
    await until('Home Assistant is connected', isConnected, { between: inSteps(world.clock, 200) });
    assert.equal(codeIn(await asSupervisor(['X-Remote-User-Id: zoe'])), 'HTTP/1.1 200 OK');
  });
  after(async () => {
    await world[Symbol.asyncDispose]();
    await house[Symbol.asyncDispose]();
  });

  const claims: Readonly<Record<string, Readonly<Record<string, string>>>> = {
    'the Supervisor’s headers': asZoe,
    'the same in capitals': Object.fromEntries(
      Object.entries(asZoe).map(([name, value]) => [name.toUpperCase(), value]),
    ),
    'an address it claims to speak for': {
      ...asZoe,
      'x-forwarded-for': '127.0.0.1',
      'x-real-ip': '127.0.0.1',
      'x-client-ip': '127.0.0.1',
      'true-client-ip': '127.0.0.1',
      forwarded: 'for=127.0.0.1;host=home.example.org;proto=https',
    },
    'the Supervisor’s token': { ...asZoe, 'x-supervisor-token': 'token-of-the-app-0123456789' },
    'an ingress session': { ...asZoe, cookie: 'ingress_session=0123456789abcdef' },
  };
  for (const [what, headers] of Object.entries(claims))
    it(`another app gets nowhere with ${what}`, async () => {
      const before = await world.api('/api/audit').then((answer) => answer.json());
      for (const [method, path] of [
        ['GET', '/api/logins'],
        ['GET', '/api/transactions/export?format=csv'],
        ['GET', '/api/live'],
        ['GET', '/metrics'],
        ['PUT', '/api/rails'],
        ['POST', '/api/commands/pot_transfer'],
        ['POST', '/api/commands/resume'],
        ['POST', '/api/session/link'],
      ] as const) {
        const { status, headers: sent } = await elsewhere(path, headers, method);
        assert.deepEqual([status, sent['set-cookie']], [401, undefined], `${method} ${path}`);
      }
      assert.match((await elsewhere('/api/session', headers)).body, /"signed_in":false/);
      const page = await elsewhere('/', headers);
      assert.match(String(page.headers['content-security-policy']), /frame-ancestors 'none'/);
      const other = await elsewhere('/api/session', { ...headers, host: 'home.example.org' });
      assert.equal(other.status, 421, 'only the Supervisor may pass on any host');
      assert.deepEqual(await world.api('/api/audit').then((answer) => answer.json()), before);
    });

  const odd: readonly (readonly [string, readonly string[]])[] = [
    ['the header twice', ['X-Remote-User-Id: zoe', 'X-Remote-User-Id: zoe']],
    ['it twice with two users', ['X-Remote-User-Id: kid', 'x-remote-user-id: zoe']],
    ['a list of users', ['X-Remote-User-Id: zoe, kid']],
    ['another case of the id', ['X-Remote-User-Id: ZOE']],
    ['an empty id', ['X-Remote-User-Id: ', 'X-Remote-User-Name: zoe']],
    ['the name alone', ['X-Remote-User-Name: zoe', 'X-Remote-User-Display-Name: Zoë']],
    ['underscores', ['X_Remote_User_Id: zoe']],
    ['a key of every object', ['X-Remote-User-Id: __proto__']],
    ['a method of every object', ['X-Remote-User-Id: constructor']],
    ['an encoded id', ['X-Remote-User-Id: z%6fe']],
    ['an id in quotes', ['X-Remote-User-Id: "zoe"']],
  ];
  for (const [what, lines] of odd)
    it(`${what} names no administrator`, async () => {
      assert.equal(codeIn(await asSupervisor(lines)), 'unknown_user');
    });

  const names: readonly (readonly [string, string])[] = [
    ['👩‍👧 Zoë & 王', '👩‍👧 Zoë & 王'],
    ['ليلى', 'ليلى'],
    ['=HYPERLINK("https://evil.example")', '=HYPERLINK("https://evil.example")'],
    ['Kim \u202e)eoz( \u2066aeZ', 'Kim \u{fffd})eoz( \u{fffd}aeZ'],
    ['😀'.repeat(200), '😀'.repeat(50)],
  ];
  for (const [given, shown] of names)
    it(`the name ${JSON.stringify(given.slice(0, 12))} is shown so that the id stays readable`, async () => {
      const answer = await asSupervisor(['X-Remote-User-Id: kid', `X-Remote-User-Display-Name: ${given}`]);
      const { user } = JSON.parse(/\{.*\}/s.exec(answer)?.[0] ?? '{}') as { readonly user?: string };
      assert.equal(user, shown);
    });

  it('what a browser writes into those headers does not reach the bridge', async () => {
    const kid = await house.visit('kid');
    for (const headers of [asZoe, claims['the same in capitals'] ?? {}]) {
      const { problem } = await kid.ask('api/logins', { headers });
      assert.deepEqual([problem?.['code'], problem?.['user']], ['administrators_only', 'Kim']);
    }
  });

  it('a write counts only with the user on that very request, from the page itself', async () => {
    const write = (lines: readonly string[]) =>
      asSupervisor([...lines, 'Content-Length: 0'], 'POST /api/nothing');
    const user = 'X-Remote-User-Id: zoe';
    const host = ['X-Forwarded-Host: home.example.org', 'X-Forwarded-Proto: https'];
    const own = 'Origin: https://home.example.org';
    assert.equal(codeIn(await write([user, ...host, own])), 'not_found');
    assert.equal(codeIn(await write([...host, own])), 'unknown_user');
    for (const lines of [
      [],
      ['Origin: https://evil.example'],
      ['Origin: null'],
      ['Origin: http://home.example.org'],
      ['Origin: https://home.example.org.evil.example'],
      [own, 'Sec-Fetch-Site: cross-site'],
      [own, 'Sec-Fetch-Site: same-site'],
    ])
      assert.equal(codeIn(await write([user, ...host, ...lines])), 'cross_origin', lines.join());
  });

  it('a member of the household can read nothing at all', async () => {
    const kid = await house.visit('kid');
    const described = (await (await world.api('/api/openapi.json')).json()) as {
      readonly paths: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
    };
    const gets = Object.entries(described.paths).filter(([, operations]) => 'get' in operations);
    assert.ok(gets.length > 20);
    for (const path of [...gets.map(([name]) => name.slice(1)), 'metrics', 'api/openapi.json']) {
      const { status, body } = await kid.ask(path.replace('{id}', 'x'));
      if (path === 'healthz') assert.equal(status, 200);
      else assert.deepEqual([status, /"code":"(\w+)"/.exec(body)?.[1]], [403, 'administrators_only'], path);
    }
  });

  it('a member who asks hundreds of times makes the bridge ask Home Assistant once in five seconds', async () => {
    const kid = await house.visit('kid');
    const asked = () => house.homeAssistant.of('config/auth/list').length;
    await world.clock.advance(5_000);
    const before = asked();
    for (let round = 0; round < 6; round += 1)
      await Promise.all(Array.from({ length: 50 }, () => kid.ask('api/session')));
    assert.equal(asked(), before + 1);
  });

  it('everybody may ask whether the bridge is well, the health check of its container first', async () => {
    for (const host of ['127.0.0.1', '::1'])
      for (const lines of [[], ['X-Remote-User-Id: kid'], ['X-Forwarded-For: 203.0.113.9']]) {
        const answer = await written(port(), host, [
          'GET /healthz HTTP/1.1',
          'Host: localhost:8099',
          ...lines,
        ]);
        assert.match(answer, /^HTTP\/1\.1 200 OK/);
      }
  });
});

describe('addresses that only look like the Supervisor’s', () => {
  const ingress: Ingress = { peer: '172.30.32.2', standingOf: async () => 'administrator' };
  const isLetIn = async (from: string) => {
    await using listener = await createListener({ ingress });
    const { status } = await listener.ask('/api/logins', { headers: { ...asZoe, host: 'bridge' }, from });
    return status === 200;
  };
  for (const from of ['172.30.32.2', '::ffff:172.30.32.2', '::FFFF:172.30.32.2'])
    it(`${from} is it`, async () => assert.equal(await isLetIn(from), true));
  for (const from of [
    '172.30.32.20',
    '172.30.33.2',
    '172.30.32.1',
    '::172.30.32.2',
    '::ffff:172.30.32.22',
    '::ffff:0:172.30.32.2',
    '64:ff9b::172.30.32.2',
    'fe80::ffff:172.30.32.2',
    '127.0.0.1',
    '::1',
    '',
  ])
    it(`${from === '' ? 'no address' : from} is not`, async () => assert.equal(await isLetIn(from), false));
});

describe('without a Supervisor’s token in the environment', () => {
  it('its address and its headers mean nothing', async () => {
    await using world = await createWorld({
      supervisor: { url: 'http://supervisor.invalid', address: '127.0.0.1' },
    });
    const { status } = await rawRequest(`${world.app().uiUrl}/api/logins`, {
      headers: { ...asZoe, host: 'bridge' },
    });
    assert.equal(status, 401);
  });
});
