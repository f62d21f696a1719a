import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { z } from 'zod';
import type { App } from '../../src/app.ts';
import { systemClock } from '../../src/clock.ts';
import { connectPerson } from '../../sim/demo/connect.ts';
import { seededRandom } from '../../sim/fake-clock.ts';
import { createFaults } from '../../sim/faults.ts';
import { alex, household } from '../../sim/household.ts';
import { callSimulatedBank } from '../../sim/server.ts';
import { post } from '../support/people.ts';
import { askApi, startApp } from '../support/start-app.ts';
import { anotherPerson } from './another-person.ts';
import { addAutomation, said } from './automations.ts';
import type { HomeAssistantClient } from './client.ts';
import { settingsIn, startRig, type Rig } from './rig.ts';
import { until } from './tier2-output.ts';

const faults = createFaults({ wait: (ms) => systemClock.wait(ms) });
const bank = household({ now: () => systemClock.now(), random: seededRandom(41) });
const directory = mkdtempSync(join(tmpdir(), 'monzo-bridge-reading-'));

const many = 1_000;
/** In no other word of Home Assistant's, the bridge's or this test's. */
const shop = 'Quagga & Okapi';
const strange = ['{{ states }}', '{% if', 'null', 'None', '12', "[1, 'x']", 'مقهى السلام', '👩‍👩‍👧', `"it's" \\`];
const listSchema = z.object({
  status: z.literal('done'),
  items: z.array(z.object({ id: z.string(), name: z.string(), amount: z.number() })),
  next: z.string().nullable(),
});
const summarySchema = z.object({
  status: z.literal('done'),
  accounts: z.array(
    z.object({ id: z.string(), device_id: z.string().nullable(), balance_minor: z.number() }),
  ),
});

let rig: Rig;
let app: App;
let kim: HomeAssistantClient;

before(async () => {
  for (let index = 0; index < many; index += 1) bank.purchase(alex.current, { amount: 1, merchant: shop });
  for (const merchant of strange) bank.purchase(alex.current, { amount: 1_234, merchant });
  rig = await startRig();
  app = await startApp({
    directory,
    callBank: callSimulatedBank(bank, faults),
    settings: settingsIn(rig),
  });
  await connectPerson(bank, app, { name: 'Alex', ...alex });
  await until('Alex is connected', () => app.view().logins.every(({ state }) => state === 'active'));
  await until('the actions are there', async () =>
    Boolean((await rig.client.actions())['script']?.['monzo_summary']),
  );
  await until('the device is there', async () =>
    Boolean(await rig.client.mqttDevice(`monzo_${alex.current}`)),
  );
  kim = await anotherPerson(rig);
});

after(async () => {
  kim?.close();
  await app?.close();
  await rig?.dispose();
  rmSync(directory, { recursive: true, force: true });
});

test('an administrator reads a thousand transactions, page by page, each once', async () => {
  const seen: string[] = [];
  let cursor: string | null = null;
  do {
    const page: z.output<typeof listSchema> = listSchema.parse(
      await read(rig.client, 'transactions', { q: 'quagga', limit: 50, ...(cursor !== null && { cursor }) }),
    );
    for (const { name } of page.items) assert.equal(name, shop);
    seen.push(...page.items.map(({ id }) => id));
    cursor = page.next;
  } while (cursor !== null);
  const known = [...bank.model.transactions.values()].filter(({ amount }) => amount === -1);
  assert.deepEqual(seen.toSorted(), known.map(({ id }) => id).toSorted());
});

test('what strangers wrote comes as it is, to people and to automations', async () => {
  const asked = { account: 'Current account', min: 12.34, max: '12.34' };
  const answer = listSchema.parse(await read(rig.client, 'transactions', asked));
  assert.deepEqual(answer.items.map(({ name }) => name).toReversed(), strange);
  const automation = await addAutomation(rig.client, 'strange', {
    actions: [
      { action: 'script.monzo_transactions', data: asked, response_variable: 'found' },
      said('strange', "{{ {'names': found['items'] | map(attribute='name') | list} }}"),
    ],
  });
  assert.deepEqual(await automation.run(), { error: null });
  assert.deepEqual(automation.said, [{ names: strange.toReversed() }]);
  await automation.remove();
});

test('an automation reads the summary', async () => {
  const summary = summarySchema.parse(await read(rig.client, 'summary'));
  const current = summary.accounts.find(({ id }) => id === alex.current);
  const device = await rig.client.mqttDevice(`monzo_${alex.current}`);
  assert.equal(current?.balance_minor, bank.account(alex.current).balance);
  assert.equal(current?.device_id, device?.id ?? 'no device');
  const automation = await addAutomation(rig.client, 'sums', {
    actions: [
      { action: 'script.monzo_summary', response_variable: 'money' },
      said('sums', '{{ money.accounts | map(attribute="balance_minor") | first }}'),
    ],
  });
  assert.deepEqual(await automation.run(), { error: null });
  assert.deepEqual(automation.said, [summary.accounts[0]?.balance_minor]);
  await automation.remove();
});

test('a member of the household is told why not, and reads once everyone may', async () => {
  for (const command of ['summary', 'transactions'])
    await assert.rejects(
      read(kim, command),
      /Only administrators of Home Assistant and automations may read/,
    );
  const told = z
    .object({ status: z.string(), code: z.string() })
    .parse(await read(kim, 'summary', { on_failure: 'answer' }));
  assert.deepEqual(told, { status: 'refused', code: 'reading_not_allowed' });
  await letRead('everyone');
  assert.equal(summarySchema.parse(await read(kim, 'summary')).accounts[0]?.id, alex.current);
  assert.equal(listSchema.parse(await read(kim, 'transactions', { limit: 1 })).items.length, 1);
  await letRead('administrators');
  await assert.rejects(read(kim, 'summary'), /Only administrators/);
});

test('a refused filter says what would be right', async () => {
  await assert.rejects(
    read(rig.client, 'transactions', { account: 'Mars' }),
    /no such account\. There are: /,
  );
  await assert.rejects(read(rig.client, 'transactions', { limit: 51 }), /limit/);
});

test('neither the recorder nor the traces of the actions keep what was read', async () => {
  const { configDirectory } = rig.homeAssistant;
  await read(rig.client, 'transactions', { q: 'quagga', limit: 50 });
  await rig.client.command({ type: 'fire_event', event_type: 'okapi_was_here' }, z.unknown());
  kim.close();
  await rig.client.pause(new Promise(() => {}));
  await rig.homeAssistant.stop();
  const recorded = readdirSync(configDirectory).filter((name) => name.startsWith('home-assistant_v2.db'));
  const texts = recorded.map((name) => readFileSync(join(configDirectory, name), 'utf8'));
  assert.ok(
    texts.some((text) => text.includes('okapi_was_here')),
    'it records events',
  );
  assert.ok(
    texts.some((text) => text.includes('monzo_bridge_request')),
    'it records these, too',
  );
  for (const text of texts) {
    assert.ok(!text.includes('Quagga &'), 'a name is in the database');
    assert.ok(!text.includes('total_balance_minor'), 'a summary is in the database');
  }
  const traces = z
    .object({ data: z.record(z.string(), z.unknown()) })
    .parse(JSON.parse(readFileSync(join(configDirectory, '.storage/trace.saved_traces'), 'utf8')));
  const { 'script.monzo_transactions': rows = [], 'script.monzo_summary': sums = [] } = traces.data;
  assert.deepEqual([rows, sums], [[], []]);
});

async function read(
  client: HomeAssistantClient,
  command: string,
  data: Readonly<Record<string, unknown>> = {},
): Promise<unknown> {
  const call = { domain: 'script', service: `monzo_${command}`, data, answer: true };
  return (await client.call(call)).response;
}

async function letRead(readers: 'administrators' | 'everyone'): Promise<void> {
  const put = { ...post({ readers }), method: 'PUT' };
  assert.equal((await askApi(app, '/api/home-assistant/readers', put)).status, 200);
}
