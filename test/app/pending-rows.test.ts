import assert from 'node:assert/strict';
import { test } from 'node:test';
import { alex } from '../../sim/household.ts';
import { startWebhookSender } from '../../sim/webhooks.ts';
import { switchPositions, type Switches } from '../../sim/switches.ts';
import { ask } from '../support/money.ts';
import { events } from '../support/scenario.ts';
import { quiet } from '../support/until.ts';
import { createWorld, type World } from '../support/world.ts';

const minute = 60_000;
const hour = 60 * minute;

const shop = ({ bank }: World) => bank.purchase(alex.current, { amount: 350, merchant: 'Corner Shop' });

/** The bridge lists what is new. */
async function look(world: World): Promise<void> {
  await world.clock.advance(minute);
  await ask(world, 'refresh');
}

/** Alex is connected, and a settled payment is known that every whole list has to show. */
async function worldWithAlex(switches: Partial<Switches> = {}): Promise<World> {
  const world = await createWorld({ switches, settings: { MONZO_BRIDGE_POLL_SECONDS: '1800' } });
  await world.connect('alex');
  world.bank.settle(shop(world));
  await look(world);
  return world;
}

const eventsOf = async (world: World, id: string) =>
  (await events(world)).filter(({ transaction_id }) => transaction_id === id);
const typesOf = async (world: World, id: string) =>
  (await eventsOf(world, id)).map(({ type }) => type.replace('transaction.', ''));

async function statusOf(world: World, id: string): Promise<string> {
  const answer = await world.api(`/api/transactions/${id}`);
  return ((await answer.json()) as { status: string }).status;
}

const login = (world: World) => world.app().view().logins[0];
const looksById = (world: World, since = 0) =>
  world.bank.calls.slice(since).filter(({ path }) => /^\/transactions\/./.test(path));

interface LoggedReversal {
  readonly at: string;
  readonly balance_minor: number | null;
}

for (const byId of switchPositions.byId)
  test(`a payment that lists still show is not reversed, and settles once (byId=${byId})`, async () => {
    await using world = await worldWithAlex({ byId });
    const id = shop(world);
    await world.clock.advance(7 * hour);
    assert.deepEqual(await typesOf(world, id), ['created']);
    assert.equal(await statusOf(world, id), 'pending');
    world.bank.settle(id);
    await world.clock.advance(7 * hour);
    assert.deepEqual(await typesOf(world, id), ['created', 'settled']);
    assert.deepEqual([login(world)?.state, login(world)?.needs], ['active', null]);
  });

for (const rowForbidden of ['some_rows', 'every_row'] as const)
  test(`a row that is refused by its id is no trouble of the login (rowForbidden=${rowForbidden})`, async () => {
    await using world = await worldWithAlex({ rowForbidden });
    const ids = [shop(world), shop(world), shop(world), shop(world)];
    await world.clock.advance(3 * hour);
    for (const id of ids) {
      assert.deepEqual(await typesOf(world, id), ['created']);
      world.bank.settle(id);
    }
    await world.clock.advance(3 * hour);
    for (const id of ids) assert.deepEqual(await typesOf(world, id), ['created', 'settled']);
    assert.deepEqual([login(world)?.state, login(world)?.needs], ['active', null]);
    const refused = looksById(world).filter(({ status }) => status === 403);
    assert.equal(
      refused.length,
      new Set(refused.map(({ path }) => path)).size,
      'each is asked for once in six hours',
    );
    assert.ok(refused.length > 0);
    const notes = world.logLines.filter((line) => line.includes('does not show every transaction by its id'));
    assert.equal(notes.length, 1, 'noted once');
    const answer = await world.api('/api/logins');
    assert.match(await answer.text(), /looks for those in lists/);
  });

test('an approval that lapses says nothing of any row', async () => {
  await using world = await worldWithAlex();
  const id = shop(world);
  await look(world);
  await world.clock.advance(4 * minute);
  // Accounts and lists are not due again before the row is.
  await look(world);
  await world.clock.advance(7 * minute);
  world.bank.lapseApproval(alex.userId);
  await world.clock.advance(10 * minute);
  assert.ok(
    looksById(world).some(({ status }) => status === 403),
    'the row was asked for meanwhile',
  );
  world.bank.approve(alex.userId);
  await world.clock.advance(10 * minute);
  assert.equal(login(world)?.state, 'active');
  assert.deepEqual(
    world.logLines.filter((line) => line.includes('by its id')),
    [],
  );
  const before = world.bank.calls.length;
  await world.clock.advance(30 * minute);
  assert.ok(looksById(world, before).some(({ path, status }) => path.endsWith(id) && status === 200));
});

test('a payment that has vanished is reversed once, when two lists agree five minutes apart, with the new balance', async () => {
  await using world = await worldWithAlex();
  const ids = [shop(world), shop(world)];
  await look(world);
  for (const id of ids) world.bank.vanish(id);
  await world.clock.advance(2 * hour);
  for (const id of ids) {
    assert.deepEqual(await typesOf(world, id), ['created', 'reversed']);
    assert.equal(await statusOf(world, id), 'reversed');
    const [, reversed] = (await eventsOf(world, id)) as unknown as readonly LoggedReversal[];
    const missed = looksById(world).find(({ path, status }) => path.endsWith(id) && status === 404)?.at ?? 0;
    const after = Date.parse(reversed?.at ?? '') - missed;
    assert.ok(after >= 5 * minute && after <= 11 * minute, `after ${after} ms`);
    assert.equal(reversed?.balance_minor, world.bank.account(alex.current).balance);
  }
});

test('lists that do not show all that is known of its time, or nothing at all, make no payment vanish', async () => {
  await using world = await worldWithAlex();
  const id = shop(world);
  await look(world);
  world.bank.vanish(id);
  for (const rows of ['gap', 'none'] as const) {
    const repair = world.faults.add({
      kind: 'wrong_shape',
      match: ({ path }) => path === '/transactions',
      rewrite: (body) => ({
        transactions: rows === 'none' ? [] : (body as { transactions: unknown[] }).transactions.slice(1),
      }),
    });
    shop(world);
    await world.clock.advance(3 * hour);
    assert.deepEqual([rows, await statusOf(world, id)], [rows, 'pending']);
    repair();
  }
  await world.clock.advance(3 * hour);
  assert.equal(await statusOf(world, id), 'reversed');
});

for (const reachBeyond of ['refused_403', 'cut'] as const)
  test(`lists that do not reach back to a payment do not make it vanish (reachBeyond=${reachBeyond})`, async () => {
    await using world = await worldWithAlex({ reachBeyond });
    const created = world.clock.now() - 15 * 24 * hour;
    const id = world.bank.purchase(alex.current, {
      amount: 350,
      createdMs: created,
      merchant: 'Corner Shop',
    });
    await world.restart();
    await world.clock.advance(minute);
    assert.equal(await statusOf(world, id), 'pending');
    world.bank.turn({ reachDays: 7 });
    world.bank.vanish(id);
    await world.clock.advance(7 * hour);
    assert.ok(looksById(world).some(({ status }) => status === 404));
    assert.equal(await statusOf(world, id), 'pending');
  });

test('a list proves nothing where nothing else is known that it would have to show', async () => {
  await using world = await createWorld({ settings: { MONZO_BRIDGE_POLL_SECONDS: '1800' } });
  await world.connect('alex');
  const id = shop(world);
  await look(world);
  world.bank.showLate(id, 2 * hour);
  await world.clock.advance(3 * hour);
  assert.equal(await statusOf(world, id), 'pending');
  assert.deepEqual(await typesOf(world, id), ['created']);
});

test('where lists over its time are refused, a payment that is not found stays pending and the account is read on', async () => {
  await using world = await worldWithAlex();
  await world.clock.advance(4 * hour);
  const id = shop(world);
  await look(world);
  world.bank.vanish(id);
  const begin = world.clock.now() - 3 * hour;
  world.faults.add({
    kind: 'status',
    status: 403,
    code: 'forbidden.verification_required',
    match: ({ path, query }) => path === '/transactions' && Date.parse(query.get('since') ?? '') < begin,
  });
  await world.clock.advance(2 * hour);
  assert.equal(await statusOf(world, id), 'pending');
  const next = shop(world);
  await look(world);
  assert.deepEqual(await typesOf(world, next), ['created']);
  assert.equal(login(world)?.state, 'active');
  assert.match(login(world)?.needs ?? '', /^Monzo refuses to show the transactions of /);
});

for (const where of ['lists', 'by_id'] as const)
  test(`a payment that is hidden in one way alone is not reversed (${where})`, async () => {
    await using world = await worldWithAlex();
    const id = shop(world);
    await look(world);
    world.bank.showLate(id, 3 * hour, where);
    await world.clock.advance(5 * hour);
    assert.equal(await statusOf(world, id), 'pending');
    assert.deepEqual(await typesOf(world, id), ['created']);
  });

test('a payment that comes back after it had vanished is pending again, and told when it is charged', async () => {
  await using world = await worldWithAlex();
  const id = shop(world);
  await look(world);
  for (const [index, told] of [
    ['created', 'reversed'],
    ['created', 'reversed'],
  ].entries()) {
    world.bank.showLate(id, 2 * hour);
    await world.clock.advance(90 * minute);
    assert.deepEqual([index, await statusOf(world, id)], [index, 'reversed']);
    await world.clock.advance(hour);
    assert.deepEqual([index, await statusOf(world, id)], [index, 'pending']);
    assert.deepEqual(await typesOf(world, id), told);
  }
  world.bank.settle(id);
  await look(world);
  assert.deepEqual(await typesOf(world, id), ['created', 'reversed', 'settled']);
});

test('what was asked for by its id and is not shown in this way is soon found in a list', async () => {
  await using world = await worldWithAlex({ byId: 'unknown' });
  const id = shop(world);
  await look(world);
  world.bank.settle(id);
  await world.clock.advance(4 * hour);
  shop(world);
  await look(world);
  await ask(world, 'annotate', { transaction_id: id, notes: 'lunch' });
  await world.clock.advance(6 * minute);
  assert.deepEqual(await typesOf(world, id), ['created', 'settled', 'amended']);
});

test('a ring for a payment that is dated back finds it soon, also where none is shown by its id', async () => {
  const settings = { MONZO_BRIDGE_PUBLIC_URL: 'http://bridge.invalid' };
  await using world = await createWorld({ switches: { byId: 'no_handler' }, settings });
  const { bank, faults, clock } = world;
  await world.connect('alex');
  const sender = startWebhookSender({ bank, faults, clock, fetch: world.fetchFromOutside });
  await clock.advance(4 * hour);
  shop(world);
  await clock.advance(minute);
  bank.turn({ created: 'back_dated' });
  const id = shop(world);
  const before = bank.calls.length;
  for (let minutes = 0; minutes < 10; minutes += 1) {
    await clock.advance(minute);
    await quiet();
  }
  assert.deepEqual(await typesOf(world, id), ['created']);
  const long = bank.calls.slice(before).filter(({ path, query }) => {
    const since = Date.parse(new URLSearchParams(query).get('since') ?? '');
    return path === '/transactions' && since < clock.now() - 7 * 24 * hour;
  });
  assert.equal(long.length, 1);
  sender.stop();
});

test('a bank that shows no row by its id is asked little more than one that does', async () => {
  const calls: number[] = [];
  for (const byId of ['works', 'unknown', 'no_handler'] as const) {
    await using world = await worldWithAlex({ byId });
    for (let count = 0; count < 5; count += 1) shop(world);
    const before = world.bank.calls.length;
    await world.clock.advance(7 * hour);
    calls.push(world.bank.calls.length - before);
    const most = { works: 60, unknown: 10, no_handler: 2 }[byId];
    const looks = looksById(world, before).length;
    assert.ok(looks <= most, `${byId}: ${looks} looks`);
  }
  const [works = 0, ...others] = calls;
  for (const other of others) assert.ok(other <= works, `${other} calls, not ${works}`);
});
