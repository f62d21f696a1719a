import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { alex, joint } from '../../sim/household.ts';
import { accounts, callsOf, createdIn, potOf, shown } from '../support/accounts.ts';
import { ask, worldWithAlex } from '../support/money.ts';
import { loginOf, reauthorize, signIn, stateOf } from '../support/people.ts';
import { createWorld, type World } from '../support/world.ts';

const second = 1_000;
const minute = 60 * second;
const hour = 60 * minute;
const quarter = 15 * minute;

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
