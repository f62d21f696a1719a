import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { createCrashes } from '../support/crash.ts';
import { caughtMoving, happenings, moneyIn, startMoneyLife } from '../support/money-life.ts';
import { assertMoneyIsRight } from '../support/money-oracle.ts';
import { hasUndecided } from '../support/money.ts';
import { seedOf, sizeOf } from '../support/size.ts';

test('whatever happens, money moves at most once for each request, inside the rails, and nobody is lied to', async () => {
  const seed = seedOf('lives of money');
  const numRuns = sizeOf('lives of money', { short: 13, long: 200 });
  const crashes = createCrashes();
  let moves = 0;
  let unsure = 0;
  const codes = new Map<string, number>();
  const oneLife = fc.asyncProperty(happenings, async (all) => {
    await using life = await startMoneyLife(crashes);
    for (const one of all) await life.happen(one);
    await life.settle(hasUndecided);
    await assertMoneyIsRight(life.world, life.talks, 20_000);
    assert.equal(moneyIn(life.world), life.total, 'money came from nowhere, or went there');
    for (const { told } of life.talks) {
      const code = told === null ? 'nobody' : String(told['code'] ?? told['money_moved']);
      codes.set(code, (codes.get(code) ?? 0) + 1);
    }
    moves += life.talks.filter(({ told }) => told?.['money_moved'] === 'yes').length;
    unsure += life.talks.filter(({ told }) => told === null || told['money_moved'] === 'unknown').length;
  });
  await fc.assert(oneLife, { numRuns, seed, examples: [[caughtMoving]] });
  console.log(`told: ${[...codes].map(([code, times]) => `${code} ${times}`).join(', ')}`);
  console.log(
    `moved ${moves}, left open ${unsure}, crashed at ${new Set(crashes.happened).size} different points`,
  );
  assert.ok(moves > 0 && unsure > 0 && crashes.happened.length > 0, 'nothing was in flight when it mattered');
});
