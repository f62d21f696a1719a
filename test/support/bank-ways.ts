import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { departures, switchPositions, type SwitchName, type Switches } from '../../sim/switches.ts';

const names = Object.keys(switchPositions) as SwitchName[];

/** Any positions of all switches together: each as it usually is, or, one time in five, in any other way. */
export const bankWays: fc.Arbitrary<Partial<Switches>> = fc
  .tuple(...names.map(wayOf))
  .map((all) => Object.fromEntries(all.filter((way) => way !== null)));

function wayOf(name: SwitchName) {
  const departures = switchPositions[name].slice(1).map((position) => [name, position] as const);
  return fc.oneof(
    { weight: 4, arbitrary: fc.constant(null) },
    { weight: 1, arbitrary: fc.constantFrom(...departures) },
  );
}

/** Switches that the bank acts by only where another one is turned too. */
const company: Partial<Record<SwitchName, Partial<Switches>>> = {
  sinceId: { longestPage: 10 },
  reachBeyond: { reachDays: 7 },
};

/** Each position of each switch other than the usual one, with what it takes to be acted by. */
export function everyWay(): readonly Partial<Switches>[] {
  return names.flatMap((name) => departures([name]).map(([, way]) => ({ ...company[name], ...way })));
}

/** One switch, turned to any of its positions. */
export const oneTurn: fc.Arbitrary<Partial<Switches>> = fc
  .constantFrom(...names)
  .chain((name) =>
    fc.constantFrom<unknown[]>(...switchPositions[name]).map((position) => ({ [name]: position })),
  );

/**
 * Switches that no call of the bridge depends on: it asks for no more than a hundred rows and for no unknown route, and
 * refuses itself what would use a dedupe id again for another amount (`test/app/transfer-hazards.test.ts` restores a backup
 * for that).
 */
const outOfReach: ReadonlySet<SwitchName> = new Set(['limitAbove100', 'unknownRoute', 'dedupeOtherAmount']);

/** Prints how many positions of switches the bank acted by; fails where it never acted by one. */
export function assertAllReached(reached: ReadonlySet<string>): void {
  const positions = (of: readonly SwitchName[]) =>
    of.flatMap((name) => switchPositions[name].map((position) => `${name}=${position}`));
  const all = positions(names.filter((name) => !outOfReach.has(name)));
  const never = all.filter((position) => !reached.has(position));
  console.log(`${all.length - never.length} of ${all.length} positions of switches reached`);
  assert.deepEqual(never, [], 'positions that the bank never acted by');
  const reachedAfterAll = positions([...outOfReach]).filter((position) => reached.has(position));
  assert.deepEqual(reachedAfterAll, [], 'positions that were taken to be out of reach');
}
