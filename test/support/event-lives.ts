import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { bankWays } from './bank-ways.ts';
import { createCrashes } from './crash.ts';
import { happen, happenings, lateAndCrashed, pairWithPots } from './event-happenings.ts';
import { startEventLife, type EventLife } from './event-life.ts';
import { assertDelivered, assertFound, assertRecorded, eventLog } from './event-oracle.ts';
import { seedOf } from './size.ts';

const logOf = ({ world }: EventLife) => eventLog((path) => world.api(path));

/**
 * Lives so many lives, at a bank that behaves in any way: each event is recorded once and reaches every sink in order.
 * Resolves with the positions of switches that the bank acted by.
 */
export async function liveEvents(numRuns: number): Promise<ReadonlySet<string>> {
  const seed = seedOf('lives of events');
  const crashes = createCrashes();
  const reached = new Set<string>();
  const oneLife = fc.asyncProperty(bankWays, happenings, async (switches, all) => {
    await using life = await startEventLife({ crashes, bank: pairWithPots, switches, reached });
    for (const one of all) await happen(life, one);
    await life.calm();
    assertFound(await logOf(life), life.transactions);
    await life.lookAgain();
    const log = await logOf(life);
    assertRecorded(life.world.bank, log, life.transactions);
    for (const [sink, arrivals] of Object.entries(life.arrivals())) assertDelivered(sink, log, arrivals);
  });
  await fc.assert(oneLife, { numRuns, seed, examples: [[{}, [...lateAndCrashed]]] });
  const places = new Set(crashes.happened).size;
  console.log(`${crashes.happened.length} crashes at ${places} of ${crashes.reached.size} points`);
  assert.ok(crashes.happened.length > 0, 'no crash hit anything');
  return reached;
}
