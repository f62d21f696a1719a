import assert from 'node:assert/strict';
import { test } from 'node:test';
import { alex } from '../../sim/household.ts';
import { switchPositions } from '../../sim/switches.ts';
import { move, movesAt, worldWithAlex } from '../support/money.ts';

for (const sinceId of switchPositions.sinceId)
  for (const rows of [1, 2, 3])
    test(`a move is made although the bank dates ${rows} rows at the instant of its list (sinceId=${sinceId})`, async () => {
      // The bank refuses a list that begins in a time to come, even by a millisecond.
      await using world = await worldWithAlex({ switches: { sinceId } });
      for (let row = 0; row < rows; row += 1)
        world.bank.purchase(alex.current, { amount: 150 + row, merchant: 'Corner Shop' });
      const told = await move(world, { request_id: 'r' });
      assert.deepEqual([told.http, told['money_moved']], [200, 'yes'], JSON.stringify(told));
      assert.equal(movesAt(world).length, 1);
    });
