import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { alex } from '../../sim/household.ts';
import { playScenario, scenarios, type ScenarioName, type Tally } from '../../sim/scenarios.ts';
import { departures } from '../../sim/switches.ts';
import { createWorld, type World, type WorldOptions } from '../support/world.ts';

const minute = 60_000;
const hour = 60 * minute;

interface EventItem {
  readonly event_id: string;
  readonly type: string;
  readonly transaction_id: string;
  readonly recovered: boolean;
}

/** Every event recorded so far, oldest first. */
async function events(world: World): Promise<readonly EventItem[]> {
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
async function playThrough(world: World, name: ScenarioName, step: number): Promise<Tally> {
  const { bank, faults, clock } = world;
  const progress = { over: false };
  const playing = playScenario(name, { bank, faults, clock, fetch }).finally(() => {
    progress.over = true;
  });
  while (!progress.over) {
    await clock.advance(step);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  return playing;
}

/** Plays a scenario, then gives the bridge time to find everything. */
async function play(world: World, name: ScenarioName): Promise<Tally> {
  const tally = await playThrough(world, name, minute);
  await world.clock.advance(7 * hour);
  return tally;
}

async function both(options: WorldOptions = {}): Promise<World> {
  const world = await createWorld(options);
  await world.connect('alex');
  await world.connect('sam');
  await world.clock.advance(10 * minute);
  return world;
}

const idsOf = (found: readonly EventItem[], type: string) =>
  found.filter((event) => event.type === `transaction.${type}`).map(({ transaction_id }) => transaction_id);

async function assertEventsOf(world: World, tally: Tally): Promise<readonly EventItem[]> {
  const found = await events(world);
  assert.deepEqual(idsOf(found, 'created').toSorted(), tally.created.toSorted());
  assert.equal(new Set(found.map(({ event_id }) => event_id)).size, found.length, 'each recorded once');
  for (const id of tally.settled) assert.ok(idsOf(found, 'settled').includes(id), `${id} settled`);
  for (const id of tally.reversed) assert.ok(idsOf(found, 'reversed').includes(id), `${id} reversed`);
  return found;
}

const selfHealing = Object.keys(scenarios).filter(
  (name) => !['evicted', 'forgedRings', 'wholeMonth'].includes(name),
);

for (const name of selfHealing as ScenarioName[])
  test(`${name}: ${scenarios[name].about} Every event is recorded, each once`, async () => {
    await using world = await both();
    const tally = await play(world, name);
    assert.ok(tally.created.length > 0);
    await assertEventsOf(world, tally);
    for (const { id, balance } of world.app().view().accounts)
      assert.equal(balance, world.bank.account(id).balance);
  });

for (const [position, switches] of departures())
  test(`payday is the same whichever way the bank behaves (${position})`, async () => {
    await using world = await both({ switches });
    await assertEventsOf(world, await play(world, 'payday'));
  });

test('what was found late says so', async () => {
  await using world = await both();
  await play(world, 'outage');
  const found = await events(world);
  assert.ok(found.filter(({ recovered }) => recovered).length >= 6);
});

test('evicted: the login says who may have done it, and after signing in again nothing is missing', async () => {
  await using world = await both();
  const tally = await play(world, 'evicted');
  const login = world
    .app()
    .view()
    .logins.find(({ name }) => name === 'Alex');
  assert.equal(login?.state, 'needs_authorisation');
  const answer = await world.api(`/api/logins/${login?.id}/reauthorize`, { method: 'POST' });
  const { authorize_url } = (await answer.json()) as { readonly authorize_url: string };
  const address = new URL(authorize_url).searchParams;
  const redirectUri = address.get('redirect_uri') ?? '';
  const state = address.get('state') ?? '';
  await fetch(world.bank.authorize({ clientId: alex.clientId, redirectUri, state, userId: alex.userId }));
  world.bank.approve(alex.userId);
  await world.clock.advance(hour);
  await assertEventsOf(world, tally);
});

test('forgedRings: rings that lie make no event and cost no more than looking', async () => {
  await using world = await both();
  const secretKey = Buffer.from(readFileSync(join(world.directory, 'secret-key'), 'utf8').trim(), 'hex');
  const key = createHmac('sha256', secretKey).update(alex.current).digest('hex');
  const hook = { id: 'webhook_0000Test', accountId: alex.current, clientId: alex.clientId };
  world.bank.model.webhooks.set(hook.id, { ...hook, url: `${world.app().publicUrl}/hooks/${key}` });
  const before = world.bank.calls.length;
  const tally = await playThrough(world, 'forgedRings', 200);
  await world.clock.advance(15_000);
  await assertEventsOf(world, tally);
  const lists = world.bank.calls.slice(before).filter(({ path }) => path === '/transactions');
  assert.ok(lists.length <= 20, `${lists.length} lists for 5 forged rings`);
});
