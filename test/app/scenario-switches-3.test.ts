import { test } from 'node:test';
import { departures } from '../../sim/switches.ts';
import { assertEventsOf, both, play } from '../support/scenario.ts';

/** One of several files that run side by side; together they play every switch of the simulated bank. */
const part = departures().filter((_, index) => index % 3 === 2);

for (const [position, switches] of part)
  test(`payday is the same whichever way the bank behaves (${position})`, async () => {
    await using world = await both({ switches });
    await assertEventsOf(world, await play(world, 'payday'));
  });
