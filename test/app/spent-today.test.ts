import assert from 'node:assert/strict';
import { test } from 'node:test';
import { alex } from '../../sim/household.ts';
import { switchPositions } from '../../sim/switches.ts';
import { bankDayStart, hours, minutes } from '../../sim/wire-time.ts';
import { worldWithAlex } from '../support/money.ts';
import type { World } from '../support/world.ts';

interface Spending {
  readonly spent: number;
  /** The reset from which on it counts. */
  readonly since: number;
}

function spendingIn(world: World): Spending {
  const account = world
    .app()
    .view()
    .accounts.find(({ id }) => id === alex.current);
  return { spent: account?.spentToday ?? 0, since: account?.spentSince ?? 0 };
}

/** As Home Assistant adds up: what was added, or all of it after a reset. */
function addUp(read: Spending & { sum: number }, now: Spending): void {
  read.sum += now.since === read.since ? now.spent - read.spent : now.spent;
  Object.assign(read, now);
}

for (const spendResetLag of switchPositions.spendResetLag)
  test(`spent today is counted once, in the bank's day, although the bank resets it late (${spendResetLag})`, async () => {
    await using world = await worldWithAlex({
      settings: { MONZO_BRIDGE_TIME_ZONE: 'America/New_York', MONZO_BRIDGE_POLL_SECONDS: '300' },
      switches: { spendResetLag },
    });
    const begin = spendingIn(world);
    world.bank.purchase(alex.current, { amount: 65_00 });
    const reset = bankDayStart(world.clock.now() + 24 * hours);
    world.clock.jump(reset - 15 * minutes - world.clock.now());
    // Bought at 04:09: a bank that resets later counts it in both days.
    const read = { ...begin, sum: 0 };
    for (let passed = 0; passed < 120; passed += 6) {
      await world.clock.advance(6 * minutes);
      if (passed === 18) world.bank.purchase(alex.current, { amount: 3_00 });
      const now = spendingIn(world);
      if (now.spent === 0 && now.since === read.since) assert.equal(read.spent, 0, 'no fall within a day');
      addUp(read, now);
      if (now.spent >= 65_00) assert.equal(now.since, begin.since);
    }
    assert.deepEqual(read, {
      spent: 3_00,
      since: reset,
      sum: 68_00 + (spendResetLag > 24 * minutes ? 3_00 : 0),
    });
  });

for (const spendResetLag of switchPositions.spendResetLag)
  test(`a refund before the bank's late reset is yesterday's, and adds nothing up again (${spendResetLag})`, async () => {
    await using world = await worldWithAlex({
      settings: { MONZO_BRIDGE_POLL_SECONDS: '300' },
      switches: { spendResetLag },
    });
    const begin = spendingIn(world);
    world.bank.purchase(alex.current, { amount: 65_00 });
    const reset = bankDayStart(world.clock.now() + 24 * hours);
    world.clock.jump(reset - 15 * minutes - world.clock.now());
    const read = { ...begin, sum: 0 };
    for (let passed = 0; passed < 120; passed += 2) {
      await world.clock.advance(2 * minutes);
      if (passed === 16) world.bank.refund(alex.current, { amount: 20_00 });
      const now = spendingIn(world);
      addUp(read, now);
      if (now.spent > 0) assert.equal(now.since, begin.since, 'what is left of yesterday is not today’s');
    }
    assert.deepEqual(read, { spent: 0, since: reset, sum: spendResetLag > 0 ? 45_00 : 65_00 });
  });

test('what is bought after a day without spending, before the day was read, counts once', async () => {
  await using world = await worldWithAlex();
  world.clock.jump(bankDayStart(world.clock.now() + 48 * hours) - 15 * minutes - world.clock.now());
  const read = { spent: 0, since: 0, sum: 0 };
  for (let passed = 0; passed < 300; passed += 10) {
    await world.clock.advance(10 * minutes);
    if (passed === 0) {
      await world.stop();
      await world.clock.advance(20 * minutes);
      world.bank.purchase(alex.current, { amount: 3_00 });
      await world.restart();
    }
    addUp(read, spendingIn(world));
  }
  assert.deepEqual([read.spent, read.sum], [3_00, 3_00]);
});
