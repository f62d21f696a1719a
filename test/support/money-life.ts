import * as fc from 'fast-check';
import type { CallFault } from '../../sim/faults.ts';
import { alex, joint } from '../../sim/household.ts';
import { switchPositions, type SwitchName, type Switches } from '../../sim/switches.ts';
import type { Crashes } from './crash.ts';
import { ask, isList, isMove, move, setRails, worldWithAlex, type Told } from './money.ts';
import type { World } from './world.ts';

/** One command as a caller gave it, and what it was told; null where nobody answered because the bridge crashed. */
export interface Talk {
  readonly wish: Wish;
  readonly told: Told | null;
}

export interface Wish {
  readonly pot: string;
  readonly transfer_type: 'deposit' | 'withdraw';
  readonly amount: string;
  readonly request_id?: string;
  readonly dry_run?: boolean;
}

/** What may happen in the life of a bridge that moves money. */
export type Happening =
  | { readonly is: 'asked'; readonly wishes: readonly Wish[] }
  | { readonly is: 'fault'; readonly fault: Omit<CallFault, 'match'>; readonly on: keyof typeof aims }
  | { readonly is: 'calm' }
  | { readonly is: 'time'; readonly ms: number }
  | { readonly is: 'restart' | 'crash' | 'pause' | 'resume' }
  /** The bridge crashes at the so-manieth point of this kind from now on. */
  | { readonly is: 'doomed'; readonly at: string; readonly points: number }
  | { readonly is: 'turned'; readonly switches: Partial<Switches> };

const aims = {
  moves: isMove,
  lists: isList,
  balances: ({ path }: { readonly path: string }) => path === '/balance' || path === '/pots',
  everything: () => true,
} as const;

const pots = [alex.pots.holiday, alex.pots.tax, joint.pots.bills];

/** Few values of each, so that the same things meet again. */
const wish: fc.Arbitrary<Wish> = fc
  .record({
    pot: fc.constantFrom(...pots),
    transfer_type: fc.constantFrom('deposit', 'withdraw'),
    amount: fc.constantFrom('5', '7.25', '60'),
    more: fc.oneof(
      { weight: 6, arbitrary: fc.constantFrom('r1', 'r2', 'r3', 'r4').map((id) => ({ request_id: id })) },
      { weight: 4, arbitrary: fc.constant({}) },
      { weight: 1, arbitrary: fc.constant({ dry_run: true }) },
    ),
  })
  .map(({ more, ...what }) => ({ ...what, ...more }));

const firstMove: Wish = { pot: alex.pots.holiday, transfer_type: 'deposit', amount: '5', request_id: 'r1' };

const repeated = wish.chain((one) =>
  fc.integer({ min: 2, max: 3 }).map((times) => Array.from({ length: times }, () => one)),
);

const asked: fc.Arbitrary<Happening> = fc
  .oneof(fc.array(wish, { minLength: 1, maxLength: 3 }), repeated)
  .map((wishes) => ({ is: 'asked', wishes }));

const fault: fc.Arbitrary<Happening> = fc.record({
  is: fc.constant('fault' as const),
  on: fc.constantFrom('moves', 'moves', 'lists', 'balances', 'everything'),
  fault: fc.record({
    kind: fc.constantFrom(
      'timeout_before',
      'timeout_after',
      'reset_before',
      'reset_after',
      'truncated',
      'refused',
      'html',
    ),
    times: fc.integer({ min: 1, max: 4 }),
  }),
});

const refusals: fc.Arbitrary<Happening> = fc.record({
  is: fc.constant('fault' as const),
  on: fc.constantFrom('moves', 'moves', 'lists'),
  fault: fc.record({
    kind: fc.constant('status' as const),
    status: fc.constantFrom(400, 401, 403, 408, 409, 429, 500, 504),
    times: fc.integer({ min: 1, max: 3 }),
  }),
});

/** Everything nobody knows about how the bank recognises repetitions. */
const unknowns: readonly SwitchName[] = [
  'repeatedDedupe',
  'dedupeOtherAmount',
  'moveChecks',
  'dedupeMemory',
  'dedupeScope',
  'guardedPot',
  'deadToken',
  'sinceTimestamp',
];

const turned: fc.Arbitrary<Happening> = fc
  .constantFrom(...unknowns)
  .chain((name) => fc.constantFrom(...switchPositions[name]).map((position) => ({ [name]: position })))
  .map((switches) => ({ is: 'turned', switches }));

const time: fc.Arbitrary<Happening> = fc
  .constantFrom(1_000, 20_000, 61_000, 10 * 60_000, 20 * 60_000, 2 * 3_600_000, 26 * 3_600_000)
  .map((ms) => ({ is: 'time', ms }));

const doomed: fc.Arbitrary<Happening> = fc
  .constantFrom(['', 120] as const, ['bank PUT ', 4] as const, ['write ', 30] as const)
  .chain(([at, max]) => fc.integer({ min: 1, max }).map((points) => ({ is: 'doomed', at, points })));

const simple = fc
  .constantFrom('calm', 'restart', 'crash', 'pause', 'resume')
  .map((is): Happening => ({ is }));

export const happenings: fc.Arbitrary<readonly Happening[]> = fc.array(
  fc.oneof(
    { arbitrary: asked, weight: 8 },
    { arbitrary: fault, weight: 3 },
    { arbitrary: refusals, weight: 2 },
    { arbitrary: doomed, weight: 2 },
    { arbitrary: time, weight: 2 },
    { arbitrary: turned, weight: 1 },
    { arbitrary: simple, weight: 2 },
  ),
  { minLength: 6, maxLength: 16, size: 'max' },
);

/** A life in which a crash takes the answer of a move along, whatever chance makes of the others. */
export const caughtMoving: readonly Happening[] = [
  { is: 'doomed', at: 'bank PUT ', points: 2 },
  { is: 'asked', wishes: [firstMove] },
  { is: 'asked', wishes: [firstMove] },
];

/** A bridge that is asked to move money, with everything its callers were told. */
export interface MoneyLife extends AsyncDisposable {
  readonly world: World;
  readonly talks: readonly Talk[];
  /** All the money there was at the beginning, in minor units. */
  readonly total: number;
  happen(happening: Happening): Promise<void>;
  /** Ends all trouble, and waits until the bridge knows the outcome of everything. */
  settle(isUndecided: (world: World) => boolean): Promise<void>;
}

export async function startMoneyLife(crashes: Crashes): Promise<MoneyLife> {
  const world = await worldWithAlex({ crashes });
  setRails(world, { per_day: { '*': '200' } });
  const talks: Talk[] = [];
  const call = async (one: Wish) => {
    const told = await move(world, { ...one }).catch(() => null);
    talks.push({ wish: one, told });
  };
  const acts: {
    readonly [Is in Happening['is']]: (told: Extract<Happening, { is: Is }>) => Promise<unknown>;
  } = {
    asked: ({ wishes }) => Promise.all(wishes.map(call)),
    fault: async ({ fault: struck, on }) => world.faults.add({ ...struck, match: aims[on] } as CallFault),
    calm: async () => world.faults.clear(),
    time: ({ ms }) => world.clock.advance(ms),
    restart: () => world.restart(),
    crash: () => world.crash(),
    pause: () => ask(world, 'pause').catch(() => null),
    resume: () => ask(world, 'resume').catch(() => null),
    doomed: async ({ at, points }) => {
      let left = points;
      crashes.arm((point) => point.startsWith(at) && (left -= 1) === 0);
    },
    turned: async ({ switches }) => world.bank.turn(switches),
  };
  return {
    world,
    talks,
    total: moneyIn(world),
    happen: async (happening) => {
      const act = acts[happening.is] as (told: Happening) => Promise<unknown>;
      await act(happening);
      await world.revived();
    },
    settle: async (isUndecided) => {
      crashes.arm(null);
      world.faults.clear();
      await world.revived();
      await world.until('every outcome is known', () => !isUndecided(world), 2 * 3_600_000);
    },
    [Symbol.asyncDispose]: () => world[Symbol.asyncDispose](),
  };
}

/** What accounts and pots hold together; moving between them never changes it. */
export function moneyIn({ bank }: World): number {
  const all = [...bank.books.accounts.values(), ...bank.books.pots.values()];
  return all.filter(({ currency }) => currency === 'GBP').reduce((sum, { balance }) => sum + balance, 0);
}
