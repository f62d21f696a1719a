import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Call } from '../../sim/call.ts';
import type { CallFault } from '../../sim/faults.ts';
import { alex, joint } from '../../sim/household.ts';
import { accounts, callsOf, createdIn, potOf, shown } from '../support/accounts.ts';
import { ask, worldWithAlex } from '../support/money.ts';
import { loginOf, signIn, stateOf } from '../support/people.ts';
import { quiet } from '../support/until.ts';
import { createWorld, type World } from '../support/world.ts';

const second = 1_000;
const minute = 60 * second;
const hour = 60 * minute;
const quarter = 15 * minute;

describe('a refusal of one part of one account', () => {
  for (const path of ['/balance', '/pots', '/transactions'] as const)
    it(`(${path}) is asked for again soon, then seldom; a ring and a person ask at once; it heals by itself`, async () => {
      await using world = await createWorld({
        settings: { MONZO_BRIDGE_PUBLIC_URL: 'https://bank.home.example' },
      });
      await world.connect('alex');
      await world.clock.advance(quarter);
      const isIt = (call: { readonly path: string; readonly query: URLSearchParams | string }) =>
        call.path === path && call.query.toString().includes(alex.current);
      const times: number[] = [];
      const heal = world.faults.add({
        kind: 'status',
        status: 403,
        match: (call) => isIt(call) && times.push(world.clock.now()) > 0,
      });
      await ask(world, 'refresh');
      const first = times[0] ?? assert.fail('not asked for');
      await world.clock.advance(minute);
      assert.ok(times.filter((at) => at < first + minute).length >= 3, 'again within a minute');
      const part = path.slice(1);
      for (const sentence of [accounts(world).sentence, world.app().view().logins[0]?.needs])
        assert.match(
          sentence ?? '',
          new RegExp(
            `^Monzo refuses to show the ${part} of Current account \\(since 2026-11-02 09:15 UTC\\)`,
          ),
        );
      assert.equal(world.app().view().logins[0]?.state, 'active');
      if (path === '/balance') assert.notEqual(shown(world, alex.current).figuresFrom, null);
      if (path === '/pots') assert.notEqual(potOf(world, alex.pots.holiday).figuresFrom, null);
      await world.clock.advance(7 * hour);
      const pauses = times.slice(1).map((at, place) => at - (times[place] ?? 0));
      assert.ok(Math.max(...pauses) <= quarter + minute, `${Math.max(...pauses) / minute} minutes`);
      assert.ok(times.length < 60, `${times.length} times in seven hours`);
      if (path === '/balance') assert.equal(shown(world, alex.current).available, false);
      if (path === '/pots') assert.equal(potOf(world, alex.pots.holiday).available, false);
      const hook = [...world.bank.model.webhooks.values()].find(
        ({ accountId }) => accountId === alex.current,
      );
      assert.ok(hook, 'the webhook stays');
      const before = times.length;
      const bought = world.bank.purchase(alex.current, { amount: 350, merchant: 'Corner Shop' });
      const body = JSON.stringify({ data: { id: bought, account_id: alex.current } });
      await world.fetchFromOutside(hook.url, { method: 'POST', body });
      await quiet();
      await world.clock.advance(100);
      assert.ok(times.length > before, 'a ring asks at once');
      if (path !== '/transactions') assert.deepEqual(await createdIn(world), [bought]);
      const ringed = times.length;
      await ask(world, 'refresh');
      assert.ok(times.length > ringed, 'a person asks at once');
      heal();
      await world.clock.advance(quarter);
      assert.deepEqual(await createdIn(world), [bought]);
      assert.deepEqual([accounts(world).sentence, world.app().view().logins[0]?.needs], [null, null]);
      assert.deepEqual(
        [shown(world, alex.current).balance, shown(world, alex.current).figuresFrom],
        [124_000, null],
      );
      assert.equal(potOf(world, alex.pots.holiday).available, true);
    });
});

describe('an account of a type that nobody knows', () => {
  const learntOf = async (world: World) => {
    const { items } = (await (await world.api('/api/logins')).json()) as {
      readonly items: readonly { readonly learnt: readonly string[] }[];
    };
    return items[0]?.learnt.find((sentence) => sentence.includes('Euro account')) ?? null;
  };
  const positions = ['no_pots_400', 'no_balance_404', 'no_pots_500', 'no_balance_500'] as const;
  for (const oddAccount of positions)
    it(`(${oddAccount}) keeps nothing waiting: the rest of it and the others are read, what it lacks is learnt and asked for daily`, async () => {
      await using world = await createWorld({
        switches: { oddAccount },
        settings: { MONZO_BRIDGE_POLL_SECONDS: '3600' },
      });
      const id = await signIn(world, alex);
      world.bank.approve(alex.userId);
      await world.clock.advance(20 * second);
      assert.equal(stateOf(world, id), 'active');
      await world.clock.advance(4 * minute);
      assert.equal(loginOf(world, id).history.state, 'complete');
      const lacks = oddAccount.includes('pots') ? 'pots' : 'balance';
      const euro = shown(world, alex.euro);
      assert.equal(euro.balance, lacks === 'balance' ? null : 25_000);
      assert.match(accounts(world).sentence ?? '', new RegExp(`the ${lacks} of Euro account \\(since`));
      const bought = world.bank.purchase(alex.euro, { amount: 300, merchant: 'Corner Shop' });
      await ask(world, 'refresh');
      assert.deepEqual(await createdIn(world), [bought]);
      await world.clock.advance(2 * hour);
      assert.deepEqual([accounts(world).sentence, loginOf(world, id).needs], [null, null]);
      const learnt = `Monzo shows no ${lacks} for Euro account (since 2026-11-02 09:00 UTC). The bridge reads what else there is, and asks again once a day.`;
      assert.equal(await learntOf(world), learnt);
      const { items } = (await (await world.api('/api/accounts')).json()) as {
        readonly items: readonly { readonly id: string; readonly lacks: readonly string[] }[];
      };
      assert.deepEqual(items.find(({ id: one }) => one === alex.euro)?.lacks, [lacks]);
      await world.restart();
      const asked = callsOf(world, `/${lacks}`, alex.euro);
      const all = world.bank.calls.length;
      await world.clock.advance(24 * hour);
      assert.equal(await learntOf(world), learnt, 'kept over restarts');
      assert.equal(callsOf(world, `/${lacks}`, alex.euro) - asked, 1, 'once a day');
      assert.ok(world.bank.calls.length - all < 4_700);
      world.bank.model.switches.oddAccount = 'as_others';
      await world.clock.advance(24 * hour);
      assert.equal(await learntOf(world), null);
      assert.equal(shown(world, alex.euro).available, true);
    });

  it('that fails to show what others of its type show is no reason to wait either', async () => {
    await using world = await createWorld();
    world.faults.add({
      kind: 'status',
      status: 500,
      match: ({ path, query }) => path !== '/accounts' && query.toString().includes(alex.euro),
    });
    const id = await world.connect('alex');
    await world.clock.advance(4 * minute);
    assert.equal(stateOf(world, id), 'active');
    assert.equal(shown(world, alex.current).balance, 124_350);
    const isOld = (call: { readonly path: string; readonly query: string }) =>
      call.path === '/transactions' && call.query.includes(alex.current) && call.query.includes('before=');
    assert.ok(world.bank.calls.some(isOld), 'the history of the others is read within the five minutes');
    const bought = world.bank.purchase(alex.current, { amount: 300, merchant: 'Corner Shop' });
    await world.clock.advance(2 * minute);
    assert.deepEqual(await createdIn(world), [bought]);
  });
});

describe('a part of a joint account that is refused to one of its owners', () => {
  for (const path of ['/balance', '/pots', '/transactions'])
    it(`(${path}) is read through the login of the other`, async () => {
      await using world = await createWorld();
      await world.connect('alex');
      await world.connect('sam');
      await world.clock.advance(minute);
      let refused: string | null = null;
      world.faults.add({
        kind: 'status',
        status: 403,
        match: (call) =>
          call.path === path &&
          call.query.toString().includes(joint.account) &&
          (refused ??= call.authorization) === call.authorization,
      });
      const bought = world.bank.purchase(joint.account, { amount: 250, merchant: 'Green Grocer' });
      await world.clock.advance(20 * minute);
      assert.deepEqual(await createdIn(world), [bought]);
      assert.equal(accounts(world).sentence, null);
      assert.equal(potOf(world, joint.pots.bills).figuresFrom, null);
    });
});

describe('a part that the bank is slow to fail at', () => {
  it('comes last: a person who asks is told the rest in time', async () => {
    await using world = await createWorld();
    world.faults.add({
      kind: 'timeout_before',
      match: ({ path, query }) => path === '/balance' && query.get('account_id') === alex.current,
    });
    const id = await world.connect('alex');
    await world.clock.advance(2 * minute);
    world.bank.purchase(joint.account, { amount: 300, merchant: 'Green Grocer' });
    const before = shown(world, joint.account).balance ?? assert.fail('never read');
    const told = await ask(world, 'refresh');
    assert.deepEqual([told.http, told['logins']], [200, [id]]);
    assert.equal(shown(world, joint.account).balance, before - 300);
  });

  const others: readonly CallFault[] = [
    { kind: 'reset_before' },
    { kind: 'status', status: 403, code: 'forbidden.account_frozen' },
    { kind: 'status', status: 410 },
  ];
  for (const fault of others)
    it(`or refuses in another way (${JSON.stringify(fault)}) keeps no login waiting, nor the history`, async () => {
      await using world = await createWorld();
      world.faults.add({
        ...fault,
        match: ({ path, query }: Call) => path === '/balance' && query.get('account_id') === alex.current,
      });
      const id = await signIn(world, alex);
      world.bank.approve(alex.userId);
      await world.clock.advance(10 * second);
      assert.equal(stateOf(world, id), 'active');
      await world.clock.advance(4 * minute);
      assert.equal(loginOf(world, id).history.state, 'complete');
    });
});

describe('a refresh', () => {
  const refreshed = async (world: World) => {
    const began = world.clock.now();
    const { http, ...told } = await ask(world, 'refresh');
    return { http, told, took: world.clock.now() - began };
  };

  it('on a slow bank answers within twenty seconds with what is known, and goes on', async () => {
    await using world = await worldWithAlex();
    const id = world.app().view().logins[0]?.id;
    world.bank.potMove(alex.pots.holiday, 'deposit', { amount: 700 });
    const quicken = world.faults.add({ kind: 'slow', ms: 6_000 });
    const { http, told, took } = await refreshed(world);
    assert.ok(took <= 20 * second, `${took} ms`);
    assert.equal(http, 200);
    assert.deepEqual(told['logins'], [id]);
    assert.deepEqual(told['not_read'], [
      { login: id, name: 'Alex', sentence: 'Monzo is slow: the rest is still being read.' },
    ]);
    await world.clock.advance(3 * minute);
    assert.equal(shown(world, alex.current).balance, 123_650);
    quicken();
    assert.deepEqual((await refreshed(world)).told, { status: 'done', logins: [id], not_read: [] });
  });

  it('on a bank that has only listed the accounts by then is no failure', async () => {
    await using world = await worldWithAlex();
    world.bank.potMove(alex.pots.holiday, 'deposit', { amount: 700 });
    world.faults.add({ kind: 'slow', ms: 15_000 });
    const { http, told, took } = await refreshed(world);
    assert.ok(took <= 20 * second, `${took} ms`);
    assert.equal(http, 200);
    assert.match(JSON.stringify(told['not_read']), /Monzo is slow: the rest is still being read/);
    await world.clock.advance(4 * minute);
    assert.equal(shown(world, alex.current).balance, 123_650);
  });

  it('names what was not read, and fails with the reason where nothing was', async () => {
    await using world = await createWorld();
    assert.deepEqual(
      [(await refreshed(world)).told['code'], (await refreshed(world)).told['detail']],
      [
        'nothing_read',
        'Nothing was read from Monzo. No login is connected. Connect one on the bridge’s page.',
      ],
    );
    const id = await world.connect('alex');
    await world.clock.advance(minute);
    const heal = world.faults.add({
      kind: 'status',
      status: 403,
      match: ({ path }) => path === '/balance',
    });
    const some = (await refreshed(world)).told;
    assert.deepEqual(some['logins'], [id]);
    assert.match(JSON.stringify(some['not_read']), /Monzo refuses to show the balance of Current account/);
    heal();
    world.faults.add({ kind: 'status', status: 403, match: ({ path }) => path !== '/accounts' });
    const none = await refreshed(world);
    assert.equal(none.http, 409);
    assert.match(
      String(none.told['detail']),
      /^Nothing was read from Monzo\. Monzo refuses to show the balance/,
    );
  });
});
