import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { createCrashes } from '../support/crash.ts';
import { happen, happenings, lateAndCrashed, startEventLife, type EventLife } from '../support/event-life.ts';
import { assertDelivered, assertFound, assertRecorded, eventLog } from '../support/event-oracle.ts';
import { seedOf, sizeOf } from '../support/size.ts';

const logOf = ({ world }: EventLife) => eventLog((path) => world.api(path));

test('whatever happens in whatever order, each event is recorded once and reaches every sink in order', async () => {
  const seed = seedOf('lives of events');
  const numRuns = sizeOf('lives of events', { short: 6, long: 400 });
  const crashes = createCrashes();
  const oneLife = fc.asyncProperty(happenings, async (all) => {
    await using life = await startEventLife(crashes);
    for (const one of all) await happen(life, one);
    await life.calm();
    assertFound(await logOf(life), life.transactions);
    await life.lookAgain();
    const log = await logOf(life);
    assertRecorded(life.world.bank, log, life.transactions);
    for (const [sink, arrivals] of Object.entries(life.arrivals())) assertDelivered(sink, log, arrivals);
  });
  await fc.assert(oneLife, { numRuns, seed, examples: [[lateAndCrashed]] });
  const places = new Set(crashes.happened).size;
  console.log(`${crashes.happened.length} crashes at ${places} of ${crashes.reached.size} points`);
  assert.ok(crashes.happened.length > 0, 'no crash hit anything');
});
