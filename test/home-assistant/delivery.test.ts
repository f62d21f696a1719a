import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { z } from 'zod';
import type { App } from '../../src/app.ts';
import { systemClock } from '../../src/clock.ts';
import { connectPerson } from '../../sim/demo/connect.ts';
import { seededRandom } from '../../sim/fake-clock.ts';
import { createFaults } from '../../sim/faults.ts';
import { alex, household } from '../../sim/household.ts';
import { callSimulatedBank } from '../../sim/server.ts';
import { askApi, startApp } from '../support/start-app.ts';
import { startRig, type Rig } from './rig.ts';
import { until } from './tier2-output.ts';

const second = 1_000;
const uniqueId = `${alex.current}_transaction`;

const began = Date.now();
const faults = createFaults({ wait: (ms) => systemClock.wait(ms) });
const bank = household({ now: () => systemClock.now(), random: seededRandom(12) });
const directory = mkdtempSync(join(tmpdir(), 'monzo-bridge-delivery-'));
/** Ids of events in the order in which Home Assistant's event entity showed them, repeats included. */
const shown: string[] = [];
/** The same for its event bus. */
const fired: string[] = [];
let rig: Rig;
let app: App;

before(async () => {
  rig = await startRig();
  app = await startBridge({ withToken: true });
  await connectPerson(bank, app, { name: 'Alex', ...alex });
  await until('the entity is there', async () => {
    const state = await rig.client.state((await rig.client.mqttEntity(uniqueId))?.entity_id ?? '');
    return state !== undefined && state.state !== 'unavailable';
  });
  const entity = await rig.client.mqttEntity(uniqueId);
  assert.ok(entity);
  const renamed = { type: 'config/entity_registry/update', entity_id: entity.entity_id };
  const entityId = 'event.what_i_spend';
  await rig.client.command({ ...renamed, new_entity_id: entityId }, z.unknown());
  const eventIdSchema = z.object({ event_id: z.string() });
  await rig.client.onStateChange(({ entity_id: id, new_state: state }) => {
    const found = eventIdSchema.safeParse(state?.attributes);
    if (id.startsWith('event.') && found.success && state?.state !== 'unavailable')
      shown.push(found.data.event_id);
  });
  await rig.client.onEvent('monzo_event', ({ data }) => fired.push(eventIdSchema.parse(data).event_id));
  await proven(await buy(1));
});

after(async () => {
  await app?.close();
  await rig?.dispose();
  rmSync(directory, { recursive: true, force: true });
});

test('with a token a burst arrives completely, once and in order, and the renamed entity confirms every event', async () => {
  const before = shown.length;
  const began = performance.now();
  const ids = await buy(500);
  await proven(ids);
  console.log(`500 events recorded and proven in ${Math.round(performance.now() - began)} ms`);
  assert.deepEqual(shown.slice(before), ids);
  assert.deepEqual(
    fired.filter((id) => ids.includes(id)),
    ids,
  );
});

for (const withToken of [true, false])
  test(`Home Assistant is killed while money moves, ${withToken ? 'with' : 'without'} a token: nothing is lost`, async () => {
    if (!withToken) await restartBridge({ withToken });
    await rig.client.connected();
    const before = await buy(5);
    // What is shown at the very moment of the kill reaches the bridge and may not reach the one who watches here.
    await until('the first are shown', () => before.every((id) => shown.includes(id)));
    const killed = rig.homeAssistant.kill();
    const ids = [...before, ...(await buy(5))];
    await killed;
    ids.push(...(await buy(10)));
    await systemClock.wait(3 * second);
    assert.ok((await sink()).undelivered >= 10, 'what happens while it is away is kept');
    await rig.untilBorn(() => rig.homeAssistant.start());
    await rig.client.connected();
    let missing: readonly string[] = ids;
    await until('all are shown', async () => {
      const all = new Set([...shown, ...(await recorded())]);
      missing = ids.filter((id) => !all.has(id));
      return missing.length === 0;
    }).catch((thrown: unknown) => {
      throw new Error(`not shown: ${missing.map((id) => ids.indexOf(id)).join(', ')} of ${ids.length}`, {
        cause: thrown,
      });
    });
    await until('nothing is left', async () => (await sink()).undelivered === 0);
    const repeats = ids.filter((id) => shown.indexOf(id) !== shown.lastIndexOf(id));
    console.log(`${repeats.length} of ${ids.length} events were shown more than once`);
  });

test('where the entity is disabled an event is unconfirmed, and sent again when Home Assistant is back', async () => {
  await restartBridge({ withToken: true });
  // Those from before, when there was no token to prove them with.
  const { unproven } = await sink();
  await systemClock.wait(2 * second);
  await proven(await buy(1), unproven);
  const entityId = (await rig.client.mqttEntity(uniqueId))?.entity_id ?? '';
  const update = { type: 'config/entity_registry/update', entity_id: entityId };
  await rig.client.command({ ...update, disabled_by: 'user' }, z.unknown());
  await until('it is gone', async () => (await rig.client.state(entityId)) === undefined);
  const [id = ''] = await buy(1);
  await until('it is unconfirmed', async () => (await sink()).unproven === unproven + 1);
  assert.ok(!shown.includes(id));
  // Home Assistant loads its MQTT integration anew half a minute later, and says so.
  await rig.untilBorn(() => rig.client.command({ ...update, disabled_by: null }, z.unknown()));
  await until('it is shown', () => shown.includes(id));
  await proven(await buy(1));
});

/** Purchases that the bridge has recorded; their event ids in the order of the log. */
async function buy(count: number): Promise<string[]> {
  const { last } = await events();
  for (let bought = 0; bought < count; bought += 1)
    bank.purchase(alex.current, { amount: 100 + bought, merchant: 'Corner Shop' });
  await until('they are recorded', async () => (await events()).last >= last + count);
  const { items } = await events(last);
  return items.map(({ event_id: id }) => id);
}

const historySchema = z.record(
  z.string(),
  z.array(z.object({ a: z.looseObject({ event_id: z.string().optional() }) })),
);

/** What Home Assistant itself has recorded: it sees what happens before anybody can be connected to it. */
async function recorded(): Promise<readonly string[]> {
  const entity = await rig.client.mqttEntity(uniqueId);
  const history = await rig.client.command(
    {
      type: 'history/history_during_period',
      start_time: new Date(began).toISOString(),
      entity_ids: [entity?.entity_id ?? ''],
      include_start_time_state: false,
      significant_changes_only: false,
      minimal_response: false,
      no_attributes: false,
    },
    historySchema,
  );
  return Object.values(history).flatMap((states) => states.flatMap(({ a }) => a.event_id ?? []));
}

/** Asserts that the events were delivered and confirmed, beside `unconfirmed` earlier ones. */
async function proven(ids: readonly string[], unconfirmed = 0): Promise<void> {
  await until('they are shown', () => ids.every((id) => shown.includes(id)));
  await until('they are delivered', async () => (await sink()).undelivered === 0);
  assert.equal((await sink()).unproven, unconfirmed);
}

const eventsSchema = z.object({
  last: z.int(),
  items: z.array(z.object({ event_id: z.string() })),
  sinks: z.array(z.object({ name: z.string(), undelivered: z.int(), unproven: z.int() })),
});

async function events(after = 0) {
  const answer = await askApi(app, `/api/events?after=${after}&limit=500`);
  return eventsSchema.parse(await answer.json());
}

async function sink() {
  const found = (await events()).sinks.find(({ name }) => name === 'mqtt');
  assert.ok(found);
  return found;
}

interface Tier {
  readonly withToken: boolean;
}

async function restartBridge(tier: Tier): Promise<void> {
  await app.close();
  app = await startBridge(tier);
}

function startBridge({ withToken }: Tier): Promise<App> {
  const { url, token } = rig.homeAssistant;
  return startApp({
    directory,
    callBank: callSimulatedBank(bank, faults),
    settings: {
      MONZO_BRIDGE_MQTT_URL: rig.mqttUrl,
      MONZO_BRIDGE_POLL_SECONDS: '1',
      ...(withToken
        ? { MONZO_BRIDGE_HOME_ASSISTANT_URL: url, MONZO_BRIDGE_HOME_ASSISTANT_TOKEN: token }
        : {}),
    },
  });
}
