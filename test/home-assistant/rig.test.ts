import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { connectAsync } from 'mqtt';
import type { MqttClient } from 'mqtt';
import { keyProblems, readDiscoveryKeys } from './discovery-keys.ts';
import { checkAgainstHomeAssistant, extractDiscoveryKeys } from './discovery-schema.ts';
import { installHomeAssistant } from './install.ts';
import { onboardFresh } from './instance.ts';
import type { FiredTrigger, StateChange } from './messages.ts';
import { acceptsConnections, eventually } from './processes.ts';
import { startRig } from './rig.ts';
import type { Rig } from './rig.ts';

const DEVICE = 'monzo_rig_account';
const CONFIG_TOPIC = `homeassistant/device/${DEVICE}/config`;

const document = {
  device: { identifiers: [DEVICE], name: 'Rig account', manufacturer: 'Monzo' },
  origin: { name: 'monzo-bridge' },
  availability: [{ topic: 'rig/state' }],
  components: {
    balance: {
      platform: 'sensor',
      unique_id: `${DEVICE}_balance`,
      default_entity_id: 'sensor.monzo_rig_account_balance',
      name: 'Balance',
      device_class: 'monetary',
      state_class: 'total',
      unit_of_measurement: 'GBP',
      state_topic: 'rig/account',
      value_template: '{{ value_json.balance }}',
    },
    transaction: {
      platform: 'event',
      unique_id: `${DEVICE}_transaction`,
      default_entity_id: 'event.monzo_rig_account_transaction',
      name: 'Transaction',
      state_topic: 'rig/event',
      event_types: ['card_payment'],
      qos: 1,
    },
    created: {
      platform: 'device_automation',
      automation_type: 'trigger',
      type: 'transaction created',
      subtype: 'Rig account',
      topic: 'rig/transaction',
      qos: 1,
    },
  },
};

describe('a real Home Assistant', { timeout: 20 * 60_000 }, () => {
  let rig: Rig;
  let mqtt: MqttClient;
  const changes: StateChange[] = [];

  before(async () => {
    rig = await startRig();
    mqtt = await connectAsync(rig.mqttUrl);
    await rig.client.onStateChange((change) => changes.push(change));
  });
  after(async () => {
    await mqtt?.endAsync();
    await rig?.dispose();
  });

  const publishRetained = (topic: string, payload: string) =>
    mqtt.publishAsync(topic, payload, { retain: true, qos: 1 });
  const stateOf = (entityId: string, wanted: string) =>
    eventually(`${entityId} to be ${wanted}`, async () => {
      const state = await rig.client.state(entityId);
      return state?.state === wanted ? state : undefined;
    });

  it('runs the wanted version with MQTT on our broker', async () => {
    const config = await rig.client.config();
    assert.equal(config.version, (await installHomeAssistant()).version);
    assert.equal(config.state, 'RUNNING');
    assert.equal(config.recovery_mode, false);
    assert.equal(config.external_url, rig.homeAssistant.url);
    const [entry] = await rig.client.configEntries('mqtt');
    assert.equal(entry?.state, 'loaded');
  });

  it('makes a device with its entities and trigger of one document', async () => {
    await publishRetained(CONFIG_TOPIC, JSON.stringify(document));
    await publishRetained('rig/state', 'online');
    await publishRetained('rig/account', '{"balance":50.25}');
    const balance = await stateOf('sensor.monzo_rig_account_balance', '50.25');
    assert.equal(balance.attributes['unit_of_measurement'], 'GBP');
    const device = await rig.client.mqttDevice(DEVICE);
    assert.equal(device?.name, 'Rig account');
    const entity = await rig.client.mqttEntity(`${DEVICE}_transaction`);
    assert.equal(entity?.entity_id, 'event.monzo_rig_account_transaction');
    assert.equal(entity.device_id, device.id);
    const triggers = await rig.client.deviceTriggers(device.id);
    assert.deepEqual(
      triggers.filter(({ domain }) => domain === 'mqtt').map(({ type, subtype }) => ({ type, subtype })),
      [{ type: 'transaction created', subtype: 'Rig account' }],
    );
  });

  it('delivers an event and fires the device trigger with the payload', async () => {
    const device = await rig.client.mqttDevice(DEVICE);
    const [trigger] = await rig.client.deviceTriggers(device?.id ?? '');
    const fired: FiredTrigger[] = [];
    const unsubscribe = await rig.client.onTrigger(trigger, (each) => fired.push(each));
    // The trigger's subscription at the broker comes a moment after Home Assistant's answer.
    const seen = await eventually(
      'the trigger',
      async () => {
        await mqtt.publishAsync('rig/transaction', '{"data":{"id":"tx_1"}}', { qos: 1 });
        return fired[0];
      },
      { everyMs: 200 },
    );
    await unsubscribe();
    assert.deepEqual(seen.variables.trigger['payload_json'], { data: { id: 'tx_1' } });

    await mqtt.publishAsync('rig/event', '{"event_type":"card_payment","amount":-2.5}', { qos: 1 });
    const change = await eventually('the event', () =>
      changes.find(({ entity_id, new_state }) => {
        return entity_id.startsWith('event.') && new_state?.attributes['event_type'] === 'card_payment';
      }),
    );
    assert.equal(change.new_state?.attributes['amount'], -2.5);
  });

  it('calls actions, with and without an answer, and reports refusals', async () => {
    const target = { entity_id: 'sensor.monzo_rig_account_balance' };
    await rig.client.call({ domain: 'homeassistant', service: 'update_entity', target });
    await assert.rejects(rig.client.call({ domain: 'monzo', service: 'nothing' }), /not_found/);
    assert.ok('publish' in ((await rig.client.actions())['mqtt'] ?? {}));
  });

  for (const how of ['stop', 'kill'] as const) {
    it(`comes back after ${how} with what is retained, and the client with it`, async () => {
      await rig.restartHomeAssistant(how);
      await stateOf('sensor.monzo_rig_account_balance', '50.25');
      changes.length = 0;
      await publishRetained('rig/account', '{"balance":60}');
      await eventually('the state change on the old subscription', () =>
        changes.some(({ new_state }) => new_state?.state === '60'),
      );
      await publishRetained('rig/account', '{"balance":50.25}');
    });
  }

  it('sees the broker go and come back with what was retained', async () => {
    await rig.mosquitto.stop();
    await stateOf('sensor.monzo_rig_account_balance', 'unavailable');
    await rig.untilBorn(() => rig.mosquitto.start());
    await stateOf('sensor.monzo_rig_account_balance', '50.25');
  });

  it('forgets the device when its document is cleared', async () => {
    await publishRetained(CONFIG_TOPIC, '');
    await eventually(
      'the device to be gone',
      async () => (await rig.client.mqttDevice(DEVICE)) === undefined,
    );
    assert.equal(await rig.client.state('sensor.monzo_rig_account_balance'), undefined);
  });

  it('logs our mistakes', async () => {
    assert.equal(
      (await rig.homeAssistant.problems()).find(({ message }) => message.includes('monzo_rig')),
      undefined,
    );
    await publishRetained('homeassistant/device/monzo_rig_wrong/config', '{"device":{"name":"nobody"}}');
    await eventually('the complaint', async () =>
      (await rig.homeAssistant.problems()).some(({ message }) => message.includes('monzo_rig_wrong')),
    );
    await publishRetained('homeassistant/device/monzo_rig_wrong/config', '');
  });

  it('leaves no process behind', async () => {
    const ports = [rig.mosquitto.port, rig.homeAssistant.port];
    await rig.dispose();
    for (const port of ports) assert.equal(await acceptsConnections(port), false);
  });
});

describe('Home Assistant made from nothing', () => {
  it('is onboarded with an owner and a token', async () => {
    const made = await onboardFresh(await installHomeAssistant());
    await rm(dirname(made.config), { recursive: true, force: true });
    assert.match(made.token, /^[\w-]+\.[\w-]+\.[\w-]+$/);
  });
});

describe("Home Assistant's own schemas", () => {
  it('declare the keys kept in the fixture', async () => {
    assert.deepEqual(await extractDiscoveryKeys(), await readDiscoveryKeys());
  });

  it('find what is wrong with a document, and nothing in a right one', async () => {
    const { balance, transaction } = document.components;
    const wrong = {
      ...document,
      components: {
        balance: { ...balance, state_class: 'measurement', translation_key: 'balance' },
        transaction: { ...transaction, event_types: undefined },
        gone: { platform: 'sensor' },
      },
    };
    const unnamed = { ...document, origin: {} };
    const problems = await checkAgainstHomeAssistant({ document, wrong, unnamed });
    assert.deepEqual(
      problems.map(({ document, component, kind }) => `${document} ${component} ${kind}`),
      [
        'wrong balance undeclared',
        'wrong balance invalid',
        'wrong transaction invalid',
        'unnamed null invalid',
      ],
    );
    const known = await readDiscoveryKeys();
    assert.deepEqual(keyProblems(document, known), []);
    assert.deepEqual(keyProblems(JSON.parse(JSON.stringify(wrong)), known), [
      'components.balance.translation_key: undeclared',
      'components.transaction.event_types: missing',
    ]);
    assert.deepEqual(keyProblems(unnamed, known), ['origin.name: missing']);
  });
});
