import assert from 'node:assert/strict';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { FakeBlueprint } from '../support/fake-blueprints.ts';
import { createCrashes } from '../support/crash.ts';
import { createWorld } from '../support/world.ts';
import {
  aboutOf,
  allStates,
  connected,
  install,
  itemOf,
  names,
  path,
  place,
  post,
  reconnected,
  remove,
  replace,
  reword,
  show,
  startScene,
  states,
  type Scene,
} from './blueprint-scene.ts';
import { health, problemOf, until } from './money-dashboard-scene.ts';

type File = NonNullable<FakeBlueprint>;
const imported = 'Some-One/low_balance.yaml';
const address =
  'https://raw.githubusercontent.com/Some-One/monzo-bridge/main/blueprints/automation/monzo-bridge/low_balance.yaml';

/** As the import in Home Assistant saves it, at its own place. */
async function importByLink(scene: Scene, change = (file: File): File => file): Promise<void> {
  await install(scene, 'low_balance');
  const file = scene.there.files.get(place('low_balance')) ?? assert.fail();
  scene.there.files.set(imported, change({ ...file, blueprint: { ...file.blueprint, source_url: address } }));
  scene.there.files.delete(place('low_balance'));
  scene.there.reload();
  scene.there.writes.length = 0;
}

for (const step of ['save', 'delete'])
  for (const how of ['unsent', 'unanswered'])
    test(`a bridge that dies with blueprint/${step} ${how} finishes the orders, once`, async (t) => {
      const crashes = createCrashes();
      const scene = await startScene(t, { crashes });
      await connected(scene);
      if (step === 'delete') await install(scene);
      crashes.arm((point) => point === `home_assistant blueprint/${step} automation ${how}`);
      post(scene, step === 'save' ? 'install' : 'remove', { names }).catch(() => {});
      await until(scene, 'it has crashed', () => crashes.happened.length === 1);
      await until(scene, 'all is done', async () => {
        const { connection, blueprints } = await show(scene);
        return connection === 'ok' && blueprints.every(({ order }) => order === null);
      });
      const expected = step === 'save' ? names.map(place) : [];
      assert.deepEqual([...scene.there.files.keys()].toSorted(), expected);
    });

for (const how of ['call_service automation reload', 'blueprint/save automation'])
  test(`a bridge that dies with ${how} during an upgrade goes on with it, and keeps what was edited`, async (t) => {
    const crashes = createCrashes();
    const scene = await startScene(t, { crashes });
    await connected(scene);
    await install(scene);
    scene.there.edit(place('reward'), (file) => ({ ...file, max: 77 }));
    crashes.arm((point) => point === `home_assistant ${how} unanswered`);
    await scene.upgrade('1.1.0', (write) => {
      for (const name of names)
        write(name, (yaml) => yaml.replace('author: monzo-bridge', 'author: a bridge'));
    });
    await until(scene, 'it is done', async () => {
      const list = await show(scene);
      return list.connection === 'ok' && states(list, 'money_in')?.[0] === 'current';
    });
    assert.equal(crashes.happened.length, 1);
    assert.deepEqual(allStates(await show(scene)), {
      low_balance: 'current',
      money_in: 'current',
      reward: 'edited',
    });
  });

test('orders given while Home Assistant is away are carried out when it is back, the last ones only', async (t) => {
  const scene = await startScene(t, { prepare: (fake) => fake.stop() });
  const asked = await install(scene);
  assert.deepEqual([asked.connection, itemOf(asked, 'reward').copies], ['away', null]);
  assert.match(asked.sentence ?? '', /Home Assistant is not running there/);
  assert.deepEqual(
    asked.blueprints.map(({ order }) => order),
    names.map(() => 'install'),
  );
  assert.equal(itemOf(await remove(scene, 'reward'), 'reward').order, 'remove');
  await scene.world.restart();
  await scene.fake.start();
  await until(scene, 'it is done', async () =>
    (await show(scene)).blueprints.every(({ order }) => order === null),
  );
  assert.deepEqual(allStates(await show(scene)), {
    low_balance: 'current',
    money_in: 'current',
    reward: '',
  });
});

test('one that was imported by its link is not doubled, and left to its person until that one says otherwise', async (t) => {
  const scene = await startScene(t);
  await connected(scene);
  await importByLink(scene);
  const found = itemOf(await show(scene), 'low_balance');
  assert.deepEqual(
    found.copies?.map(({ path: at, state }) => [at, state]),
    [[imported, 'imported']],
  );
  assert.match(found.sentence ?? '', /imported by its link.*“Keep it current”/);
  await install(scene);
  assert.ok(!scene.there.files.has(place('low_balance')));
  await scene.upgrade('1.1.0', (write) => write('low_balance', reword));
  await connected(scene);
  const older = itemOf(await show(scene), 'low_balance');
  assert.equal(older.copies?.[0]?.state, 'different');
  assert.match(older.sentence ?? '', /may be older, or changed by you/);
  assert.deepEqual(states(await replace(scene, 'low_balance'), 'low_balance'), ['current']);
  assert.match(String(aboutOf(scene, imported)['description']), /^Tells at once/);
  const renamed = (yaml: string) => yaml.replace('Monzo: low', 'Monzo: lowest');
  await scene.upgrade('1.2.0', (write) => write('low_balance', renamed));
  await until(
    scene,
    'it is kept current',
    () => aboutOf(scene, imported)['name'] !== 'Monzo: low balance alert',
  );
  assert.equal(scene.there.files.size, names.length);
});

test('one that is there twice is shown with both places', async (t) => {
  const scene = await startScene(t);
  await connected(scene);
  await importByLink(scene);
  const file = scene.there.files.get(imported) ?? assert.fail();
  scene.there.files.set(place('low_balance'), { ...file, max: 9 });
  const twice = itemOf(await show(scene), 'low_balance');
  assert.deepEqual(
    twice.copies?.map(({ path: at, state }) => [at, state]),
    [
      [place('low_balance'), 'different'],
      [imported, 'imported'],
    ],
  );
  assert.match(twice.sentence ?? '', /has it 2 times: monzo-bridge\/low_balance\.yaml, Some-One\//);
});

test('two bridges of different versions do not fight over one Home Assistant', async (t) => {
  const older = await startScene(t);
  await connected(older);
  await install(older);
  const newer = await startScene(t, { fake: older.fake });
  await newer.upgrade('1.1.0', (write) => write('low_balance', reword));
  await until(newer, 'it is renewed', () => older.there.writes.length > names.length);
  const writes = older.there.writes.length;
  for (const scene of [older, newer, older]) {
    await scene.world.restart();
    await connected(scene);
  }
  assert.equal(older.there.writes.length, writes);
  assert.deepEqual(states(await show(older), 'low_balance'), ['newer']);
  assert.match(itemOf(await show(older), 'low_balance').sentence ?? '', /newer version of the bridge/);
  assert.deepEqual(states(await show(newer), 'low_balance'), ['current']);
  assert.deepEqual(states(await install(older), 'low_balance'), ['newer']);
  assert.deepEqual(states(await replace(older, 'low_balance'), 'low_balance'), ['current']);
});

test('two checkouts with one version do not fight either: each offers its own', async (t) => {
  const scene = await startScene(t);
  await connected(scene);
  await install(scene);
  await scene.upgrade('1.0.0', (write) => write('low_balance', reword));
  await connected(scene);
  assert.equal(scene.there.writes.length, names.length);
  const found = itemOf(await show(scene), 'low_balance');
  assert.equal(found.copies?.[0]?.state, 'outdated');
  assert.match(found.sentence ?? '', /“Update”/);
  assert.deepEqual(states(await install(scene, 'low_balance'), 'low_balance'), ['current']);
});

test('a Home Assistant or a bridge that was restored from a backup is taken as it is', async (t) => {
  const scene = await startScene(t);
  await connected(scene);
  await install(scene);
  const backup = new Map(scene.there.files);
  await scene.upgrade('1.1.0', (write) => write('low_balance', reword));
  await until(scene, 'it is renewed', () => scene.there.writes.length > names.length);
  const newest = new Map(scene.there.files);
  scene.there.files.clear();
  scene.there.reload();
  await reconnected(scene);
  assert.equal(scene.there.files.size, 0, 'from before anything was installed');
  for (const [at, file] of backup) scene.there.files.set(at, file);
  await reconnected(scene);
  await until(scene, 'the old one is renewed', () =>
    String(aboutOf(scene, place('low_balance'))['description']).startsWith('Tells at once'),
  );
  for (const [at, file] of newest) scene.there.files.set(at, file);
  scene.there.reload();
  const anew = await startScene(t, { fake: scene.fake });
  await anew.upgrade('1.1.0', (write) => write('low_balance', reword));
  await connected(anew);
  assert.deepEqual(allStates(await show(anew)), {
    low_balance: 'current',
    money_in: 'current',
    reward: 'current',
  });
});

test('a file that Home Assistant cannot use is told, and repaired only when a person says so', async (t) => {
  const scene = await startScene(t);
  await connected(scene);
  scene.there.files.set(place('reward'), null);
  const found = itemOf(await show(scene), 'reward');
  assert.equal(found.copies?.[0]?.state, 'broken');
  assert.match(found.sentence ?? '', /cannot use this file/);
  await install(scene);
  assert.equal(scene.there.files.get(place('reward')), null);
  assert.deepEqual(states(await replace(scene, 'reward'), 'reward'), ['current']);
});

test('a refusal of Home Assistant concerns one blueprint, is told, and tried again until it is none', async (t) => {
  const scene = await startScene(t);
  await connected(scene);
  scene.fake.world.script.set('blueprint/save', { refuse: 'home_assistant_error' });
  const told = await install(scene);
  assert.match(told.sentence ?? '', /refused blueprint\/save \(home_assistant_error\)/);
  assert.equal(scene.fake.of('blueprint/save').length, names.length, 'each was tried');
  assert.deepEqual([health(scene)?.state, health(scene)?.sentence], ['degraded', told.sentence]);
  scene.fake.world.script.clear();
  await until(scene, 'it is tried again', async () => states(await show(scene), 'reward')?.[0] === 'current');
  assert.equal(health(scene)?.state, 'ok');
});

test('without a full answer nothing is overwritten', async (t) => {
  const scene = await startScene(t);
  await connected(scene);
  await install(scene);
  scene.fake.world.script.set('call_service', { refuse: 'unauthorized' });
  await scene.upgrade('1.1.0', (write) => write('low_balance', reword));
  await until(scene, 'it is told', async () => (await show(scene)).sentence !== null);
  assert.equal(scene.there.writes.length, names.length);
  scene.fake.world.script.clear();
  await until(scene, 'it is renewed', () => scene.there.writes.length > names.length);
});

test('a token that is no administrator’s any more does nothing, and the page says so', async (t) => {
  const scene = await startScene(t);
  await connected(scene);
  scene.fake.world.isAdministrator = false;
  scene.fake.world.script.set('blueprint/list', { refuse: 'unauthorized' });
  await install(scene, 'reward');
  await until(scene, 'it is told', async () =>
    /not an administrator/.test((await show(scene)).sentence ?? ''),
  );
  scene.fake.world.isAdministrator = true;
  scene.fake.world.script.clear();
  await until(scene, 'it is installed', () => scene.there.files.has(place('reward')));
});

test('a Home Assistant without automations, or one that is too old, is told', async (t) => {
  const scene = await startScene(t, {
    prepare: ({ world }) => void (world.components = ['webhook', 'mqtt', 'persistent_notification']),
  });
  await connected(scene);
  const none = await problemOf(post(scene, 'install', {}));
  assert.deepEqual([none.status, none.code], [409, 'no_automations']);
  assert.equal((await show(scene)).sentence, none.detail);
  assert.equal(health(scene)?.state, 'ok', 'nobody asked for any');
  scene.fake.world.components = ['webhook', 'mqtt', 'persistent_notification', 'automation'];
  scene.there.version = '2026.8.3';
  const old = await problemOf(post(scene, 'install', {}));
  assert.deepEqual([old.status, old.code], [409, 'home_assistant_too_old']);
  assert.match(old.detail, /need Home Assistant 2026\.9\.0 or newer, and this one is 2026\.8\.3\. Update it/);
  assert.deepEqual(scene.there.writes, []);
  scene.there.version = '2026.9.0b1';
  assert.equal((await problemOf(post(scene, 'install', {}))).code, 'home_assistant_too_old');
  scene.there.version = '2026.12.0b0';
  assert.deepEqual(states(await install(scene, 'reward'), 'reward'), ['current']);
});

test('without a token there are the links; a wrong order is refused; nobody else may ask', async (t) => {
  const world = await createWorld();
  t.after(() => world.stop());
  const asked = { world };
  const list = await show(asked);
  assert.equal(list.connection, 'none');
  assert.match(list.sentence ?? '', /import them by their links, or set MONZO_BRIDGE_HOME_ASSISTANT_URL/);
  assert.ok(list.blueprints.length >= 14);
  assert.ok(list.blueprints.every(({ copies, import_url: link }) => copies === null && link !== ''));
  for (const refused of [post(asked, 'install', {}), post(asked, 'remove', { names: ['reward'] })]) {
    const { status, code } = await problemOf(refused);
    assert.deepEqual([status, code], [409, 'no_home_assistant']);
  }
  const unknown = await problemOf(post(asked, 'install', { names: ['rewards'] }));
  assert.deepEqual([unknown.status, unknown.code], [404, 'unknown_blueprint']);
  assert.match(unknown.detail, /it has ask_pot, .*round_up\./);
  for (const body of [{ names: [] }, { names: 'reward' }, { force: true }])
    assert.equal((await post(asked, 'install', body)).status, 400);
  assert.equal((await post(asked, 'remove', {})).status, 400);
  assert.equal((await fetch(`${world.app().uiUrl}${path}`)).status, 401);
});

test('an installation whose blueprints are damaged or missing says so, and touches nothing', async (t) => {
  const scene = await startScene(t);
  await connected(scene);
  await install(scene);
  for (const damage of [
    () => writeFileSync(join(scene.directory, 'automation', place('reward')), 'blueprint: ['),
    () => writeFileSync(join(scene.directory, 'index.json'), '[]'),
    () => rmSync(scene.directory, { recursive: true }),
  ]) {
    damage();
    await scene.world.restart();
    const { status, code } = await problemOf(scene.world.api(path));
    assert.deepEqual([status, code], [409, 'no_blueprint_files']);
    assert.equal((await problemOf(post(scene, 'install', {}))).code, 'no_blueprint_files');
  }
  assert.equal(scene.there.writes.length, names.length);
});
