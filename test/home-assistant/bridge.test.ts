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
import { alex, household, joint, sam } from '../../sim/household.ts';
import { callSimulatedBank } from '../../sim/server.ts';
import { addAutomation, said, type Automation } from './automations.ts';
import type { Device } from './messages.ts';
import { askApi, startApp } from '../support/start-app.ts';
import { startRig, type Rig } from './rig.ts';
import { until } from './tier2-output.ts';

const second = 1_000;
const staleAfter = 20 * second;

const faults = createFaults({ wait: (ms) => systemClock.wait(ms) });
const bank = household({ now: () => systemClock.now(), random: seededRandom(11) });
const vegas = 'pot_0000AlexVegas';
const directory = mkdtempSync(join(tmpdir(), 'monzo-bridge-home-assistant-'));
let rig: Rig;
let app: App;
/** Made when Alex was alone. */
let onTrigger: Automation;

before(async () => {
  rig = await startRig();
  app = await startBridge();
  bank.openPot(alex.current, { id: vegas, name: 'Las Vegas', balance: 1_000 });
  await connectPerson(bank, app, { name: 'Alex', ...alex });
  await until('Alex’s account is there', async () =>
    Boolean(await rig.client.mqttDevice(`monzo_${alex.current}`)),
  );
  const { id } = await device(alex.current);
  const triggers = await rig.client.deviceTriggers(id);
  const created = triggers.find(({ type }) => type === 'transaction created');
  assert.ok(created);
  onTrigger = await addAutomation(rig.client, 'on_trigger', {
    triggers: [{ ...created, metadata: undefined }],
    actions: [said('on_trigger', '{{ trigger.payload_json.data.id }}')],
  });
  await connectPerson(bank, app, { name: 'Sam', ...sam });
  await until('both are connected', () => app.view().logins.every(({ state }) => state === 'active'));
});

after(async () => {
  await app?.close();
  await rig?.dispose();
  rmSync(directory, { recursive: true, force: true });
});

test('every account and pot is a device below the bridge, with a name people would use', async () => {
  await until('all devices are there', async () => (await ours()).length >= expectedDevices());
  const devices = await ours();
  const byName = new Map(devices.map((device) => [device.name, device]));
  const current = byName.get('Alex current account');
  assert.ok(current, [...byName.keys()].join(', '));
  assert.ok(byName.get('Sam current account'));
  assert.ok(byName.get('Joint account'));
  assert.equal(devices.filter(({ name }) => name === 'Joint account').length, 1);
  const bridge = devices.find(({ id }) => id === current.via_device_id);
  assert.ok(bridge, 'accounts hang below the bridge');
  const holiday = await device(alex.pots.holiday);
  assert.equal(holiday.via_device_id, current.id, 'pots hang below their account');
  assert.equal(await rig.client.mqttDevice(`monzo_${alex.pots.deleted}`), undefined);
  assert.equal(await rig.client.mqttDevice(`monzo_${alex.prepaid}`), undefined);
  for (const [found, model, place] of [
    [bridge, 'bridge', ''],
    [current, 'account', `#/transactions?account=${alex.current}`],
    [holiday, 'pot', `#/transactions?pot=${alex.pots.holiday}`],
  ] as const)
    assert.deepEqual([found.model_id, found.configuration_url], [model, `${app.uiUrl}/${place}`]);
  assert.equal((await device(alex.euro)).model, 'Euro account');
});

test('balances have the bank’s currency and precision and the promised ids, and equal the bank’s to the penny', async () => {
  await until('all values are there', async () => {
    const states = await Promise.all(app.view().accounts.map(({ id }) => state(`${id}_balance`)));
    return states.every((found) => found.state !== 'unknown' && found.state !== 'unavailable');
  });
  const balance = await state(`${alex.current}_balance`);
  // Alex came first, when there was one current account only.
  assert.equal(balance.entity_id, 'sensor.monzo_alex_current_account_balance');
  assert.equal((await state(`${vegas}_balance`)).entity_id, 'sensor.monzo_las_veg_as_balance');
  assert.equal((await state(`${sam.current}_balance`)).entity_id, 'sensor.monzo_sam_current_account_balance');
  assert.equal(balance.attributes['device_class'], 'monetary');
  assert.equal(balance.attributes['state_class'], 'total');
  assert.equal(balance.attributes['unit_of_measurement'], 'GBP');
  assert.equal(balance.attributes['icon'], 'mdi:bank');
  assert.equal((await state(`${alex.pots.holiday}_balance`)).attributes['icon'], 'mdi:piggy-bank');
  assert.equal((await state(`${alex.euro}_balance`)).attributes['unit_of_measurement'], 'EUR');
  const registered = await rig.client.command(
    { type: 'config/entity_registry/get', entity_id: balance.entity_id },
    z.looseObject({ options: z.record(z.string(), z.record(z.string(), z.unknown())) }),
  );
  assert.equal(registered.options['sensor']?.['suggested_display_precision'], 2);
  assert.equal(await rig.client.mqttEntity(`${alex.flex}_total_balance`), undefined);
  for (const id of [alex.current, sam.current, joint.account, alex.flex, alex.rewards])
    assert.equal(Number((await state(`${id}_balance`)).state), bank.account(id).balance / 100, id);
  for (const id of [alex.pots.holiday, joint.pots.bills, sam.pots.bike])
    assert.equal(Number((await state(`${id}_balance`)).state), bank.pot(id).balance / 100, id);
});

test('a purchase arrives to the penny, as an event and at the device trigger with the bank’s own object', async () => {
  const { id: deviceId } = await device(alex.current);
  const triggers = await rig.client.deviceTriggers(deviceId);
  const created = triggers.find(({ type }) => type === 'transaction created');
  assert.ok(created, triggers.map(({ type }) => type).join(', '));
  const fired: unknown[] = [];
  const stop = await rig.client.onTrigger(created, (trigger) => fired.push(trigger));
  const spentBefore = Number((await state(`${alex.current}_spent_today`)).state);
  const id = bank.purchase(alex.current, { amount: 1_234, merchant: 'Blue Door Coffee' });
  const expected = bank.account(alex.current).balance / 100;
  await until(
    'the balance is right',
    async () => Number((await state(`${alex.current}_balance`)).state) === expected,
  );
  const spent = Number((await state(`${alex.current}_spent_today`)).state);
  assert.equal(Math.round(spent * 100), Math.round(spentBefore * 100) + 1_234);
  await until('the device trigger fired', () => fired.length > 0);
  assert.match(JSON.stringify(fired), new RegExp(id));
  const event = await state(`${alex.current}_transaction`);
  assert.equal(event.attributes['event_type'], 'card_payment');
  assert.equal(event.attributes['amount'], -12.34);
  assert.equal(event.attributes['balance'], expected);
  await stop();
});

test('a new pot appears, a renamed pot is renamed, a closed pot disappears', async () => {
  const pot = bank.openPot(alex.current, { name: 'Running shoes', balance: 2_500 });
  await until('the pot is there', async () => (await rig.client.mqttEntity(`${pot}_balance`)) !== undefined);
  await until('its balance is there', async () => Number((await state(`${pot}_balance`)).state) === 25);
  bank.renamePot(pot, 'Trainers');
  await until('it is renamed', async () => (await device(pot)).name === 'Trainers');
  bank.closePot(pot);
  await until('it is gone', async () => (await rig.client.mqttDevice(`monzo_${pot}`)) === undefined);
  assert.equal(await rig.client.mqttEntity(`${pot}_balance`), undefined);
});

test('a short outage keeps the values, a long one makes them unavailable, and they come back', async () => {
  const login = app.view().logins.find(({ name }) => name === 'Alex');
  assert.ok(login);
  const { entity_id: balance, state: before } = await state(`${alex.current}_balance`);
  const { entity_id: problem } = await state(`${login.id}_problem`);
  const told: string[] = [];
  const stop = await rig.client.onStateChange(({ entity_id: id, new_state: now }) => {
    const isNews = id === balance ? now?.state !== before : id === problem && now?.state === 'on';
    if (isNews) told.push(`${id} ${now?.state}`);
  });
  const repair = faults.add({ kind: 'status', status: 503 });
  await until('the entities are unavailable', () => told.includes(`${balance} unavailable`));
  const { needs } = (await state(`${login.id}_problem`)).attributes;
  assert.equal(needs, app.view().logins.find(({ id }) => id === login.id)?.needs);
  assert.deepEqual([...new Set(told)], [`${problem} on`, `${balance} unavailable`]);
  await stop();
  repair();
  await until('the value is back', async () => (await state(`${alex.current}_balance`)).state === before);
  await until('the login is well', async () => (await state(`${login.id}_problem`)).state === 'off');
});

test('a device that is deleted in Home Assistant stays away, over restarts too, until it is asked for again', async () => {
  const remove = async (deviceId: string) => {
    const { id, config_entries: entries } = z
      .looseObject({ id: z.string(), config_entries: z.tuple([z.string()]) })
      .parse(await device(deviceId));
    const type = 'config/device_registry/remove_config_entry';
    await rig.client.command({ type, device_id: id, config_entry_id: entries[0] }, z.unknown());
    return entries[0];
  };
  const entry = await remove(vegas);
  // It has a pot, which stays.
  await remove(joint.account);
  const deleted = async () => {
    const answer = await askApi(app, '/api/home-assistant/deleted-devices');
    return ((await answer.json()) as { items: readonly unknown[] }).items;
  };
  await until('the bridge has noticed', async () => (await deleted()).length === 2);
  const isAvailable = async () => !JSON.stringify(await shownStates()).includes('true');
  const isAway = async () => {
    const found = [vegas, joint.account].map((id) => rig.client.mqttDevice(`monzo_${id}`));
    return (await Promise.all(found)).every((each) => each === undefined);
  };
  for (const restart of [restartBridge, () => rig.restartHomeAssistant()]) {
    await restart();
    await until('the rest is available', isAvailable);
    assert.ok(await isAway());
  }
  // A broker that forgets everything, or a reload of MQTT, deletes nothing.
  await rig.untilBorn(() => rig.mosquitto.restart('kill'));
  await until('the rest is available', isAvailable);
  await rig.client.call({
    domain: 'homeassistant',
    service: 'reload_config_entry',
    data: { entry_id: entry },
  });
  await until('the rest is available', isAvailable);
  assert.equal((await deleted()).length, 2);
  assert.ok(await isAway());
  await askApi(app, '/api/home-assistant/deleted-devices/restore', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ ids: [vegas, joint.account].map((id) => `monzo_${id}`) }),
  });
  await until('it is back', async () => Number((await state(`${vegas}_balance`)).state) === 10);
  const account = async () => (await rig.client.mqttDevice(`monzo_${joint.account}`))?.id;
  await until('the account is back, with its pot', async () => {
    const { via_device_id: parent } = await device(joint.pots.bills);
    return parent !== null && parent === (await account());
  });
});

test('a pot that goes, and a goal, while Home Assistant is down leave no entity behind', async () => {
  const pot = bank.openPot(alex.current, { name: 'Umbrella', balance: 500 });
  const kept = bank.openPot(alex.current, { name: 'Boots', balance: 600, goal: 5_000 });
  const has = async (entity: string) => (await rig.client.mqttEntity(entity)) !== undefined;
  await until('the pots are there', async () => (await has(`${pot}_locked`)) && has(`${kept}_goal`));
  await rig.whileHomeAssistantIsDown(async () => {
    bank.closePot(pot);
    bank.pot(kept).goal = null;
    const isKnown = () => {
      const { pots } = app.view();
      return pots.every(({ id }) => id !== pot) && pots.some(({ id, goal }) => id === kept && goal === null);
    };
    await until('the bridge knows', isKnown);
  });
  await until('the device is gone', async () => (await rig.client.mqttDevice(`monzo_${pot}`)) === undefined);
  await until('the goal is gone', async () => !(await has(`${kept}_goal`)));
  for (const key of ['balance', 'locked']) assert.ok(!(await has(`${pot}_${key}`)), key);
  assert.equal(Number((await state(`${kept}_balance`)).state), 6);
});

test('an automation on a device trigger still runs after a second person has come and Home Assistant has restarted', async () => {
  // Home Assistant has restarted in the tests before.
  const id = bank.purchase(alex.current, { amount: 200, merchant: 'Corner Shop' });
  await until('it ran', () => onTrigger.said.includes(id));
});

const restarts: readonly { readonly of: string; readonly restart: () => Promise<void> }[] = [
  { of: 'the broker', restart: () => rig.untilBorn(() => rig.mosquitto.restart()) },
  { of: 'Home Assistant', restart: () => rig.restartHomeAssistant() },
  { of: 'the bridge', restart: restartBridge },
  {
    of: 'all three',
    restart: async () => {
      await rig.untilBorn(() => rig.mosquitto.restart());
      await Promise.all([rig.restartHomeAssistant('kill'), restartBridge()]);
    },
  },
];

for (const { of, restart } of restarts)
  test(`after a restart of ${of} Home Assistant shows the same, nothing twice and nothing left over`, async () => {
    await until('everything is available', async () => !JSON.stringify(await shownStates()).includes('true'));
    const before = await shownStates();
    await restart();
    bank.purchase(alex.current, { amount: 100, merchant: 'Corner Shop' });
    const expected = bank.account(alex.current).balance / 100;
    await until('Home Assistant shows the same', async () => {
      const now = await shownStates();
      return JSON.stringify(now) === JSON.stringify(before);
    });
    await until(
      'a new purchase is seen',
      async () => Number((await state(`${alex.current}_balance`)).state) === expected,
    );
  });

test('Home Assistant’s log has no error and no warning about the bridge', async () => {
  const problems = await rig.homeAssistant.problems();
  // The broker was stopped and Home Assistant itself was killed: of that it may speak.
  const ofTheRestarts = /recorder|paho\.mqtt|connection was lost|not currently connected/;
  // When a person deletes a device, Home Assistant clears its topic once for each entity, and warns of its own repetitions.
  const ofTheDeletion = /^No device components to cleanup for monzo_(pot_0000AlexVegas|acc_0000Joint),/;
  assert.deepEqual(
    problems.filter(
      ({ logger, message }) => !ofTheRestarts.test(`${logger} ${message}`) && !ofTheDeletion.test(message),
    ),
    [],
  );
});

function expectedDevices(): number {
  const { logins, accounts, pots } = app.view();
  return 1 + logins.length + accounts.length + pots.length;
}

/** All our devices. */
async function ours(): Promise<readonly Device[]> {
  const devices = await rig.client.devices();
  return devices.filter(({ identifiers }) => identifiers.some(([, id]) => id?.startsWith('monzo_')));
}

async function device(id: string): Promise<Device> {
  const found = await rig.client.mqttDevice(`monzo_${id}`);
  assert.ok(found, `no device for ${id}`);
  return found;
}

async function state(uniqueId: string) {
  const entity = await rig.client.mqttEntity(uniqueId);
  assert.ok(entity, `no entity ${uniqueId}`);
  const found = await rig.client.state(entity.entity_id);
  assert.ok(found, `no state of ${entity.entity_id}`);
  return found;
}

/** Every device and entity of ours with its name, place and availability: what must be the same after a restart. */
async function shownStates(): Promise<unknown> {
  const devices = await ours();
  const names = new Map(devices.map(({ id, name }) => [id, name]));
  const entities = (await rig.client.entities()).filter(({ device_id }) => names.has(device_id ?? ''));
  const states = new Map((await rig.client.states()).map((found) => [found.entity_id, found.state]));
  return {
    devices: devices.map(({ name, via_device_id }) => [name, names.get(via_device_id ?? '')]).toSorted(),
    entities: entities
      .map(({ entity_id, unique_id }) => [entity_id, unique_id, states.get(entity_id) === 'unavailable'])
      .toSorted(),
  };
}

async function restartBridge(): Promise<void> {
  await app.close();
  app = await startBridge();
}

function startBridge(): Promise<App> {
  return startApp({
    directory,
    callBank: callSimulatedBank(bank, faults),
    settings: {
      MONZO_BRIDGE_MQTT_URL: rig.mqttUrl,
      MONZO_BRIDGE_POLL_SECONDS: '1',
      MONZO_BRIDGE_STALE_HOURS: String(staleAfter / 3_600_000).slice(0, 10),
    },
  });
}
