import assert from 'node:assert/strict';
import { appendFileSync, copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { z } from 'zod';
import type { App } from '../../src/app.ts';
import { systemClock } from '../../src/clock.ts';
import type { DashboardItem } from '../../src/contract/home-assistant-data.ts';
import { launchBrowser } from '../browser/chromium.ts';
import { builtDashboardFile } from '../support/dashboard-file.ts';
import { askApi, startApp } from '../support/start-app.ts';
import { until as untilThere } from '../support/until.ts';
import { anotherPerson } from './another-person.ts';
import type { HomeAssistantClient } from './client.ts';
import { startRig, type Rig } from './rig.ts';
import { openSignedIn } from './signed-in-page.ts';

const directory = mkdtempSync(join(tmpdir(), 'monzo-bridge-dashboard-'));
const dashboardFile = join(directory, 'monzo-bridge.js');
const ownFile = { res_type: 'module', url: '/local/own-card.js?v=1' };
let rig: Rig;
let app: App;
let sam: HomeAssistantClient;
let browser: Browser;

/** A stand-in for the file: what it draws says which version drew it. Not every letter is of ASCII. */
const drawnBy = (version: string) => `£ drawn by version ${version} – ✓`;
function build(version: string): void {
  writeFileSync(
    dashboardFile,
    `const name = 'll-strategy-dashboard-monzo';
if (!customElements.get(name))
  customElements.define(name, class extends HTMLElement {
    static async generate() {
      const card = { type: 'markdown', content: ${JSON.stringify(drawnBy(version))} };
      return { title: 'Money', views: [{ title: 'Money', path: 'money', cards: [card] }] };
    }
  });
`,
  );
}

before(async () => {
  build('one');
  rig = await startRig();
  sam = await anotherPerson(rig);
  await rig.client.command({ type: 'lovelace/resources/create', ...ownFile }, z.unknown());
  app = await start();
  browser = await launchBrowser();
});

after(async () => {
  await browser?.close();
  sam?.close();
  await app?.close();
  await rig?.dispose();
  rmSync(directory, { recursive: true, force: true });
});

test('nothing is added to Home Assistant before a person asks for it', async () => {
  const found = await status();
  assert.deepEqual([found.connection, found.file, found.dashboard], ['ok', 'missing', 'missing']);
  assert.deepEqual(
    (await resources()).map(({ url }) => url),
    [ownFile.url],
  );
});

test('the dashboard is added for administrators alone, and one of them sees what the file draws', async () => {
  const added = await add('administrators');
  assert.deepEqual(
    [added.file, added.dashboard, added.path, added.viewers, added.sentence],
    ['current', 'current', 'monzo-money', 'administrators', null],
  );
  const [own, ours, ...more] = await resources();
  assert.deepEqual([own?.url, ours?.type, more], [ownFile.url, 'module', []]);
  assert.match(ours?.url ?? '', /^data:text\/javascript;monzo-bridge=[\da-f]{16};base64,/);
  const [dashboard] = await dashboards();
  assert.deepEqual(
    [dashboard?.url_path, dashboard?.title, dashboard?.require_admin, dashboard?.show_in_sidebar],
    ['monzo-money', 'Money', true, true],
  );
  const page = await open();
  await shows(page, 'one');
  await page.locator('ha-sidebar').getByText('Money').first().waitFor();
  await page.close();
});

test('a member of the household has it in the sidebar only while everyone may', async () => {
  assert.ok(!(await panelsOf(sam)).includes('monzo-money'));
  assert.ok((await panelsOf(rig.client)).includes('monzo-money'));
  assert.equal((await add('everyone')).viewers, 'everyone');
  assert.ok((await panelsOf(sam)).includes('monzo-money'));
  assert.equal((await add('administrators')).viewers, 'administrators');
  assert.ok(!(await panelsOf(sam)).includes('monzo-money'));
});

test('through an upgrade an open page keeps what it shows, and one opened later shows what is new', async () => {
  const [, before] = await resources();
  const written = await content();
  const opened = await open();
  await shows(opened, 'one');
  build('two');
  await restartBridge();
  await until('the file is renewed', async () => (await resources())[1]?.url !== before?.url);
  assert.deepEqual(
    (await resources()).map(({ id }) => id === before?.id),
    [false, true],
  );
  assert.deepEqual(await content(), written);
  await shows(opened, 'one');
  // Away from it and back, without loading the page anew.
  await opened.locator('ha-sidebar').getByText('Settings').first().click();
  await opened.getByText('Devices & services').first().waitFor();
  await opened.locator('ha-sidebar').getByText('Money').first().click();
  await shows(opened, 'one');
  const later = await open();
  await shows(later, 'two');
  await later.close();
  await opened.reload();
  await shows(opened, 'two');
  await opened.close();
});

test('an older version of the bridge brings its own file back', async () => {
  build('one');
  await restartBridge();
  await until('it is there', async () => decoded((await resources())[1]?.url).includes(drawnBy('one')));
  const page = await open();
  await shows(page, 'one');
  await page.close();
});

test('the file that the bridge comes with draws the dashboard in this way', async () => {
  writeFileSync(dashboardFile, (await builtDashboardFile()).code);
  await restartBridge();
  const page = await open();
  // Nothing of the bridge has come over MQTT here.
  await page.getByText('Home Assistant has no devices of the Monzo bridge').waitFor();
  await page.close();
  build('one');
  await restartBridge();
});

test('a restart of Home Assistant changes nothing, and what was deleted there by hand stays deleted', async () => {
  const before = await resources();
  // Home Assistant's stop waits for every line that its other side does not end.
  sam.close();
  await rig.restartHomeAssistant();
  await connected();
  assert.deepEqual(await resources(), before);
  const [, ours] = before;
  await rig.client.command({ type: 'lovelace/resources/delete', resource_id: ours?.id }, z.unknown());
  await restartBridge();
  const found = await status();
  assert.deepEqual([found.file, found.dashboard], ['missing', 'current']);
  assert.match(found.sentence ?? '', /so it stays empty/);
  assert.equal((await resources()).length, 1);
  assert.equal((await add('administrators')).sentence, null);
});

test('it is removed with its file, and the files of others stay', async () => {
  const opened = await open();
  await shows(opened, 'one');
  const gone = await remove();
  assert.deepEqual([gone.file, gone.dashboard, gone.order], ['missing', 'missing', null]);
  assert.deepEqual(
    (await resources()).map(({ url }) => url),
    [ownFile.url],
  );
  assert.deepEqual(await dashboards(), []);
  assert.ok(!(await panelsOf(rig.client)).includes('monzo-money'));
  await opened.locator('ha-sidebar').getByText('Money').first().waitFor({ state: 'detached' });
  await opened.close();
  await restartBridge();
  assert.deepEqual(await dashboards(), []);
});

test('an address that a person has taken is left alone', async () => {
  const theirs = { url_path: 'monzo-money', title: 'Savings', mode: 'storage' };
  await rig.client.command({ type: 'lovelace/dashboards/create', ...theirs }, z.unknown());
  assert.equal((await add('everyone')).path, 'monzo-money-2');
  await remove();
  const [left] = await dashboards();
  assert.deepEqual([left?.url_path, left?.title], ['monzo-money', 'Savings']);
  await rig.client.command({ type: 'lovelace/dashboards/delete', dashboard_id: left?.id }, z.unknown());
});

test('with files in configuration.yaml the lines of the page bring the file, and the bridge the dashboard', async () => {
  const configuration = join(rig.homeAssistant.configDirectory, 'configuration.yaml');
  await rig.whileHomeAssistantIsDown(async () =>
    appendFileSync(configuration, 'lovelace:\n  resource_mode: yaml\n'),
  );
  await connected();
  const found = await status();
  assert.equal(found.file, 'by_hand');
  const refused = await order({ method: 'PUT', body: JSON.stringify({ viewers: 'everyone' }) });
  const { code } = z.object({ code: z.string() }).parse(await refused.json());
  assert.deepEqual([refused.status, code], [409, 'dashboard_file_by_hand']);
  await rig.whileHomeAssistantIsDown(async () => {
    const www = join(rig.homeAssistant.configDirectory, 'www');
    mkdirSync(www, { recursive: true });
    copyFileSync(dashboardFile, join(www, 'monzo-bridge.js'));
    const lines = found.yaml.replace(/^lovelace:\n {2}resource_mode: yaml\n/, '');
    appendFileSync(configuration, lines);
  });
  await connected();
  await until('the file is seen', async () => (await status()).file === 'elsewhere');
  assert.equal((await add('everyone')).dashboard, 'current');
  const page = await open();
  await shows(page, 'one');
  await page.close();
  assert.equal((await remove()).file, 'elsewhere');
});

test('Home Assistant’s log has no complaint about any of it', async () => {
  const problems = await rig.homeAssistant.problems(['monzo', 'lovelace']);
  const expected = /connection was lost|Failed to connect to MQTT|paho\.mqtt/;
  assert.deepEqual(
    problems.filter(({ logger, message }) => !expected.test(`${logger} ${message}`)),
    [],
  );
});

async function start(): Promise<App> {
  const started = await startApp({
    directory: join(directory, 'data'),
    dashboardFile,
    settings: {
      MONZO_BRIDGE_HOME_ASSISTANT_URL: rig.homeAssistant.url,
      MONZO_BRIDGE_HOME_ASSISTANT_TOKEN: rig.homeAssistant.token,
    },
  });
  app = started;
  await connected();
  return started;
}

async function restartBridge(): Promise<void> {
  await app.close();
  await start();
}

const until = (what: string, condition: () => Promise<boolean>): Promise<void> =>
  untilThere(what, () => condition().catch(() => false), { between: () => systemClock.wait(100) });

const connected = () =>
  until('the bridge is connected', async () => {
    const { connection, file } = await status();
    return connection === 'ok' && file !== 'unknown';
  });

const order = (init: RequestInit = {}): Promise<Response> =>
  askApi(app, '/api/home-assistant/dashboard', {
    ...init,
    headers: init.body === undefined ? {} : { 'content-type': 'application/json' },
  });
const answer = async (asked: Promise<Response>): Promise<DashboardItem> =>
  (await (await asked).json()) as DashboardItem;
const status = () => answer(order());
const add = (viewers: DashboardItem['viewers']) =>
  answer(order({ method: 'PUT', body: JSON.stringify({ viewers }) }));
const remove = () => answer(order({ method: 'DELETE' }));

const resourceSchema = z.object({ id: z.string(), type: z.string(), url: z.string() });
const resources = () => rig.client.command({ type: 'lovelace/resources' }, z.array(resourceSchema));
const listedSchema = z.object({
  id: z.string(),
  url_path: z.string(),
  title: z.string(),
  require_admin: z.boolean(),
  show_in_sidebar: z.boolean(),
});
const dashboards = () => rig.client.command({ type: 'lovelace/dashboards/list' }, z.array(listedSchema));
const content = () => rig.client.command({ type: 'lovelace/config', url_path: 'monzo-money' }, z.unknown());
const panelsOf = async (client: HomeAssistantClient) =>
  Object.keys(await client.command({ type: 'get_panels' }, z.record(z.string(), z.unknown())));

function decoded(url = ''): string {
  return Buffer.from(url.slice(url.indexOf(',') + 1), 'base64').toString('utf8');
}

/** The dashboard in the browser of the household’s administrator. */
async function open(): Promise<Page> {
  const page = await openSignedIn(browser, rig.homeAssistant, { width: 1200, height: 760 });
  const { path } = await status();
  await page.goto(`${rig.homeAssistant.url}/${path ?? 'monzo-money'}`);
  return page;
}

const shows = (page: Page, version: string) => page.getByText(drawnBy(version)).first().waitFor();
