import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { connectPerson } from '../../sim/demo/connect.ts';
import { seededRandom } from '../../sim/fake-clock.ts';
import { createFaults } from '../../sim/faults.ts';
import { alex, household } from '../../sim/household.ts';
import { callSimulatedBank } from '../../sim/server.ts';
import { systemClock } from '../../src/clock.ts';
import { launchBrowser } from '../browser/chromium.ts';
import { takePicture } from '../support/pictures.ts';
import { startApp } from '../support/start-app.ts';
import { until } from '../support/until.ts';
import { startRig } from './rig.ts';
import { openSignedIn } from './signed-in-page.ts';

test('an account’s own page in Home Assistant shows its sensors, events and pots', async (t) => {
  const rig = await startRig();
  t.after(() => rig.dispose());
  const bank = household({ now: () => systemClock.now(), random: seededRandom(11) });
  const faults = createFaults({ wait: (ms) => systemClock.wait(ms) });
  const directory = mkdtempSync(join(tmpdir(), 'monzo-bridge-picture-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  const app = await startApp({
    directory,
    settings: { MONZO_BRIDGE_MQTT_URL: rig.mqttUrl, MONZO_BRIDGE_POLL_SECONDS: '1' },
    callBank: callSimulatedBank(bank, faults),
  });
  t.after(() => app.close());
  await connectPerson(bank, app, { name: 'Alex', ...alex });
  const device = () => rig.client.mqttDevice(`monzo_${alex.current}`);
  await until('the account has arrived', async () => (await device()) !== undefined);
  const id = (await device())?.id ?? assert.fail('no device');
  bank.purchase(alex.current, { amount: 1_234, merchant: 'Blue Door Coffee' });
  await until('the purchase has arrived', async () => {
    const event = await rig.client.mqttEntity(`${alex.current}_transaction`);
    const shown = event && (await rig.client.state(event.entity_id));
    return shown !== undefined && !['unknown', 'unavailable'].includes(shown.state);
  });

  const browser = await launchBrowser();
  t.after(() => browser.close());
  const page = await openSignedIn(browser, rig.homeAssistant, { width: 1200, height: 760 });
  await page.goto(`${rig.homeAssistant.url}/config/devices/device/${id}`);
  for (const text of ['Balance', 'Total balance', 'Spent today', 'Transaction'])
    await page.getByText(text, { exact: true }).first().waitFor();
  await takePicture(page, 'home-assistant');
});
