import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { alex } from '../../sim/household.ts';
import type { Switches } from '../../sim/switches.ts';
import type { Door } from '../../src/commands/command.ts';
import { bankWays, everyWay } from './bank-ways.ts';
import { createCrashes } from './crash.ts';
import { doorNames } from './doors.ts';
import { happenings, type Happening, type Talk } from './money-happenings.ts';
import { moneyIn, startMoneyLife } from './money-life.ts';
import { assertMoneyIsRight } from './money-oracle.ts';
import { hasOpen } from './money.ts';
import { sameLives, seedOf, shrinks } from './size.ts';

interface Asking {
  readonly id?: string;
  /** A withdrawal from this pot; a deposit otherwise. */
  readonly pot?: string;
  readonly times?: number;
}

const askAt = (door: Door, { id, pot, times = 1 }: Asking): Happening => {
  const direction = pot === undefined ? 'deposit' : 'withdraw';
  const wish = { pot: pot ?? alex.pots.holiday, transfer_type: direction, amount: '5' } as const;
  const named = id === undefined ? wish : { ...wish, request_id: id };
  return { is: 'asked', requests: [{ door, wish: named, times }] };
};
const silentBank: Happening = { is: 'fault', on: 'moves', fault: { kind: 'timeout_before', times: 4 } };

/** What every run has to see at every door, whatever chance brings. */
const certain: readonly (readonly Happening[])[] = [
  // Heard twice, and not named: the same again only for those who can tell.
  doorNames.flatMap((door) => [askAt(door, { times: 2 }), { is: 'time', ms: 61_000 }]),
  // Left open, and asked for again by somebody else, who hears the outcome first.
  doorNames.flatMap((door, index) => [
    silentBank,
    askAt(door, { id: door }),
    { is: 'calm' },
    askAt(doorNames.at(index - 1) ?? door, { id: door }),
  ]),
  // Moved, and crashed before anybody was told.
  doorNames.flatMap((door) => [
    { is: 'doomed', at: 'bank PUT', points: 2 },
    askAt(door, { id: door }),
    { is: 'time', ms: 61_000 },
  ]),
  // The clock is wrong, and put right while a move is on its way; then the machine sleeps with one that is open.
  [
    { is: 'clock', ahead: 50 * 3_600_000, points: 0 },
    askAt('http', { id: 'wrong' }),
    { is: 'clock', ahead: 0, points: 3 },
    askAt('page', { id: 'wrong' }),
    { is: 'clock', ahead: 0, points: 0 },
    silentBank,
    askAt('cli', { id: 'open' }),
    { is: 'asleep', ms: 8 * 3_600_000 },
    askAt('mqtt', { id: 'open' }),
  ],
  // Left open by a bridge that then loses its login, with the answer to a renewal of the tokens.
  [
    { is: 'lost' },
    askAt('http', { id: 'r1' }),
    { is: 'calm' },
    { is: 'fault', on: 'everything', fault: { kind: 'timeout_after', times: 1 } },
    { is: 'restart', ms: 50 * 3_600_000 },
    { is: 'time', ms: 61_000 },
  ],
];

type Life = [ways: Partial<Switches>, happenings: readonly Happening[]];

/** A life in which the bank acts by every switch. */
const varied: readonly Happening[] = [
  { is: 'earned' },
  { is: 'bought' },
  { is: 'bought' },
  { is: 'time', ms: 40 * 60_000 },
  { is: 'settled' },
  { is: 'reversed' },
  { is: 'crowd' },
  { is: 'lost' },
  askAt('http', { id: 'lost' }),
  { is: 'calm' },
  askAt('page', { pot: alex.pots.guarded }),
  { is: 'fault', on: 'everything', fault: { kind: 'timeout_after', times: 1 } },
  { is: 'restart', ms: 50 * 3_600_000 },
  { is: 'time', ms: 61_000 },
  { is: 'calm' },
  { is: 'evicted' },
  askAt('cli', {}),
  { is: 'calm' },
  { is: 'lapsed' },
  { is: 'away' },
  askAt('mqtt', {}),
  { is: 'denied' },
  { is: 'calm' },
  { is: 'incident' },
  askAt('http', {}),
];

/**
 * Lives so many lives of a bridge that moves money, at a bank that behaves in any way: money moves at most once for each
 * request, inside the limits, and nobody is lied to. `inEveryWay`: one of them for each position of each switch. Resolves with the
 * positions that the bank acted by.
 */
export async function liveMoney(lives: number, inEveryWay = false): Promise<ReadonlySet<string>> {
  const seed = seedOf('lives of money', sameLives);
  const crashes = createCrashes();
  const reached = new Set<string>();
  const talks: Talk[] = [];
  const oneLife = fc.asyncProperty(bankWays, happenings, async (switches, all) => {
    await using life = await startMoneyLife({ crashes, switches, reached });
    for (const one of all) await life.happen(one);
    await life.settle(hasOpen);
    await assertMoneyIsRight(life.world, life.talks, 20_000);
    assert.equal(moneyIn(life.world), life.total, 'money came from nowhere, or went there');
    talks.push(...life.talks);
  });
  const ways = inEveryWay ? everyWay() : [];
  const examples = [
    ...certain.map((life): Life => [{}, life]),
    ...ways.map((switches): Life => [switches, varied]),
  ];
  const numRuns = inEveryWay ? lives : certain.length + lives;
  await fc.assert(oneLife, { numRuns, seed, examples, endOnFailure: !shrinks });
  tell(talks);
  console.log(`crashed at ${new Set(crashes.happened).size} different points`);
  return reached;
}

/** Prints what was told at each door, and fails where one never saw what matters. */
function tell(talks: readonly Talk[]): void {
  for (const door of doorNames) {
    const codes = new Map<string, number>();
    const heard = talks.filter((talk) => talk.door === door);
    for (const { told } of heard) {
      const code = told === null ? 'nobody' : String(told['code'] ?? told['money_moved']);
      codes.set(code, (codes.get(code) ?? 0) + 1);
    }
    console.log(
      `asked ${heard.length} times at ${door}: ${[...codes].map(([code, times]) => `${code} ${times}`).join(', ')}`,
    );
    const isSilent = codes.has('nobody') || codes.has('no_answer');
    assert.ok(codes.has('yes') && codes.has('unknown') && isSilent, `too little was seen at ${door}`);
  }
}
