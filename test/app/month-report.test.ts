import assert from 'node:assert/strict';
import { it } from 'node:test';
import { problemSchema } from '../../src/contract/elements.ts';
import { reportSchema, type ReportItem } from '../../src/contract/report-data.ts';
import { alex, joint } from '../../sim/household.ts';
import { days } from '../../sim/wire-time.ts';
import { untilHistoryIsRead } from '../support/history.ts';
import { createWorld, type World, type WorldOptions } from '../support/world.ts';

const november = Date.parse('2026-11-20T12:00:00Z');

/** Each with its category. */
const shops = {
  'Corner Shop': 'groceries',
  'New Bakery': 'groceries',
  'Night Cinema': 'entertainment',
  'Film Club': 'entertainment',
  'Sofa Shop': 'shopping',
  'Kite Shop': 'shopping',
  Ferry: 'transport',
} as const;
type Shop = keyof typeof shops;

/** The bank's rows of the past, told as days or instants. */
function pastOf({ bank }: World) {
  const at = (when: string) => Date.parse(when.includes('T') ? when : `${when}T12:00:00Z`);
  const past = (when: string) => ({ createdMs: at(when), settledMs: at(when) + days, quiet: true });
  return {
    buy: (when: string, amount: number, merchant: Shop = 'Corner Shop') =>
      bank.purchase(alex.current, { amount, merchant, category: shops[merchant], ...past(when) }),
    refund: (when: string, amount: number, merchant: Shop = 'Corner Shop') =>
      bank.refund(alex.current, { amount, merchant, category: shops[merchant], ...past(when) }),
    earn: (when: string, amount: number) => bank.salary(alex.current, { amount, ...past(when) }),
    spendEuros: (when: string, amount: number) =>
      bank.purchase(alex.euro, { amount, merchant: 'Trattoria', category: 'eating_out', ...past(when) }),
    spendTogether: (when: string, amount: number) =>
      bank.purchase(joint.account, {
        amount,
        merchant: 'Green Grocer',
        category: 'groceries',
        ...past(when),
      }),
  };
}

/** A household whose past is told, and the bridge that has read all of it. */
async function livedWorld(
  tell: (past: ReturnType<typeof pastOf>, world: World) => void,
  options: WorldOptions = {},
) {
  const world = await createWorld({ at: november, ...options });
  tell(pastOf(world), world);
  await world.connect('alex');
  await untilHistoryIsRead(world);
  return world;
}

async function reportOf(world: World, query = '') {
  const answer = await world.api(`/api/report${query}`);
  assert.equal(answer.status, 200, await answer.clone().text());
  return reportSchema.parse(await answer.json());
}

/** The report in pounds. */
async function pounds(world: World, query = ''): Promise<ReportItem> {
  const { items } = await reportOf(world, query);
  const found = items.find(({ currency }) => currency === 'GBP');
  assert.ok(found, `a report in pounds for ${query}`);
  return found;
}

const categoriesOf = ({ categories }: ReportItem) =>
  categories.map(({ key, net_minor: net, usual }) => [key, net, usual?.net_minor ?? null]);

it('a month stands beside the average of the last six full months', async () => {
  await using world = await livedWorld(({ buy, earn, refund }) => {
    // April is the seventh month before November's report, and never counts.
    buy('2026-04-01', 900_00);
    for (const month of ['05', '06', '07', '08', '09', '10']) {
      buy(`2026-${month}-03`, 100_00);
      earn(`2026-${month}-28`, 2_000_00);
    }
    buy('2026-10-05', 1_01, 'Night Cinema');
    buy('2026-11-03', 40_00);
    refund('2026-11-04', 5_00);
    earn('2026-11-05', 2_100_00);
  });
  const { month, complete, since, before, items } = await reportOf(world);
  assert.deepEqual(
    [month, complete, since, before, items.length],
    ['2026-11', false, '2026-11-01', '2026-12-01', 1],
  );
  const report = await pounds(world);
  assert.deepEqual(report.usual_months, ['2026-05', '2026-06', '2026-07', '2026-08', '2026-09', '2026-10']);
  assert.deepEqual(
    [report.spent_minor, report.refunded_minor, report.net_minor, report.income_minor, report.count],
    [40_00, 5_00, 35_00, 2_100_00, 3],
  );
  // 601.01 in six months is 100.168…
  assert.deepEqual(
    [report.usual?.net_minor, report.usual?.net, report.usual?.income_minor],
    [100_17, 100.17, 2_000_00],
  );
  assert.deepEqual(categoriesOf(report), [
    ['groceries', 35_00, 100_00],
    ['entertainment', 0, 17],
  ]);
});

it('months that began before the first transaction do not count', async () => {
  await using world = await livedWorld(({ buy }) => {
    buy('2026-08-10', 70_00);
    buy('2026-09-10', 20_00);
    buy('2026-10-10', 30_00);
    buy('2026-11-10', 10_00);
  });
  const report = await pounds(world);
  assert.deepEqual([report.known_from, report.usual_months], ['2026-08-10', ['2026-09', '2026-10']]);
  assert.equal(report.usual?.net_minor, 25_00);
  assert.deepEqual((await pounds(world, '?month=2026-09')).usual, null, 'August is not whole');
  const { items } = await reportOf(world, '?month=2026-07');
  assert.deepEqual(items, []);
});

it('a household without transactions has an empty report', async () => {
  await using world = await livedWorld(() => {});
  const { items, complete } = await reportOf(world, '?month=2026-10');
  assert.deepEqual([items, complete], [[], true]);
});

it('with one month alone nothing is usual, new or vanished', async () => {
  await using world = await livedWorld(({ buy }) => buy('2026-11-03', 40_00));
  const report = await pounds(world);
  assert.deepEqual(
    [report.usual_months, report.usual, report.new_merchants, report.vanished_merchants],
    [[], null, null, null],
  );
  assert.deepEqual(categoriesOf(report), [['groceries', 40_00, null]]);
});

it('only income makes no category and no payment', async () => {
  await using world = await livedWorld(({ earn }) => earn('2026-11-03', 100_00));
  const report = await pounds(world);
  assert.deepEqual(
    [report.income_minor, report.net_minor, report.categories, report.largest],
    [100_00, 0, [], []],
  );
});

it('a category with more refunds than spending is below zero, and stays in the total', async () => {
  await using world = await livedWorld(({ buy, refund }) => {
    buy('2026-10-01', 300_00, 'Sofa Shop');
    refund('2026-11-03', 300_00, 'Sofa Shop');
    buy('2026-11-03', 40_00);
  });
  const report = await pounds(world);
  assert.deepEqual(categoriesOf(report), [
    ['groceries', 40_00, 0],
    ['shopping', -300_00, 300_00],
  ]);
  assert.deepEqual([report.net_minor, report.usual?.net_minor], [-260_00, 300_00]);
});

it('each currency has a report of its own, and an account only its own rows', async () => {
  await using world = await livedWorld(({ buy, spendEuros, spendTogether }) => {
    buy('2026-11-03', 40_00);
    spendEuros('2026-11-04', 12_00);
    spendTogether('2026-11-05', 9_00);
  });
  const sums = async (query = '') =>
    (await reportOf(world, query)).items.map(({ currency, net_minor: net, largest }) => [
      currency,
      net,
      largest.map(({ amount_minor: amount }) => amount),
    ]);
  assert.deepEqual(await sums(), [
    ['GBP', 49_00, [-40_00, -9_00]],
    ['EUR', 12_00, [-12_00]],
  ]);
  assert.deepEqual(await sums(`?account=${joint.account}`), [['GBP', 9_00, [-9_00]]]);
});

it('the months are those of the household’s zone', async () => {
  const settings = { MONZO_BRIDGE_TIME_ZONE: 'Asia/Tokyo' };
  await using world = await livedWorld(
    ({ buy }) => {
      buy('2026-10-01', 1_00);
      buy('2026-10-31T14:59:00Z', 20_00);
      buy('2026-10-31T15:00:00Z', 50_00, 'Night Cinema');
    },
    { settings },
  );
  const [october, thisMonth] = [await pounds(world, '?month=2026-10'), await pounds(world)];
  assert.deepEqual([october.net_minor, thisMonth.net_minor], [21_00, 50_00]);
  assert.deepEqual(
    thisMonth.largest.map(({ name }) => name),
    ['Night Cinema'],
  );
  assert.deepEqual(
    thisMonth.new_merchants?.items.map(({ name }) => name),
    ['Night Cinema'],
  );
});

it('moves into pots are neither spending nor income', async () => {
  await using world = await livedWorld(({ buy }, { bank }) => {
    buy('2026-11-03', 40_00);
    bank.potMove(alex.pots.holiday, 'deposit', { amount: 250_00 });
    bank.potMove(alex.pots.holiday, 'withdraw', { amount: 30_00 });
  });
  const report = await pounds(world);
  assert.deepEqual([report.net_minor, report.income_minor, report.count], [40_00, 0, 1]);
  assert.deepEqual(categoriesOf(report), [['groceries', 40_00, null]]);
});

it('shops are new once, and vanish once, when the month is over', async () => {
  await using world = await livedWorld(({ buy }) => {
    buy('2026-05-01', 1_00, 'Corner Shop');
    for (const month of ['07', '08', '09']) buy(`2026-${month}-15`, 12_99, 'Film Club');
    // Too rarely to be missed.
    for (const month of ['08', '09']) buy(`2026-${month}-20`, 5_00, 'Ferry');
    buy('2026-10-04', 30_00, 'New Bakery');
    buy('2026-10-05', 10_00, 'New Bakery');
    buy('2026-11-06', 7_00, 'New Bakery');
    buy('2026-11-07', 9_00, 'Kite Shop');
  });
  const october = await pounds(world, '?month=2026-10');
  assert.deepEqual(october.new_merchants, {
    count: 1,
    items: [{ name: 'New Bakery', net: 40, net_minor: 40_00, count: 2 }],
  });
  assert.deepEqual(october.vanished_merchants, {
    count: 1,
    items: [{ name: 'Film Club', months: 3, usual: 12.99, usual_minor: 12_99, last_day: '2026-09-15' }],
  });
  const running = await pounds(world, '?month=2026-11');
  assert.deepEqual(
    running.new_merchants?.items.map(({ name }) => name),
    ['Kite Shop'],
  );
  assert.equal(running.vanished_merchants, null, 'the month is not over');
});

it('the largest payments come first, ten at most', async () => {
  await using world = await livedWorld(({ buy, refund }) => {
    for (let day = 1; day <= 12; day += 1) buy(`2026-11-${String(day).padStart(2, '0')}`, day * 100);
    refund('2026-11-13', 9_999);
  });
  const { largest } = await pounds(world);
  assert.deepEqual(
    largest.map(({ amount_minor: amount }) => amount),
    [-1_200, -1_100, -1_000, -900, -800, -700, -600, -500, -400, -300],
  );
});

it('refuses what is no month, and months that have not begun', async () => {
  await using world = await livedWorld(() => {});
  for (const query of ['month=2026-13', 'month=November', 'month=2026-12', 'year=2026']) {
    const answer = await world.api(`/api/report?${query}`);
    assert.equal(answer.status, 400, query);
    assert.equal(problemSchema.parse(await answer.json()).code, 'bad_request');
  }
});
