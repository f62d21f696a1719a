import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { seededRandom } from '../../sim/fake-clock.ts';
import { alex, household, joint, sam } from '../../sim/household.ts';
import { systemClock } from '../../src/clock.ts';
import { sizes, startDashboardStage, visitDashboard, type DashboardStage } from './dashboard-browser.ts';

const strategy = (settings: object = {}) => ({ strategy: { type: 'custom:monzo', ...settings } });

let stage: DashboardStage;

before(async () => {
  const bank = household({ now: () => systemClock.now(), random: seededRandom(17) });
  stage = await startDashboardStage({ bank });
  await stage.addDashboard('money-test', strategy());
  await stage.addDashboard('money-hidden', strategy({ hide_amounts: true }));
});

after(() => stage?.[Symbol.asyncDispose]());

test('without a login it says what to do', async () => {
  await using visitor = await visitDashboard(stage);
  await visitor.open('money-test');
  await visitor.page.getByText('nobody is connected').waitFor();
  await visitor.look('empty');
});

describe('with two people', () => {
  before(async () => {
    await stage.connect('Alex', alex);
    await stage.connect('Sam', sam);
    await stage.deviceId(sam.pots.bike);
    stage.bank.purchase(alex.current, { amount: 1_234, merchant: 'Blue Door Coffee' });
    stage.bank.purchase(joint.account, { amount: 5_600, merchant: 'Corner Shop' });
    stage.bank.purchase(sam.current, { amount: 899, merchant: 'Corner Shop' });
  });

  for (const size of Object.keys(sizes) as (keyof typeof sizes)[])
    for (const scheme of ['light', 'dark'] as const)
      test(`the whole dashboard, ${size}, ${scheme}`, async () => {
        await using visitor = await visitDashboard(stage, { size, scheme });
        await visitor.open('money-test');
        await visitor.page.getByText('Sam current account').first().waitFor();
        await systemClock.wait(5_000);
        await visitor.look('whole');
        await visitor.checkBarriers();
        assert.deepEqual(visitor.complaints, []);
      });

  test('hidden', async () => {
    await using visitor = await visitDashboard(stage, { size: 'tablet' });
    await visitor.open('money-hidden');
    await visitor.page.getByText('Sam current account').first().waitFor();
    await systemClock.wait(3_000);
    await visitor.look('hidden');
  });
});
