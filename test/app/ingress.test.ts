import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { createCall } from '../../web/api/client.ts';
import { exportAddress, transactions } from '../../web/api/ledger.ts';
import { alex } from '../../sim/household.ts';
import { residents, startHouse, type House, type Visit } from '../support/panel.ts';
import { inSteps, quiet, until } from '../support/until.ts';
import { createWorld, type World } from '../support/world.ts';

describe('the bridge as an app of Home Assistant', () => {
  let house: House;
  let world: World;
  /** The listener itself, from an address that is not the Supervisor's. */
  const ownUrl = () => world.app().uiUrl.replace('127.0.0.1', '[::1]');
  const part = (name: string) =>
    world
      .app()
      .health()
      .find((found) => found.part === name);
  const connected = () =>
    until('Home Assistant is connected', () => part('home_assistant')?.state === 'ok', {
      between: inSteps(world.clock, 200),
    });
  /** In steps shorter than the bridge waits for any answer, with time for the network in between. */
  const pass = async (ms: number) => {
    for (let left = ms; left > 0; left -= 5_000) await inSteps(world.clock, Math.min(left, 5_000))();
  };
  /** What GET /api/logins says to a user of Home Assistant. */
  const told = async (visit: Visit) => {
    const { status, problem } = await visit.ask('api/logins');
    return [status, problem?.['code']];
  };

  before(async () => {
    house = await startHouse();
    const { settings, place } = house;
    world = await createWorld({ settings, supervisor: place });
    house.leadTo(world.app().uiUrl);
    await connected();
    await world.connect('alex');
  });
  after(async () => {
    await world[Symbol.asyncDispose]();
    await house[Symbol.asyncDispose]();
  });

  const everybody: readonly (readonly [string, string | undefined, number, string | undefined])[] = [
    ['an administrator', 'zoe', 200, undefined],
    ['the owner', 'owner', 200, undefined],
    ['a member of the household', 'kid', 403, 'administrators_only'],
    ['a user who was deactivated', 'former', 403, 'unknown_user'],
    ['a user whom Home Assistant does not list', 'ghost', 403, 'unknown_user'],
    ['nobody in particular', undefined, 403, 'unknown_user'],
  ];
  for (const [who, id, status, code] of everybody)
    it(`${code === undefined ? 'lets in' : 'tells in words why it refuses'} ${who}`, async () => {
      const visit = await house.visit(id);
      assert.deepEqual(await told(visit), [status, code]);
      const session = await visit.ask('api/session');
      assert.deepEqual([session.status, session.problem?.['code']], [status, code]);
      const change = await visit.ask('api/rails', { method: 'PUT', body: { cooldown_seconds: 60 } });
      assert.deepEqual([change.status, change.problem?.['code']], [status, code]);
      const name = Object.entries(residents).find(([known]) => known === id)?.[1].name;
      if (code === 'administrators_only') assert.equal(session.problem?.['user'], name);
      if (code !== undefined) assert.match(String(session.problem?.['detail']), /\w{3}.*\. .*\w{3}.*\.$/s);
      const page = await visit.ask('');
      assert.equal(page.status, 200, 'the page itself, which tells them');
    });

  it('believes Home Assistant for a minute, and asks again sooner where it did not let someone in', async () => {
    const { users } = house.homeAssistant.world;
    const [zoe, kid] = [await house.visit('zoe'), await house.visit('kid')];
    await pass(60_000);
    assert.deepEqual(await told(zoe), [200, undefined]);
    const asked = () => house.homeAssistant.of('config/auth/list').length;
    const before = asked();
    users.set('zoe', { ...residents.zoe, isAdministrator: false });
    await pass(59_000);
    assert.deepEqual([await told(zoe), asked()], [[200, undefined], before]);
    await pass(1_000);
    assert.deepEqual(await told(zoe), [403, 'administrators_only'], 'no more rights');
    users.set('zoe', residents.zoe);
    users.set('kid', { ...residents.kid, isAdministrator: true });
    assert.deepEqual(await told(kid), [403, 'administrators_only']);
    await pass(5_000);
    assert.deepEqual(
      [await told(kid), await told(zoe)],
      [
        [200, undefined],
        [200, undefined],
      ],
    );
    assert.equal(asked(), before + 2, 'each answer served all');
    users.set('kid', residents.kid);
    await pass(60_000);
  });

  it('ends the live stream of someone who lost their rights', async () => {
    const { users } = house.homeAssistant.world;
    const stream = await (await house.visit('zoe')).open('api/live');
    let heard = '';
    let isOver = false;
    stream.setEncoding('utf8').on('data', (piece: string) => (heard += piece));
    stream.once('close', () => (isOver = true));
    const between = inSteps(world.clock, 5_000);
    await until('the first snapshot', () => heard.includes('event: snapshot'), { between: () => quiet() });
    assert.equal(stream.headers['content-type'], 'text/event-stream');
    await until('a beat', () => heard.includes('event: beat'), { between });
    world.bank.purchase(alex.current, { amount: 777, merchant: 'Corner Shop' });
    const shown = () => heard.split('event: snapshot').length > 2;
    await until('what changed', shown, { between });
    users.set('zoe', { ...residents.zoe, isAdministrator: false });
    const lost = world.clock.now();
    await until('the end', () => isOver, { between });
    assert.ok(world.clock.now() - lost <= 80_000);
    users.set('zoe', residents.zoe);
    await pass(60_000);
  });

  it('ends its live streams once Home Assistant stops, which would wait for them, and no others', async () => {
    const ending = new AbortController();
    const headers = { authorization: `Bearer ${world.app().adminToken}` };
    const direct = await fetch(`${ownUrl()}/api/live`, { headers, signal: ending.signal });
    let isDirectOver = false;
    void Array.fromAsync(direct.body ?? []).then(
      () => (isDirectOver = true),
      () => (isDirectOver = true),
    );
    const stream = await (await house.visit('zoe')).open('api/live');
    let isOver = false;
    stream.resume().once('close', () => (isOver = true));
    await quiet();
    assert.equal(isOver, false);
    await house.homeAssistant.stop();
    await until('the end', () => isOver, { between: () => quiet() });
    assert.equal(isDirectOver, false);
    ending.abort();
    await house.homeAssistant.start();
    await connected();
  });

  it('lets nobody in while Home Assistant cannot be asked, and everybody it did as soon as it can', async () => {
    const [zoe, kid] = [await house.visit('zoe'), await house.visit('kid')];
    assert.deepEqual(await told(zoe), [200, undefined]);
    await house.homeAssistant.stop();
    await until('it is missed', () => part('home_assistant')?.state !== 'ok', {
      between: inSteps(world.clock, 200),
    });
    await pass(60_000);
    for (const visit of [zoe, kid]) assert.deepEqual(await told(visit), [503, 'user_not_checked']);
    await house.homeAssistant.start();
    await connected();
    assert.deepEqual(await told(zoe), [200, undefined]);
    assert.deepEqual(await told(kid), [403, 'administrators_only']);
  });

  it('is let in by what Home Assistant lists, whatever else is in the list', async () => {
    const { script } = house.homeAssistant.world;
    const zoe = await house.visit('zoe');
    const answers: readonly (readonly [unknown, number])[] = [
      [[null, 7, { id: 5 }, { id: 'zoe', is_active: true, group_ids: ['system-admin'] }], 200],
      [[{ id: 'zoe', is_active: 'yes', is_owner: true }], 403],
      [[{ id: 'zoe', is_active: true, is_owner: 'yes', group_ids: 'system-admin' }], 403],
      [{ users: [] }, 503],
      [null, 503],
    ];
    for (const [result, status] of answers) {
      script.set('config/auth/list', { result });
      await pass(60_000);
      assert.equal((await told(zoe))[0], status, JSON.stringify(result));
    }
    script.clear();
    await pass(60_000);
  });

  it('answers everything below the changing path as at its own address', async () => {
    const zoe = await house.visit('zoe');
    const described = JSON.parse((await zoe.ask('api/openapi.json')).body) as {
      readonly paths: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
    };
    const login = world.app().view().logins[0]?.id ?? '';
    const paths = Object.entries(described.paths)
      .filter(([path, operations]) => 'get' in operations && path !== '/api/live')
      .map(([path]) => path.replace('{id}', login).slice(1));
    assert.ok(paths.length > 20);
    for (const path of [...paths, 'metrics', 'healthz', 'icon.svg', 'api/nothing']) {
      const [inside, direct] = [await zoe.ask(path), await world.api(`/${path}`)];
      assert.equal(inside.status, direct.status, path);
      assert.deepEqual(
        [inside.headers['set-cookie'], inside.headers['location'], direct.headers.get('location')],
        [undefined, undefined, null],
        path,
      );
    }
    const page = await zoe.ask('');
    assert.match(String(page.headers['content-security-policy']), /frame-ancestors 'self'$/);
    assert.equal(page.headers['x-frame-options'], 'SAMEORIGIN');
  });

  it('exports the same file', async () => {
    const zoe = await house.visit('zoe');
    for (const format of ['csv', 'json'] as const) {
      const address = exportAddress({ q: 'corner' }, format);
      const [inside, direct] = [await zoe.ask(address), await world.api(`/${address}`)];
      assert.deepEqual([inside.status, inside.body], [200, await direct.text()]);
      assert.match(inside.body, /Corner Shop/);
      assert.match(String(inside.headers['content-disposition']), /^attachment; filename=/);
    }
  });

  const lookLikeAttacks = [
    'Concat (UK) Ltd',
    '../../etc',
    '/a/b/',
    '<script>alert(1)</script>',
    'Western Union, Select (Paris)',
    'union all select',
    '/proc/self/environ',
    '%2e%2e%2f',
    'a\tb',
    '50 % & more = “Zoë” 王 😀',
  ];
  for (const [index, merchant] of lookLikeAttacks.entries())
    it(`finds ${JSON.stringify(merchant)}, which looks like an attack on the way`, async () => {
      const amount = 1_000 + index;
      world.bank.purchase(alex.current, { amount, merchant });
      const zoe = await house.visit('zoe');
      const call = createCall(zoe.fetch, house.page);
      const amounts = async (filters: Parameters<typeof transactions>[1]) =>
        (await transactions(call, filters)).items.map(({ amount_minor: found }) => found);
      await until('it is known', async () => (await amounts({ merchant })).includes(-amount), {
        between: inSteps(world.clock, 30_000),
      });
      assert.deepEqual(await amounts({ merchant }), [-amount]);
      assert.ok(Array.isArray(await amounts({ q: merchant })));
      assert.equal((await zoe.ask(exportAddress({ merchant }, 'csv'))).status, 200);
    });

  it('says what happened where Home Assistant or its Supervisor answers instead of the bridge', async () => {
    const { fetch } = await house.visit('zoe');
    const call = createCall(fetch, house.page);
    const unknown: typeof fetch = (input, init) => {
      const headers = { cookie: 'ingress_session=ended' };
      return globalThis.fetch(input, { ...init, headers });
    };
    const ended = createCall(unknown, house.page);
    await assert.rejects(transactions(ended, {}), { code: 'signed_out_between', problem: null });
    await house.supervisor.stop();
    await assert.rejects(transactions(call, {}), { code: 'unreachable', problem: null });
    await house.supervisor.start();
    await transactions(call, {});
  });

  it('refuses a query that is packed wrongly', async () => {
    const zoe = await house.visit('zoe');
    for (const packed of ['6', '6Z', '', '713d20', '713d0a', '713dff', '00'])
      assert.equal((await zoe.ask(`api/transactions?packed=${packed}`)).status, 400, packed);
  });

  it('names the person in the audit, and moves as what they are', async () => {
    const [zoe, owner, kid] = [
      await house.visit('zoe'),
      await house.visit('owner'),
      await house.visit('kid'),
    ];
    const post = (visit: Visit, name: string, body: object = {}) =>
      visit.ask(`api/commands/${name}`, { method: 'POST', body });
    const pot = world.app().view().pots[0]?.id ?? '';
    const move = { pot, transfer_type: 'deposit', amount: '1' };
    await zoe.ask('api/rails', { method: 'PUT', body: { cooldown_seconds: 0 } });
    assert.equal((await post(zoe, 'pause')).status, 200);
    assert.equal((await post(owner, 'resume')).status, 200);
    assert.equal((await post(zoe, 'pot_transfer', move)).status, 200);
    const refused = await post(kid, 'pot_transfer', move);
    assert.deepEqual(
      [refused.status, refused.problem?.['code'], refused.problem?.['money_moved']],
      [403, 'administrators_only', 'no'],
    );
    const audit = JSON.parse((await zoe.ask('api/audit?limit=20')).body) as {
      readonly items: readonly Readonly<Record<string, string>>[];
    };
    const who = (action: string, decision: string) =>
      audit.items
        .filter((row) => row['action'] === action && row['decision'] === decision)
        .map(({ door, user }) => `${door} ${user}`)[0];
    assert.equal(who('pause', 'done'), 'page Zoë (zoe)');
    assert.equal(who('resume', 'done'), 'page Olu (owner)');
    assert.equal(who('set_rails', 'done'), 'page Zoë (zoe)');
    assert.equal(who('pot_transfer', 'allowed'), 'page Zoë (zoe)');
    assert.equal(who('pot_transfer', 'refused'), 'page Kim (kid)');
  });

  it('leaves new versions of the app to Home Assistant', async () => {
    const zoe = await house.visit('zoe');
    const path = 'api/optional-entities';
    const { update_check: check } = JSON.parse((await zoe.ask(path)).body) as Record<string, unknown>;
    assert.equal(check, null);
    const put = await zoe.ask(path, { method: 'PUT', body: { update_check: true } });
    assert.deepEqual([put.status, put.problem?.['code']], [409, 'updates_by_home_assistant']);
    assert.equal((await zoe.ask(path, { method: 'PUT', body: { feed_posts: false } })).status, 200);
  });

  it('asks nobody to sign in, and neither sets nor reads a cookie', async () => {
    const kid = await house.visit('kid');
    const direct = await fetch(`${ownUrl()}/api/session`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ token: world.app().adminToken }),
    });
    const good = direct.headers.getSetCookie()[0]?.split(';')[0] ?? '';
    const cookie = `${kid.cookie}; ${good}`;
    assert.deepEqual((await kid.ask('api/logins', { headers: { cookie } })).status, 403);
    for (const method of ['POST', 'DELETE']) {
      const body = method === 'POST' ? { token: world.app().adminToken } : undefined;
      const tried = await kid.ask('api/session', { method, headers: { cookie }, ...(body && { body }) });
      assert.equal(tried.headers['set-cookie'], undefined, method);
    }
    const still = await fetch(`${ownUrl()}/api/session`, { headers: { cookie: good } });
    assert.deepEqual(await still.json(), { signed_in: true, how: 'session' });
  });
});
