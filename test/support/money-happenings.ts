import * as fc from 'fast-check';
import type { CallFault } from '../../sim/faults.ts';
import { alex, joint } from '../../sim/household.ts';
import type { Switches } from '../../sim/switches.ts';
import type { Door } from '../../src/commands/command.ts';
import type { Instant } from '../../src/domain/values.ts';
import { oneTurn } from './bank-ways.ts';
import { doorNames } from './doors.ts';
import { isList, isMove } from './money.ts';

/** One command as a caller gave it, and what it was told; null where nobody answered because the bridge was gone. */
export interface Talk {
  readonly door: Door;
  readonly wish: Wish;
  readonly askedAt: Instant;
  readonly toldAt: Instant;
  readonly told: Readonly<Record<string, unknown>> | null;
}

export interface Wish {
  readonly pot: string;
  readonly transfer_type: 'deposit' | 'withdraw';
  readonly amount: string;
  readonly request_id?: string;
  readonly dry_run?: boolean;
}

/** A wish that somebody brings to a door; the bridge may hear of it more than once. */
export interface Request {
  readonly door: Door;
  readonly wish: Wish;
  readonly times: number;
}

/** What may happen in the life of a bridge that moves money. */
export type Happening =
  /** All at once; `cut`: meanwhile the lines to the broker and to Home Assistant break. */
  | { readonly is: 'asked'; readonly requests: readonly Request[]; readonly cut?: boolean }
  | { readonly is: 'fault'; readonly fault: Omit<CallFault, 'match'>; readonly on: keyof typeof aims }
  /** Moves are made and not answered, and then no list shows them. */
  | { readonly is: 'lost' }
  | { readonly is: 'calm' }
  | { readonly is: 'time'; readonly ms: number }
  /** A stop and a new start; the bridge is away for so long in between. */
  | { readonly is: 'restart'; readonly ms: number }
  | { readonly is: 'crash' | 'pause' | 'resume' }
  /** Crashes at the so many-th point from here whose name begins so. */
  | { readonly is: 'doomed'; readonly at: string; readonly points: number }
  /** Sets the bridge's clock so far ahead of the true time: now, or at the so many-th point from here. */
  | { readonly is: 'clock'; readonly ahead: number; readonly points: number }
  /** The machine sleeps; the bank does not. */
  | { readonly is: 'asleep'; readonly ms: number }
  | { readonly is: 'turned'; readonly switches: Partial<Switches> }
  /** Life goes on: what the family earns and buys, and what becomes of it. */
  | { readonly is: 'earned' | 'bought' | 'settled' | 'reversed' }
  /** As many at one instant as a short page holds. */
  | { readonly is: 'crowd' }
  /** What happens to the login: `incident` is an hour in which the bank refuses good tokens. */
  | { readonly is: 'evicted' | 'lapsed' | 'denied' | 'incident' }
  /** The bridge is away so long that the bank gives up calling it. */
  | { readonly is: 'away' };

export const aims = {
  moves: isMove,
  lists: isList,
  balances: ({ path }: { readonly path: string }) => path === '/balance' || path === '/pots',
  everything: () => true,
} as const;

const pots = [alex.pots.holiday, alex.pots.tax, joint.pots.bills, alex.pots.guarded];

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

const request: fc.Arbitrary<Request> = fc.record({
  door: fc.constantFrom(...doorNames),
  wish,
  times: fc.oneof({ weight: 6, arbitrary: fc.constant(1) }, { weight: 1, arbitrary: fc.constant(2) }),
});

/** The same wish at several doors. */
const repeated: fc.Arbitrary<readonly Request[]> = fc
  .tuple(wish, fc.array(fc.constantFrom(...doorNames), { minLength: 2, maxLength: 3 }))
  .map(([same, doors]) => doors.map((door) => ({ door, wish: same, times: 1 })));

const asked: fc.Arbitrary<Happening> = fc.record({
  is: fc.constant('asked' as const),
  requests: fc.oneof(fc.array(request, { minLength: 1, maxLength: 3 }), repeated),
  cut: fc.oneof({ weight: 9, arbitrary: fc.constant(false) }, { weight: 1, arbitrary: fc.constant(true) }),
});

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

/** Answers that are no known refusal, although the bank has acted. */
const actedAfterAll: fc.Arbitrary<Happening> = fc.record({
  is: fc.constant('fault' as const),
  on: fc.constant('moves' as const),
  fault: fc.record({
    kind: fc.constant('status_after' as const),
    status: fc.constantFrom(402, 405, 406, 408, 409, 410, 412, 418, 429, 451, 500, 503),
    times: fc.integer({ min: 1, max: 3 }),
  }),
});

const behind: fc.Arbitrary<Happening> = fc.record({
  is: fc.constant('fault' as const),
  on: fc.constant('balances' as const),
  fault: fc.record({
    kind: fc.constant('stale' as const),
    ms: fc.constantFrom(3_000, 60_000),
    times: fc.constant(6),
  }),
});

const dateless: fc.Arbitrary<Happening> = fc.record({
  is: fc.constant('fault' as const),
  on: fc.constantFrom('moves', 'everything'),
  fault: fc.record({ kind: fc.constant('no_date' as const), times: fc.integer({ min: 1, max: 20 }) }),
});

const turned: fc.Arbitrary<Happening> = oneTurn.map((switches) => ({ is: 'turned', switches }));

const time: fc.Arbitrary<Happening> = fc
  .constantFrom(1_000, 20_000, 61_000, 10 * 60_000, 20 * 60_000, 2 * 3_600_000)
  .map((ms) => ({ is: 'time', ms }));

const restart: fc.Arbitrary<Happening> = fc
  .constantFrom(0, 5_000, 20 * 60_000, 26 * 3_600_000, 50 * 3_600_000)
  .map((ms) => ({ is: 'restart', ms }));

const wrongClock: fc.Arbitrary<Happening> = fc.record({
  is: fc.constant('clock' as const),
  ahead: fc.constantFrom(0, 0, 5_000, -5_000, 90_000, 3_600_000, -3_600_000, 50 * 3_600_000, -50 * 3_600_000),
  points: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 40 })),
});

const asleep: fc.Arbitrary<Happening> = fc
  .constantFrom(60_000, 8 * 3_600_000)
  .map((ms) => ({ is: 'asleep', ms }));

const doomed: fc.Arbitrary<Happening> = fc.record({
  is: fc.constant('doomed' as const),
  at: fc.constantFrom('', 'bank ', 'write ', 'wait ', 'mqtt ', 'home_assistant '),
  points: fc.integer({ min: 1, max: 50 }),
});

type Simple = Extract<
  Happening['is'],
  | 'calm'
  | 'crash'
  | 'pause'
  | 'resume'
  | 'earned'
  | 'bought'
  | 'settled'
  | 'reversed'
  | 'evicted'
  | 'lapsed'
  | 'denied'
  | 'incident'
  | 'away'
>;

const simple = fc
  .constantFrom<Simple[]>(
    ...(['calm', 'calm', 'crash', 'pause', 'resume', 'resume'] as const),
    ...([
      'earned',
      'bought',
      'bought',
      'settled',
      'reversed',
      'evicted',
      'lapsed',
      'denied',
      'incident',
      'away',
    ] as const),
  )
  .map((is): Happening => ({ is }));

/** What was left open at one door is asked for at others, one after the other. */
const leftOpen: fc.Arbitrary<readonly Happening[]> = repeated.map((requests) => [
  { is: 'calm' },
  { is: 'lost' },
  ...requests.map((one): Happening => ({ is: 'asked', requests: [one] })),
  { is: 'calm' },
]);

const one = fc.oneof(
  { arbitrary: asked, weight: 8 },
  { arbitrary: fault, weight: 3 },
  { arbitrary: refusals, weight: 2 },
  { arbitrary: actedAfterAll, weight: 1 },
  { arbitrary: behind, weight: 1 },
  { arbitrary: dateless, weight: 1 },
  { arbitrary: doomed, weight: 2 },
  { arbitrary: wrongClock, weight: 2 },
  { arbitrary: asleep, weight: 1 },
  { arbitrary: time, weight: 2 },
  { arbitrary: turned, weight: 1 },
  { arbitrary: simple, weight: 5 },
  { arbitrary: restart, weight: 1 },
);

export const happenings: fc.Arbitrary<readonly Happening[]> = fc
  .array(
    fc.oneof({ arbitrary: one.map((alone) => [alone]), weight: 12 }, { arbitrary: leftOpen, weight: 1 }),
    {
      minLength: 6,
      maxLength: 16,
      size: 'max',
    },
  )
  .map((all) => all.flat());
