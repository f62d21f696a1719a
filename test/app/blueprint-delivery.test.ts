import assert from 'node:assert/strict';
import { test } from 'node:test';
import { alex } from '../../sim/household.ts';
import type { FakeBlueprint } from '../support/fake-blueprints.ts';
import {
  aboutOf,
  allStates,
  connected,
  install,
  itemOf,
  names,
  place,
  post,
  reconnected,
  remove,
  replace,
  reword,
  rework,
  show,
  startScene,
  states,
} from './blueprint-scene.ts';
import { problemOf, until } from './money-dashboard-scene.ts';

type File = NonNullable<FakeBlueprint>;

/** As a person writes another delay into the file. */
const edited = (file: File): File => ({ ...file, max: 77 });

test('a person installs all blueprints, and finds them as they are', async (t) => {
  const scene = await startScene(t);
  await connected(scene);
  const before = await show(scene);
  assert.deepEqual(allStates(before), { low_balance: '', money_in: '', reward: '' });
  assert.deepEqual(scene.there.writes, [], 'nothing is written unasked');
  const { title, description, import_url: link } = itemOf(before, 'low_balance');
  assert.equal(title, 'Low balance alert');
  assert.match(description, /^Tells when a balance falls below a limit/);
  assert.match(
    link,
    /^https:\/\/my\.home-assistant\.io\/redirect\/blueprint_import\/\?blueprint_url=https%3A/,
  );
  const added = await install(scene);
  assert.deepEqual(allStates(added), { low_balance: 'current', money_in: 'current', reward: 'current' });
  assert.deepEqual(
    added.blueprints.map(({ order, sentence }) => [order, sentence]),
    names.map(() => [null, null]),
  );
  assert.deepEqual(scene.there.writes.toSorted(), names.map((name) => `save ${place(name)}`).toSorted());
  assert.match(String(aboutOf(scene, place('reward'))['source_url']), /\/reward\.yaml#monzo-bridge=1\.0\.0&/);
  await install(scene);
  await reconnected(scene);
  await scene.world.restart();
  await connected(scene);
  assert.equal(scene.there.writes.length, names.length, 'what is there is not written again');
});

test('one is installed and removed by its name; what was removed does not come back', async (t) => {
  const scene = await startScene(t);
  await connected(scene);
  assert.deepEqual(states(await install(scene, 'reward'), 'reward'), ['current']);
  assert.deepEqual([...scene.there.files.keys()], [place('reward')]);
  assert.deepEqual(states(await remove(scene, 'reward'), 'reward'), []);
  await reconnected(scene);
  await scene.world.restart();
  await connected(scene);
  assert.deepEqual([...scene.there.files.keys()], []);
});

test('an upgrade renews those that changed and were not edited, whatever changed in them', async (t) => {
  const scene = await startScene(t);
  await connected(scene);
  await install(scene);
  for (const [version, change] of [
    ['1.1.0', reword],
    ['1.2.0', rework],
  ] as const) {
    const before = scene.there.writes.length;
    await scene.upgrade(version, (write) => write('low_balance', change));
    await until(scene, 'it is renewed', () => scene.there.writes.length > before);
    await connected(scene);
    assert.deepEqual(scene.there.writes.slice(before), [`save ${place('low_balance')}`]);
    assert.deepEqual(states(await show(scene), 'low_balance'), ['current']);
  }
  assert.match(String(aboutOf(scene, place('low_balance'))['description']), /^Tells at once/);
});

test('one that a person changed stays as it is through upgrades, until that person asks for the bridge’s', async (t) => {
  const scene = await startScene(t);
  await connected(scene);
  await install(scene);
  scene.there.edit(place('low_balance'), edited);
  scene.there.reload();
  const told = itemOf(await show(scene), 'low_balance');
  assert.deepEqual(told.copies?.[0]?.state, 'edited');
  assert.match(told.sentence ?? '', /no longer as the bridge wrote it.*“Replace with ours”/);
  await scene.upgrade('1.1.0', (write) => write('low_balance', reword));
  await connected(scene);
  await install(scene);
  assert.equal(scene.there.files.get(place('low_balance'))?.['max'], 77);
  assert.deepEqual(states(await replace(scene, 'low_balance'), 'low_balance'), ['current']);
  assert.equal(scene.there.files.get(place('low_balance'))?.['max'], 10);
});

for (const [what, change] of [
  ['a name', (file) => ({ ...file, blueprint: { ...file.blueprint, name: 'Mine' } })],
  ['a selector', (file) => ({ ...file, blueprint: { ...file.blueprint, input: multiple(file) } })],
  ['a default', (file) => ({ ...file, blueprint: { ...file.blueprint, input: limited(file) } })],
  ['an action', (file) => ({ ...file, actions: [] })],
  ['what triggers it', (file) => ({ ...file, triggers: (file['triggers'] as unknown[]).slice(1) })],
  ['more', (file) => ({ ...file, trace: { stored_traces: 20 } })],
] as readonly (readonly [string, (file: File) => File])[])
  test(`a person who changed ${what} keeps it`, async (t) => {
    const scene = await startScene(t);
    await connected(scene);
    await install(scene, 'low_balance');
    scene.there.edit(place('low_balance'), change);
    scene.there.reload();
    assert.deepEqual(states(await show(scene), 'low_balance'), ['edited']);
  });

type Input = Readonly<Record<string, Readonly<Record<string, unknown>>>>;
const inputsOf = ({ blueprint }: File) => blueprint['input'] as Input;
const multiple = (file: File) => {
  const { selector } = inputsOf(file)['balance'] as { readonly selector: { readonly entity: object } };
  const widened = { entity: { ...selector.entity, multiple: true } };
  return { ...inputsOf(file), balance: { ...inputsOf(file)['balance'], selector: widened } };
};
const limited = (file: File) => ({
  ...inputsOf(file),
  limit: { ...inputsOf(file)['limit'], default: 250 },
});

test('a file that was edited on the disk and not loaded yet is not lost in an upgrade, nor by Remove', async (t) => {
  const scene = await startScene(t);
  await connected(scene);
  await install(scene);
  for (const name of names) scene.there.edit(place(name), edited);
  const writes = scene.there.writes.length;
  assert.deepEqual(states(await show(scene), 'reward'), ['current'], 'Home Assistant does not know yet');
  const kept = await problemOf(post(scene, 'remove', { names: ['reward'] }));
  assert.deepEqual([kept.status, kept.code], [409, 'blueprint_edited']);
  scene.there.edit(place('low_balance'), (file) => ({ ...file, max: 78 }));
  scene.there.edit(place('money_in'), edited);
  await scene.upgrade('1.1.0', (write) => write('low_balance', reword));
  await connected(scene);
  assert.equal(scene.there.writes.length, writes);
  assert.deepEqual(states(await show(scene), 'low_balance'), ['edited']);
  assert.equal(scene.there.files.get(place('low_balance'))?.['max'], 78);
});

test('one that automations use is not removed, and the refusal names them', async (t) => {
  const scene = await startScene(t);
  await connected(scene);
  await install(scene);
  scene.there.automations.set('automation.rent', { alias: 'Rent warning', path: place('low_balance') });
  const shown = itemOf(await show(scene), 'low_balance');
  assert.deepEqual(shown.copies?.[0]?.automations, ['Rent warning']);
  const { status, code, detail } = await problemOf(
    post(scene, 'remove', { names: ['low_balance', 'reward'] }),
  );
  assert.deepEqual([status, code], [409, 'blueprint_in_use']);
  assert.match(detail, /“Low balance alert” by Rent warning\. Delete these automations/);
  assert.equal(scene.there.files.size, names.length, 'the others stay as well');
  scene.there.automations.clear();
  await remove(scene, 'low_balance');
  assert.equal(scene.there.files.size, names.length - 1);
});

test('where Home Assistant does not tell what uses one, its own refusal counts', async (t) => {
  const scene = await startScene(t, {
    prepare: ({ world: { blueprints } }) => void (blueprints.hasSearch = false),
  });
  await connected(scene);
  const added = await install(scene);
  assert.equal(itemOf(added, 'low_balance').copies?.[0]?.automations, null);
  scene.there.automations.set('automation.rent', { alias: 'Rent warning', path: place('low_balance') });
  const { code } = await problemOf(post(scene, 'remove', { names: ['low_balance'] }));
  assert.equal(code, 'blueprint_in_use');
  assert.ok(scene.there.files.has(place('low_balance')));
  assert.equal(itemOf(await show(scene), 'low_balance').order, null, 'it is not tried for ever');
  assert.deepEqual(states(await remove(scene, 'reward'), 'reward'), []);
});

test('a renewal waits until no automation runs that it would stop; an update that a person asks for does not', async (t) => {
  const scene = await startScene(t);
  await connected(scene);
  await install(scene);
  const rent = { alias: 'Rent warning', path: place('low_balance') };
  scene.there.automations.set('automation.rent', { ...rent, current: 1 });
  scene.there.automations.set('automation.other', { alias: 'Other', path: place('reward') });
  await scene.upgrade('1.1.0', (write) => write('low_balance', reword));
  await connected(scene);
  await scene.world.clock.advance(120_000);
  assert.equal(scene.there.writes.length, names.length);
  assert.deepEqual(states(await show(scene), 'low_balance'), ['outdated']);
  scene.there.automations.set('automation.rent', rent);
  await until(scene, 'it is renewed', () => scene.there.writes.length > names.length);
  scene.there.automations.set('automation.rent', { ...rent, current: 1 });
  await scene.upgrade('1.2.0', (write) => write('low_balance', rework));
  await connected(scene);
  assert.deepEqual(states(await show(scene), 'low_balance'), ['outdated']);
  assert.deepEqual(states(await install(scene, 'low_balance'), 'low_balance'), ['current']);
});

test('where Home Assistant does not tell what uses one, a renewal waits for every automation', async (t) => {
  const scene = await startScene(t, {
    prepare: ({ world: { blueprints } }) => void (blueprints.hasSearch = false),
  });
  await connected(scene);
  await install(scene);
  scene.there.automations.set('automation.any', { alias: 'Any', path: 'any.yaml', current: 2 });
  await scene.upgrade('1.1.0', (write) => write('low_balance', reword));
  await connected(scene);
  assert.deepEqual(states(await show(scene), 'low_balance'), ['outdated']);
  scene.there.automations.clear();
  await until(scene, 'it is renewed', () => scene.there.writes.length > names.length);
});

test('a renewal waits until the events that are on their way have arrived', async (t) => {
  const scene = await startScene(t, {
    prepare: ({ world }) => void (world.urls = { internal: null, external: null, cloud: null }),
  });
  await connected(scene);
  await install(scene);
  await scene.world.connect('alex');
  scene.fake.world.script.set('fire_event', { refuse: 'unauthorized' });
  scene.world.bank.purchase(alex.current, { amount: 350, merchant: 'Corner Shop' });
  await until(scene, 'it is fired', () => scene.fake.of('fire_event').length > 0);
  await scene.upgrade('1.1.0', (write) => write('low_balance', reword));
  await connected(scene);
  await scene.world.clock.advance(120_000);
  assert.deepEqual(states(await show(scene), 'low_balance'), ['outdated']);
  scene.fake.world.script.clear();
  await until(scene, 'it is renewed', () => scene.there.writes.length > names.length);
});
