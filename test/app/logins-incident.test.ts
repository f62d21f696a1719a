import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { connectPerson } from '../../sim/demo/connect.ts';
import { alex } from '../../sim/household.ts';
import { departures } from '../../sim/switches.ts';
import { loginOf, reload, stateOf } from '../support/people.ts';
import { events } from '../support/scenario.ts';
import { createWorld, type World } from '../support/world.ts';

const second = 1_000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;

const switches = { tokenLifetime: 21_600 } as const;
const settings = { MONZO_BRIDGE_POLL_SECONDS: '900' } as const;
const tokenCalls = (world: World, since = 0) =>
  world.bank.calls.slice(since).filter(({ path }) => path === '/oauth2/token').length;
const createdIn = async (world: World) =>
  (await events(world)).filter(({ type }) => type === 'transaction.created').map((one) => one.transaction_id);

/** Buys now and then while so much time passes. */
async function buyThrough(world: World, ms: number): Promise<readonly string[]> {
  const bought: string[] = [];
  for (let part = 0; part < 4; part += 1) {
    bought.push(world.bank.purchase(alex.current, { amount: 100 + part, merchant: 'Corner Shop' }));
    await world.clock.advance(ms / 4);
  }
  return bought;
}

describe('good tokens are refused for a while', () => {
  for (const [label, turned] of [
    ['as documented', {}] as const,
    ...departures(['deadToken', 'refusedRefresh', 'refreshReuse']),
  ])
    test(`the login heals by itself, and no event is lost (${label})`, async () => {
      await using world = await createWorld({ settings, switches: { ...switches, ...turned } });
      const id = await world.connect('alex');
      world.bank.tokenIncident(hour);
      const bought = [...(await buyThrough(world, hour))];
      assert.equal(stateOf(world, id), 'needs_authorisation');
      assert.match(
        loginOf(world, id).needs ?? '',
        /tries again by itself, next on 2 November 2026 at \d\d:\d\d/,
      );
      assert.ok(tokenCalls(world) <= 6, `${tokenCalls(world)} calls for tokens`);
      await world.clock.advance(hour);
      assert.equal(stateOf(world, id), 'active');
      assert.equal(loginOf(world, id).needs, null);
      bought.push(...(await buyThrough(world, 2 * hour)));
      assert.deepEqual((await createdIn(world)).toSorted(), bought.toSorted());
    });

  test('also where the tokens were just to be renewed, and the bridge was started again meanwhile', async () => {
    await using world = await createWorld({ settings, switches });
    const id = await world.connect('alex');
    await world.clock.advance(6 * hour - 12 * minute);
    world.bank.tokenIncident(hour);
    await world.clock.advance(30 * minute);
    const before = world.bank.calls.length;
    for (let start = 0; start < 3; start += 1) await world.restart();
    await world.clock.advance(minute);
    assert.equal(tokenCalls(world, before), 0, 'a start is no reason to try at once');
    await world.clock.advance(2 * hour);
    assert.equal(stateOf(world, id), 'active');
  });

  test('after days it is tried once a day, and heals then', async () => {
    await using world = await createWorld({ settings, switches });
    const id = await world.connect('alex');
    world.bank.tokenIncident(3 * day);
    await world.clock.advance(2 * day);
    const before = world.bank.calls.length;
    await world.clock.advance(day);
    assert.ok(tokenCalls(world, before) <= 1);
    await world.clock.advance(day);
    assert.equal(stateOf(world, id), 'active');
  });

  test('a person who reloads need not wait', async () => {
    await using world = await createWorld({ settings, switches });
    const id = await world.connect('alex');
    world.bank.tokenIncident(day);
    await world.clock.advance(day + minute);
    assert.equal(stateOf(world, id), 'needs_authorisation');
    await reload(world, id);
    assert.equal(stateOf(world, id), 'active');
    await world.clock.advance(2 * day);
    assert.equal(stateOf(world, id), 'active', 'what was refused once does not keep it from being renewed');
  });

  test('only the renewal is refused: the access token is used for as long as it lasts', async () => {
    await using world = await createWorld({
      settings,
      switches: { ...switches, refusedRefresh: 'forbidden_403' },
    });
    const id = await world.connect('alex');
    await world.clock.advance(6 * hour - 12 * minute);
    const repair = world.faults.add({
      kind: 'status',
      status: 403,
      code: 'forbidden',
      match: ({ path }) => path === '/oauth2/token',
    });
    await world.clock.advance(10 * minute);
    assert.deepEqual([stateOf(world, id), loginOf(world, id).needs], ['active', null]);
    assert.ok(tokenCalls(world) <= 3);
    await world.clock.advance(10 * minute);
    assert.equal(stateOf(world, id), 'needs_authorisation');
    assert.match(loginOf(world, id).needs ?? '', /^Monzo no longer renews this login/);
    repair();
    await world.clock.advance(hour);
    assert.equal(stateOf(world, id), 'active');
  });
});

describe('an eviction', () => {
  for (const [label, turned] of [
    ['as documented', {}] as const,
    ...departures(['deadToken', 'refreshReuse']),
  ])
    test(`is named, and no refresh token is tried again by itself (${label})`, async () => {
      await using world = await createWorld({ settings, switches: { ...switches, ...turned } });
      const id = await world.connect('alex');
      world.bank.evict(alex.clientId, alex.userId);
      await world.clock.advance(16 * minute);
      assert.equal(stateOf(world, id), 'needs_authorisation');
      const [before, tried] = [world.bank.calls.length, tokenCalls(world)];
      world.bank.purchase(alex.current, { amount: 100, merchant: 'Corner Shop' });
      await world.clock.advance(2 * day);
      assert.match(loginOf(world, id).needs ?? '', /someone else uses this OAuth client/);
      assert.equal(tokenCalls(world), tried);
      assert.ok(world.bank.calls.length - before < 20, `${world.bank.calls.length - before} calls`);
    });

  test('two bridges that share a client do not end each other’s login in turn', async () => {
    const turned = { ...switches, refreshReuse: 'kills_family' } as const;
    await using first = await createWorld({ settings, switches: turned });
    const id = await first.connect('alex');
    await using second = await createWorld({ settings, bank: () => first.bank });
    const step = async (ms: number) => {
      await first.clock.advance(ms);
      await second.clock.advance(first.clock.now() - second.clock.now());
    };
    await step(0);
    const { uiUrl, adminToken } = second.app();
    const there = { uiUrl, adminToken, fetch: second.fetchFromOutside };
    await connectPerson(first.bank, there, { ...alex, name: 'Alex' });
    for (let part = 0; part < 60; part += 1) await step(30 * minute);
    assert.match(loginOf(first, id).needs ?? '', /someone else uses this OAuth client/);
    const [other] = second.app().view().logins;
    assert.deepEqual([other?.state, other?.needs], ['active', null]);
  });
});
