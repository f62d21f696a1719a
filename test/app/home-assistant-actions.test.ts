import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ActionState } from '../../src/outputs/home-assistant/actions/actions.ts';
import { twoCommands } from './home-assistant-commands.ts';
import { startBench, type Bench, type BenchOptions } from './home-assistant-rig.ts';

const minute = 60_000;
const names = ['monzo_refresh', 'monzo_annotate'];

function startWith(options: BenchOptions): Promise<Bench> {
  return startBench({ ...options, actions: { ...twoCommands(), creation: 'on', ...options.actions } });
}

const statesOf = ({ output }: Bench): Readonly<Record<string, ActionState>> =>
  Object.fromEntries(
    output.actions.status().actions.map(({ name, state }) => [name.slice('script.'.length), state]),
  );
const isCurrent = (bench: Bench) => Object.values(statesOf(bench)).every((state) => state === 'current');
const writes = ({ fake }: Bench) => fake.world.scripts.calls.filter((call) => !call.startsWith('GET'));

test('with the setting on, the actions are created once and afterwards only read', async () => {
  await using bench = await startWith({});
  const { fake, output } = bench;
  await bench.until('they are there', () => isCurrent(bench));
  assert.deepEqual([...fake.world.scripts.file.keys()].toSorted(), names.toSorted());
  assert.equal(output.health().state, 'ok');
  const before = writes(bench);
  assert.equal(before.length, 2);
  for (let turn = 0; turn < 3; turn += 1) {
    fake.cut();
    await bench.until('the loss is known', () => output.health().state === 'down');
    await bench.until('it is back', () => output.health().state === 'ok');
  }
  await bench.pass(30 * minute);
  assert.deepEqual(writes(bench), before);
});

test('no script is written before a person agrees; declining removes them', async () => {
  await using bench = await startWith({ actions: { creation: 'ask' } });
  const { fake, output } = bench;
  await bench.until('they were looked for', () => statesOf(bench)['monzo_annotate'] === 'missing');
  assert.deepEqual(writes(bench), []);
  assert.equal(output.health().state, 'ok');
  bench.decision = 'agreed';
  await Promise.all([output.actions.reconcile(), bench.until('they are there', () => isCurrent(bench))]);
  assert.equal(fake.world.scripts.file.size, 2);
  bench.decision = 'declined';
  await Promise.all([
    output.actions.reconcile(),
    bench.until('they are gone', () => fake.world.scripts.file.size === 0),
  ]);
  assert.equal(statesOf(bench)['monzo_refresh'], 'missing');
});

test('an agreement given while Home Assistant is away takes effect when it is back', async () => {
  await using bench = await startWith({ actions: { creation: 'ask' }, prepare: (fake) => fake.stop() });
  bench.decision = 'agreed';
  await bench.output.actions.reconcile();
  assert.equal(bench.output.actions.status().isConnected, false);
  await bench.fake.start();
  await bench.until('they are there', () => isCurrent(bench));
});

test('turning the actions off removes the bridge’s scripts and keeps all others', async () => {
  await using first = await startWith({});
  await first.until('they are there', () => isCurrent(first));
  const ours = [...first.fake.world.scripts.file];
  await using bench = await startWith({
    actions: { creation: 'off' },
    prepare: ({ world: { scripts } }) => {
      for (const [name, script] of ours) scripts.file.set(name, script);
      scripts.file.set('monzo_annotate', {
        ...(scripts.file.get('monzo_annotate') as object),
        alias: 'Mine',
      });
      scripts.file.set('good_morning', { alias: 'Good morning' });
    },
  });
  await bench.until('it is done', () => statesOf(bench)['monzo_refresh'] === 'missing');
  assert.deepEqual([...bench.fake.world.scripts.file.keys()].toSorted(), ['good_morning', 'monzo_annotate']);
  const status = bench.output.actions.status();
  assert.match(
    status.actions.find(({ name }) => name === 'script.monzo_annotate')?.sentence ?? '',
    /Delete it/,
  );
  assert.equal(bench.output.health().state, 'ok');
});

test('a person’s own script of that name is never touched, and the health says that the action is missing', async () => {
  const own = { alias: 'My own', sequence: [] };
  await using bench = await startWith({
    prepare: ({ world: { scripts } }) => {
      scripts.file.set('monzo_refresh', own);
      scripts.elsewhere.add('monzo_annotate');
    },
  });
  await bench.until('it is judged', () => statesOf(bench)['monzo_annotate'] === 'foreign');
  await bench.output.actions.reconcile({ replace: true });
  assert.deepEqual([...bench.fake.world.scripts.file], [['monzo_refresh', own]]);
  assert.deepEqual(writes(bench), []);
  assert.equal(bench.output.health().state, 'degraded');
  assert.match(bench.output.health().sentence ?? '', /monzo_refresh that is not the bridge’s/);
  bench.fake.world.scripts.file.clear();
  bench.fake.world.scripts.elsewhere.clear();
  await bench.until('it is created once the name is free', () => isCurrent(bench));
  assert.equal(bench.output.health().state, 'ok');
});

test('a script changed by hand is kept, reported when it is out of date, and replaced when a person says so', async () => {
  await using before = await startWith({ actions: { ...twoCommands(), bridge: 'another' } });
  await before.until('they are there', () => isCurrent(before));
  const old = before.fake.world.scripts.file;
  await using bench = await startWith({
    prepare: ({ world: { scripts } }) => {
      scripts.file.set('monzo_refresh', old.get('monzo_refresh'));
    },
  });
  await bench.until('it is judged', () => statesOf(bench)['monzo_annotate'] === 'current');
  assert.equal(statesOf(bench)['monzo_refresh'], 'other_bridge');
  assert.match(bench.output.health().sentence ?? '', /another bridge.*Replace/);
  const edited = { ...(bench.fake.world.scripts.file.get('monzo_annotate') as object), alias: 'Mine' };
  bench.fake.world.scripts.file.set('monzo_annotate', edited);
  await Promise.all([
    bench.output.actions.reconcile(),
    bench.until('it is seen', () => statesOf(bench)['monzo_annotate'] === 'edited'),
  ]);
  assert.equal(bench.fake.world.scripts.file.get('monzo_annotate'), edited);
  await Promise.all([
    bench.output.actions.reconcile({ replace: true }),
    bench.until('both are ours', () => isCurrent(bench)),
  ]);
  assert.equal(bench.output.health().state, 'ok');
});

test('a scripts.yaml that is not included is reported, with what to do', async () => {
  await using bench = await startWith({
    prepare: ({ world: { scripts } }) => {
      scripts.isIncluded = false;
    },
  });
  await bench.until('it is told', () => bench.output.health().state === 'degraded');
  assert.match(bench.output.health().sentence ?? '', /“script: !include scripts.yaml” to configuration.yaml/);
  bench.fake.world.scripts.isIncluded = true;
  await bench.until('it is noticed', () => isCurrent(bench));
});

const troubles = [
  { status: 404, says: /no script editor/ },
  { status: 401, says: /HTTP 401|scripted/ },
  { status: 500, says: /did not read the script .* \(scripted\)/ },
] as const;

for (const { status, says } of troubles)
  test(`an answer ${status} of the script editor is reported and retried`, async () => {
    await using bench = await startWith({
      prepare: ({ world: { scripts } }) => {
        scripts.status = status;
      },
    });
    // Reading answers 404 for a script that is not there: only writing shows that there is no editor.
    await bench.until('it is told', () => bench.output.health().state === 'degraded');
    assert.match(bench.output.health().sentence ?? '', says);
    bench.fake.world.scripts.status = null;
    await bench.until('it is repaired', () => isCurrent(bench));
    assert.equal(bench.output.health().state, 'ok');
  });
