import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startBench, type Bench } from './home-assistant-rig.ts';

const account = 'a'.repeat(32);
const pot = 'b'.repeat(32);
const stranger = 'c'.repeat(32);
const device = (id: string, ...identifiers: readonly (readonly [string, string])[]) => ({ id, identifiers });
const entity = (entity_id: string, device_id: string | null, platform = 'mqtt') => ({
  entity_id,
  device_id,
  platform,
});

async function startWith(): Promise<Bench> {
  const bench = await startBench();
  const { world } = bench.fake;
  world.devices = [
    device(account, ['mqtt', 'monzo_acc_1']),
    device(pot, ['other', 'x'], ['mqtt', 'monzo_pot_1']),
    device(stranger, ['monzo', 'acc_1'], ['mqtt', 'zigbee_1']),
    { id: 'odd', identifiers: [[1, 2, 3]] },
  ];
  world.entities = [
    entity('sensor.monzo_holiday_balance', pot),
    entity('sensor.utility_meter', pot, 'utility_meter'),
    entity('sensor.loose', null),
  ];
  await bench.until('it is connected', () => bench.output.health().state === 'ok');
  // Each connection asks once how Home Assistant announces itself.
  await bench.until('that was asked', () => listsOf(bench) === 1);
  return bench;
}

const listsOf = ({ fake }: Bench) => fake.of('config/device_registry/list').length;
/** Without the one that each connection asks for. */
const lists = (bench: Bench, connections = 1) => listsOf(bench) - connections;

test('devices and entities of the bridge resolve to Monzo’s ids, everything else to null', async () => {
  await using bench = await startWith();
  const { targets } = bench.connection;
  assert.equal(await targets.find(account), 'acc_1');
  assert.equal(await targets.find(pot), 'pot_1');
  assert.equal(await targets.find('sensor.monzo_holiday_balance'), 'pot_1');
  for (const id of [stranger, 'd'.repeat(32), 'sensor.utility_meter', 'sensor.loose', 'sensor.none'])
    assert.equal(await targets.find(id), null, id);
});

test('each account and pot has its device, read together with what resolves them', async () => {
  await using bench = await startWith();
  const { targets } = bench.connection;
  assert.deepEqual(
    [...(await targets.devices())],
    [
      ['acc_1', account],
      ['pot_1', pot],
    ],
  );
  assert.equal(await targets.find(pot), 'pot_1');
  assert.equal(lists(bench), 1);
  await bench.fake.stop();
  await bench.until('the loss is known', () => bench.output.health().state === 'down');
  await assert.rejects(targets.devices(), { code: 'home_assistant_away' });
});

test('text that is no id of Home Assistant’s is not looked up, whether it is connected or not', async () => {
  await using bench = await startWith();
  for (const id of ['pot_0000', 'Holiday', 'Mr. Jones', '', 'A'.repeat(32), 'sensor.', '.'])
    assert.equal(await bench.connection.targets.find(id), null, id);
  assert.equal(lists(bench), 0);
  await bench.fake.stop();
  await bench.until('the loss is known', () => bench.output.health().state === 'down');
  assert.equal(await bench.connection.targets.find('Holiday'), null);
  await assert.rejects(bench.connection.targets.find(pot), { code: 'home_assistant_away', retryable: true });
});

test('the registries are read once, and again after a change or for what is not in them', async () => {
  await using bench = await startWith();
  const { fake, connection, output } = bench;
  for (let turn = 0; turn < 3; turn += 1) await connection.targets.find(pot);
  assert.equal(lists(bench), 1);
  const added = 'e'.repeat(32);
  fake.world.devices = [...fake.world.devices, device(added, ['mqtt', 'monzo_pot_2'])];
  assert.equal(await connection.targets.find(added), 'pot_2');
  assert.equal(lists(bench), 2);
  fake.world.devices = [device(pot, ['mqtt', 'monzo_pot_3'])];
  fake.fire('device_registry_updated');
  await bench.pass(100);
  assert.equal(await connection.targets.find(pot), 'pot_3');
  assert.equal(lists(bench), 3);
  fake.cut();
  await bench.until('the loss is known', () => output.health().state === 'down');
  await bench.until('it is back', () => output.health().state === 'ok');
  assert.equal(await connection.targets.find(pot), 'pot_3');
  await bench.until('that was asked again', () => listsOf(bench) >= 6);
  assert.equal(lists(bench, 2), 4, 'nothing is kept from the connection before');
});

test('a refusal is thrown and not remembered', async () => {
  await using bench = await startWith();
  bench.fake.world.script.set('config/entity_registry/list', { refuse: 'unauthorized' });
  await assert.rejects(bench.connection.targets.find(pot), { code: 'home_assistant_refused' });
  bench.fake.world.script.clear();
  assert.equal(await bench.connection.targets.find(pot), 'pot_1');
});
