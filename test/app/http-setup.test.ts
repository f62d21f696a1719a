import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { diagnosticsSchema } from '../../src/contract/bridge-data.ts';
import { loginSchema, setupSchema } from '../../src/contract/login-data.ts';
import type { Ingress } from '../../src/http/request-origin.ts';
import { alex } from '../../sim/household.ts';
import { createWorld, type World } from '../support/world.ts';
import { adminToken, createListener, servicesWith } from './http-browser.ts';

const bearer = { authorization: `Bearer ${adminToken}` };
const config = { UI_HOST: '127.0.0.1', UI_HOSTS: [], PUBLIC_PORT: 8098, TIME_ZONE: 'Europe/London' };
const webhook = 'https://home.example.org/api/webhook/abc';
const proxied = { ...bearer, 'x-forwarded-for': '203.0.113.5' };
const mine = 'https://my.home-assistant.io/redirect/oauth';

interface Sitting {
  readonly publicUrl?: string;
  readonly homeAssistant?: string;
  readonly from?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

const cases: readonly (readonly [where: string, sitting: Sitting, redirects: readonly string[]])[] = [
  ['on the same machine', {}, ['http://127.0.0.1:8098/oauth/callback', mine]],
  ['on the same machine, over IPv6', { from: '::1' }, ['http://127.0.0.1:8098/oauth/callback', mine]],
  ['in the network', { from: '192.168.1.20' }, [mine]],
  ['behind a proxy on the same machine', { headers: proxied }, [mine]],
  [
    'where the public listener is reached',
    { publicUrl: 'https://bank.example.org', from: '192.168.1.20' },
    ['https://bank.example.org/oauth/callback', mine],
  ],
  ['in the network, with Home Assistant', { homeAssistant: webhook, from: '192.168.1.20' }, [webhook, mine]],
  [
    'on the same machine, with everything',
    { homeAssistant: webhook, publicUrl: 'https://bank.example.org' },
    [webhook, 'https://bank.example.org/oauth/callback', mine],
  ],
];

describe('the ways to sign in that the set-up offers', () => {
  for (const [
    where,
    { publicUrl = null, homeAssistant = null, from = '127.0.0.1', headers = bearer },
    expected,
  ] of cases)
    it(`${where}, in that order, and the first is taken where none is named`, async () => {
      const taken: string[] = [];
      const signIn = {
        add: ({ redirectUri }: { redirectUri: string }) => {
          taken.push(redirectUri);
          return { id: 'login_1', authorizeUrl: 'https://auth.example', redirectUri };
        },
      };
      const connection = { redirectUri: () => homeAssistant, onLost: () => {} };
      await using listener = await createListener({
        services: servicesWith({ bank: { signIn }, homeAssistant: { connection } }),
        config: { ...config, PUBLIC_URL: publicUrl },
      });
      const answer = await listener.ask('/api/setup', { headers, from });
      const { redirects, developer_url } = setupSchema.parse(JSON.parse(answer.body));
      assert.deepEqual(
        redirects.map(({ redirect_uri }) => redirect_uri),
        expected,
      );
      assert.deepEqual(
        redirects.map(({ paste_back }) => paste_back),
        expected.map((uri) => uri === mine),
      );
      assert.ok(redirects.every(({ sentence }) => sentence.endsWith('.')));
      assert.equal(developer_url, 'https://developers.monzo.com/');
      const body = { name: 'Kim', client_id: 'oauth2client_kim', client_secret: 'mnzconf.kim-secret' };
      await listener.ask('/api/logins', { method: 'POST', headers, from, body });
      assert.deepEqual(taken, [expected[0]]);
    });

  it('do not treat a browser inside Home Assistant as on the same machine', async () => {
    const ingress: Ingress = { peer: '127.0.0.1', standingOf: async () => 'administrator' };
    await using listener = await createListener({ ingress });
    const headers = { 'x-remote-user-id': 'u', 'x-forwarded-for': '127.0.0.1', host: 'home.example.org' };
    const answer = await listener.ask('/api/setup', { headers });
    const { redirects } = setupSchema.parse(JSON.parse(answer.body));
    assert.deepEqual(
      redirects.map(({ redirect_uri }) => redirect_uri),
      [mine],
    );
  });
});

describe('a connected household', () => {
  let world: World;
  let id: string;
  before(async () => {
    world = await createWorld({
      settings: { MONZO_BRIDGE_POLL_SECONDS: '60', MONZO_BRIDGE_PUBLIC_HOST: 'localhost' },
    });
    id = await world.connect('alex');
    await world.connect('sam');
  });
  after(() => world[Symbol.asyncDispose]());

  it('accepts that an approval was renewed', async () => {
    await world.clock.advance(2 * 3_600_000);
    const answer = await world.api(`/api/logins/${id}/approval-renewed`, { method: 'POST' });
    const { consent } = loginSchema.parse(await answer.json());
    assert.equal(consent.approved_at, new Date(world.clock.now()).toISOString());
    const unknown = await world.api('/api/logins/nobody/approval-renewed', { method: 'POST' });
    assert.equal(unknown.status, 404);
  });

  it('has diagnostics that describe states and reveal no person', async () => {
    const diagnose = async () => {
      const text = await (await world.api('/api/diagnostics')).text();
      return { text, found: diagnosticsSchema.parse(JSON.parse(text)) };
    };
    world.app().view();
    const { text, found } = await diagnose();
    assert.deepEqual(
      found.logins.map(({ state, needs_person }) => [state, needs_person]),
      [
        ['active', false],
        ['active', false],
      ],
    );
    assert.equal(found.counts.accounts, world.app().view().accounts.length);
    assert.equal(found.counts.transactions, 0);
    assert.ok(found.counts.accounts > 0 && found.logins.every(({ calls }) => calls.total > 0));
    assert.ok(
      found.calls.some(
        ({ path, outcome, count }) => path === '/transactions' && outcome === '200' && count > 1,
      ),
    );
    const settings = new Map(found.settings.map(({ name, value }) => [name, value]));
    assert.deepEqual(
      [settings.get('POLL_SECONDS'), settings.get('PUBLIC_HOST'), settings.get('STALE_HOURS')],
      [60, null, undefined],
    );
    const { logins, accounts, pots } = world.app().view();
    const telling = [
      ...[...logins, ...accounts, ...pots].flatMap((thing) => [
        thing.id,
        ...(thing.name.length > 3 ? [thing.name] : []),
      ]),
      ...logins.flatMap(({ clientId, userId }) => [clientId, userId ?? '-']),
      ...accounts
        .flatMap(({ balance, totalBalance }) => [balance, totalBalance])
        .map((amount) => `:${String(amount)}`),
      alex.current,
      'bank.invalid',
      world.directory,
      'Alex',
    ];
    for (const word of telling) assert.ok(!text.includes(word), `${word} is in ${text}`);
    const [login] = found.logins;
    assert.ok(found.accounts.some((account) => account.logins.includes(login?.login ?? '')));
    assert.ok(found.health.some(({ part }) => part === `login ${login?.login}`));
    await world.restart();
    assert.deepEqual(
      (await diagnose()).found.logins.map(({ login }) => login),
      found.logins.map(({ login }) => login),
    );
  });
});
