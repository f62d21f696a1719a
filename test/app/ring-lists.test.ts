import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Call } from '../../sim/call.ts';
import { seededRandom } from '../../sim/fake-clock.ts';
import { alex } from '../../sim/household.ts';
import type { Switches } from '../../sim/switches.ts';
import { startWebhookSender } from '../../sim/webhooks.ts';
import { assertFound, assertRecorded, eventLog } from '../support/event-oracle.ts';
import { quiet } from '../support/until.ts';
import { createWorld, type World } from '../support/world.ts';

const second = 1_000;
const minute = 60 * second;

/** Alex is connected, Monzo rings, and nothing is due in the next minutes. */
async function rungWorld(switches: Partial<Switches> = {}, recent = 10): Promise<World> {
  const world = await createWorld({
    settings: { MONZO_BRIDGE_PUBLIC_URL: 'https://bank.home.example' },
    switches,
  });
  const { bank, faults, clock } = world;
  startWebhookSender({ bank, faults, clock, fetch: world.fetchFromOutside });
  bank.addHistory(alex.current, { days: 20, perDay: 3 });
  bank.addHistory(alex.current, { days: 1 / 16, perDay: 16 * recent });
  await world.connect('alex');
  await clock.advance(18 * minute);
  return world;
}

/** Real requests travel while the clock stands: gives them time to arrive. */
async function pass(world: World, ms: number, step = 250): Promise<void> {
  for (let passed = 0; passed < ms; passed += step) {
    await world.clock.advance(step);
    await quiet(2);
  }
}

const buy = ({ bank }: World) => bank.purchase(alex.current, { amount: 350, merchant: 'Corner Shop' });

/** The bank's calls since then, by path and, of lists, by what they began with. */
function callsSince({ bank }: World, before: number): readonly string[] {
  return bank.calls.slice(before).map(({ path, query }) => {
    const since = new URLSearchParams(query).get('since') ?? '';
    return path === '/transactions' ? `list since ${since.startsWith('tx_') ? 'a row' : 'a time'}` : path;
  });
}

const recorded = async (world: World) => eventLog((path) => world.api(path));

test('a ring asks for the list, the balance and the pots before the first of them is answered', async () => {
  await using world = await rungWorld();
  const asked: string[] = [];
  const open = Promise.withResolvers<void>();
  const match = ({ path }: Call) => {
    asked.push(path);
    return true;
  };
  const end = world.faults.add({ kind: 'held', until: open.promise, match });
  const before = world.bank.calls.length;
  const id = buy(world);
  await pass(world, second);
  assert.deepEqual([asked, callsSince(world, before)], [['/transactions', '/balance', '/pots'], []]);
  end();
  open.resolve();
  await pass(world, second);
  assert.deepEqual(await balances(world), new Map([[id, world.bank.account(alex.current).balance]]));
});

/** What each event tells, by its transaction. */
const balances = async (world: World) =>
  new Map(
    (await recorded(world)).map((event) => {
      const { transaction_id, balance_minor } = event as unknown as Balanced;
      return [transaction_id, balance_minor];
    }),
  );

interface Balanced {
  readonly transaction_id: string;
  readonly balance_minor: number | null;
}

test('a row that nobody had rung for when the balance was asked for has it asked for again', async () => {
  await using world = await rungWorld();
  const open = Promise.withResolvers<void>();
  world.faults.add({
    kind: 'held',
    until: open.promise,
    times: 1,
    match: ({ path }) => path === '/transactions',
  });
  const before = world.bank.calls.length;
  const ids = [buy(world)];
  await pass(world, second);
  assert.deepEqual(callsSince(world, before), ['/balance', '/pots']);
  ids.push(buy(world));
  open.resolve();
  await pass(world, second);
  const calls = ['/balance', '/pots', 'list since a row', '/balance', '/pots'];
  assert.deepEqual(callsSince(world, before), calls);
  const { balance } = world.bank.account(alex.current);
  assert.deepEqual(await balances(world), new Map(ids.map((id) => [id, balance])));
});

test('a balance that was read again before the list came in is told with the rows that explain it', async () => {
  await using world = await rungWorld();
  const open = Promise.withResolvers<void>();
  const match = ({ path }: Call) => path === '/transactions';
  const end = world.faults.add({ kind: 'held', until: open.promise, match });
  const before = world.bank.calls.length;
  const id = world.bank.potMove(alex.pots.holiday, 'deposit', { amount: 500 });
  await pass(world, second);
  assert.deepEqual(callsSince(world, before), ['/balance', '/pots']);
  const looking = world.api('/api/commands/refresh', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{}',
  });
  const isOurs = ({ path, query }: (typeof world.bank.calls)[number]) =>
    path === '/balance' && query.includes(alex.current);
  const asked = () => world.bank.calls.slice(before).filter(isOurs).length;
  for (let step = 0; step < 20 && asked() < 2; step += 1) await pass(world, 100, 50);
  assert.ok(asked() >= 2);
  await pass(world, 500);
  end();
  open.resolve();
  await pass(world, 2 * second);
  await looking;
  const { balance } = world.bank.account(alex.current);
  const told = (await recorded(world)) as unknown as readonly Balanced[];
  assert.deepEqual(
    told.map((event) => [event.transaction_id, event.balance_minor]),
    told.map(() => [id, balance]),
  );
  assert.ok(told.length > 0);
});

test('a row that only a repeated list shows has the balance asked for after that', async () => {
  await using world = await rungWorld();
  const before = world.bank.calls.length;
  const id = buy(world);
  world.bank.showLate(id, 5 * second, 'lists');
  await pass(world, 4 * second);
  const first = ['list since a row', '/balance', '/pots', 'list since a time'];
  assert.deepEqual(callsSince(world, before), first);
  await pass(world, 10 * second);
  assert.deepEqual(callsSince(world, before), [
    ...first,
    'list since a time',
    '/balance',
    '/pots',
    'list since a time',
  ]);
  assert.deepEqual(await balances(world), new Map([[id, world.bank.account(alex.current).balance]]));
});

test('of purchases 20 ms apart at a bank 150 ms away, every event’s balance includes its own', async () => {
  await using world = await rungWorld();
  const { bank, faults } = world;
  faults.add({ kind: 'far', ms: 200, random: seededRandom(11) });
  const after = new Map<string, number>();
  for (let each = 0; each < 60; each += 1) {
    const id = buy(world);
    after.set(id, bank.account(alex.current).balance);
    await pass(world, 20, 10);
  }
  await pass(world, 20 * second);
  assertRecorded(bank, await recorded(world), after.keys());
  for (const [id, balance] of await balances(world)) {
    assert.ok(balance !== null, id);
    assert.ok(balance <= (after.get(id) ?? NaN), `${id}: ${balance}`);
  }
});

test('among purchases and moves to a pot 20 ms apart every event tells balance and total as they were', async () => {
  await using world = await rungWorld();
  const { bank, faults } = world;
  faults.add({ kind: 'far', ms: 200, random: seededRandom(5) });
  const sums = new Map<string, number>();
  for (let each = 0; each < 20; each += 1) {
    const id =
      each % 3 === 0 ? bank.potMove(alex.pots.holiday, 'deposit', { amount: 500 + each }) : buy(world);
    sums.set(id, bank.account(alex.current).balance);
    await pass(world, 20, 10);
  }
  await pass(world, 20 * second);
  const bought = (balance: number) => [...sums.values()].indexOf(balance) + 1;
  const events = (await recorded(world)) as unknown as readonly (Balanced & Totalled)[];
  const totals = new Set<number>();
  for (const { transaction_id: id, balance_minor: balance, total_balance_minor: total } of events) {
    assert.ok(balance !== null && total !== null, id);
    assert.ok(balance <= (sums.get(id) ?? NaN), `${id}: ${balance}`);
    const purchases = Array.from({ length: bought(balance) }).filter((_, each) => each % 3 !== 0).length;
    totals.add(total + 350 * purchases);
  }
  assert.equal(totals.size, 1, 'only purchases change the total');
  assert.ok(events.length >= sums.size);
});

interface Totalled {
  readonly total_balance_minor: number | null;
}

for (const recent of [10, 3_000])
  test(`a purchase costs three calls, with ${recent} rows in the last two hours`, async () => {
    await using world = await rungWorld({}, recent);
    const before = world.bank.calls.length;
    buy(world);
    await pass(world, second);
    assert.deepEqual(callsSince(world, before), ['list since a row', '/balance', '/pots']);
  });

test('a forged ring costs seven calls also after real ones, and among 3,000 rows', async () => {
  await using world = await rungWorld({}, 3_000);
  buy(world);
  await pass(world, 2 * minute, second);
  const before = world.bank.calls.length;
  const hook = world.bank.model.webhooks.values().find(({ accountId }) => accountId === alex.current);
  const data = { id: 'tx_0000Forged', account_id: alex.current };
  await world.fetchFromOutside(hook?.url ?? '', { method: 'POST', body: JSON.stringify({ data }) });
  await pass(world, 2 * minute, second);
  const times = Array.from({ length: 3 }, () => 'list since a time');
  const calls = ['list since a row', '/balance', '/pots', ...times, '/transactions/tx_0000Forged'];
  assert.deepEqual(callsSince(world, before), calls);
});

test('where lists since a row begin with it, nothing is different', async () => {
  await using world = await rungWorld({ sinceId: 'inclusive' });
  const before = world.bank.calls.length;
  const id = buy(world);
  await pass(world, second);
  assert.deepEqual(callsSince(world, before), ['list since a row', '/balance', '/pots']);
  assertRecorded(world.bank, await recorded(world), [id]);
});

/** What a ring costs where the bank refuses the row from which it is listed, and the one after that. */
async function assertTimeInstead(world: World): Promise<void> {
  const before = world.bank.calls.length;
  const ids = [buy(world)];
  await pass(world, 500);
  assert.deepEqual(callsSince(world, before), ['list since a row', '/balance', '/pots', 'list since a time']);
  await world.restart();
  await world.clock.advance(2 * minute);
  const then = world.bank.calls.length;
  ids.push(buy(world));
  await pass(world, 500);
  assert.deepEqual(callsSince(world, then), ['list since a time', '/balance', '/pots'], 'it is remembered');
  assertFound(await recorded(world), ids);
  const { logins } = world.app().view();
  assert.deepEqual(
    logins.map(({ state, needs }) => [state, needs]),
    [['active', null]],
  );
}

test('where the bank lists from no row, it lists from the time in the same run, and that is no trouble', async () => {
  await using world = await rungWorld({ sinceId: 'refused' });
  await assertTimeInstead(world);
});

test('nor is it where the bank no longer knows the row', async () => {
  await using world = await rungWorld();
  const ids = [1, 2, 3, 4, 5, 6].map(() => buy(world));
  await pass(world, 2 * minute, second);
  world.bank.vanish(ids[0] ?? '');
  await assertTimeInstead(world);
});

test('a thousand rings at once cost at most 25 calls', async () => {
  await using world = await rungWorld();
  const before = world.bank.calls.length;
  const ids = Array.from({ length: 1_000 }, () => buy(world));
  await pass(world, 5 * second);
  const calls = callsSince(world, before);
  assertRecorded(world.bank, await recorded(world), ids);
  assert.ok(calls.length <= 25, calls.join(', '));
});

test('of purchases that one reading finds together, every event’s balance includes its own', async () => {
  await using world = await rungWorld();
  world.faults.add({ kind: 'slow', ms: 150 });
  const after = new Map(
    Array.from({ length: 250 }, () => [buy(world), world.bank.account(alex.current).balance] as const),
  );
  await pass(world, 5 * second);
  const told = await balances(world);
  assert.equal(told.size, after.size);
  for (const [id, balance] of told) assert.ok(balance !== null && balance <= (after.get(id) ?? NaN), id);
});

test('sixty purchases 20 ms apart cost three calls each, and none of them waits for the budget', async () => {
  await using world = await rungWorld();
  const before = world.bank.calls.length;
  const ids: string[] = [];
  for (let each = 0; each < 60; each += 1) {
    ids.push(buy(world));
    await pass(world, 20, 20);
  }
  assertRecorded(world.bank, await recorded(world), ids);
  const calls = callsSince(world, before);
  assert.ok(calls.length <= 3 * ids.length, `${calls.length} calls`);
});

test('where the budget is used up, what a ring asks for comes before what the schedule asks for', async () => {
  await using world = await rungWorld();
  const [id = ''] = world.bank.model.statements.get(alex.current)?.map((row) => row.id) ?? [];
  const post = (path: string, body: object) =>
    world.api(path, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
  // Each is written and read.
  const notes = Array.from({ length: 155 }, (_, number) =>
    post('/api/commands/annotate', { transaction_id: id, notes: `note ${number}` }),
  );
  const written = { all: false };
  void Promise.all(notes).then(() => (written.all = true));
  await world.until('the notes are written', () => written.all);
  const [login] = world.app().view().logins;
  const reloaded = post(`/api/logins/${login?.id}/reload`, {});
  await pass(world, 100, 50);
  const before = world.bank.calls.length;
  buy(world);
  await quiet(20);
  await pass(world, 4 * second, 50);
  const calls = callsSince(world, before);
  assert.ok(calls.length >= 15, 'the schedule had much to ask for');
  assert.deepEqual(calls.slice(0, 3), ['list since a row', '/balance', '/pots']);
  await pass(world, 10 * second);
  await reloaded;
});
