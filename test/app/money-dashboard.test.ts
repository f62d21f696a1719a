import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parse } from 'yaml';
import { z } from 'zod';
import { versionOfPackage } from '../../src/environment.ts';
import type { FakeResource } from '../support/fake-dashboards.ts';
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
  textOf,
  texts,
  until,
} from './money-dashboard-scene.ts';

const ownCards: FakeResource = { id: 'own', type: 'module', url: '/local/my-card.js?v=3' };
const hacs: FakeResource = {
  id: 'hacs',
  type: 'module',
  url: '/hacsfiles/lovelace-monzo-bridge/monzo-bridge.js?hacstag=12',
};

test('a person adds the dashboard, the file first, for administrators alone, and finds it as it is', async (t) => {
  const scene = await startScene(t, {
    prepare: ({ world: { dashboards } }) => void (dashboards.resources = [ownCards]),
  });
  await connected(scene);
  const before = await show(scene);
  assert.deepEqual(
    [before.file, before.dashboard, before.path, before.order],
    ['missing', 'missing', null, null],
  );
  assert.deepEqual(scene.there.writes, [], 'nothing is written unasked');
  const added = await add(scene);
  assert.deepEqual(
    [added.file, added.dashboard, added.path, added.viewers, added.order, added.sentence],
    ['current', 'current', 'monzo-money', 'administrators', null, null],
  );
  assert.deepEqual(scene.there.writes, ['resources/create', 'dashboards/create', 'config/save']);
  const [first, second] = scene.there.resources;
  assert.equal(first, ownCards);
  assert.equal(second?.type, 'module');
  assert.match(second?.url ?? '', /^data:text\/javascript;monzo-bridge=[\da-f]{16};base64,[\w+/=]+$/);
  assert.equal(textOf(second ?? assert.fail()), 'one');
  const [dashboard] = scene.there.dashboards;
  assert.deepEqual(
    [dashboard?.title, dashboard?.require_admin, dashboard?.show_in_sidebar, dashboard?.mode],
    ['Money', true, true, 'storage'],
  );
  assert.deepEqual(scene.there.contents.get('monzo-money'), { strategy: { type: 'custom:monzo' } });
  assert.deepEqual((await add(scene)).sentence, null);
  assert.equal(scene.there.writes.length, 3, 'what is there is not added again');
});

test('who may see it is changed later, and nothing else with it', async (t) => {
  const scene = await startScene(t);
  await connected(scene);
  await add(scene, 'everyone');
  assert.equal(scene.there.dashboards[0]?.require_admin, false);
  const own = { strategy: { type: 'custom:monzo', accounts: ['one'] }, title: 'Mine' };
  scene.there.contents.set('monzo-money', own);
  assert.equal((await add(scene, 'administrators')).viewers, 'administrators');
  assert.equal(scene.there.dashboards[0]?.require_admin, true);
  assert.equal(scene.there.contents.get('monzo-money'), own);
  assert.equal(scene.there.writes.at(-1), 'dashboards/update');
});

test('it is removed before its file, and files of others stay', async (t) => {
  const scene = await startScene(t, {
    prepare: ({ world: { dashboards } }) => void (dashboards.resources = [ownCards]),
  });
  await connected(scene);
  await add(scene);
  const gone = await removed(scene);
  assert.deepEqual([gone.file, gone.dashboard, gone.order], ['missing', 'missing', null]);
  assert.deepEqual(scene.there.writes.slice(3), ['dashboards/delete', 'resources/delete']);
  assert.deepEqual(scene.there.resources, [ownCards]);
  await reconnected(scene);
  await scene.world.restart();
  await connected(scene);
  assert.equal(scene.there.writes.length, 5, 'what was removed does not come back');
});

test('a new version of the bridge brings its file, in the place of the old one; so does an older version', async (t) => {
  const scene = await startScene(t);
  await connected(scene);
  await add(scene);
  const [before] = scene.there.resources;
  for (const content of ['two £', 'one']) {
    scene.build(content);
    await scene.world.restart();
    await until(scene, 'the file is renewed', () => texts(scene)[0] === content);
    assert.deepEqual(
      scene.there.resources.map(({ id }) => id),
      [before?.id],
    );
  }
  assert.deepEqual(scene.there.writes.slice(3), ['resources/update', 'resources/update']);
  await reconnected(scene);
  await scene.world.restart();
  await connected(scene);
  assert.equal(scene.there.writes.length, 5, 'the same file is not written again');
});

test('what a person deleted in Home Assistant stays deleted, and the page tells what is left', async (t) => {
  const scene = await startScene(t);
  await connected(scene);
  await add(scene);
  const [file] = scene.there.resources;
  const [dashboard] = scene.there.dashboards;
  scene.there.resources = [];
  await reconnected(scene);
  assert.deepEqual(scene.there.resources, []);
  const empty = await show(scene);
  assert.deepEqual([empty.file, empty.dashboard], ['missing', 'current']);
  assert.match(empty.sentence ?? '', /so it stays empty\. Choose “Add the Money dashboard”/);
  assert.deepEqual([health(scene)?.state, health(scene)?.sentence], ['degraded', empty.sentence]);
  assert.equal((await add(scene)).sentence, null);
  assert.equal(health(scene)?.state, 'ok');
  scene.there.dashboards = [];
  scene.there.contents.clear();
  await reconnected(scene);
  assert.deepEqual(scene.there.dashboards, []);
  const left = await show(scene);
  assert.deepEqual([left.file, left.dashboard, left.sentence], ['current', 'missing', null]);
  assert.equal(health(scene)?.state, 'ok');
  assert.notDeepEqual([file, dashboard], [undefined, undefined]);
  assert.equal((await removed(scene)).file, 'missing');
});

test('a Home Assistant that was restored or set up anew is taken as it is', async (t) => {
  const scene = await startScene(t);
  await connected(scene);
  const before = { ...scene.there };
  await add(scene);
  const after = { resources: scene.there.resources, dashboards: scene.there.dashboards };
  const content = scene.there.contents.get('monzo-money');
  Object.assign(scene.there, { resources: before.resources, dashboards: before.dashboards });
  scene.there.contents.clear();
  await reconnected(scene);
  assert.deepEqual([scene.there.resources, scene.there.dashboards], [[], []]);
  await removed(scene);
  Object.assign(scene.there, after);
  scene.there.contents.set('monzo-money', content);
  scene.build('two');
  await scene.world.restart();
  await until(scene, 'its old file is renewed', () => texts(scene)[0] === 'two');
  assert.equal((await show(scene)).dashboard, 'current');
});

test('an order given while Home Assistant is away is carried out when it is back, the last one only', async (t) => {
  const scene = await startScene(t, { prepare: (fake) => fake.stop() });
  const asked = await add(scene, 'everyone');
  assert.deepEqual([asked.connection, asked.order, asked.file], ['away', 'add', 'unknown']);
  await scene.world.restart();
  await scene.fake.start();
  await until(scene, 'it is added', async () => (await show(scene)).dashboard === 'current');
  assert.equal((await show(scene)).order, null);
  await scene.fake.stop();
  await until(scene, 'the loss is known', async () => (await show(scene)).connection === 'away');
  assert.equal((await removed(scene)).order, 'remove');
  assert.equal((await add(scene, 'administrators')).order, 'add');
  await scene.fake.start();
  await connected(scene);
  await until(scene, 'it is done', async () => (await show(scene)).order === null);
  assert.deepEqual(
    scene.there.dashboards.map(({ require_admin: isForAdministrators }) => isForAdministrators),
    [true],
  );
});

for (const [whose, resource] of [
  ['HACS', hacs],
  ['a person', { ...hacs, url: '/local/cards/monzo-bridge.js' }],
] as const)
  test(`a file that ${whose} brought is used, and never touched`, async (t) => {
    const scene = await startScene(t, {
      prepare: ({ world: { dashboards } }) => void (dashboards.resources = [resource]),
    });
    await connected(scene);
    assert.equal((await show(scene)).file, 'elsewhere');
    scene.build(null);
    assert.deepEqual([(await add(scene)).dashboard, scene.there.resources], ['current', [resource]]);
    scene.build('two');
    await scene.world.restart();
    await connected(scene);
    assert.equal((await removed(scene)).file, 'elsewhere');
    assert.deepEqual([scene.there.dashboards, scene.there.resources], [[], [resource]]);
  });

test('the file of another bridge is used and kept, until a person takes it over', async (t) => {
  const first = await startScene(t);
  await connected(first);
  await add(first, 'everyone');
  const [theirs] = first.there.resources;
  const second = await startScene(t, { fake: first.fake });
  second.build('newer');
  await connected(second);
  const found = await show(second);
  assert.deepEqual([found.file, found.dashboard], ['other_bridge', 'current']);
  assert.match(found.sentence ?? '', /added by another bridge.*“Take it over”/);
  assert.equal(health(second)?.state, 'ok');
  assert.equal((await add(second, 'administrators')).viewers, 'administrators');
  const refused = await problemOf(remove(second));
  assert.deepEqual([refused.status, refused.code], [409, 'dashboard_of_another_bridge']);
  assert.deepEqual(second.there.resources, [theirs]);
  assert.equal((await add(second, 'administrators', true)).file, 'current');
  assert.deepEqual(
    second.there.resources.map((resource) => [resource.id, textOf(resource)]),
    [[theirs?.id, 'newer']],
  );
  assert.equal((await show(first)).file, 'other_bridge');
  assert.equal(first.there.dashboards.length, 1);
});

test('where the files stand in configuration.yaml a person gets the lines, and then the dashboard', async (t) => {
  const scene = await startScene(t, {
    prepare: ({ world: { dashboards } }) => void (dashboards.resourceMode = 'yaml'),
  });
  await connected(scene);
  const { file, yaml, sentence } = await show(scene);
  assert.equal(file, 'by_hand');
  assert.match(sentence ?? '', /from configuration\.yaml, which the bridge does not write/);
  const refused = await problemOf(put(scene, { viewers: 'everyone' }));
  assert.deepEqual([refused.status, refused.code], [409, 'dashboard_file_by_hand']);
  const lines = z
    .object({ lovelace: z.object({ resource_mode: z.literal('yaml'), resources: z.array(z.unknown()) }) })
    .parse(parse(yaml));
  const [line] = lines.lovelace.resources;
  assert.deepEqual(line, { url: `/local/monzo-bridge.js?v=${versionOfPackage()}`, type: 'module' });
  const download = await scene.world.api(`${path}/monzo-bridge.js`);
  assert.match(download.headers.get('content-type') ?? '', /^text\/javascript/);
  assert.match(download.headers.get('content-disposition') ?? '', /filename="monzo-bridge\.js"/);
  assert.equal(await download.text(), 'one');
  scene.there.resources = [line];
  await scene.fake.stop();
  await scene.fake.start();
  await until(scene, 'it is seen', async () => (await show(scene)).file === 'elsewhere');
  assert.equal((await add(scene)).dashboard, 'current');
  assert.deepEqual(scene.there.writes, ['dashboards/create', 'config/save']);
  scene.there.resources = [];
  await reconnected(scene);
  assert.match(health(scene)?.sentence ?? '', /Add it to configuration\.yaml with the lines/);
});

test('an order from before Home Assistant took its files from YAML is dropped, and told', async (t) => {
  const scene = await startScene(t, { prepare: (fake) => fake.stop() });
  await add(scene);
  scene.there.resourceMode = 'yaml';
  await scene.fake.start();
  await until(scene, 'it is dropped', async () => (await show(scene)).order === null);
  assert.equal((await show(scene)).file, 'by_hand');
  assert.deepEqual(scene.there.writes, []);
});

test('an address that is taken is left to whoever has it', async (t) => {
  const yaml = { url_path: 'monzo-money-2', title: 'Mine', require_admin: false, mode: 'yaml' } as const;
  const theirs = { ...yaml, id: 'theirs', url_path: 'monzo-money-3', mode: 'storage' } as const;
  const empty = { ...theirs, id: 'empty', url_path: 'monzo-money-4' };
  const scene = await startScene(t, {
    prepare: ({ world: { dashboards } }) => {
      dashboards.panels.add('monzo-money');
      dashboards.dashboards = [yaml, theirs, empty];
      dashboards.contents.set('monzo-money-3', { views: [{ title: 'Savings' }] });
    },
  });
  await connected(scene);
  const added = await add(scene);
  assert.deepEqual([added.path, added.dashboard], ['monzo-money-5', 'current']);
  await removed(scene);
  assert.deepEqual(scene.there.dashboards, [yaml, theirs, empty]);
  assert.deepEqual([...scene.there.contents.keys()], ['monzo-money-3']);
});

test('a dashboard that a person changed is not removed, nor the file that it uses', async (t) => {
  const scene = await startScene(t);
  await connected(scene);
  await add(scene);
  const own = { views: [{ cards: [{ type: 'custom:monzo-pots' }] }] };
  scene.there.contents.set('monzo-money', own);
  const edited = await removed(scene);
  assert.deepEqual([edited.file, edited.dashboard, edited.order], ['current', 'edited', null]);
  assert.match(edited.sentence ?? '', /was changed in Home Assistant.*Delete it there/);
  assert.equal(scene.there.contents.get('monzo-money'), own);
  scene.there.contents.set('monzo-money', { views: [] });
  assert.equal((await removed(scene)).file, 'missing');
  assert.equal(scene.there.dashboards.length, 1);
});

test('the file stays while cards of it are in a person’s own dashboards', async (t) => {
  const scene = await startScene(t);
  await connected(scene);
  await add(scene);
  const shed = { url_path: 'the-shed', title: 'The shed', require_admin: false, mode: 'storage' } as const;
  scene.there.dashboards = [...scene.there.dashboards, { ...shed, id: 'the_shed' }];
  scene.there.contents.set('the-shed', { views: [{ cards: [{ type: 'custom:monzo-transactions' }] }] });
  scene.there.contents.set('', { views: [{ cards: [{ type: 'custom:monzo-pots' }] }] });
  const left = await removed(scene);
  assert.deepEqual([left.file, left.dashboard], ['current', 'missing']);
  assert.match(left.sentence ?? '', /so their file stays: Overview, The shed\.$/);
  scene.build('two');
  await scene.world.restart();
  await until(scene, 'it is kept current', () => texts(scene)[0] === 'two');
  scene.there.contents.clear();
  assert.equal((await removed(scene)).file, 'missing');
  assert.equal(scene.there.dashboards.length, 1);
});
