import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { z } from 'zod';
import {
  accountSchema,
  potSchema,
  transactionDetailSchema,
  transactionSchema,
} from '../../src/contract/bank-data.ts';
import { healthSchema } from '../../src/contract/bridge-data.ts';
import { listOf, problemSchema } from '../../src/contract/elements.ts';
import { eventListSchema } from '../../src/contract/event-data.ts';
import { authorisationSchema, loginSchema } from '../../src/contract/login-data.ts';
import { seededRandom } from '../../sim/fake-clock.ts';
import { alex, household } from '../../sim/household.ts';
import { untilHistoryIsRead } from '../support/history.ts';
import { createWorld, type World } from '../support/world.ts';
import { rawRequest } from './http-request.ts';

const json = { 'content-type': 'application/json' };
const newLogin = { name: 'Kim', client_id: 'oauth2client_kim', client_secret: 'mnzconf.kim-secret' };

function livelyBank(now: () => number) {
  const bank = household({ now, random: seededRandom(1) });
  bank.addHistory(alex.current, { days: 40, perDay: 2 });
  bank.potMove(alex.pots.holiday, 'deposit', { amount: 1_000 });
  bank.potMove(alex.pots.holiday, 'withdraw', { amount: 250 });
  return bank;
}

describe('the private API', () => {
  let world: World;
  let loginId: string;

  before(async () => {
    world = await createWorld({ bank: livelyBank });
    loginId = await world.connect('alex');
    await untilHistoryIsRead(world);
  });
  after(() => world[Symbol.asyncDispose]());

  const get = async <Schema extends z.ZodType>(schema: Schema, path: string): Promise<z.output<Schema>> => {
    const answer = await world.api(path);
    assert.equal(answer.status, 200, path);
    assert.match(answer.headers.get('content-type') ?? '', /^application\/json/);
    return schema.parse(await answer.json());
  };
  const send = (method: string, path: string, body?: unknown) =>
    world.api(path, { method, ...(body === undefined ? {} : { headers: json, body: JSON.stringify(body) }) });
  const problem = async (answer: Response, status: number, code: string) => {
    assert.equal(answer.headers.get('content-type'), 'application/problem+json');
    const found = problemSchema.parse(await answer.json());
    assert.deepEqual([answer.status, found.status, found.code], [status, status, code]);
    return found;
  };

  it('lists logins, accounts and pots with amounts in both units', async () => {
    const logins = await get(listOf(loginSchema), '/api/logins');
    assert.deepEqual(
      logins.items.map(({ id, name, state }) => [id, name, state]),
      [[loginId, 'Alex', 'active']],
    );
    assert.equal(logins.next, null);
    assert.ok(logins.items[0]?.consent.expires_about);
    const accounts = await get(listOf(accountSchema), '/api/accounts');
    const pots = await get(listOf(potSchema), '/api/pots');
    assert.ok(accounts.items.length > 0 && pots.items.length > 0);
    for (const { balance, balance_minor: minor } of [...accounts.items, ...pots.items])
      assert.equal(Math.round(Number(balance) * 100), minor);
  });

  it('pages through the same transactions as one large page, newest first', async () => {
    const list = listOf(transactionSchema);
    const whole = await get(list, '/api/transactions?limit=500');
    assert.ok(whole.items.length > 60);
    const paged: string[] = [];
    let cursor: string | null = null;
    do {
      const query: string = cursor === null ? '' : `&cursor=${cursor}`;
      const page = await get(list, `/api/transactions?limit=7${query}`);
      paged.push(...page.items.map(({ id }) => id));
      cursor = page.next;
    } while (cursor !== null && paged.length < whole.items.length);
    assert.deepEqual(
      paged,
      whole.items.map(({ id }) => id),
    );
    const times = whole.items.map(({ created }) => created);
    assert.deepEqual(times, times.toSorted().toReversed());
  });

  it('filters transactions', async () => {
    const list = listOf(transactionSchema);
    const { items } = await get(list, '/api/transactions?limit=500');
    const ids = async (query: string) =>
      (await get(list, `/api/transactions?limit=500&${query}`)).items.map(({ id }) => id);
    const wanted = (keep: (item: (typeof items)[number]) => boolean) =>
      items.filter(keep).map(({ id }) => id);
    const moved = items.find(({ pot_id: pot }) => pot !== null);
    const some = items[Math.floor(items.length / 2)];
    assert.ok(moved && some);
    const { account_id: account, category, created, kind } = some;
    assert.deepEqual(
      await ids(`account=${account}`),
      wanted((item) => item.account_id === account),
    );
    assert.deepEqual(
      await ids(`pot=${moved.pot_id}`),
      wanted((item) => item.pot_id === moved.pot_id),
    );
    assert.deepEqual(
      await ids(`category=${category}`),
      wanted((item) => item.category === category),
    );
    assert.deepEqual(
      await ids(`kind=${kind}`),
      wanted((item) => item.kind === kind),
    );
    assert.deepEqual(
      await ids(`since=${created}`),
      wanted((item) => item.created >= created),
    );
    assert.deepEqual(
      await ids(`before=${created}`),
      wanted((item) => item.created < created),
    );
    assert.deepEqual(await ids('q=surely-nothing-has-this'), []);
    assert.deepEqual(
      await ids('since=2026-11-01'),
      wanted((item) => item.created >= '2026-11-01'),
    );
  });

  it("gives one transaction with Monzo's own object", async () => {
    const { items } = await get(listOf(transactionSchema), '/api/transactions?limit=1');
    const detail = await get(transactionDetailSchema, `/api/transactions/${items[0]?.id}`);
    assert.equal(detail.raw['id'], items[0]?.id);
    assert.equal(detail.raw['amount'], detail.amount_minor);
    await problem(await world.api('/api/transactions/tx_none'), 404, 'unknown_transaction');
  });

  it('gives the event log in order, from any place', async () => {
    const places = async (query: string) => get(eventListSchema, `/api/events?${query}`);
    const start = (await places('after=0')).last;
    for (const amount of [350, 120]) world.bank.purchase(alex.current, { amount });
    await world.clock.advance(150_000);
    const { items, last, next } = await places(`after=${start}`);
    const ofBank = items.filter((item) => 'data' in item);
    assert.deepEqual(ofBank.map(({ amount_minor: amount }) => amount).toSorted(), [-120, -350]);
    assert.equal(next, null);
    assert.equal(items.at(-1)?.seq, last);
    for (const { data, transaction_id: id } of ofBank) assert.equal(data['id'], id);
    const first = await places(`after=${start}&limit=1`);
    assert.equal(first.next, String(first.items[0]?.seq));
    assert.deepEqual((await places(`after=${first.next}`)).items, items.slice(1));
    const newest = await places(`before=${last + 1}&limit=1`);
    assert.deepEqual(newest.items, items.slice(-1));
    assert.equal(newest.next, String(last));
    const older = await places(`before=${newest.next}`);
    assert.deepEqual(older.items.slice(0, items.length - 1), items.slice(0, -1).toReversed());
    assert.deepEqual([older.next, older.last], [null, last]);
  });

  it('answers 200 for health in every state', async () => {
    const health = await get(healthSchema, '/api/health');
    assert.ok(health.parts.some(({ part }) => part === `login ${loginId}`));
    const open = await rawRequest(`${world.app().uiUrl}/healthz`);
    assert.deepEqual([open.status, JSON.parse(open.body)], [200, { state: health.state }]);
    const metrics = await world.api('/metrics');
    assert.match(await metrics.text(), /^monzo_bridge_transactions \d+$/m);
  });

  it('starts, renames, replaces the secret of and removes a login', async () => {
    const answer = await send('POST', '/api/logins', newLogin);
    assert.equal(answer.status, 201);
    const started = authorisationSchema.parse(await answer.json());
    assert.equal(started.redirect_uri, `${world.app().publicUrl}/oauth/callback`);
    assert.equal(new URL(started.authorize_url).searchParams.get('redirect_uri'), started.redirect_uri);
    await problem(await send('POST', '/api/logins', newLogin), 409, 'client_in_use');
    const path = `/api/logins/${started.id}`;
    const renamed = await send('PATCH', path, { name: 'Kim Lee', client_secret: 'mnzconf.another' });
    assert.equal(loginSchema.parse(await renamed.json()).name, 'Kim Lee');
    const again = authorisationSchema.parse(await (await send('POST', `${path}/reauthorize`)).json());
    assert.notEqual(again.authorize_url, started.authorize_url);
    assert.equal((await send('DELETE', `${path}?keep_history=true`)).status, 204);
    await problem(await send('DELETE', path), 404, 'unknown_login');
    const everything = world.logLines.join('');
    for (const secret of ['mnzconf.kim-secret', 'mnzconf.another', world.app().adminToken])
      assert.ok(!everything.includes(secret));
  });

  it('accepts a pasted address only for the login that the sign-in belongs to', async () => {
    const begun = authorisationSchema.parse(await (await send('POST', '/api/logins', newLogin)).json());
    const state = new URL(begun.authorize_url).searchParams.get('state') ?? '';
    const url = `https://my.home-assistant.io/redirect/oauth?error=access_denied&state=${state}`;
    const path = `/api/logins/${begun.id}`;
    await problem(await send('POST', `/api/logins/${loginId}/callback`, { url }), 400, 'bad_state');
    await problem(await send('POST', `${path}/callback`, { url: 'https://example.org/' }), 400, 'bad_state');
    const done = await send('POST', `${path}/callback`, { url });
    assert.equal(done.status, 200, 'the refusals before have not used the state up');
    assert.match(loginSchema.parse(await done.json()).needs ?? '', /cancelled/);
    await problem(await send('POST', `${path}/callback`, { url }), 400, 'bad_state');
    await send('DELETE', path);
  });

  it('reloads a login', async () => {
    const answer = await world.api(`/api/logins/${loginId}/reload`, { method: 'POST', headers: json });
    assert.equal(loginSchema.parse(await answer.json()).state, 'active');
    await problem(await send('POST', '/api/logins/login_none/reload'), 404, 'unknown_login');
  });

  it('refuses wrong requests with a sentence', async () => {
    const wrong: readonly (readonly [string, string, unknown, RegExp])[] = [
      ['GET', '/api/transactions?limit=0', undefined, /limit in the query/],
      ['GET', '/api/transactions?limit=2&limit=3', undefined, /limit in the query/],
      ['GET', '/api/transactions?acount=x', undefined, /acount/],
      ['GET', '/api/transactions?since=yesterday', undefined, /since in the query/],
      ['GET', '/api/transactions?since=2026-13-45', undefined, /since in the query/],
      ['GET', '/api/events?after=-1', undefined, /after in the query/],
      ['GET', '/api/events?after=1&before=2', undefined, /after or before, not both/],
      ['POST', '/api/logins', { name: 'Kim' }, /client_id in the body.*client_secret in the body/],
      [
        'POST',
        '/api/logins',
        { ...newLogin, redirect_uri: 'javascript:alert(1)' },
        /redirect_uri in the body/,
      ],
      ['PATCH', '/api/logins/login_x', {}, /must hold a name or a client_secret/],
    ];
    for (const [method, path, body, sentence] of wrong)
      assert.match((await problem(await send(method, path, body), 400, 'bad_request')).detail, sentence);
    await problem(await world.api('/api/transactions?cursor=rubbish'), 400, 'bad_cursor');
    await problem(await world.api('/api/nothing'), 404, 'not_found');
    for (const path of ['/api/', '/api/logins/a/b/c', '/assets/', '/a%00'])
      assert.match((await problem(await world.api(path), 404, 'not_found')).detail, /openapi\.json/);
    for (const path of ['//', '//api/pots', '///api/pots?limit=1', '/api//pots', '/api/accounts//'])
      for (const method of ['GET', 'POST'])
        assert.match(
          (await problem(await send(method, path, undefined), 404, 'not_found')).detail,
          /in which one slash follows another\. Leave out one of them/,
          `${method} ${path}`,
        );
    const mere = await problem(await world.api('/api/nothing?since=//'), 404, 'not_found');
    assert.match(mere.detail, /openapi\.json/);
    await problem(await world.api('/api/transactions/'), 400, 'bad_request');
    const headers = {
      authorization: `Bearer ${readFileSync(join(world.directory, 'admin-token'), 'utf8').trim()}`,
    };
    assert.equal((await rawRequest(world.app().uiUrl, { path: '/api/../api/pots', headers })).status, 404);
    await problem(await world.api('/%zz'), 400, 'bad_request');
    const text = { method: 'POST', headers: { 'content-type': 'text/plain' }, body: '{}' };
    await problem(await world.api('/api/logins', text), 415, 'unsupported_media_type');
    await problem(await world.api('/api/logins', { ...text, headers: json, body: '{' }), 400, 'bad_request');
    const large = { method: 'POST', headers: json, body: JSON.stringify({ name: 'x'.repeat(70_000) }) };
    await problem(await world.api('/api/logins', large), 413, 'too_large');
  });

  it('serves the OpenAPI document as it is committed', async () => {
    const served = z
      .looseObject({ info: z.looseObject({}) })
      .parse(await (await world.api('/api/openapi.json')).json());
    const path = join(import.meta.dirname, '..', '..', 'docs', 'openapi.json');
    const committed = JSON.parse(readFileSync(path, 'utf8')) as typeof served;
    assert.deepEqual({ ...served, info: null }, { ...committed, info: null }, 'run: node scripts/openapi.ts');
  });
});
