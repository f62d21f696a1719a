import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { dashboardSchema } from '../../src/contract/home-assistant-data.ts';
import { createCrashes } from '../support/crash.ts';
import { createWorld } from '../support/world.ts';
import {
  add,
  connected,
  health,
  path,
  problemOf,
  put,
  reconnected,
  remove,
  removed,
  show,
  startScene,
  texts,
  until,
} from './money-dashboard-scene.ts';

const steps = [
  'resources/create',
  'dashboards/create',
  'config/save',
  'dashboards/delete',
  'resources/delete',
];

for (const step of steps)
  for (const how of ['unsent', 'unanswered'])
    test(`a bridge that dies with ${step} ${how} finishes the order, once`, async (t) => {
      const crashes = createCrashes();
      const scene = await startScene(t, { crashes });
      await connected(scene);
      const isRemoval = step.endsWith('delete');
      if (isRemoval) await add(scene);
      crashes.arm((point) => point === `home_assistant lovelace/${step} ${how}`);
      const asked = isRemoval ? remove(scene) : put(scene, { viewers: 'everyone' });
      asked.catch(() => {});
      await until(scene, 'it has crashed', () => crashes.happened.length === 1);
      const isThere = async () => {
        const { order, connection, dashboard } = await show(scene);
        return connection === 'ok' && order === null && dashboard === (isRemoval ? 'missing' : 'current');
      };
      await until(scene, 'it is done', isThere);
      assert.equal(scene.there.resources.length, isRemoval ? 0 : 1);
      assert.equal(scene.there.dashboards.length, isRemoval ? 0 : 1);
      assert.equal(scene.there.contents.size, isRemoval ? 0 : 1);
    });

test('a Home Assistant that restarts between the two steps gets the second one afterwards', async (t) => {
  const scene = await startScene(t);
  await connected(scene);
  scene.fake.world.script.set('lovelace/dashboards/create', 'silence');
  const asked = put(scene, { viewers: 'everyone' });
  await until(scene, 'the file is there', () => scene.there.resources.length === 1);
  await scene.fake.stop();
  const { order, sentence } = dashboardSchema.parse(await (await asked).json());
  assert.deepEqual([order, sentence], ['add', null]);
  scene.fake.world.script.clear();
  await scene.fake.start();
  await until(scene, 'it is added', async () => (await show(scene)).dashboard === 'current');
  assert.equal(scene.there.resources.length, 1);
});

test('a refusal of Home Assistant is told, and tried again until it is none', async (t) => {
  const scene = await startScene(t);
  await connected(scene);
  scene.fake.world.script.set('lovelace/resources/create', { refuse: 'unknown_error' });
  const told = await add(scene);
  assert.equal(told.order, 'add');
  assert.match(told.sentence ?? '', /refused lovelace\/resources\/create \(unknown_error\)/);
  assert.deepEqual([health(scene)?.state, health(scene)?.sentence], ['degraded', told.sentence]);
  assert.deepEqual(scene.there.dashboards, [], 'no dashboard without its file');
  scene.fake.world.script.clear();
  await until(scene, 'it is tried again', async () => (await show(scene)).dashboard === 'current');
  assert.equal(health(scene)?.state, 'ok');
});

test('a token that is no administrator’s any more does nothing, and the health says so', async (t) => {
  const scene = await startScene(t);
  await connected(scene);
  scene.fake.world.isAdministrator = false;
  scene.fake.world.script.set('lovelace/resources/create', { refuse: 'unauthorized' });
  assert.equal((await add(scene)).order, 'add');
  await until(scene, 'it is told', () => health(scene)?.state === 'needs_user');
  assert.match(health(scene)?.sentence ?? '', /not an administrator/);
  scene.fake.world.isAdministrator = true;
  scene.fake.world.script.clear();
  await until(scene, 'it is added', async () => (await show(scene)).dashboard === 'current');
});

test('in safe mode, in which the list of files is empty, nothing is added a second time', async (t) => {
  const scene = await startScene(t);
  await connected(scene);
  await add(scene);
  scene.there.isSafeMode = true;
  await reconnected(scene).catch(() => {});
  const told = await add(scene);
  assert.match(told.sentence ?? '', /safe mode.*Restart it without/);
  assert.equal(scene.there.resources.length, 1);
  scene.there.isSafeMode = false;
  await until(scene, 'it goes on', async () => (await show(scene)).sentence === null);
  assert.equal(scene.there.resources.length, 1);
});

test('a Home Assistant without dashboards is told to who asks, and to no one else', async (t) => {
  const scene = await startScene(t, {
    prepare: ({ world: { dashboards } }) => void (dashboards.isLoaded = false),
  });
  await connected(scene);
  assert.equal((await show(scene)).file, 'unsupported');
  assert.equal(health(scene)?.state, 'ok');
  const refused = await problemOf(put(scene, { viewers: 'everyone' }));
  assert.deepEqual([refused.status, refused.code], [409, 'no_dashboards']);
});

test('an installation without the file says what is missing, and keeps what Home Assistant has', async (t) => {
  const scene = await startScene(t);
  await connected(scene);
  await add(scene);
  scene.build(null);
  await scene.world.restart();
  await connected(scene);
  assert.deepEqual([(await show(scene)).file, texts(scene)], ['current', ['one']]);
  for (const refused of [put(scene, { viewers: 'everyone' }), scene.world.api(`${path}/monzo-bridge.js`)]) {
    const { status, code } = await problemOf(refused);
    assert.deepEqual([status, code], [409, 'dashboard_not_built']);
  }
  assert.equal((await removed(scene)).file, 'missing');
});

test('a file that somebody turned into something else is put right', async (t) => {
  const scene = await startScene(t);
  await connected(scene);
  await add(scene);
  scene.there.resources = scene.there.resources.map((resource) => ({ ...resource, type: 'js' }));
  await reconnected(scene);
  await until(scene, 'it is a module again', () => scene.there.resources[0]?.type === 'module');
});

test('without Home Assistant there is nothing to add; a wrong order is refused; nobody else may ask', async (t) => {
  const world = await createWorld();
  t.after(() => world.stop());
  const asked = { world };
  assert.equal((await show(asked)).connection, 'none');
  for (const refused of [put(asked, { viewers: 'everyone' }), remove(asked)]) {
    const { status, code } = await problemOf(refused);
    assert.deepEqual([status, code], [409, 'no_home_assistant']);
  }
  for (const body of [{}, { viewers: 'nobody' }, { viewers: 'everyone', force: true }])
    assert.equal((await put(asked, body)).status, 400);
  for (const place of [path, `${path}/monzo-bridge.js`])
    assert.equal((await fetch(`${world.app().uiUrl}${place}`)).status, 401);
});

test('neither the log nor the memory of the bridge holds the file', async (t) => {
  const scene = await startScene(t);
  const content = randomBytes(3_000).toString('hex');
  scene.build(content);
  await connected(scene);
  await add(scene);
  await scene.world.clock.advance(3_600_000);
  const encoded = Buffer.from(content, 'utf8').toString('base64').slice(0, 40);
  assert.ok(scene.world.logLines.some((line) => line.includes('Added the Money dashboard')));
  assert.deepEqual(
    scene.world.logLines.filter((line) => line.includes(encoded)),
    [],
  );
  assert.ok(!JSON.stringify(await show(scene)).includes(encoded));
});
