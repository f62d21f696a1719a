import assert from 'node:assert/strict';
import { test } from 'node:test';
import { alex, joint, sam } from '../../sim/household.ts';
import { aBusyWhile, aRestart } from '../support/crash-points.ts';
import { createCrashes, type Crashes } from '../support/crash.ts';
import { startEventLife, type EventLife } from '../support/event-life.ts';
import { assertDelivered, assertRecorded, eventLog, type LoggedItem } from '../support/event-oracle.ts';
import { seedOf, sizeOf } from '../support/size.ts';
import { createWorld, type World } from '../support/world.ts';

const second = 1_000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;

const steps = [20 * second, -20 * second, hour, -hour, 2 * day, -2 * day];

/** Without webhooks the bank is listed every two minutes; a list takes a moment. */
const cadence = 2 * minute + 5 * second;
/** With them a purchase is there within seconds, also where the first list does not show it yet. */
const soon = 30 * second;

/** Where the clock is stepped, by how much, and whether it is put right at the next point already. */
interface Step {
  readonly point: string;
  readonly by: number;
  readonly isMomentary: boolean;
}

/** So many of all steps that there can be, by chance. */
function someOf(points: readonly string[], seed: number, count: number): readonly Step[] {
  const all = points.flatMap((point) =>
    steps.flatMap((by) => [true, false].map((isMomentary): Step => ({ point, by, isMomentary }))),
  );
  // A stride that shares no factor with the number of steps meets each once.
  const stride = 7_919;
  assert.ok(all.length % stride !== 0);
  return Array.from({ length: Math.min(count, all.length) }, (_, turn) => {
    const step = all[(seed + turn * stride) % all.length];
    assert.ok(step);
    return step;
  });
}

/** Steps the clock wherever the bridge gets to this point. Returns what tells how often that was. */
function stepAt(world: World, crashes: Crashes, { point, by, isMomentary }: Step): () => number {
  let times = 0;
  crashes.arm((at) => {
    const isHere = at === point;
    if (isHere) times += 1;
    if (isHere || isMomentary) world.bridgeClock.setAhead(isHere ? by : 0);
    return false;
  });
  return () => times;
}

function putRight(world: World, crashes: Crashes): void {
  crashes.arm(null);
  world.bridgeClock.setAhead(0);
}

const textOf = ({ point, by, isMomentary }: Step) =>
  `${isMomentary ? 'a moment of' : 'stepped by'} ${by / second} s at ${point}`;

const eventsOf = (world: World, after = 0) => eventLog((path) => world.api(path), after);

/** What this life's dates are checked with: each event was recorded after it happened and before it was looked for. */
function assertDated(log: readonly LoggedItem[], { ids, since, until }: Made, what: string): void {
  for (const id of ids) {
    const created = log.filter((item) => item.event_id === `${id}:created`);
    const [first] = created;
    assert.ok(first && created.length === 1, `${what}: ${id} is created once, not ${created.length} times`);
    const at = Date.parse(first.at);
    const isRight = at >= since - 2 * second && at <= until + 2 * second;
    assert.ok(
      isRight,
      `${what}: dated ${at - since} ms after it was made, looked for ${until - since} ms after`,
    );
  }
}

interface Made {
  readonly ids: readonly string[];
  readonly since: number;
  readonly until: number;
}

function assertBalances(world: World, accounts: readonly string[], what: string): void {
  const shown = new Map(
    world
      .app()
      .view()
      .accounts.map(({ id, balance }) => [id, balance]),
  );
  for (const id of accounts) assert.equal(shown.get(id), world.bank.account(id).balance, `${what}: ${id}`);
}

/** Everything that makes events, and what came of it. */
async function spend(life: EventLife, what: string): Promise<void> {
  const { world, transactions } = life;
  const [before, since] = [transactions.length, world.clock.now()];
  const { last } = (await (await world.api('/api/events?limit=1')).json()) as { readonly last: number };
  await aBusyWhile(life);
  await life.pass(soon);
  const made = { ids: transactions.slice(before), since, until: world.clock.now() };
  assert.ok(made.ids.length > 1);
  assertDated(await eventsOf(world, last), made, what);
  assertBalances(world, [alex.current, joint.account, sam.current], what);
}

test('a clock that is stepped at any await of a poll, a delivery or a restart loses, doubles and misdates nothing', async () => {
  const seed = seedOf('steps of the clock');
  const crashes = createCrashes();
  await using life = await startEventLife({ crashes });
  const { world } = life;
  const whileConnecting = new Map(crashes.reached);
  await spend(life, 'with a right clock');
  await aRestart(life);
  const points = [...crashes.reached]
    .filter(([point, times]) => whileConnecting.get(point) !== times)
    .map(([point]) => point);
  const chosen = someOf(points, seed, sizeOf('steps of the clock', { short: 10, long: 300 }));
  let stepped = 0;
  for (const [index, step] of chosen.entries()) {
    const times = stepAt(world, crashes, step);
    await spend(life, textOf(step));
    if (index % 2 === 0 || times() === 0) {
      await aRestart(life);
      await spend(life, `${textOf(step)}, started again`);
    }
    stepped += Math.min(1, times());
    putRight(world, crashes);
    await spend(life, `put right after ${textOf(step)}`);
  }
  console.log(`${stepped} of ${chosen.length} steps taken, at ${points.length} points`);
  assert.ok(stepped >= chosen.length / 2, 'most steps were never taken');
  await life.lookAgain();
  const log = await eventsOf(world);
  assertRecorded(world.bank, log, life.transactions);
  for (const [sink, arrivals] of Object.entries(life.arrivals())) assertDelivered(sink, log, arrivals);
  const wanted = world.app().view().logins;
  assert.deepEqual(
    wanted.map(({ state, needs }) => [state, needs]),
    wanted.map(() => ['active', null]),
  );
});

/** One login is connected while the clock is stepped, and one purchase of each time is an event where it is to be. */
async function activate(
  step: Step | null,
): Promise<{ readonly points: readonly string[]; readonly times: number }> {
  const crashes = createCrashes();
  await using world = await createWorld({ crashes });
  const whileStarting = new Map(crashes.reached);
  const { bank, clock } = world;
  const what = step === null ? 'with a right clock' : textOf(step);
  const buy = () => bank.purchase(alex.current, { amount: 350, merchant: 'Blue Door Coffee' });
  const before = buy();
  await clock.advance(2 * second);
  const times = step === null ? () => 0 : stepAt(world, crashes, step);
  const began = clock.now();
  await world.connect('alex');
  assert.ok(clock.now() - began <= minute, `${what}: connected after ${clock.now() - began} ms`);
  // The bank tells the time to the second only.
  await clock.advance(2 * second);
  const ids: string[] = [];
  const assertNoticed = async (when: string) => {
    const since = clock.now();
    const id = buy();
    ids.push(id);
    await clock.advance(cadence);
    assertDated(await eventsOf(world), { ids: [id], since, until: clock.now() }, `${what}, ${when}`);
    assertBalances(world, [alex.current], `${what}, ${when}`);
  };
  await assertNoticed('while it may be wrong');
  const reached = times();
  putRight(world, crashes);
  await assertNoticed('put right');
  await world.restart();
  await clock.advance(5 * second);
  await assertNoticed('started again');
  const log = await eventsOf(world);
  assert.ok(
    !log.some(({ transaction_id }) => transaction_id === before),
    `${what}: an event of the time before`,
  );
  const created = log.filter(({ type }) => type === 'transaction.created');
  assert.deepEqual(
    created.map(({ transaction_id }) => transaction_id),
    ids,
    what,
  );
  const points = [...crashes.reached].filter(([point, count]) => whileStarting.get(point) !== count);
  return { points: points.map(([point]) => point), times: reached };
}

test('a clock that is stepped at any await of a sign-in and its approval connects the person, whose events begin then', async () => {
  const seed = seedOf('steps of the clock while connecting');
  const { points } = await activate(null);
  const chosen = someOf(points, seed, sizeOf('steps while connecting', { short: 6, long: 1_000 }));
  let stepped = 0;
  for (const step of chosen) stepped += Math.min(1, (await activate(step)).times);
  console.log(`${stepped} of ${chosen.length} steps taken, at ${points.length} points`);
});

/** What five accounts may cost the bank in a day without webhooks, and one look at all of them. */
const callsPerDay = 4_700;
const callsPerLook = 15;

test('a clock that is set every half hour costs the bank one look at everything each time, and no more', async () => {
  await using world = await createWorld();
  await world.connect('alex');
  await world.clock.advance(30 * minute);
  const before = world.bank.calls.length;
  const rounds = 12;
  for (let round = 0; round < rounds; round += 1) {
    world.bridgeClock.setAhead(round % 2 === 0 ? (steps[round / 2] ?? 0) : 0);
    await world.clock.advance(30 * minute);
  }
  const calls = world.bank.calls.length - before;
  const budget = (callsPerDay * rounds) / 48 + rounds * callsPerLook;
  assert.ok(calls <= budget, `${calls} calls, ${budget} at most`);
  assert.ok(calls > budget / 2, `${calls} calls: so few means that nothing was read`);
});
