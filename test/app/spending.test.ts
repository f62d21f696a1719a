import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { z } from 'zod';
import { balancesSchema, spendingSchema, transactionSchema } from '../../src/contract/bank-data.ts';
import { listOf, problemSchema } from '../../src/contract/elements.ts';
import { alex, joint, sam } from '../../sim/household.ts';
import { playScenario } from '../../sim/scenarios.ts';
import { untilHistoryIsRead } from '../support/history.ts';
import { until } from '../support/until.ts';
import { createWorld, type World } from '../support/world.ts';

const hour = 3_600_000;

/** The month is over before the bridge hears of it: the history brings all of it. */
async function livedThrough(settings: Readonly<Record<string, string>> = {}): Promise<World> {
  const world = await createWorld({ settings });
  const { bank, faults, clock } = world;
  const progress = { over: false };
  const playing = playScenario('wholeMonth', { bank, faults, clock, fetch }).finally(() => {
    progress.over = true;
  });
  while (!progress.over) {
    await clock.advance(hour);
    await new Promise((resolve) => setImmediate(resolve));
  }
  await playing;
  for (const who of ['alex', 'sam'] as const) await world.connect(who);
  await untilHistoryIsRead(world);
  return world;
}

describe('a month, added up by hand', () => {
  let world: World;
  before(async () => {
    world = await livedThrough();
  });
  after(() => world[Symbol.asyncDispose]());

  const get = async <Schema extends z.ZodType>(schema: Schema, path: string): Promise<z.output<Schema>> => {
    const answer = await world.api(path);
    assert.equal(answer.status, 200, path);
    return schema.parse(await answer.json());
  };
  const november = 'since=2026-11-01&before=2026-12-01';
  const sums = async (query: string) => {
    const { items } = await get(spendingSchema, `/api/spending?${query}`);
    return items.map(
      ({ key, currency, spent_minor: spent, refunded_minor: back, income_minor: income, count }) => [
        `${key} ${currency}`,
        spent,
        back,
        income,
        count,
      ],
    );
  };

  it('by month, each currency by itself', async () => {
    assert.deepEqual(await sums('by=month'), [
      ['2026-11 EUR', 1_000, 0, 0, 1],
      // 3.50 12.40 42.43 100 45 800 3 1 (Alex), 20 (Sam), 31 (both); 2.40 back; wages 2,450 and interest 1.23
      ['2026-11 GBP', 105_833, 240, 245_123, 13],
      ['2026-12 GBP', 700, 0, 0, 1],
    ]);
  });

  it('by day: on the day it was made, whenever it settled', async () => {
    assert.deepEqual(await sums(`by=day&account=${alex.current}&${november}`), [
      ['2026-11-02 GBP', 350, 0, 245_000, 2],
      ['2026-11-04 GBP', 1_240, 0, 0, 1],
      ['2026-11-05 GBP', 4_243, 240, 0, 2],
      ['2026-11-11 GBP', 10_000, 0, 0, 1],
      ['2026-11-12 GBP', 4_500, 0, 0, 1],
      ['2026-11-13 GBP', 80_000, 0, 0, 1],
      ['2026-11-19 GBP', 300, 0, 123, 2],
      ['2026-11-30 GBP', 100, 0, 0, 1],
    ]);
  });

  it('by category and by merchant, the largest first', async () => {
    assert.deepEqual(await sums(`by=category&${november}`), [
      ['general GBP', 80_000, 0, 0, 1],
      ['cash GBP', 10_000, 0, 0, 1],
      ['groceries GBP', 6_440, 240, 0, 5],
      ['bills GBP', 4_800, 0, 0, 2],
      ['holidays GBP', 4_243, 0, 0, 1],
      ['eating_out EUR', 1_000, 0, 0, 1],
      ['eating_out GBP', 350, 0, 0, 1],
      ['income GBP', 0, 0, 245_000, 1],
      ['savings GBP', 0, 0, 123, 1],
    ]);
    assert.deepEqual(await sums(`by=merchant&${november}`), [
      ['Landlord Ltd GBP', 80_000, 0, 0, 1],
      ['Cash machine GBP', 10_000, 0, 0, 1],
      ['Green Grocer GBP', 5_100, 0, 0, 2],
      ['Power Company GBP', 4_500, 0, 0, 1],
      ['Trattoria Invented GBP', 4_243, 0, 0, 1],
      ['Corner Shop GBP', 1_340, 240, 0, 3],
      ['Blue Door Coffee EUR', 1_000, 0, 0, 1],
      ['Blue Door Coffee GBP', 350, 0, 0, 1],
      ['Monzo fee GBP', 300, 0, 0, 1],
      ['Acme Ltd GBP', 0, 0, 245_000, 1],
      ['Interest GBP', 0, 0, 123, 1],
    ]);
  });

  it('by category, each month by itself: together they are the categories of all months', async () => {
    const { items } = await get(spendingSchema, '/api/spending?by=category&each=month');
    const months = items.map(({ month }) => month);
    assert.deepEqual(months, months.toSorted().toReversed(), 'the newest month comes first');
    const bills = items.filter(({ key, currency }) => key === 'bills' && currency === 'GBP');
    assert.deepEqual(
      bills.map(({ month, net_minor: net }) => [month, net]),
      [['2026-11', 4_800]],
    );
    const all = await get(spendingSchema, '/api/spending?by=category');
    for (const { key, currency, net_minor: net } of all.items) {
      const own = items.filter((item) => item.key === key && item.currency === currency);
      assert.equal(
        own.reduce((sum, item) => sum + item.net_minor, 0),
        net,
        key,
      );
    }
    assert.deepEqual(new Set(all.items.map(({ month }) => month)), new Set([null]));
  });

  it('totals include groups beyond the limit, and agree with the groups', async () => {
    const { items, totals } = await get(spendingSchema, `/api/spending?by=merchant&limit=1&${november}`);
    assert.deepEqual(items.length, 1);
    assert.deepEqual(totals, [
      {
        currency: 'EUR',
        spent: 10,
        spent_minor: 1_000,
        refunded: 0,
        refunded_minor: 0,
        net: 10,
        net_minor: 1_000,
        income: 0,
        income_minor: 0,
        count: 1,
      },
      {
        currency: 'GBP',
        spent: 1_058.33,
        spent_minor: 105_833,
        refunded: 2.4,
        refunded_minor: 240,
        net: 1_055.93,
        net_minor: 105_593,
        income: 2_451.23,
        income_minor: 245_123,
        count: 13,
      },
    ]);
    assert.deepEqual(await sums(`by=month&account=${sam.current}`), [['2026-11 GBP', 2_000, 0, 0, 1]]);
  });

  it('marks transactions that stayed inside the household, and those that moved nothing', async () => {
    const { items } = await get(
      listOf(transactionSchema),
      `/api/transactions?account=${alex.current}&limit=100`,
    );
    const by = (flow: string) =>
      items.filter((item) => item.flow === flow).map(({ amount_minor: amount }) => amount);
    assert.deepEqual(by('internal'), [5_000, -30_000, -20_000]);
    const both = await get(
      listOf(transactionSchema),
      `/api/transactions?account=${alex.current}&flow=spending,refund&${november}&limit=100`,
    );
    const net = both.items.reduce((sum, { amount_minor: amount }) => sum - amount, 0);
    assert.equal(net, 100_733 - 240, 'the rows behind what was spent less what came back');
    assert.deepEqual(by('excluded'), [-2_500]);
    assert.deepEqual(by('none'), [0, 0, 0]);
    assert.ok(items.every(({ flow, internal }) => internal === (flow === 'internal')));
    const moved = await get(
      listOf(transactionSchema),
      `/api/transactions?flow=internal&account=${joint.account}`,
    );
    assert.deepEqual(
      moved.items.map(({ amount_minor: amount }) => amount),
      [30_000],
    );
  });

  it('balances meet the bank’s at the end of every day, and say which ones were read', async () => {
    const { items } = await get(balancesSchema, `/api/balances?account=${alex.current}`);
    const [{ kind, name, points } = { kind: '', name: '', points: [] }] = items;
    assert.deepEqual([items.length, kind, name], [1, 'account', 'Alex current account']);
    const on = (day: string) => points.find((point) => point.day === day)?.balance_minor;
    assert.deepEqual(
      [
        points[0]?.day,
        on('2026-11-02'),
        on('2026-11-03'),
        on('2026-11-29'),
        on('2026-11-30'),
        on('2026-12-01'),
      ],
      ['2026-11-02', 369_000, 349_000, 221_580, 221_480, 220_780],
    );
    assert.deepEqual(
      points.filter(({ reconstructed }) => !reconstructed).map(({ day }) => day),
      ['2026-12-01'],
    );
    assert.equal(on('2026-12-01'), world.bank.account(alex.current).balance);
    const pot = await get(balancesSchema, `/api/balances?pot=${alex.pots.holiday}&by=month`);
    assert.deepEqual(
      pot.items[0]?.points.map(({ day, balance }) => [day, balance]),
      [
        ['2026-11-30', 600],
        ['2026-12-01', 600],
      ],
    );
  });

  it('the total counts every account and pot once, and moves between them do not change it', async () => {
    const { items } = await get(
      balancesSchema,
      '/api/balances?total=true&since=2026-11-02&before=2026-12-02',
    );
    assert.deepEqual(
      items.map(({ kind, id, currency }) => [kind, id, currency]),
      [
        ['total', null, 'GBP'],
        ['total', null, 'EUR'],
      ],
    );
    const { accounts, pots } = world.app().view();
    const now = [...accounts, ...pots]
      .filter(({ currency }) => currency === 'GBP')
      .reduce((sum, { balance }) => sum + (balance ?? 0), 0);
    const points = items[0]?.points ?? [];
    const on = (day: string) => points.find((point) => point.day === day)?.balance_minor ?? Number.NaN;
    assert.equal(on('2026-12-01'), now);
    assert.equal(points[0]?.day, '2026-11-02', 'it starts where anything is known');
    const guessed = items[0]?.incomplete.map(({ name, known_from: from }) => [name, from]);
    assert.deepEqual(guessed, [
      ['Joint account', '2026-11-14'],
      ['Sam current account', '2026-11-16'],
      ['🏖️ Holiday', '2026-11-03'],
    ]);
    assert.equal(on('2026-11-20') - on('2026-11-19'), 0, 'out of a pot');
    assert.equal(on('2026-11-19') - on('2026-11-18'), 123 - 300);
  });

  it('refuses queries that make no sense', async () => {
    for (const query of [
      'spending?by=week',
      'spending',
      'spending?by=day&each=month',
      'spending?by=day&since=yesterday',
      'spending?by=day&since=2026-13-45',
      'transactions?flow=spending,nothing',
      'balances?since=1990-01-01',
      `balances?account=${alex.current}&total=true`,
    ]) {
      const answer = await world.api(`/api/${query}`);
      assert.equal(answer.status, 400, query);
      assert.equal(problemSchema.parse(await answer.json()).code, 'bad_request');
    }
  });
});

it('another time zone puts the same month into other days, also after it was changed', async () => {
  await using world = await livedThrough();
  const settings = { MONZO_BRIDGE_TIME_ZONE: 'Asia/Tokyo' };
  await world.stop();
  await using moved = await createWorld({ settings, directory: world.directory });
  const days = async () => {
    const answer = await moved.api(`/api/spending?by=day&account=${alex.current}&since=2026-11-05`);
    const { items } = spendingSchema.parse(await answer.json());
    return items.map(({ key, spent_minor: spent }) => `${key} ${spent}`);
  };
  const expected = [
    // 12.40 at 21:30 in London the day before
    '2026-11-05 5483',
    '2026-11-11 10000',
    '2026-11-12 4500',
    '2026-11-13 80000',
    '2026-11-19 300',
    '2026-12-01 800',
  ];
  await until('the days are summed up anew', async () => (await days()).join() === expected.join());
});

it('a pot that was deleted stays in the total of the days when it held money', async () => {
  await using world = await createWorld();
  await world.connect('alex');
  const days = async () => {
    const { items } = listOf(balancesSchema.shape.items.element).parse(
      await (await world.api('/api/balances?total=true')).json(),
    );
    const points = items.find(({ currency }) => currency === 'GBP')?.points ?? [];
    return points.map(({ balance_minor: minor }) => minor);
  };
  const [begin] = await days();
  const pot = world.bank.pot(alex.pots.holiday);
  world.clock.jump(48 * hour);
  world.bank.potMove(pot.id, 'withdraw', { amount: pot.balance, key: 'by hand' });
  pot.deleted = true;
  await world.clock.advance(2 * hour);
  assert.ok(
    !world
      .app()
      .view()
      .pots.some(({ id }) => id === pot.id),
  );
  assert.deepEqual(new Set(await days()), new Set([begin]), 'it gave its money back');
});
