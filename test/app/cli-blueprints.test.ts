import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { blueprintsSchema } from '../../src/contract/blueprint-data.ts';
import { createWorld } from '../support/world.ts';
import { connected, itemOf, place, startScene, type Scene } from './blueprint-scene.ts';
import { runOnTerminal, settingsBeside } from './cli-run.ts';

const words = ['home-assistant', 'blueprints'] as const;

function terminalOf({ world }: Pick<Scene, 'world'>) {
  const env = settingsBeside(world);
  const run = (...argv: readonly string[]) =>
    runOnTerminal([...words, ...argv], { cwd: world.directory, env });
  const good = async (...argv: readonly string[]) => {
    const { code, out, err } = await run(...argv);
    assert.deepEqual([code, err], [0, '']);
    return out;
  };
  return { run, good };
}

async function enter(t: TestContext) {
  const scene = await startScene(t);
  await connected(scene);
  return { ...scene, ...terminalOf(scene) };
}

test('blueprints are listed, installed, replaced and removed on the command line', async (t) => {
  const { good, there } = await enter(t);
  assert.match(
    await good('list'),
    /^NAME +STATE +WHAT IT IS\n(.*\n)?low_balance +not installed +Low balance/,
  );
  assert.match(await good('install', 'reward', 'money_in'), /\nreward +current +/);
  assert.deepEqual([...there.files.keys()].toSorted(), [place('money_in'), place('reward')]);
  await good('install', '--all');
  assert.equal(there.files.size, 3);
  there.edit(place('reward'), (file) => ({ ...file, max: 77 }));
  there.reload();
  const told = await good('list');
  assert.match(told, /\nreward +edited +/);
  assert.match(told, /\nreward: It is no longer as the bridge wrote it/);
  await good('install', 'reward', '--replace');
  assert.notEqual(there.files.get(place('reward'))?.['max'], 77);
  there.automations.set('automation.rent', { alias: 'Rent', path: place('low_balance') });
  assert.match(await good('list'), /\nlow_balance +current, in use +/);
  assert.match(await good('remove', 'reward'), /\nreward +not installed +/);
});

test('what cannot be done ends with 1 and the sentence, what is not understood with 2', async (t) => {
  const { run, there, good } = await enter(t);
  await good('install', '--all');
  there.automations.set('automation.rent', { alias: 'Rent', path: place('low_balance') });
  for (const [argv, sentence] of [
    [['remove', 'low_balance'], /“Low balance alert” by Rent\. Delete these automations/],
    [['install', 'rent'], /no such blueprint; it has low_balance, money_in, reward\./],
    [['install'], /Name the blueprints, or give --all/],
    [['install', 'reward', '--all'], /Name the blueprints, or give --all/],
  ] as const) {
    const { code, err } = await run(...argv);
    assert.deepEqual([code, sentence.test(err)], [1, true], err);
  }
  for (const argv of [['remove'], ['instal']]) assert.equal((await run(...argv)).code, 2);
});

test('without a token the list has the way there, and programs get JSON', async (t) => {
  const world = await createWorld();
  t.after(() => world.stop());
  const { good, run } = terminalOf({ world });
  assert.match(await good('list'), /\nWithout a token for Home Assistant the bridge cannot install them/);
  const list = blueprintsSchema.parse(JSON.parse(await good('list', '--json')));
  assert.match(itemOf(list, 'reward').import_url, /^https:\/\/my\.home-assistant\.io\//);
  const { code, err } = await run('install', '--all');
  assert.deepEqual([code, err.includes('MONZO_BRIDGE_HOME_ASSISTANT_TOKEN')], [1, true]);
});
