import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { alex, joint, sam } from '../../sim/household.ts';
import { openDatabase } from '../../src/store/database.ts';
import { startTestBroker, type TestBroker } from '../support/broker.ts';
import { createWorld, type World } from '../support/world.ts';
import { until } from '../support/until.ts';

/** A discovery document, as Home Assistant reads it. */
interface Announced {
  readonly device: Readonly<Record<string, unknown>>;
  readonly components: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

const topicOf = (id: string) => `homeassistant/device/monzo_${id}/config`;

function announced(broker: TestBroker, id: string): Announced | null {
  const text = broker.retained(topicOf(id));
  return text === undefined ? null : (JSON.parse(text) as Announced);
}

const entityId = (broker: TestBroker, id: string, key = 'balance') =>
  announced(broker, id)?.components[key]?.['default_entity_id'];

/** Every default entity id on the broker. */
const entityIds = (broker: TestBroker): readonly string[] =>
  broker
    .retainedTopics()
    .filter((topic) => topic.endsWith('/config'))
    .flatMap((topic) => Object.values((JSON.parse(broker.retained(topic) ?? '') as Announced).components))
    .flatMap(({ default_entity_id: id }) => (typeof id === 'string' ? [id] : []))
    .toSorted();

const everybody = [alex.current, joint.account, sam.current, alex.pots.holiday, sam.pots.bike];

interface Home {
  readonly world: World;
  readonly broker: TestBroker;
  /** Connects a person; one of the devices is there afterwards. */
  readonly connect: (who: 'alex' | 'sam', id: string) => Promise<void>;
}

async function withHome(run: (home: Home) => Promise<void>): Promise<void> {
  await using broker = await startTestBroker();
  await using world = await createWorld({ broker, settings: { MONZO_BRIDGE_MQTT_URL: broker.url } });
  const connect: Home['connect'] = async (who, id) => {
    await world.connect(who);
    const between = () => world.clock.advance(500);
    await until('the devices are announced', () => announced(broker, id) !== null, { between });
  };
  await run({ world, broker, connect });
}

test('entity ids are the same whoever connects first, and none makes an air sensor in HomeKit', async () => {
  const found: (readonly string[])[] = [];
  for (const order of [
    ['alex', 'sam'],
    ['sam', 'alex'],
  ] as const)
    await withHome(async ({ world, broker, connect }) => {
      for (const [id, name] of [
        ['pot_gas', 'Gas bill'],
        ['pot_vegas', 'Las Vegas'],
        ['pot_air', 'CO₂, PM10 and PM25'],
      ] as const)
        world.bank.openPot(alex.current, { id, name });
      for (const who of order) await connect(who, who === 'alex' ? alex.current : sam.current);
      await until('every device is announced', () => everybody.every((id) => announced(broker, id) !== null));
      found.push(entityIds(broker));
      assert.equal(entityId(broker, alex.current), 'sensor.monzo_alex_current_account_balance');
      assert.equal(entityId(broker, 'pot_vegas'), 'sensor.monzo_las_veg_as_balance');
      assert.equal(announced(broker, alex.current)?.device['name'], 'Alex current account');
      assert.equal(announced(broker, 'pot_gas')?.device['name'], 'Gas bill');
    });
  assert.deepEqual(found[0], found[1]);
  for (const id of found[0] ?? []) assert.doesNotMatch(id, /gas|co2|pm10|pm25/);
});

test('an entity id stays for ever: when the name changes, over restarts, and in a ledger of an earlier version', () =>
  withHome(async ({ world, broker, connect }) => {
    await connect('alex', alex.pots.holiday);
    world.bank.renamePot(alex.pots.holiday, 'Gas bill');
    const isRenamed = () => announced(broker, alex.pots.holiday)?.device['name'] === 'Gas bill';
    await world.until('the pot is renamed', isRenamed, 3_600_000);
    assert.equal(entityId(broker, alex.pots.holiday), 'sensor.monzo_holiday_balance');

    await world.stop();
    const database = openDatabase(join(world.directory, 'monzo-bridge.sqlite'));
    database.run('DELETE FROM slug', []);
    database.close();
    await world.restart();
    await connect('sam', sam.current);
    const ids = () => [alex.current, sam.current, alex.pots.holiday].map((id) => entityId(broker, id));
    const expected = [
      'sensor.monzo_current_account_balance',
      'sensor.monzo_sam_current_account_balance',
      'sensor.monzo_gas_bill_balance',
    ];
    await until('everything is announced', () => JSON.stringify(ids()) === JSON.stringify(expected));
    await world.restart();
    await world.clock.advance(60_000);
    assert.deepEqual(ids(), expected);
  }));
