import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { createCrashes } from '../support/crash.ts';
import { happen, happenings, startEventLife } from '../support/event-life.ts';
import { assertDelivered, assertRecorded, eventLog } from '../support/event-oracle.ts';

const seed = Number(process.env['MONZO_TEST_SEED'] ?? Date.now() % 1_000_000);
const numRuns = Number(process.env['MONZO_TEST_RUNS'] ?? 8);

test('whatever happens in whatever order, each event is recorded once and reaches every sink in order', async () => {
  const crashes = createCrashes();
  console.log(`seed ${seed}, ${numRuns} lives`);
  await fc.assert(
    fc.asyncProperty(happenings, async (life) => {
      await using it = await startEventLife(crashes);
      for (const what of life) await happen(it, what);
      await it.settle();
      const api = (path: string) => it.world.api(path);
      const log = await eventLog(api);
      assertRecorded(it.world.bank, log, it.transactions);
      for (const [sink, arrivals] of Object.entries(it.arrivals())) assertDelivered(sink, log, arrivals);
    }),
    { numRuns, seed, endOnFailure: false },
  );
  console.log(
    `${crashes.happened.length} crashes at ${new Set(crashes.happened).size} of ${crashes.reached.size} points`,
  );
  assert.ok(crashes.happened.length > 0);
});
