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
import { alex, household } from '../../sim/household.ts';
import { callSimulatedBank } from '../../sim/server.ts';
import type { App } from '../../src/app.ts';
import { systemClock } from '../../src/clock.ts';
import { launchBrowser } from '../browser/chromium.ts';
import { post } from '../support/people.ts';
import { askApi, startApp } from '../support/start-app.ts';
import { addAutomation, type AutomationBody } from './automations.ts';
import { addHomeKitBridge, chooseForAppleHome, showPairingCode, type Clicks } from './homekit-clicks.ts';
import { pairHomeKit, type HomeKitClient } from './homekit-client.ts';
import { startRig, type Rig } from './rig.ts';
import { openSignedIn } from './signed-in-page.ts';
import { until as untilThere } from '../support/until.ts';
import { until } from './tier2-output.ts';

const document = readFileSync(join(import.meta.dirname, '../../docs/apple-home.md'), 'utf8');
const bank = household({ now: () => systemClock.now(), random: seededRandom(41) });
const faults = createFaults({ wait: (ms) => systemClock.wait(ms) });
const directory = mkdtempSync(join(tmpdir(), 'monzo-bridge-apple-home-'));
const gas = 'pot_0000AlexGas';
/** Not of the bridge: what Home Assistant's bridge makes of such an id. */
const otherGas = 'sensor.other_gas_bill';
const account = 'Current account';
const problem = { entity: 'Low balance', entityDevice: account };
/** No announcement leaves the machine: Home Assistant is to use no other network. */
const loopback = ['lo', 'lo0'];
const network = {
  version: 1,
  minor_version: 1,
  key: 'core.network',
  data: { configured_adapters: loopback },
};
let rig: Rig;
let app: App;
let clicks: Clicks;
let phone: HomeKitClient;
const clean = new AsyncDisposableStack();

before(async () => {
  const files = { '.storage/core.network': JSON.stringify(network) };
  rig = clean.use(await startRig({ integrations: ['homekit'], files }));
  clean.defer(() => rmSync(directory, { recursive: true, force: true }));
  app = await startApp({
    directory,
    settings: { MONZO_BRIDGE_MQTT_URL: rig.mqttUrl, MONZO_BRIDGE_POLL_SECONDS: '1' },
    callBank: callSimulatedBank(bank, faults),
  });
  clean.defer(() => app.close());
  bank.openPot(alex.current, { id: gas, name: 'Gas bill', balance: 1_000 });
  await connectPerson(bank, app, { name: 'Alex', ...alex });
  const wanted = { low_balance: { [alex.current]: '1000' } };
  await until('the threshold is set', async () => {
    const answer = await askApi(app, '/api/optional-entities', { ...post(wanted), method: 'PUT' });
    return answer.ok;
  });
  for (const id of [`${gas}_balance`, `${alex.current}_low_balance`])
    await until(`${id} is there`, async () => Boolean(await rig.client.mqttEntity(id)));
  await until('it is not low', async () => {
    const id = (await rig.client.mqttEntity(`${alex.current}_low_balance`))?.entity_id ?? '';
    return (await rig.client.state(id))?.state === 'off';
  });
  const browser = await launchBrowser();
  clean.defer(() => browser.close());
  const page = await openSignedIn(browser, rig.homeAssistant, { width: 1000, height: 740 });
  clicks = { page, url: rig.homeAssistant.url, words: [] };
});

after(() => clean.disposeAsync());

test('a person makes the switches with the clicks that the document names, and nothing is announced outside', async () => {
  const path = `/api/states/${otherGas}`;
  const attributes = { device_class: 'monetary', unit_of_measurement: 'GBP' };
  await rig.client.rest({ method: 'POST', path, body: { state: '10.00', attributes } }, z.unknown());
  await addHomeKitBridge(clicks);
  const before = await pairingCode();
  await chooseForAppleHome(clicks, { device: account, ...problem, domains: ['Sensor'] });
  const code = await pairingCode(before);
  await showPairingCode(clicks, code);
  const { adapters } = await rig.client.command({ type: 'network' }, adaptersSchema);
  const used = adapters.filter(({ enabled }) => enabled).map(({ name }) => name);
  assert.deepEqual(
    used.filter((name) => !loopback.includes(name)),
    [],
  );
  assert.equal(used.length, 1);
  const [entry] = await rig.client.configEntries('homekit');
  phone = clean.use(await pairHomeKit(Number(/:(\d+)$/.exec(entry?.title ?? '')?.[1]), code));
});

test('the document names each of these clicks, in this order', () => {
  let place = 0;
  // Beside what a person needs, the test includes all sensors.
  const words = clicks.words.filter((word) => word !== 'Sensor');
  for (const word of words.filter((one, index) => one !== words[index - 1])) {
    const found = document.indexOf(`**${word}**`, place);
    assert.notEqual(found, -1, `**${word}** after: ${document.slice(place - 80, place)}`);
    place = found + 1;
  }
});

test('an account is 17 switches and two of its low balance, by the names and in the order of the document', () => {
  const [, table = ''] = /\n\| switch \|[^\n]*\n\|[^\n]*\n((?:\|[^\n]*\n)+)/.exec(document) ?? [];
  const named = [...table.matchAll(/^\| (\d+) · ([^|]+) \|/gm)].map(([, number, name]) => [number, name]);
  const switches = accessory(account).services.filter(({ type }) => type === 'stateless_programmable_switch');
  assert.deepEqual(
    named,
    switches.map(({ name }, index) => [String(index + 1), name]),
  );
});

test('a purchase presses the switches of a purchase, once', async () => {
  bank.purchase(alex.current, { amount: 1_234, merchant: 'Blue Door Coffee' });
  await pressed('Card Payment Transaction', 1);
  await pressed('Transaction Created Transaction', 1);
  bank.salary(alex.current, { amount: 180_000 });
  await pressed('Incoming Payment Transaction', 1);
  await pressed('Transaction Created Transaction', 2);
  assert.deepEqual([presses('Card Payment Transaction'), pressedNames().length], [1, 4]);
});

test('after a restart of Home Assistant the buttons are there, with the automation of the document', async () => {
  const [, example = ''] = /```yaml\n([^`]*)```/.exec(document) ?? [];
  const [bridge] = await rig.client.configEntries('homekit');
  const body = parse(example.replace('HASS Bridge:21064', bridge?.title ?? ''), {
    version: '1.1',
  }) as AutomationBody;
  const automation = await addAutomation(rig.client, 'buttons', body);
  await rig.restartHomeAssistant();
  assert.deepEqual(await automation.ran(1), { error: null });
  const before = presses('Card Payment Transaction');
  // HomeKit keeps nothing for a phone that is not connected again yet.
  const between = async () => {
    bank.purchase(alex.current, { amount: 350, merchant: 'Bakery' });
    await systemClock.wait(1_000);
  };
  await untilThere('a purchase presses one', () => presses('Card Payment Transaction') > before, { between });
});

test('a low balance is a sensor that turns on', async () => {
  const states = () => phone.heard.filter(({ accessory: name }) => name.endsWith(problem.entity));
  assert.deepEqual(
    states().map(({ type, value }) => [type, value]),
    [['occupancy_sensor', 0]],
  );
  const { balance } = bank.account(alex.current);
  bank.purchase(alex.current, { amount: balance - 50_000, merchant: 'Garage' });
  await until('it is on', () => states().at(-1)?.value === 1);
});

test('no amount of money becomes a sensor, not even of a pot for gas, which another’s entity id does', () => {
  const types = new Map(
    phone.accessories.map(({ name, services }) => [name, [...new Set(services.map(({ type }) => type))]]),
  );
  assert.deepEqual(Object.fromEntries(types), {
    'HASS Bridge': ['protocol_information'],
    [`${problem.entityDevice} ${problem.entity}`]: ['occupancy_sensor'],
    [account]: ['stateless_programmable_switch', 'service_label'],
    'other gas bill': ['air_quality_sensor'],
  });
});

const adaptersSchema = z.object({ adapters: z.array(z.object({ name: z.string(), enabled: z.boolean() })) });
const notificationsSchema = z.array(z.object({ title: z.string().nullable(), message: z.string() }));

/** The code that Home Assistant shows, once it is another one. */
async function pairingCode(before = ''): Promise<string> {
  let code = '';
  await until('there is a code', async () => {
    const shown = await rig.client.command({ type: 'persistent_notification/get' }, notificationsSchema);
    const notice = shown.find(({ title }) => title === 'HomeKit Pairing');
    code = /### (\d{3}-\d{2}-\d{3})/.exec(notice?.message ?? '')?.[1] ?? before;
    return code !== before;
  });
  return code;
}

function accessory(name: string) {
  return phone.accessories.find((one) => one.name === name) ?? assert.fail(name);
}

function presses(name: string): number {
  return pressedNames().filter((one) => one === name).length;
}

function pressedNames(): readonly string[] {
  const switches = phone.heard.filter(({ type }) => type === 'stateless_programmable_switch');
  return switches.map(({ service }) => service ?? '');
}

function pressed(name: string, times: number): Promise<void> {
  return until(`${name} is pressed`, () => presses(name) >= times);
}
