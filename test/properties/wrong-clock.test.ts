import assert from 'node:assert/strict';
import { test } from 'node:test';
import { alex } from '../../sim/household.ts';
import { localDay } from '../../src/domain/time.ts';
import { createCrashes } from '../support/crash.ts';
import type { Talk, Wish } from '../support/money-happenings.ts';
import { moneyIn } from '../support/money-life.ts';
import { assertMoneyIsRight } from '../support/money-oracle.ts';
import {
  hasUndecided,
  isList,
  isMove,
  move,
  movesAt,
  setRails,
  transfersOf,
  worldWithAlex,
  type Told,
} from '../support/money.ts';
import { seedOf, sizeOf } from '../support/size.ts';
import type { World } from '../support/world.ts';

const second = 1_000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;

/** How far ahead the clock is set; `asleep`: the machine sleeps instead, once, and only monotonic time stands still. */
const steps: readonly Case['step'][] = [
  2 * second,
  -2 * second,
  90 * second,
  -90 * second,
  hour,
  -hour,
  2 * day,
  -2 * day,
  'asleep',
];
const slept = 8 * hour;

/** What becomes of a move whose clock goes wrong. */
const kinds = {
  plain: () => {},
  lost: ({ faults }: World) => faults.add({ kind: 'timeout_after', match: isMove, times: 1 }),
  unsent: ({ faults }: World) => {
    faults.add({ kind: 'reset_before', match: isMove, times: 2 });
    faults.add({ kind: 'status', status: 500, match: isList, times: 1 });
  },
  hidden: ({ faults }: World) => {
    faults.add({ kind: 'timeout_after', match: isMove });
    faults.add({ kind: 'wrong_shape', match: isList, rewrite: () => ({ transactions: [] }) });
  },
  denied: ({ faults }: World) => faults.add({ kind: 'timeout_before', match: isMove, times: 6 }),
} as const;

/** A move whose clock is stepped on the way. */
interface Case {
  readonly step: number | 'asleep';
  readonly kind: keyof typeof kinds;
  readonly isRestarted: boolean;
  /** Put right at the next point already. */
  readonly isMomentary: boolean;
}

const answering = 20 * second;
/** What may still be moved today at the beginning of a case, and how far above the floor the account is; minor units. */
const leftToday = 5_000;
const aboveFloor = 4_000;

interface Stage {
  readonly world: World;
  readonly talks: Talk[];
  /** Steps the clock no more, and puts it right. */
  readonly putRight: () => void;
}

/** Moves with a clock that is stepped on the way, then with a right one again. */
async function live(stage: Stage, { kind, isRestarted, isMomentary, step }: Case): Promise<void> {
  const { world, talks, putRight } = stage;
  const name = `${talks.length}`;
  const amount = '5';
  setLimits(world);
  kinds[kind](world);
  const isDeposit = world.bank.pot(alex.pots.holiday).balance < 50_000;
  const wish = { transfer_type: isDeposit ? 'deposit' : 'withdraw', amount } as const;
  await ask(stage, { ...wish, request_id: `${name}-stepped` });
  if (isRestarted) await world.restart();
  // Another caller, while the clock may be wrong.
  const isWrong = Math.abs(world.bridgeClock.ahead()) > minute && !isMomentary;
  const meanwhile = await ask(stage, { ...wish, request_id: `${name}-meanwhile` });
  if (isWrong) assert.equal(meanwhile['code'], 'clock_differs', `${step} ${JSON.stringify(meanwhile)}`);
  putRight();
  world.faults.clear();
  for (let tries = 0; ; tries += 1) {
    const told = await ask(stage, { ...wish, request_id: `${name}-after` });
    if (told['money_moved'] === 'yes') break;
    assert.ok(tries < 8, `no move is possible any more: ${JSON.stringify(told)}`);
    await world.clock.advance(15 * second);
  }
  await assertLimitsHold(stage, name);
}

async function ask({ world, talks }: Stage, asked: Omit<Wish, 'pot'>): Promise<Told> {
  const wish = { pot: alex.pots.holiday, ...asked };
  const askedAt = world.clock.now();
  const began = world.clock.monotonic();
  const told = await move(world, wish);
  assert.ok(world.clock.monotonic() - began <= answering, `${JSON.stringify(told)} took too long`);
  talks.push({ door: 'http', wish, askedAt, toldAt: world.clock.now(), told });
  return told;
}

/** By the bank's books, what was moved today; open moves count as well. */
function movedToday(world: World): number {
  const isToday = (at: number) =>
    localDay(at, 'Europe/London') === localDay(world.clock.now(), 'Europe/London');
  const made = movesAt(world).filter(({ createdMs }) => isToday(createdMs));
  const isMade = (dedupeId: string) =>
    made.some(({ metadata }) => metadata['external_id']?.endsWith(dedupeId));
  const open = transfersOf(world).filter(
    ({ state, created, dedupeId }) =>
      (state === 'open' || state === 'unresolved') && isToday(created) && !isMade(dedupeId),
  );
  return [...made, ...open].reduce((sum, { amount }) => sum + Math.abs(amount), 0);
}

const major = (minor: number) => (minor / 100).toFixed(2);
const balanceOf = ({ bank }: World) => bank.account(alex.current).balance;
const limits = new WeakMap<World, { readonly cap: number; readonly floor: number }>();

function setLimits(world: World): void {
  const [cap, floor] = [movedToday(world) + leftToday, balanceOf(world) - aboveFloor];
  limits.set(world, { cap, floor });
  setRails(world, { per_day: { '*': major(cap) }, floor: { '*': major(floor) } });
}

/** A penny more than the bank's own books leave is refused. */
async function assertLimitsHold(stage: Stage, name: string): Promise<void> {
  const { cap = 0, floor = 0 } = limits.get(stage.world) ?? {};
  const made = movedToday(stage.world);
  assert.ok(made <= cap && balanceOf(stage.world) >= floor, `${made} of ${cap} moved`);
  const tooMuch = { transfer_type: 'withdraw', amount: major(cap - made + 1) } as const;
  const { code: ofDay } = await ask(stage, { ...tooMuch, request_id: `${name}-day` });
  // Where a new day has begun the rest of it is more than may be moved at once.
  assert.ok(ofDay === 'per_day_cap' || ofDay === 'per_move_cap', String(ofDay));
  const tooLow = { transfer_type: 'deposit', amount: major(balanceOf(stage.world) - floor + 1) } as const;
  const { code } = await ask(stage, { ...tooLow, request_id: `${name}-floor` });
  assert.ok(['below_floor', 'per_day_cap', 'per_move_cap'].includes(String(code)), String(code));
}

test('a clock that is stepped at any await of a move moves nothing twice, opens no limit and closes none', async () => {
  const seed = seedOf('steps of the clock');
  const perPoint = sizeOf('steps of the clock at each point', { short: 2, long: steps.length * 4 });
  const crashes = createCrashes();
  await using world = await worldWithAlex({ crashes });
  const total = moneyIn(world);
  const putRight = () => {
    crashes.arm(null);
    world.bridgeClock.setAhead(0);
  };
  const stage: Stage = { world, talks: [], putRight };
  const before = new Map(crashes.reached);
  const names = Object.keys(kinds) as (keyof typeof kinds)[];
  for (const kind of names) await live(stage, { step: 0, kind, isRestarted: true, isMomentary: false });
  const points = [...crashes.reached].flatMap(([point, times]) =>
    before.get(point) === times ? [] : [point],
  );
  let stepped = 0;
  for (const [index, point] of points.entries())
    for (let turn = 0; turn < perPoint; turn += 1) {
      const chosen = seed + index * perPoint + turn;
      const step = steps[chosen % steps.length] ?? 0;
      const kind = names[(chosen * 7) % names.length] ?? 'plain';
      const isMomentary = chosen % 2 === 0;
      let isRested = false;
      crashes.arm((at) => {
        const isHere = at === point;
        if (isHere && world.bridgeClock.ahead() === 0 && !isRested) stepped += 1;
        if (isHere && step === 'asleep') {
          if (!isRested) world.clock.jump(slept);
          isRested = true;
        } else if (isHere && step !== 'asleep') world.bridgeClock.setAhead(step);
        else if (isMomentary) world.bridgeClock.setAhead(0);
        return false;
      });
      await live(stage, { step, kind, isRestarted: chosen % 3 === 0, isMomentary });
    }
  console.log(`${stepped} steps of the clock at ${points.length} points, ${stage.talks.length} requests`);
  await world.until('every outcome is known', () => !hasUndecided(world), 2 * hour);
  await assertMoneyIsRight(world, stage.talks, null);
  assert.equal(moneyIn(world), total);
});
