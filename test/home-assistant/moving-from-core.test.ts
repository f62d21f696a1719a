import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { parse } from 'yaml';
import { z } from 'zod';
import { connectPerson } from '../../sim/demo/connect.ts';
import { seededRandom } from '../../sim/fake-clock.ts';
import { createFaults } from '../../sim/faults.ts';
import { alex, household, sam } from '../../sim/household.ts';
import { serveBank } from '../../sim/server.ts';
import { startWebhookSender } from '../../sim/webhooks.ts';
import type { App } from '../../src/app.ts';
import { systemClock } from '../../src/clock.ts';
import { startApp } from '../support/start-app.ts';
import { addAutomation, type AutomationBody } from './automations.ts';
import { addCoreMonzo, bankInstead } from './core-monzo.ts';
import { settingsIn, startRig, type Rig } from './rig.ts';
import { until } from './tier2-output.ts';

const document = readFileSync(join(import.meta.dirname, '../../docs/moving-from-core.md'), 'utf8');
const bank = household({ now: () => systemClock.now(), random: seededRandom(51) });
const faults = createFaults({ wait: (ms) => systemClock.wait(ms) });
const directory = mkdtempSync(join(tmpdir(), 'monzo-bridge-moving-'));
const clean = new AsyncDisposableStack();
let rig: Rig;
let app: App;
let coreEntry: string;

before(async () => {
  clean.defer(() => rmSync(directory, { recursive: true, force: true }));
  const served = await serveBank({ bank, faults });
  clean.defer(() => served.close());
  const sender = startWebhookSender({ bank, faults, clock: systemClock, fetch });
  clean.defer(() => sender.stop());
  rig = clean.use(await startRig({ integrations: ['monzo'], files: bankInstead(served.apiUrl) }));
  coreEntry = await addCoreMonzo(rig, bank, { ...sam, userId: alex.userId });
  app = await startApp({
    directory,
    settings: {
      ...settingsIn(rig),
      MONZO_BRIDGE_MONZO_API_URL: served.apiUrl,
      MONZO_BRIDGE_MONZO_AUTH_URL: served.authUrl,
    },
  });
  clean.defer(() => app.close());
  await connectPerson(bank, app, { name: 'Alex', ...alex });
  await until('both are there', async () => Boolean(await rig.client.state(ours)));
  await until('the actions are there', async () =>
    Boolean((await rig.client.actions())['script']?.['monzo_pot_transfer']),
  );
});

after(() => clean.disposeAsync());

const current = 'sensor.current_account_balance';
const ours = 'sensor.monzo_alex_current_account_balance';

test('every entity of the table is there, and the table has all that the integration makes of an account and a pot', async () => {
  const rows = [...document.matchAll(/^\| (?:`(\w+\.\w+)` |)\| `(\w+\.\w+)` \|/gm)];
  const ids = new Set((await rig.client.entities()).map(({ entity_id: id }) => id));
  for (const [, theirs, here] of rows)
    for (const id of [theirs, here]) assert.ok(id === undefined || ids.has(id), id ?? '');
  const made = (await rig.client.entities()).filter(
    ({ platform, unique_id: id }) =>
      platform === 'monzo' && (id.startsWith(alex.current) || id.startsWith(alex.pots.holiday)),
  );
  assert.deepEqual(
    rows.flatMap(([, theirs]) => theirs ?? []).toSorted(),
    made.map(({ entity_id: id }) => id).toSorted(),
  );
  await until('both know the balance', async () => (await valueOf(ours)) === (await valueOf(current)));
});

test('both automations tell the same of a purchase', async () => {
  const examples = [...document.matchAll(/```yaml\n([^`]*)```/g)].map(
    ([, text = '']) => parse(text, { version: '1.1' }) as AutomationBody,
  );
  assert.equal(examples.length, 2);
  for (const [index, body] of examples.entries()) await addAutomation(rig.client, `large_${index}`, body);
  // A state trigger misses the first event that an entity ever shows.
  bank.purchase(alex.current, { amount: 100, merchant: 'Bakery' });
  const event = 'event.current_account_transaction';
  await until('it is shown', async () => ((await rig.client.state(event))?.state ?? '').startsWith('20'));
  bank.purchase(alex.current, { amount: 6_234, merchant: 'Blue Door Coffee' });
  const list = { type: 'persistent_notification/get' };
  const schema = z.array(z.object({ title: z.string().nullable(), message: z.string() }));
  const told = async (title: string) =>
    (await rig.client.command(list, schema)).find((one) => one.title === title)?.message;
  for (const title of ['Before', 'After'])
    await until(title, async () => (await told(title)) === 'Blue Door Coffee: 62.34');
});

test('a move that is asked for twice: twice there, once here', async () => {
  const before = bank.pot(alex.pots.holiday).balance;
  const device = async (id: string) =>
    (await rig.client.devices()).find(({ identifiers }) =>
      identifiers.some(([domain, name]) => domain === 'monzo' && name === id),
    )?.id;
  const data = {
    account: await device(alex.current),
    pot: await device(alex.pots.holiday),
    amount: 1,
  };
  const theirs = { domain: 'monzo', service: 'deposit_into_pot', data };
  for (let time = 0; time < 2; time += 1) await rig.client.call(theirs);
  assert.equal(bank.pot(alex.pots.holiday).balance, before + 200);
  const here = { pot: 'Holiday', transfer_type: 'deposit', amount: 1, request_id: 'once' };
  const call = { domain: 'script', service: 'monzo_pot_transfer', data: here, answer: true };
  for (let time = 0; time < 2; time += 1) await rig.client.call(call);
  assert.equal(bank.pot(alex.pots.holiday).balance, before + 300);
});

test('the statistics of the integration’s balance go on under its id, as the bridge’s', async () => {
  const start = '2026-01-01T10:00:00+00:00';
  await rig.client.command(
    {
      type: 'recorder/import_statistics',
      metadata: {
        has_mean: false,
        mean_type: 0,
        has_sum: true,
        name: null,
        source: 'recorder',
        statistic_id: current,
        unit_class: null,
        unit_of_measurement: 'GBP',
      },
      stats: [{ start, state: 1_000, sum: 1_000 }],
    },
    z.unknown(),
  );
  const statistics = async () => {
    const asked = { type: 'recorder/statistics_during_period', start_time: start, period: 'hour' };
    const found = await rig.client.command({ ...asked, statistic_ids: [current] }, statisticsSchema);
    return (found[current] ?? []).map(({ state }) => state);
  };
  await until('they are kept', async () => (await statistics()).includes(1_000));
  const path = `/api/config/config_entries/entry/${coreEntry}`;
  await rig.client.rest({ method: 'DELETE', path }, z.unknown());
  await until('its entities are gone', async () => (await rig.client.state(current)) === undefined);
  const clients = [...bank.model.webhooks.values()].map(({ clientId }) => clientId);
  assert.deepEqual(new Set(clients), new Set([alex.clientId]));
  const rename = { type: 'config/entity_registry/update', entity_id: ours, new_entity_id: current };
  await rig.client.command(rename, z.unknown());
  bank.purchase(alex.current, { amount: 100, merchant: 'Bakery' });
  const balance = () => bank.account(alex.current).balance / 100;
  await until('the new balance is shown there', async () => (await valueOf(current)) === balance());
  assert.ok((await statistics()).includes(1_000));
  const issues = await rig.client.command(
    { type: 'recorder/validate_statistics' },
    z.record(z.string(), z.unknown()),
  );
  assert.equal(issues[current], undefined);
  assert.equal((await rig.client.mqttEntity(`${alex.current}_balance`))?.entity_id, current);
});

const statisticsSchema = z.record(z.string(), z.array(z.looseObject({ state: z.number().nullable() })));

async function valueOf(entityId: string): Promise<number> {
  return Number((await rig.client.state(entityId))?.state);
}
