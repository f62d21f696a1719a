import assert from 'node:assert/strict';
import { test } from 'node:test';
import { alex } from '../../sim/household.ts';
import { departures } from '../../sim/switches.ts';
import { events } from '../support/scenario.ts';
import { createWorld, type World } from '../support/world.ts';

const minute = 60_000;

const historyOf = (world: World) => world.app().view().logins[0]?.history;
const isOver = (world: World) => ['complete', 'partial'].includes(historyOf(world)?.state ?? '');
const rowsAtBank = (world: World) => {
  const seen = new Set(
    world
      .app()
      .view()
      .accounts.map(({ id }) => id),
  );
  return [...world.bank.model.transactions.values()].filter(({ accountId }) => seen.has(accountId)).length;
};

async function rowsOf(world: World): Promise<number> {
  const answer = await world.api('/api/transactions/export?format=json');
  return ((await answer.json()) as readonly unknown[]).length;
}

const created = async (world: World) =>
  (await events(world))
    .filter(({ type }) => type === 'transaction.created')
    .map((event) => event.transaction_id);

/** Buys so many things, a minute and a bit apart. */
async function shop(world: World, times: number): Promise<readonly string[]> {
  const bought: string[] = [];
  for (let time = 0; time < times; time += 1) {
    bought.push(world.bank.purchase(alex.current, { amount: 100 + time, merchant: 'Blue Door Coffee' }));
    await world.clock.advance(70_000);
  }
  return bought;
}

for (const [position, switches] of departures(['longestPage', 'pageOrder', 'sinceTimestamp', 'sinceId']))
  test(`the whole history is read whatever pages are like (${position})`, async () => {
    await using world = await createWorld({ switches: { longestPage: 50, ...switches } });
    world.bank.addHistory(alex.current, { days: 160, perDay: 4 });
    await world.connect('alex');
    await world.until('the history is read', () => isOver(world));
    assert.equal(historyOf(world)?.state, 'complete');
    assert.equal(await rowsOf(world), rowsAtBank(world));
    const { items } = (await (await world.api('/api/logins')).json()) as { items: { learnt: string[] }[] };
    const learnt = items[0]?.learnt ?? [];
    assert.ok(learnt.some((sentence) => sentence.includes(String(switches.longestPage ?? 50))));
  });

test('more rows within two hours than a page holds do not end the events', async () => {
  await using world = await createWorld({ switches: { longestPage: 50 } });
  await world.connect('alex');
  const bought = await shop(world, 70);
  await world.clock.advance(10 * minute);
  assert.deepEqual((await created(world)).toSorted(), bought.toSorted());
});

test('pages that become shorter while the bridge runs lose nothing', async () => {
  await using world = await createWorld();
  world.bank.addHistory(alex.current, { days: 80, perDay: 3 });
  await world.connect('alex');
  await world.until('the history is read', () => isOver(world));
  const before = await shop(world, 24);
  world.bank.turn({ longestPage: 10 });
  const after = await shop(world, 20);
  await world.clock.advance(10 * minute);
  assert.deepEqual((await created(world)).toSorted(), [...before, ...after].toSorted());
});

test('a burst at one moment, larger than a page, is told in full', async () => {
  await using world = await createWorld({ switches: { longestPage: 10, pageOrder: 'turned' } });
  await world.connect('alex');
  await world.clock.advance(minute);
  const bought = Array.from({ length: 35 }, (_, index) =>
    world.bank.purchase(alex.current, { amount: 100 + index, merchant: 'Blue Door Coffee' }),
  );
  await world.clock.advance(10 * minute);
  assert.deepEqual((await created(world)).toSorted(), bought.toSorted());
});
