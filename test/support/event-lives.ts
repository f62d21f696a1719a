import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import type { Switches } from '../../sim/switches.ts';
import { bankWays, everyWay } from './bank-ways.ts';
import { createCrashes } from './crash.ts';
import { happen, happenings, lateAndCrashed, pairWithPots, type Happening } from './event-happenings.ts';
import { startEventLife, type EventLife } from './event-life.ts';
import { assertDelivered, assertFound, assertRecorded, eventLog, type Arrival } from './event-oracle.ts';
import { sameLives, seedOf, shrinks } from './size.ts';

/** The events of transactions; those of our own moves are told in the lives of money. */
const ofTransactions = <Item extends Arrival>(items: readonly Item[]) =>
  items.filter(({ event_id }) => event_id.startsWith('tx_'));

/** What the bank still shows of all that happened there. */
const shownOf = ({ transactions, world }: EventLife) =>
  transactions.filter((id) => !world.bank.model.vanished.has(id));

const logOf = async ({ world }: EventLife) => ofTransactions(await eventLog((path) => world.api(path)));

type Life = [ways: Partial<Switches>, happenings: Happening[]];

/** A life in which the bank acts by every switch. */
const varied: readonly Happening[] = [
  { do: 'spend', account: 0, amount: 350 },
  { do: 'receive', account: 1, amount: 350 },
  { do: 'spend', account: 0, amount: 250 },
  { do: 'spend', account: 2, amount: 250 },
  { do: 'pass', ms: 5_000 },
  { do: 'asleep', ms: 31 * 3_600_000 },
  { do: 'pass', ms: 15_000 },
  { do: 'settle', which: 0, amount: 350 },
  { do: 'reverse', which: 0, amount: 0 },
  { do: 'amend', which: 0, amount: 2 },
  { do: 'pass', ms: 15_000 },
  { do: 'crowd', account: 0 },
  { do: 'asked_move', which: 0, amount: 1 },
  { do: 'asked_move', which: 1, amount: 2 },
  { do: 'bank_fault', kind: 'timeout_after', times: 1 },
  { do: 'asleep', ms: 31 * 3_600_000 },
  { do: 'pass', ms: 5_000 },
  { do: 'lapsed', which: 0 },
  { do: 'evicted', which: 0 },
  { do: 'away' },
  { do: 'denied', which: 1 },
  { do: 'pass', ms: 15_000 },
  { do: 'crash', kind: 'write ', after: 0, account: 0 },
];

/**
 * Lives so many lives, at a bank that behaves in any way: each event is recorded once and reaches every sink in order.
 * `inEveryWay`: one of them for each position of each switch. Resolves with the positions that the bank acted by.
 */
export async function liveEvents(numRuns: number, inEveryWay = false): Promise<ReadonlySet<string>> {
  const seed = seedOf('lives of events', sameLives);
  const crashes = createCrashes();
  const reached = new Set<string>();
  const oneLife = fc.asyncProperty(bankWays, happenings, async (switches, all) => {
    const acted = new Set<string>();
    // An account is known once its row could be read; what becomes of its format then is all the same.
    const { shapelessAccount = 'as_recorded', ...atFirst } = switches;
    await using life = await startEventLife({
      crashes,
      bank: pairWithPots,
      switches: atFirst,
      reached: acted,
    });
    life.world.bank.turn({ shapelessAccount });
    // A row that the bank dates back is an event only where its date is still after the person was connected.
    await happen(life, { do: 'asleep', ms: 4 * 3_600_000 });
    for (const one of all) await happen(life, one);
    await life.calm();
    // Without a ring, what was dated back is found by the long list, twice a day and after a start.
    if (!acted.has('created=back_dated')) assertFound(await logOf(life), shownOf(life));
    await life.lookAgain();
    const log = await logOf(life);
    assertRecorded(life.world.bank, log, life.transactions);
    for (const position of acted) reached.add(position);
    for (const [sink, arrivals] of Object.entries(life.arrivals()))
      assertDelivered(sink, log, ofTransactions(arrivals));
  });
  const ways = inEveryWay ? everyWay() : [];
  const examples: Life[] = [[{}, [...lateAndCrashed]], ...ways.map((one): Life => [one, [...varied]])];
  await fc.assert(oneLife, { numRuns, seed, examples, endOnFailure: !shrinks });
  const places = new Set(crashes.happened).size;
  console.log(`${crashes.happened.length} crashes at ${places} of ${crashes.reached.size} points`);
  assert.ok(crashes.happened.length > 0, 'no crash hit anything');
  return reached;
}
