import assert from 'node:assert/strict';
import { test } from 'node:test';
import { alex } from '../../sim/household.ts';
import { openDoors, type Doors } from '../support/doors.ts';
import { isList, isMove, outcomesTold } from '../support/money.ts';

const device = 'd'.repeat(32);
const byDevice = { pot: device, transfer_type: 'deposit', amount: '5' };

/** Home Assistant finds the device of the pot, and takes so long for it. */
function findSlowly({ homeAssistant, world }: Doors, ms: number): void {
  const devices = [{ id: device, identifiers: [['mqtt', `monzo_${alex.pots.holiday}`]] }];
  const found = world.clock.wait(ms).then(() => ({ result: devices }));
  homeAssistant.world.script.set('config/device_registry/list', found);
}

const cases = [
  { when: 'while the outcome is waited for', finding: 13_000, listing: 0 },
  { when: 'before the move is even sent', finding: 14_500, listing: 4_500 },
];

for (const { when, finding, listing } of cases)
  test(`Home Assistant says slowly which pot is meant: a caller whose time is over ${when} is told, and hears the outcome`, async () => {
    await using doors = await openDoors();
    const { world } = doors;
    findSlowly(doors, finding);
    world.faults.add({ kind: 'slow', ms: listing, match: isList, times: 1 });
    world.faults.add({ kind: 'timeout_before', match: isMove, times: 1 });
    const { said } = await doors.ask('home_assistant', 'pot_transfer', byDevice);
    assert.equal(said['money_moved'], 'unknown');
    assert.match(String(said['transfer_id']), /^transfer_/);
    await world.clock.advance(60_000);
    assert.deepEqual(await outcomesTold(world), ['transfer_completed:yes']);
  });
