import assert from 'node:assert/strict';
import { test } from 'node:test';
import { alex, joint, sam } from '../../sim/household.ts';
import { createWorld, type World } from '../support/world.ts';

const minute = 60_000;
const hour = 60 * minute;

const accountIn = (world: World, id: string) =>
  world
    .app()
    .view()
    .accounts.find((account) => account.id === id);
const potIn = (world: World, id: string) =>
  world
    .app()
    .view()
    .pots.find((pot) => pot.id === id);
const loginIn = (world: World, id: string) =>
  world
    .app()
    .view()
    .logins.find((login) => login.id === id);

test('a connected person sees every account and pot that is open, named as a person would', async () => {
  await using world = await createWorld();
  await world.connect('alex');
  const { accounts, pots } = world.app().view();
  assert.deepEqual(accounts.map(({ name }) => name).toSorted(), [
    'Cashback',
    'Current account',
    'Euro account',
    'Flex',
    'Joint account',
  ]);
  assert.equal(accountIn(world, alex.current)?.balance, world.bank.account(alex.current).balance);
  assert.equal(accountIn(world, alex.euro)?.currency, 'EUR');
  assert.equal(accountIn(world, alex.prepaid), undefined);
  assert.equal(accountIn(world, alex.flexLoan), undefined);
  assert.equal(potIn(world, alex.pots.deleted), undefined);
  assert.equal(potIn(world, alex.pots.holiday)?.balance, world.bank.pot(alex.pots.holiday).balance);
  const names = pots.map(({ name }) => name);
  assert.equal(new Set(names).size, names.length, 'two pots of one name are told apart');
});

test('a purchase shows in balance, total and spent today, and is one event with the balance after it', async () => {
  await using world = await createWorld();
  await world.connect('alex');
  await world.clock.advance(10 * minute);
  const before = accountIn(world, alex.current);
  const id = world.bank.purchase(alex.current, { amount: 350, merchant: 'Blue Door Coffee' });
  await world.until(
    'the purchase is seen',
    () => accountIn(world, alex.current)?.balance !== before?.balance,
  );
  const after = accountIn(world, alex.current);
  assert.equal(after?.balance, (before?.balance ?? 0) - 350);
  assert.equal(after?.totalBalance, (before?.totalBalance ?? 0) - 350);
  assert.equal(after?.spentToday, (before?.spentToday ?? 0) + 350);
  const { items } = (await (await world.api('/api/events')).json()) as { items: Record<string, unknown>[] };
  assert.equal(items.length, 1);
  assert.equal(items[0]?.['event_id'], `${id}:created`);
});

test('what is known survives a restart, also while the bank is away', async () => {
  await using world = await createWorld();
  await world.connect('alex');
  const before = world.app().view();
  world.faults.add({ kind: 'reset_before' });
  await world.restart();
  await world.clock.advance(minute);
  const { accounts, pots } = world.app().view();
  assert.deepEqual(accounts, before.accounts);
  assert.deepEqual(pots, before.pots);
});

test('a short outage leaves the values and is told by the login; a long one makes them unavailable; both heal', async () => {
  await using world = await createWorld({ settings: { MONZO_BRIDGE_STALE_HOURS: '2' } });
  const login = await world.connect('alex');
  await world.clock.advance(5 * minute);
  const balance = accountIn(world, alex.current)?.balance;
  const repair = world.faults.add({ kind: 'status', status: 503 });
  await world.clock.advance(30 * minute);
  assert.equal(accountIn(world, alex.current)?.balance, balance);
  assert.equal(accountIn(world, alex.current)?.available, true);
  assert.equal(loginIn(world, login)?.state, 'active');
  assert.match(loginIn(world, login)?.needs ?? '', /Monzo/);
  await world.clock.advance(2 * hour);
  assert.equal(accountIn(world, alex.current)?.available, false);
  repair();
  await world.clock.advance(20 * minute);
  assert.equal(accountIn(world, alex.current)?.available, true);
  assert.equal(loginIn(world, login)?.needs, null);
});

test('a bank that is back is noticed as soon as the breaker lets a call through', async () => {
  await using world = await createWorld({ settings: { MONZO_BRIDGE_POLL_SECONDS: '5' } });
  await world.connect('alex');
  // It is open for 10, 20, 40 and then 60 seconds, each a tenth longer at most.
  for (const [away, noticed] of [
    [15, 25],
    [24, 20],
    [31, 15],
    [200, 72],
  ] as const) {
    await world.clock.advance(5 * minute);
    const repair = world.faults.add({ kind: 'status', status: 503 });
    await world.clock.advance(away * 1_000);
    world.bank.purchase(alex.current, { amount: 350, merchant: 'Blue Door Coffee' });
    repair();
    await world.clock.advance(noticed * 1_000);
    const { balance } = world.bank.account(alex.current);
    assert.equal(accountIn(world, alex.current)?.balance, balance, `away for ${away} s`);
  }
});

test('one account whose balance the bank cannot give hides neither its transactions nor the other accounts', async () => {
  await using world = await createWorld();
  const login = await world.connect('alex');
  await world.clock.advance(5 * minute);
  world.faults.add({
    kind: 'status',
    status: 500,
    match: ({ path, query }) => path === '/balance' && query.get('account_id') === alex.current,
  });
  await world.clock.advance(20 * minute);
  const here = world.bank.purchase(alex.current, { amount: 350, merchant: 'Blue Door Coffee' });
  const there = world.bank.purchase(joint.account, { amount: 900, merchant: 'Green Grocer' });
  await world.clock.advance(3 * minute);
  const { items } = (await (await world.api('/api/events')).json()) as { items: { event_id: string }[] };
  assert.deepEqual(
    items.map(({ event_id }) => event_id).toSorted(),
    [`${here}:created`, `${there}:created`].toSorted(),
  );
  assert.equal(accountIn(world, joint.account)?.balance, world.bank.account(joint.account).balance);
  assert.match(loginIn(world, login)?.needs ?? '', /Monzo/);
});

test('pots and accounts that appear, close or are renamed are followed within 900 seconds', async () => {
  await using world = await createWorld();
  await world.connect('alex');
  const pot = world.bank.openPot(alex.current, { name: 'Running shoes' });
  world.bank.closePot(alex.pots.holiday);
  world.bank.renamePot(alex.pots.tax, 'Taxes');
  const account = world.bank.openAccount({ type: 'uk_business', owners: [alex.userId], balance: 1_00 });
  world.bank.closeAccount(alex.euro);
  await world.clock.advance(901_000);
  assert.equal(potIn(world, pot)?.name, 'Running shoes');
  assert.equal(potIn(world, alex.pots.holiday), undefined);
  assert.equal(potIn(world, alex.pots.tax)?.name, 'Taxes');
  assert.equal(accountIn(world, account)?.name, 'Business account');
  assert.equal(accountIn(world, alex.euro), undefined);
});

test('with POLL_SECONDS below 60 they are followed within one poll', async () => {
  await using world = await createWorld({ settings: { MONZO_BRIDGE_POLL_SECONDS: '5' } });
  await world.connect('alex');
  const pot = world.bank.openPot(alex.current, { name: 'Running shoes' });
  await world.clock.advance(6_000);
  assert.equal(potIn(world, pot)?.name, 'Running shoes');
});

test('a joint account is one account: one device, one event, read by one login, kept alive by either', async () => {
  await using world = await createWorld();
  const alexLogin = await world.connect('alex');
  await world.connect('sam');
  await world.clock.advance(20 * minute);
  assert.deepEqual(accountIn(world, joint.account)?.loginIds.length, 2);
  assert.equal(
    world
      .app()
      .view()
      .accounts.filter(({ id }) => id === joint.account).length,
    1,
  );
  const callsBefore = world.bank.calls.length;
  world.bank.purchase(joint.account, { amount: 900, merchant: 'Green Grocer', userId: sam.userId });
  await world.clock.advance(10 * minute);
  const { items } = (await (await world.api('/api/events')).json()) as { items: unknown[] };
  assert.equal(items.length, 1);
  const readers = world.bank.calls
    .slice(callsBefore)
    .filter(({ query, path }) => path === '/transactions' && query.includes(joint.account))
    .map(({ userId }) => userId);
  assert.equal(new Set(readers).size, 1);
  const removed = await world.api(`/api/logins/${alexLogin}?keep_history=true`, { method: 'DELETE' });
  assert.equal(removed.ok, true);
  await world.clock.advance(20 * minute);
  assert.equal(accountIn(world, alex.current), undefined);
  assert.deepEqual(accountIn(world, joint.account)?.available, true);
  const balance = accountIn(world, joint.account)?.balance;
  world.bank.purchase(joint.account, { amount: 100, merchant: 'Corner Shop', userId: sam.userId });
  await world.clock.advance(5 * minute);
  assert.equal(accountIn(world, joint.account)?.balance, (balance ?? 0) - 100);
});
