import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { alex, joint } from '../../sim/household.ts';
import { ask, worldWithAlex } from '../support/money.ts';
import { loginOf, reauthorize, signIn, stateOf } from '../support/people.ts';
import { events } from '../support/scenario.ts';
import { quiet } from '../support/until.ts';
import { createWorld, type World } from '../support/world.ts';

const second = 1_000;
const minute = 60 * second;
const hour = 60 * minute;
const quarter = 15 * minute;

const accounts = (world: World) =>
  world
    .app()
    .health()
    .find(({ part }) => part === 'accounts') ?? assert.fail('no accounts');
const shown = (world: World, id: string) =>
  world
    .app()
    .view()
    .accounts.find((account) => account.id === id) ?? assert.fail(`no account ${id}`);
const potOf = (world: World, id: string) =>
  world
    .app()
    .view()
    .pots.find((one) => one.id === id) ?? assert.fail(`no pot ${id}`);
const callsOf = (world: World, path: string, accountId: string) =>
  world.bank.calls.filter((call) => call.path === path && call.query.includes(accountId)).length;
const createdIn = async (world: World) =>
  (await events(world))
    .filter(({ type }) => type === 'transaction.created')
    .map(({ transaction_id }) => transaction_id);

describe('an answer that cannot be read', () => {
  it('about one balance is trouble of that balance: pots, other accounts and the login go on', async () => {
    await using world = await worldWithAlex();
    const before = shown(world, alex.current);
    const readAt = world.clock.now();
    const repair = world.faults.add({
      kind: 'wrong_shape',
      match: ({ path, query }) => path === '/balance' && query.get('account_id') === alex.current,
      rewrite: (body) => ({ ...(body as object), balance: '1243.50' }),
    });
    world.bank.potMove(alex.pots.holiday, 'deposit', { amount: 700 });
    const bought = world.bank.purchase(joint.account, { amount: 250, merchant: 'Green Grocer' });
    await ask(world, 'refresh');
    assert.equal(potOf(world, alex.pots.holiday).balance, 45_700);
    const { figuresFrom, ...after } = shown(world, alex.current);
    assert.deepEqual({ ...after, figuresFrom: null }, before);
    assert.ok(figuresFrom !== null && figuresFrom <= readAt);
    assert.deepEqual(
      [accounts(world).state, accounts(world).sentence],
      [
        'degraded',
        'Monzo shows the balance of Current account in a format that the bridge cannot read (since 2026-11-02 09:00 UTC). What was read last stays, and the bridge keeps trying. If it lasts, report it with the line from the log.',
      ],
    );
    assert.deepEqual(
      world
        .app()
        .view()
        .logins.map(({ state, fault }) => [state, fault]),
      [['active', null]],
    );
    assert.equal(world.app().view().logins[0]?.needs, accounts(world).sentence, 'the login tells it too');
    assert.ok((await createdIn(world)).includes(bought));
    repair();
    await world.clock.advance(2 * minute);
    assert.deepEqual([shown(world, alex.current).figuresFrom, accounts(world).sentence], [null, null]);
    assert.equal(shown(world, alex.current).balance, (before.balance ?? 0) - 700);
  });

  it('about the pots marks them all, and leaves the balance', async () => {
    await using world = await worldWithAlex();
    const repair = world.faults.add({
      kind: 'wrong_shape',
      match: ({ path, query }) => path === '/pots' && query.get('current_account_id') === alex.current,
      rewrite: () => ({ pots: { surprise: true } }),
    });
    world.bank.potMove(alex.pots.holiday, 'deposit', { amount: 700 });
    await ask(world, 'refresh');
    assert.equal(potOf(world, alex.pots.holiday).balance, 45_000);
    assert.notEqual(potOf(world, alex.pots.holiday).figuresFrom, null);
    assert.deepEqual(
      [shown(world, alex.current).balance, shown(world, alex.current).figuresFrom],
      [123_650, null],
    );
    assert.match(accounts(world).sentence ?? '', /^Monzo shows the pots of Current account in a format/);
    repair();
    await world.clock.advance(2 * minute);
    assert.equal(potOf(world, alex.pots.holiday).balance, 45_700);
    assert.equal(potOf(world, alex.pots.holiday).figuresFrom, null);
  });

  it('is asked for again soon at first, and never in a loop', async () => {
    await using world = await worldWithAlex();
    world.faults.add({
      kind: 'wrong_shape',
      match: ({ path }) => path === '/balance' || path === '/pots',
      rewrite: () => ({ surprise: true }),
    });
    const before = world.bank.calls.length;
    await world.clock.advance(2 * hour);
    const calls = world.bank.calls.length - before;
    assert.ok(calls < 600, `${calls} calls in two hours`);
  });
});

describe('a transaction that cannot be read', () => {
  const odd = (id: string) => (row: unknown) =>
    (row as { readonly id: string }).id === id ? { ...(row as object), amount: '-3.00' } : row;
  const spoil = (world: World, isSpoilt: (path: string) => boolean, id: string) =>
    world.faults.add({
      kind: 'wrong_shape',
      match: ({ path, method }) => method === 'GET' && isSpoilt(path),
      rewrite: (body) => {
        const { transactions, transaction } = body as {
          readonly transactions?: readonly unknown[];
          readonly transaction?: unknown;
        };
        return transactions
          ? { transactions: transactions.map(odd(id)) }
          : { transaction: odd(id)(transaction) };
      },
    });

  it('in lists is asked for by its id: its event follows, and the others do not wait', async () => {
    await using world = await worldWithAlex();
    const bought = world.bank.purchase(alex.current, { amount: 300, merchant: 'Corner Shop' });
    const next = world.bank.purchase(alex.current, { amount: 400, merchant: 'Corner Shop' });
    spoil(world, (path) => path === '/transactions', bought);
    await ask(world, 'refresh');
    assert.deepEqual(await createdIn(world), [next, bought]);
    assert.deepEqual([accounts(world).state, accounts(world).sentence], ['ok', null]);
    const asked = () => world.bank.calls.filter(({ path }) => path === `/transactions/${bought}`).length;
    const before = asked();
    await world.clock.advance(hour);
    assert.ok(asked() - before <= 5, 'followed as any pending one');
    const { shapes } = (await (await world.api('/api/diagnostics')).json()) as {
      readonly shapes: readonly { readonly where: string; readonly path: string; readonly got: string }[];
    };
    assert.deepEqual(
      shapes.map(({ where, path, got }) => `${where} ${path} ${got}`),
      ['transaction amount string'],
      'noted once',
    );
  });

  it('in any way is told, asked for rarely, and its event follows once it can be read', async () => {
    await using world = await worldWithAlex();
    const bought = world.bank.purchase(alex.current, { amount: 300, merchant: 'Corner Shop' });
    const repair = spoil(world, (path) => path.startsWith('/transactions'), bought);
    await ask(world, 'refresh');
    await world.clock.advance(4 * hour);
    assert.deepEqual(await createdIn(world), []);
    assert.equal(accounts(world).state, 'degraded');
    assert.match(
      accounts(world).sentence ?? '',
      /^Monzo shows some transactions of Current account in a format/,
    );
    const asked = world.bank.calls.filter(({ path }) => path === `/transactions/${bought}`).length;
    assert.ok(asked > 1 && asked < 20, `asked for ${asked} times in four hours`);
    repair();
    await world.clock.advance(2 * hour);
    assert.deepEqual(await createdIn(world), [bought]);
    assert.deepEqual([accounts(world).state, accounts(world).sentence], ['ok', null]);
  });
});

describe('an approval for some accounts only', () => {
  it('is told; what is approved works, and the rest follows once it is approved too', async () => {
    await using world = await createWorld();
    const id = await signIn(world, alex);
    world.bank.approve(alex.userId, [alex.current, alex.rewards]);
    await world.until('it is active', () => stateOf(world, id) === 'active');
    await world.clock.advance(minute);
    assert.equal(shown(world, alex.current).balance, 124_350);
    assert.equal(shown(world, joint.account).available, false);
    assert.equal(accounts(world).state, 'degraded');
    assert.match(
      accounts(world).sentence ?? '',
      /^Monzo refuses to show the balance, pots and transactions of .*Joint account.*approved only some accounts, approve the others too in the Monzo app/,
    );
    assert.deepEqual([loginOf(world, id).fault, loginOf(world, id).needs], [null, accounts(world).sentence]);
    const bought = [
      world.bank.purchase(alex.current, { amount: 300, merchant: 'Corner Shop' }),
      world.bank.purchase(joint.account, { amount: 250, merchant: 'Green Grocer' }),
    ];
    await world.clock.advance(3 * hour);
    assert.deepEqual(await createdIn(world), bought.slice(0, 1));
    const asked = callsOf(world, '/transactions', joint.account);
    assert.ok(asked > 3 && asked < 30, `${asked} lists in three hours`);
    world.bank.approve(alex.userId);
    await world.clock.advance(quarter);
    assert.deepEqual((await createdIn(world)).toSorted(), bought.toSorted());
    assert.equal(shown(world, joint.account).available, true);
    assert.deepEqual([accounts(world).state, accounts(world).sentence], ['ok', null]);
  });

  it('is no trouble where another login reads the account', async () => {
    await using world = await createWorld();
    await world.connect('alex');
    await world.connect('sam');
    world.bank.approve(alex.userId, [alex.current, alex.rewards, alex.flex, alex.euro]);
    await world.clock.advance(hour);
    assert.deepEqual([accounts(world).state, accounts(world).sentence], ['ok', null]);
    const bought = world.bank.purchase(joint.account, { amount: 250, merchant: 'Green Grocer' });
    await world.clock.advance(5 * minute);
    assert.deepEqual(await createdIn(world), [bought]);
  });

  it('that is refused now and then delays no event by more than minutes, also with webhooks', async () => {
    await using world = await createWorld({
      settings: { MONZO_BRIDGE_PUBLIC_URL: 'https://bank.home.example' },
    });
    await world.connect('alex');
    await world.clock.advance(minute);
    world.faults.add({
      kind: 'status',
      status: 403,
      times: 1,
      match: ({ path, query }) => path === '/transactions' && query.get('account_id') === alex.current,
    });
    const bought = world.bank.purchase(alex.current, { amount: 300, merchant: 'Corner Shop' });
    await ask(world, 'refresh');
    assert.deepEqual(await createdIn(world), []);
    await world.clock.advance(2 * minute);
    assert.deepEqual(await createdIn(world), [bought]);
  });

  it('for transactions alone leaves balances and pots up to date', async () => {
    await using world = await worldWithAlex();
    const refusal = world.faults.add({
      kind: 'status',
      status: 403,
      match: ({ path, query }) => path === '/transactions' && query.get('account_id') === alex.current,
    });
    const bought = world.bank.purchase(alex.current, { amount: 300, merchant: 'Corner Shop' });
    await world.clock.advance(hour);
    assert.equal(shown(world, alex.current).balance, 124_050);
    assert.match(
      accounts(world).sentence ?? '',
      /^Monzo refuses to show the transactions of Current account \(since 2026-11-02 09:02 UTC\)\. If you approved only some/,
    );
    refusal();
    await world.clock.advance(quarter);
    assert.deepEqual(await createdIn(world), [bought]);
    assert.equal(accounts(world).state, 'ok');
  });
});

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

describe('an approval that is denied in the app', () => {
  for (const denial of ['stays_forbidden', 'revokes_tokens'] as const)
    it(`(${denial}) is told as far as can be known, costs few calls, and a new sign-in heals it`, async () => {
      await using world = await createWorld({ switches: { denial } });
      const id = await signIn(world, alex);
      await world.clock.advance(20 * second);
      world.bank.deny(alex.userId);
      await world.clock.advance(minute);
      assert.equal(
        stateOf(world, id),
        denial === 'stays_forbidden' ? 'awaiting_approval' : 'needs_authorisation',
      );
      assert.match(loginOf(world, id).needs ?? '', /sign in again/i);
      if (denial === 'stays_forbidden') assert.match(loginOf(world, id).needs ?? '', /if you pressed Deny/);
      const before = world.bank.calls.length;
      await world.clock.advance(24 * hour);
      const calls = world.bank.calls.length - before;
      assert.ok(calls < 1_000, `${calls} calls in a day`);
      world.bank.approve(alex.userId);
      await world.clock.advance(10 * minute);
      assert.notEqual(stateOf(world, id), 'active', 'the request is gone');
      await reauthorize(world, id, alex.userId);
      world.bank.approve(alex.userId);
      await world.until('it is active', () => stateOf(world, id) === 'active');
      assert.equal(loginOf(world, id).needs, null);
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
