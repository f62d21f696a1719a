import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { parse } from 'yaml';
import { z } from 'zod';
import type { App } from '../../src/app.ts';
import { systemClock } from '../../src/clock.ts';
import { connectPerson } from '../../sim/demo/connect.ts';
import { seededRandom } from '../../sim/fake-clock.ts';
import { createFaults } from '../../sim/faults.ts';
import { alex, household, joint } from '../../sim/household.ts';
import { callSimulatedBank } from '../../sim/server.ts';
import { isMove } from '../support/money.ts';
import { post } from '../support/people.ts';
import { askApi, startApp } from '../support/start-app.ts';
import { addAutomation, type Automation, type AutomationBody } from './automations.ts';
import { settingsIn, startRig, type Rig } from './rig.ts';
import { until } from './tier2-output.ts';

const createdMs = systemClock.now() - 100 * 86_400_000;
const pots = { bills: 'pot_0000Bills', emergency: 'pot_0000Emergency', rent: 'pot_0000Rent' };
const { holiday } = alex.pots;
const faults = createFaults({ wait: (ms) => systemClock.wait(ms) });
const bank = household({ now: () => systemClock.now(), random: seededRandom(31) });
for (const [id, name] of [
  [pots.bills, 'Bills'],
  [pots.emergency, 'Emergency fund'],
  [pots.rent, 'Rent'],
] as const)
  bank.openPot(alex.current, { id, name, createdMs });
const directory = mkdtempSync(join(tmpdir(), 'monzo-bridge-examples-'));

/** What a document tells people to copy. */
type Block = AutomationBody & { readonly alias?: string };
const blocks = ['home-assistant.md', 'mqtt.md'].flatMap((document) => {
  const text = readFileSync(join(import.meta.dirname, '../../docs', document), 'utf8');
  return [...text.matchAll(/```yaml\n([^`]*)```/g)].map(([, block = '']) => block);
});
const examples = new Map(
  blocks.map((block) => {
    // Nobody waits for a minute here.
    const body = parse(block.replace('delay: "00:01:00"', 'delay: "00:00:01"'), { version: '1.1' }) as Block;
    return [body.alias, body];
  }),
);

const automations = new Map<string, Automation>();
let rig: Rig;
let app: App;

before(async () => {
  rig = await startRig();
  app = await start();
  await connectPerson(bank, app, { name: 'Alex', ...alex });
  await until('Alex is connected', () => app.view().logins.every(({ state }) => state === 'active'));
  await until('the actions are there', async () =>
    Boolean((await rig.client.actions())['script']?.['monzo_feed_item']),
  );
  await until('the entities are there', async () =>
    Boolean(await rig.client.state('event.monzo_alex_current_account_transaction')),
  );
  const trigger = { trigger: 'state', entity_id: entityId };
  await addAutomation(rig.client, unguardedId, { triggers: [trigger], actions: [{ delay: 0 }] });
  for (const [alias, body] of examples)
    if (alias !== undefined) automations.set(alias, await addAutomation(rig.client, idOf(alias), body));
});

after(async () => {
  await app?.close();
  await rig?.dispose();
  rmSync(directory, { recursive: true, force: true });
});

test('every example is an automation that this file runs, or configuration that Home Assistant accepts', async () => {
  assert.deepEqual([...automations.keys()].toSorted(), [...aliases].toSorted());
  const others = blocks.filter((block) => !block.startsWith('alias:'));
  const [recorder = '', card = ''] = others;
  assert.deepEqual([others.length, recorder.split('\n')[0]], [2, 'recorder:']);
  const file = join(rig.homeAssistant.configDirectory, 'configuration.yaml');
  const configuration = readFileSync(file, 'utf8');
  writeFileSync(file, configuration.replace('recorder:\n', recorder));
  const path = '/api/config/core/check_config';
  const { result } = await rig.client.rest({ method: 'POST', path }, checkSchema);
  assert.equal(result, 'valid');
  writeFileSync(file, configuration);
  const { type, content } = cardSchema.parse(parse(card));
  assert.equal(type, 'markdown');
  const template = `{% set text %}${content}{% endset %}{{ text | string | tojson }}`;
  const rendered = await rig.client.rest(
    { method: 'POST', path: '/api/template', body: { template } },
    z.string(),
  );
  assert.equal(rendered.trim(), 'Alex: connected.');
});

test('every state trigger on an event entity has both guards', () => {
  const triggers = [...examples.values()].flatMap((body) => triggersSchema.parse(body.triggers ?? []));
  const onEvents = triggers.filter((one) => one.trigger === 'state' && isOfEvents(one['entity_id']));
  assert.equal(onEvents.length, 1);
  for (const { not_from, not_to } of onEvents)
    assert.deepEqual(
      [not_from, not_to],
      [
        ['unavailable', 'unknown'],
        ['unavailable', 'unknown'],
      ],
    );
});

test('rent: a move each month, however often it runs', async () => {
  const before = bank.pot(pots.rent).balance;
  await startAtItsTime('Rent aside', 2);
  assert.equal(bank.pot(pots.rent).balance, before + 6_500);
});

test('trying again: a refusal is told, and a move whose answers are lost is made once', async () => {
  await command('pause');
  try {
    await startAtItsTime('Holiday money', 1);
  } finally {
    await command('resume');
  }
  await told('Holiday money', /paused/);
  const before = bank.pot(holiday).balance;
  const repair = faults.add({ kind: 'timeout_after', match: isMove });
  const running = startAtItsTime('Holiday money', 2);
  await until('it has moved', () => bank.pot(holiday).balance === before + 2_000);
  repair();
  await running;
  assert.equal(bank.pot(holiday).balance, before + 2_000);
});

test('going on: after a failure too', async () => {
  for (const [run, state] of ['running', 'done', 'running', 'done'].entries()) {
    if (run === 2) faults.add({ kind: 'status', status: 400, match: ({ path }) => path === '/feed' });
    const path = '/api/states/sensor.washing_machine';
    await rig.client.rest({ method: 'POST', path, body: { state } }, z.unknown());
    if (state === 'done') await hasRun('The washing machine is done', (run + 1) / 2);
  }
  assert.equal(bank.feed.length, 1);
  await told(/^/, /^The washing machine is done\.$/);
  await told(/^/, /^The washing machine is done, but the Monzo app does not show it\.$/);
});

test('a purchase: rounded up from the account that paid, once, and told', async () => {
  const [account, pot] = [bank.account(alex.current).balance, bank.pot(holiday).balance];
  const messages: string[] = [];
  const topic = `monzo/${alex.current}/event`;
  const stop = await rig.client.onTrigger({ trigger: 'mqtt', topic }, ({ variables }) =>
    messages.push(String(variables.trigger['payload'])),
  );
  bank.purchase(joint.account, { amount: 1_010, merchant: 'Corner Coffee' });
  bank.purchase(alex.current, { amount: 6_234, merchant: 'Blue Door Coffee' });
  await command('refresh');
  await hasRun('Round up to the holiday pot', 1);
  await hasRun('Tell about large purchases', 1);
  await hasRun('Note where coffee is bought', 2);
  assert.equal(bank.pot(holiday).balance, pot + 66);
  assert.equal(bank.account(alex.current).balance, account - 6_234 - 66);
  await told('Blue Door Coffee', /^£62\.34$/);
  await told('Corner Coffee', /^20/);
  await told(/^/, /^£0\.66 put aside; .* in the pot\.$/);
  const payload = messages.find((message) => message.includes('"card_payment"'));
  await rig.client.call({ domain: 'mqtt', service: 'publish', data: { topic, payload } });
  await hasRun('Round up to the holiday pot', 2);
  assert.equal(bank.pot(holiday).balance, pot + 66);
  await stop();
});

test('in the evening: what was spent is told from what the bridge answers', async () => {
  await startAtItsTime('Tell in the evening what was spent', 1);
  await told(/^72\.44 spent today$/, /^(Blue Door Coffee, Corner Coffee|Corner Coffee, Blue Door Coffee)$/);
});

test('a salary: shared out and saved once; money back from a pot is none', async () => {
  const before = Object.values(pots).map((id) => bank.pot(id).balance);
  const saved = () => Object.values(pots).map((id, index) => bank.pot(id).balance - (before[index] ?? 0));
  bank.salary(alex.current, { amount: 180_000 });
  await command('refresh');
  await hasRun('Payday', 1);
  await hasRun('Save a tenth', 1);
  await until('a tenth is saved', () => saved()[2] === 10_000);
  assert.deepEqual(saved(), [8_000, 2_500, 10_000]);
  const runsBefore = await lastRuns();
  bank.potMove(alex.pots.savings, 'withdraw', { amount: 200_000 });
  await command('refresh');
  await told('pot_withdrawal', /:created$/);
  const runs = await lastRuns();
  for (const id of ['Payday', 'Save a tenth'].map(idOf)) assert.equal(runs[id], runsBefore[id], id);
  assert.deepEqual(saved(), [8_000, 2_500, 10_000]);
});

const restarts = [
  { what: 'the bridge', restart: restartBridge, unguarded: false },
  { what: 'the broker', restart: () => rig.untilBorn(() => rig.mosquitto.restart()), unguarded: true },
  { what: 'Home Assistant', restart: () => rig.restartHomeAssistant(), unguarded: null },
];

for (const { what, restart, unguarded } of restarts)
  test(`a restart of ${what} starts no example${unguarded === true ? ', but a state trigger without guards' : ''}`, async () => {
    const before = await lastRuns();
    await restart();
    await until('the bridge is back', () => app.health().every(({ state }) => state === 'ok'));
    await until('the entities are back', async () =>
      ((await rig.client.state(entityId))?.state ?? '').startsWith('20'),
    );
    const { [unguardedId]: last, ...others } = await lastRuns();
    const { [unguardedId]: lastBefore, ...othersBefore } = before;
    assert.deepEqual(others, othersBefore);
    if (unguarded !== null) assert.equal(last !== lastBefore, unguarded);
  });

test('the next purchase after all that is rounded up once', async () => {
  const before = bank.pot(holiday).balance;
  const runs = await lastRuns();
  bank.purchase(alex.current, { amount: 201, merchant: 'Bakery' });
  await command('refresh');
  await until('it is', () => bank.pot(holiday).balance === before + 99);
  await told(/^/, /^£0\.99 put aside/);
  const id = idOf('Round up to the holiday pot');
  assert.notEqual((await lastRuns())[id], runs[id]);
});

/** The examples that the tests above run. */
const aliases: readonly string[] = [
  'Count what happens',
  'Holiday money',
  'Note where coffee is bought',
  'Payday',
  'Rent aside',
  'Round up to the holiday pot',
  'Save a tenth',
  'Tell about large purchases',
  'Tell in the evening what was spent',
  'The washing machine is done',
];

const entityId = 'event.monzo_alex_current_account_transaction';
const unguardedId = 'unguarded';
const cardSchema = z.object({ type: z.string(), content: z.string() });
const checkSchema = z.looseObject({ result: z.string() });
const triggersSchema = z.array(z.looseObject({ trigger: z.string() }));
const notificationsSchema = z.array(z.object({ title: z.string().nullable(), message: z.string() }));

function isOfEvents(ids: unknown): boolean {
  return [ids].flat().some((id) => String(id).startsWith('event.'));
}

function idOf(alias: string): string {
  return alias.toLowerCase().replaceAll(' ', '_');
}

function automationOf(alias: string): Automation {
  return automations.get(alias) ?? assert.fail(alias);
}

/** It has run so many times in all, never failed, and not more often. */
async function hasRun(alias: string, times: number): Promise<void> {
  for (let time = 1; time <= times; time += 1)
    assert.deepEqual(await automationOf(alias).ran(time), { error: null }, alias);
  assert.equal(await automationOf(alias).runs(), times, alias);
}

/** Starts it as its time would, until it has run so many times in all. */
async function startAtItsTime(alias: string, times: number): Promise<void> {
  for (let time = await automationOf(alias).runs(); time < times; time += 1) {
    const data = { entity_id: await automationEntity(alias), skip_condition: true };
    await rig.client.call({ domain: 'automation', service: 'trigger', data });
    await automationOf(alias).ran(time + 1);
  }
  await hasRun(alias, times);
}

async function automationEntity(alias: string): Promise<string> {
  const states = await rig.client.states();
  return states.find(({ attributes }) => attributes['id'] === idOf(alias))?.entity_id ?? assert.fail(alias);
}

/** When each automation last ran; Home Assistant remembers it over restarts. */
async function lastRuns(): Promise<Readonly<Record<string, unknown>>> {
  const states = (await rig.client.states()).filter(({ entity_id: id }) => id.startsWith('automation.'));
  return Object.fromEntries(
    states.map(({ attributes }) => [String(attributes['id']), attributes['last_triggered']]),
  );
}

/** Waits until Home Assistant shows such a notification. */
function told(title: string | RegExp, message: RegExp): Promise<void> {
  return until(`${String(title)}: ${String(message)}`, async () => {
    const list = { type: 'persistent_notification/get' };
    const shown = await rig.client.command(list, notificationsSchema);
    return shown.some((one) => new RegExp(title).test(one.title ?? '') && message.test(one.message));
  });
}

async function command(name: string): Promise<void> {
  const answer = await askApi(app, `/api/commands/${name}`, post({}));
  assert.equal(answer.status, 200, name);
}

async function isConnectivity(wanted: 'on' | 'off'): Promise<boolean> {
  return (await rig.client.state('binary_sensor.monzo_bridge_connectivity'))?.state === wanted;
}

async function restartBridge(): Promise<void> {
  await app.close();
  await until('the bridge is offline', () => isConnectivity('off'));
  app = await start();
  await until('the bridge is online', () => isConnectivity('on'));
}

function start(): Promise<App> {
  return startApp({
    directory,
    callBank: callSimulatedBank(bank, faults),
    settings: {
      ...settingsIn(rig),
      MONZO_BRIDGE_MQTT_COMMANDS: 'money',
    },
  });
}
