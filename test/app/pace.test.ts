import assert from 'node:assert/strict';
import { it } from 'node:test';
import { paceSchema } from '../../src/contract/report-data.ts';
import { alex } from '../../sim/household.ts';
import { must } from '../../sim/model.ts';
import { movePotMoney } from '../../sim/pots.ts';
import { days } from '../../sim/wire-time.ts';
import { untilHistoryIsRead } from '../support/history.ts';
import { createWorld, type World, type WorldOptions } from '../support/world.ts';

const november = Date.parse('2026-11-20T12:00:00Z');

/** What happened before the bridge was connected, told as days or instants. */
function pastOf({ bank }: World) {
  const past = (when: string) => {
    const createdMs = Date.parse(when.includes('T') ? when : `${when}T12:00:00Z`);
    return { createdMs, settledMs: createdMs + days, quiet: true };
  };
  const shop = { merchant: 'Corner Shop', category: 'groceries' };
  return {
    buy: (when: string, amount: number) => bank.purchase(alex.current, { amount, ...shop, ...past(when) }),
    refund: (when: string, amount: number) => bank.refund(alex.current, { amount, ...shop, ...past(when) }),
    spendEuros: (when: string, amount: number) =>
      bank.purchase(alex.euro, { amount, ...shop, ...past(when) }),
    save: (when: string, amount: number, potId: string = alex.pots.holiday) => {
      const pot = must(bank.model.pots, potId);
      movePotMoney(bank.model, {
        pot,
        direction: amount < 0 ? 'withdraw' : 'deposit',
        amount: Math.abs(amount),
        userId: alex.userId,
        key: when,
        trigger: 'user',
        createdMs: past(when).createdMs,
      });
    },
  };
}

async function livedWorld(tell: (past: ReturnType<typeof pastOf>) => void, options: WorldOptions = {}) {
  const world = await createWorld({ at: november, ...options });
  tell(pastOf(world));
  await world.connect('alex');
  await untilHistoryIsRead(world);
  return world;
}

async function paceOf(world: World) {
  const answer = await world.api('/api/pace');
  assert.equal(answer.status, 200, await answer.clone().text());
  return paceSchema.parse(await answer.json());
}

async function spendingIn(world: World, currency: string) {
  const { spending } = await paceOf(world);
  const found = spending.find((one) => one.currency === currency);
  assert.ok(found, currency);
  return found;
}

it('what was spent this month stands beside what usually was by this day', async () => {
  await using world = await livedWorld(({ buy, refund, save, spendEuros }) => {
    buy('2026-04-30', 900_00);
    for (const month of ['05', '06', '07', '08', '09', '10']) {
      buy(`2026-${month}-03`, 100_00);
      // On the same day still, and after it.
      buy(`2026-${month}-20`, 20_00);
      buy(`2026-${month}-21`, 60_00);
    }
    refund('2026-10-05', 30_00);
    buy('2026-11-03', 95_50);
    refund('2026-11-04', 5_00);
    save('2026-11-05', 50_00);
    spendEuros('2026-11-06', 7_00);
  });
  const { month, day, time_zone: zone } = await paceOf(world);
  assert.deepEqual([month, day, zone], ['2026-11', 20, 'Europe/London']);
  const pounds = await spendingIn(world, 'GBP');
  assert.deepEqual(
    [pounds.spent_minor, pounds.usual_minor, pounds.usual_month_minor, pounds.usual_month],
    [90_50, 115_00, 175_00, 175],
  );
  assert.deepEqual(pounds.usual_months, ['2026-05', '2026-06', '2026-07', '2026-08', '2026-09', '2026-10']);
  const euros = await spendingIn(world, 'EUR');
  assert.deepEqual([euros.spent_minor, euros.usual_minor, euros.usual_months], [7_00, null, []]);
});

it('the month and its days are those of the household’s time zone', async () => {
  const settings = { MONZO_BRIDGE_TIME_ZONE: 'Pacific/Auckland' };
  const at = Date.parse('2026-10-31T12:00:00Z');
  await using world = await livedWorld(
    ({ buy }) => {
      buy('2026-08-31T11:59:00Z', 1_00);
      buy('2026-09-30T10:30:00Z', 8_00);
      buy('2026-09-30T11:30:00Z', 40_00);
      buy('2026-10-31T11:30:00Z', 3_00);
    },
    { at, settings },
  );
  const { month, day } = await paceOf(world);
  assert.deepEqual([month, day], ['2026-11', 1]);
  const { spent_minor: spent, usual_minor: usual, usual_months: months } = await spendingIn(world, 'GBP');
  assert.deepEqual([spent, usual, months], [3_00, 20_00, ['2026-09', '2026-10']]);
});

it('a pot reaches its goal at the pace of the last three full months', async () => {
  await using world = await livedWorld(({ save }) => {
    // What was there in July, then 50, 150 and 100 pounds a month; what came since does not change the pace.
    save('2026-07-10', 10_00);
    save('2026-08-10', 50_00);
    save('2026-09-10', 200_00);
    save('2026-09-20', -50_00);
    save('2026-10-10', 100_00);
    save('2026-11-10', 40_00);
  });
  const { pots } = await paceOf(world);
  assert.deepEqual(pots, [
    {
      id: alex.pots.holiday,
      currency: 'GBP',
      per_month: 100,
      per_month_minor: 100_00,
      months: 3,
      // 450 and 350 are there of 1,500.
      goal_reached_in: '2027-06',
    },
  ]);
});

it('a pot that does not grow, or has no goal, has no pace', async () => {
  await using world = await livedWorld(({ save }) => {
    for (const month of ['07', '08', '09', '10']) save(`2026-${month}-10`, 10_00, alex.pots.tax);
    save('2026-07-10', 100_00);
    save('2026-10-10', -100_00);
  });
  assert.deepEqual((await paceOf(world)).pots, []);
});

it('an empty household has no pace', async () => {
  await using world = await livedWorld(() => {});
  const { spending, pots } = await paceOf(world);
  assert.deepEqual([spending, pots], [[], []]);
});
