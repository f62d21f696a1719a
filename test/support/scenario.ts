import assert from 'node:assert/strict';
import { test } from 'node:test';
import { playScenario, type ScenarioName, type Tally } from '../../sim/scenarios.ts';
import { departures } from '../../sim/switches.ts';
import { quiet } from './until.ts';
import { createWorld, type World, type WorldOptions } from './world.ts';

const minute = 60_000;
const hour = 60 * minute;

export interface EventItem {
  readonly event_id: string;
  readonly type: string;
  readonly transaction_id: string;
  readonly recovered: boolean;
  readonly balance_minor: number | null;
}

/** Every event recorded so far, oldest first. */
export async function events(world: World): Promise<readonly EventItem[]> {
  const all: EventItem[] = [];
  for (let after: string | null = '0'; after !== null;) {
    const answer = await world.api(`/api/events?after=${after}&limit=100`);
    const page = (await answer.json()) as { items: readonly EventItem[]; next: string | null };
    all.push(...page.items);
    after = page.next;
  }
  return all;
}

/** Plays a scenario to its end while the clock runs, so much at a time. */
export async function playThrough(world: World, name: ScenarioName, step: number): Promise<Tally> {
  const { bank, faults, clock } = world;
  const progress = { over: false };
  const playing = playScenario(name, { bank, faults, clock, fetch }).finally(() => {
    progress.over = true;
  });
  while (!progress.over) {
    await clock.advance(step);
    await quiet();
  }
  return playing;
}

/** Plays a scenario, then gives the bridge time to find everything. */
export async function play(world: World, name: ScenarioName): Promise<Tally> {
  const tally = await playThrough(world, name, minute);
  await world.clock.advance(7 * hour);
  return tally;
}

/** A world in which Alex and Sam are connected. */
export async function both(options: WorldOptions = {}): Promise<World> {
  const world = await createWorld(options);
  await world.connect('alex');
  await world.connect('sam');
  await world.clock.advance(10 * minute);
  return world;
}

const idsOf = (found: readonly EventItem[], type: string) =>
  found.filter((event) => event.type === `transaction.${type}`).map(({ transaction_id }) => transaction_id);

/** Checks that exactly the events of the tally were recorded, each once; returns all of them. */
export async function assertEventsOf(world: World, tally: Tally): Promise<readonly EventItem[]> {
  const found = await events(world);
  assert.deepEqual(idsOf(found, 'created').toSorted(), tally.created.toSorted());
  assert.equal(new Set(found.map(({ event_id }) => event_id)).size, found.length, 'each recorded once');
  for (const id of tally.settled) assert.ok(idsOf(found, 'settled').includes(id), `${id} settled`);
  for (const id of tally.reversed) assert.ok(idsOf(found, 'reversed').includes(id), `${id} reversed`);
  return found;
}

function idsIn(world: World): readonly string[] {
  const { accounts, pots } = world.app().view();
  return [...accounts, ...pots].map(({ id }) => id);
}

const switchParts = 3;
/** Without an address that the bank can reach there are no webhooks. */
const withAddress = { settings: { MONZO_BRIDGE_PUBLIC_URL: 'https://bank.home.example' } };

/** Plays payday with every `switchParts`-th switch of the simulated bank: the parts are files that run side by side. */
export function testSwitches(part: 0 | 1 | 2): void {
  for (const [position, switches] of departures().filter((_, index) => index % switchParts === part))
    test(`payday is the same whichever way the bank behaves (${position})`, async () => {
      await using world = await both({ switches, ...(position.startsWith('webhook') && withAddress) });
      // What is dated before events began is no event.
      if (switches.created === 'back_dated') await world.clock.advance(4 * hour);
      const household = idsIn(world);
      await assertEventsOf(world, await play(world, 'payday'));
      assert.deepEqual(idsIn(world), household, 'no account or pot is gone');
    });
}
