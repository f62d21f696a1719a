import assert from 'node:assert/strict';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { z } from 'zod';
import { blueprintIndex } from '../../scripts/blueprints.ts';
import type { App } from '../../src/app.ts';
import { systemClock } from '../../src/clock.ts';
import type { BlueprintList } from '../../src/contract/blueprint-data.ts';
import { post } from '../support/people.ts';
import { askApi, startApp } from '../support/start-app.ts';
import { until as untilThere } from '../support/until.ts';
import { addAutomation } from './automations.ts';
import { startRig, type Rig } from './rig.ts';

const directory = mkdtempSync(join(tmpdir(), 'monzo-bridge-delivered-'));
const blueprintsDirectory = join(directory, 'blueprints');
const files = join(blueprintsDirectory, 'automation/monzo-bridge');
const path = '/api/home-assistant/blueprints';
const place = (name: string) => `monzo-bridge/${name}.yaml`;
let rig: Rig;
let app: App;

before(async () => {
  cpSync(join(import.meta.dirname, '../../blueprints'), blueprintsDirectory, { recursive: true });
  rig = await startRig();
  await start('1.0.0');
});

after(async () => {
  await app?.close();
  await rig?.dispose();
  rmSync(directory, { recursive: true, force: true });
});

test('every blueprint is installed, and Home Assistant shows each as the bridge means it', async () => {
  assert.deepEqual(new Set(states(await show()).values()), new Set(['missing']));
  const names = readdirSync(files).map((file) => file.replace('.yaml', ''));
  const installed = states(await ask('install', {}));
  assert.deepEqual(new Set(installed.keys()), new Set(names));
  assert.deepEqual(new Set(installed.values()), new Set(['current']));
  await reload();
  assert.deepEqual(new Set(states(await show()).values()), new Set(['current']), 'read from the disk');
  await rig.restartHomeAssistant();
  await connected();
  assert.deepEqual(new Set(states(await show()).values()), new Set(['current']), 'after a restart');
});

test('an automation that uses one is named, keeps it from being removed, and follows an upgrade', async () => {
  const input = { balance: 'sensor.balance' };
  const rent = await addAutomation(rig.client, 'rent', {
    use_blueprint: { path: place('low_balance'), input },
  });
  await until('it is in use', async () => (await maximum()) === 10);
  const [shown] = itemOf(await show(), 'low_balance').copies ?? [];
  assert.deepEqual(shown?.automations, ['rent']);
  const refused = await askApi(app, `${path}/remove`, post({ names: ['low_balance'] }));
  assert.match(await refused.text(), /"code":"blueprint_in_use".*“Low balance alert” by rent/);
  await upgrade('1.1.0', 'low_balance', (yaml) => yaml.replace(/^max: 10$/m, 'max: 11'));
  await until('the automation follows', async () => (await maximum()) === 11);
  assert.equal(states(await show()).get('low_balance'), 'current');
  await rent.remove();
});

test('an automation that runs is not stopped by an upgrade: its blueprint is renewed afterwards', async () => {
  await rig.client.rest(
    { method: 'POST', path: '/api/states/sensor.balance', body: { state: '5' } },
    z.unknown(),
  );
  const input = { balance: 'sensor.balance', alert: [{ delay: { hours: 1 } }] };
  const rent = await addAutomation(rig.client, 'rent', {
    use_blueprint: { path: place('low_balance'), input },
  });
  const data = { entity_id: 'automation.rent', skip_condition: true };
  // Answered at the end of the run, and never where that is stopped.
  void rig.client.call({ domain: 'automation', service: 'trigger', data }).catch(() => {});
  const running = async () => (await automation())?.attributes['current'];
  await until('it runs', async () => (await running()) === 1);
  await upgrade('1.1.1', 'low_balance', (yaml) => yaml.replace(/^max: 11$/m, 'max: 12'));
  assert.deepEqual([states(await show()).get('low_balance'), await running()], ['outdated', 1]);
  assert.match(fileOf('low_balance'), /^max: 11$/m);
  for (const service of ['turn_off', 'turn_on'])
    await rig.client.call({ domain: 'automation', service, data: { entity_id: 'automation.rent' } });
  await until('it is renewed', async () => (await maximum()) === 12);
  await rent.remove();
});

test('a file that was edited on the disk stays through an upgrade, also where it was not loaded yet', async () => {
  for (const [name, mine] of [
    ['reward', (yaml: string) => yaml.replace('mode: queued', 'mode: single')],
    ['money_in', (yaml: string) => yaml.replace(/^max: \d+$/m, 'max: 55')],
  ] as const)
    edit(name, mine);
  assert.equal(states(await show()).get('reward'), 'current', 'Home Assistant does not know yet');
  await upgrade('1.2.0', 'reward', (yaml) => yaml.replace(/^max: \d+$/m, 'max: 99'));
  await until('it is seen', async () => states(await show()).get('reward') === 'edited');
  assert.match(fileOf('reward'), /^mode: single$/m);
  assert.equal(states(await show()).get('money_in'), 'edited');
  assert.equal(states(await ask('install', { names: ['reward'], replace: true })).get('reward'), 'current');
  assert.match(fileOf('reward'), /^max: 99$/m);
});

test('comments and the order of a file are no change, and nothing else is seen of them', async () => {
  edit('pay_from_pot', (yaml) => `# Mine\n${yaml}`);
  await reload();
  assert.equal(states(await show()).get('pay_from_pot'), 'current');
});

test('one that was imported at another place counts as installed', async () => {
  assert.equal(states(await ask('remove', { names: ['round_up'] })).get('round_up'), 'missing');
  const yaml = readFileSync(join(files, 'round_up.yaml'), 'utf8');
  const save = { type: 'blueprint/save', domain: 'automation', path: 'Some-One/round_up.yaml', yaml };
  await rig.client.command(save, z.unknown());
  assert.equal(states(await show()).get('round_up'), 'imported');
  const { copies } = itemOf(await ask('install', {}), 'round_up');
  assert.deepEqual(
    copies?.map(({ path: at, state }) => [at, state]),
    [['Some-One/round_up.yaml', 'imported']],
  );
});

test('Home Assistant itself keeps one that is in use, and says of one that is gone that it is', async () => {
  const { client } = rig;
  const deletion = (at: string) =>
    client
      .command({ type: 'blueprint/delete', domain: 'automation', path: at }, z.unknown())
      .catch((thrown: unknown) => String(thrown));
  const use = { use_blueprint: { path: place('low_balance'), input: { balance: 'sensor.balance' } } };
  const rent = await addAutomation(client, 'rent', use);
  await until('it is in use', async () => (await maximum()) !== undefined);
  assert.match(String(await deletion(place('low_balance'))), /home_assistant_error: Blueprint in use/);
  await rent.remove();
  assert.match(String(await deletion('monzo-bridge/none.yaml')), /unknown_error/);
});

test('Home Assistant’s log has no complaint about any of it', async () => {
  const problems = await rig.homeAssistant.problems(['blueprint']);
  const expected = /Blueprint in use|none\.yaml/;
  assert.deepEqual(
    problems.filter(({ logger, message }) => !expected.test(`${logger} ${message}`)),
    [],
  );
});

async function start(version: string): Promise<void> {
  app = await startApp({
    directory: join(directory, 'data'),
    blueprintsDirectory,
    version,
    settings: {
      MONZO_BRIDGE_HOME_ASSISTANT_URL: rig.homeAssistant.url,
      MONZO_BRIDGE_HOME_ASSISTANT_TOKEN: rig.homeAssistant.token,
    },
  });
  await connected();
}

/** Starts another version of the bridge, in which one blueprint has changed. */
async function upgrade(version: string, name: string, change: (yaml: string) => string): Promise<void> {
  await app.close();
  const file = join(files, `${name}.yaml`);
  const before = readFileSync(file, 'utf8');
  writeFileSync(file, change(before));
  assert.notEqual(readFileSync(file, 'utf8'), before);
  writeFileSync(join(blueprintsDirectory, 'index.json'), blueprintIndex(files));
  await start(version);
}

const until = (what: string, condition: () => Promise<boolean>): Promise<void> =>
  untilThere(what, () => condition().catch(() => false), { between: () => systemClock.wait(100) });

const connected = () => until('the bridge is connected', async () => (await show()).connection === 'ok');

const answered = async (response: Promise<Response>): Promise<BlueprintList> =>
  (await (await response).json()) as BlueprintList;
const show = () => answered(askApi(app, path));
const ask = (what: 'install' | 'remove', body: object) =>
  answered(askApi(app, `${path}/${what}`, post(body)));

function itemOf({ blueprints }: BlueprintList, name: string): BlueprintList['blueprints'][number] {
  return blueprints.find((blueprint) => blueprint.name === name) ?? assert.fail(name);
}

/** By the name of the blueprint. */
function states({ blueprints }: BlueprintList): ReadonlyMap<string, string> {
  return new Map(
    blueprints.map(({ name, copies }) => [name, copies?.map(({ state }) => state).join() || 'missing']),
  );
}

const inConfiguration = (name: string) =>
  join(rig.homeAssistant.configDirectory, 'blueprints/automation', place(name));
const fileOf = (name: string) => readFileSync(inConfiguration(name), 'utf8');

/** As a person with an editor does. */
function edit(name: string, change: (yaml: string) => string): void {
  const before = fileOf(name);
  writeFileSync(inConfiguration(name), change(before));
  assert.notEqual(fileOf(name), before);
}

const reload = () => rig.client.call({ domain: 'automation', service: 'reload', data: {} });

/** How many runs the automation may queue, as its blueprint has it. */
const maximum = async () => (await automation())?.attributes['max'];
const automation = async () =>
  (await rig.client.states()).find(({ attributes }) => attributes['id'] === 'rent');
