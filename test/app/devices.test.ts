import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { alex, sam } from '../../sim/household.ts';
import { openDatabase } from '../../src/store/database.ts';
import { startTestBroker, type TestBroker } from '../support/broker.ts';
import { createScene, type Scene } from '../support/scene.ts';
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

const documentsOf = (broker: TestBroker) =>
  broker.retainedTopics().filter((topic) => topic.endsWith('/config')).length;

/** The bridge is one, too. */
function devicesOf(world: World): number {
  const { accounts, pots, logins } = world.app().view();
  return 1 + accounts.length + pots.length + logins.length;
}

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
      const isTold = () => announced(broker, alex.current)?.device['name'] === 'Alex current account';
      await until('every device is announced', () => isTold() && documentsOf(broker) === devicesOf(world));
      found.push(entityIds(broker));
      assert.equal(entityId(broker, alex.current), 'sensor.monzo_alex_current_account_balance');
      assert.equal(entityId(broker, 'pot_vegas'), 'sensor.monzo_las_veg_as_balance');
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

const minute = 60_000;
const isAnnounced = (broker: TestBroker, id: string) => broker.retained(topicOf(id)) !== undefined;

interface Deleted {
  readonly items: readonly { readonly id: string; readonly kind: string; readonly name: string }[];
}

test('a device that a person deletes in Home Assistant stays away until it is asked for again', async () => {
  const scene = await createScene({ withToken: false });
  await using _scene = scene;
  const { world, broker, home } = scene;
  const pot = alex.pots.holiday;
  const deleted = async () =>
    ((await (await world.api('/api/home-assistant/deleted-devices')).json()) as Deleted).items;
  await home.come();
  await scene.until('the pot is there', () => home.entities().includes(`${pot}_balance`));
  await home.remove(topicOf(pot));
  await scene.until('it is remembered', async () => (await deleted()).length === 1);
  assert.deepEqual(await deleted(), [{ id: `monzo_${pot}`, kind: 'pot', name: '🏖️ Holiday' }]);

  const others = [alex.current, alex.pots.tax, 'bridge'];
  const isAway = () => !isAnnounced(broker, pot) && !home.entities().includes(`${pot}_balance`);
  world.bank.renamePot(pot, 'Beach');
  for (const restart of [
    () => world.restart(),
    async () => {
      await home.vanish();
      await home.come();
    },
    async () => {
      // The broker keeps nothing: what is missing then was not deleted by anybody.
      await broker.stop();
      await broker.start();
      await home.come();
    },
    () => world.crash(),
  ]) {
    await restart();
    await scene.until('the others are there', () => others.every((id) => isAnnounced(broker, id)));
    await scene.pass(2 * minute);
    assert.ok(isAway());
    assert.equal((await deleted()).length, 1);
  }

  const restore = await scene.post('/api/home-assistant/deleted-devices/restore', { ids: [`monzo_${pot}`] });
  assert.equal(restore.status, 200);
  await scene.until('it is back', () => home.entities().includes(`${pot}_balance`));
  await world.restart();
  await scene.pass(minute);
  assert.ok(isAnnounced(broker, pot));
  assert.deepEqual(await deleted(), []);

  // Home Assistant would make a nameless device of a parent that it does not have.
  const parent = () => announced(broker, pot)?.device['via_device'];
  assert.equal(parent(), `monzo_${alex.current}`);
  await home.remove(topicOf(alex.current));
  await scene.until('the pot hangs below the bridge', () => parent() === 'monzo_bridge');
  await home.remove(topicOf('bridge'));
  await scene.until('the pot hangs below nothing', () => parent() === undefined);
  await scene.post('/api/home-assistant/deleted-devices/restore', { ids: [`monzo_${alex.current}`] });
  await scene.until('the account is back', () => parent() === `monzo_${alex.current}`);
});

const orphans: readonly {
  readonly what: string;
  readonly away: (scene: Scene, go: () => Promise<void>) => Promise<void>;
}[] = [
  {
    what: 'Home Assistant is down',
    away: async ({ home }, go) => {
      await home.vanish();
      await go();
      await home.come();
    },
  },
  {
    what: 'Home Assistant is down, and the bridge is stopped before it starts',
    away: async ({ home, world }, go) => {
      await home.vanish();
      await go();
      await world.stop();
      await home.come();
      await world.restart();
    },
  },
  {
    what: 'the broker, which keeps nothing, and Home Assistant are down, and the bridge is killed',
    away: async (scene, go) => {
      const { home, world, broker } = scene;
      await home.vanish();
      await broker.stop();
      await scene.pass(minute);
      await go();
      await world.crash();
      await broker.start();
      await home.come();
    },
  },
];

for (const { what, away } of orphans)
  test(`a pot that goes while ${what} leaves no entity behind, nor does a goal`, async () => {
    const scene = await createScene({ withToken: false });
    await using _scene = scene;
    const { world, home } = scene;
    const { holiday, tax } = alex.pots;
    const has = (entity: string) => home.entities().includes(entity);
    await home.come();
    await scene.until('the pots are there', () => has(`${holiday}_goal`) && has(`${tax}_balance`));
    await scene.pass(20 * minute);
    await away(scene, async () => {
      world.bank.closePot(tax);
      world.bank.pot(holiday).goal = null;
      const isSeen = () => {
        const { pots } = world.app().view();
        return (
          pots.every(({ id }) => id !== tax) && pots.some(({ id, goal }) => id === holiday && goal === null)
        );
      };
      await scene.look();
      await scene.until('the bridge knows', isSeen);
      await scene.pass(minute);
    });
    await scene.until('nothing is left over', () => !has(`${tax}_balance`) && !has(`${holiday}_goal`));
    await scene.pass(minute);
    assert.ok(has(`${holiday}_balance`) && has(`${alex.current}_balance`));
    assert.ok(!has(`${tax}_locked`));
  });
