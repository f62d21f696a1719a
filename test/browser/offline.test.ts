import assert from 'node:assert/strict';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it, type TestContext } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { startHouse } from '../support/panel.ts';
import { freePort } from '../support/port.ts';
import { askApi } from '../support/start-app.ts';
import { until } from '../support/until.ts';
import { launchBrowser, strangeHost } from './chromium.ts';
import { limit } from './patience.ts';
import { accented } from './pseudo.ts';
import { buildPseudoPage } from './pseudo-page.ts';
import { createStage, createStageInHouse, persons, type StageOptions } from './stage.ts';
import { clockOfToday } from './today.ts';
import { visit, type VisitorOptions } from './visitor.ts';

const builtPage = join(import.meta.dirname, '../../dist/web');
const balance = '£1,243.50';
const silent = 'The bridge does not answer.';
const asOf = /^What you see is what was known at this time: /;

/** The names of what this origin keeps in the browser. */
const cachesOf = (page: Page) => page.evaluate<readonly string[]>('caches.keys()');
const isInstalled = (page: Page) =>
  until('the page is installed and knows something', async () => {
    const names = await cachesOf(page);
    return ['page', 'kept'].every((kind) => names.some((name) => name.startsWith(`monzo-bridge ${kind} `)));
  });
const keepsMoney = async (page: Page) =>
  (await cachesOf(page)).some((name) => name.startsWith('monzo-bridge kept'));

describe('the page while the bridge is away', () => {
  let browser: Browser;
  before(async () => {
    browser = await launchBrowser();
  });
  after(() => browser.close());

  const enter = async (t: TestContext, options: VisitorOptions = {}, more: StageOptions = {}) => {
    // The address stays the same over a restart.
    const settings = { MONZO_BRIDGE_UI_PORT: String(await freePort()), ...more.settings };
    const stage = await createStage(t, { ...more, settings });
    await stage.connect(persons.alex);
    const visitor = await visit(t, browser, { installs: true, ...options });
    return { stage, visitor, page: visitor.page };
  };

  for (const [size, scheme] of [
    ['phone', 'light'],
    ['phone', 'dark'],
    ['desktop', 'light'],
    ['desktop', 'dark'],
  ] as const)
    it(`opens with what was known, and when, on a ${size}, ${scheme}`, limit, async (t) => {
      const { stage, visitor, page } = await enter(t, { size, scheme });
      await visitor.signIn(stage.app().signInLink());
      await isInstalled(page);
      await visitor.goTo('Transactions');
      await page.locator('.row').first().waitFor();
      await visitor.goTo('Overview');
      await stage.stop();
      await page.reload();
      await page.getByText(silent).waitFor();
      await page.getByText(asOf).waitFor();
      await page.getByText(balance).first().waitFor();
      await visitor.look('away-overview');
      await visitor.goTo('Transactions');
      await page.locator('.row').first().waitFor();
      await visitor.look('away-transactions');
      await visitor.goTo('Settings');
      await visitor.look('away-settings');
      await visitor.goTo('Activity', 'Events');
      await page.getByText('Not opened here before').first().waitFor();
      assert.equal(await page.getByText(silent).count(), 1, 'said once, for all parts of the page');
      await visitor.look('away-activity');
      await visitor.goTo('Transactions');
      await stage.start();
      stage.bank.purchase(persons.alex.current, { amount: 1_350, merchant: 'Green Grocer' });
      await page.getByText(silent).waitFor({ state: 'detached' });
      await page.getByText('Green Grocer').first().waitFor();
      assert.equal(await page.getByText(asOf).count(), 0);
      assert.deepEqual(visitor.complaints, []);
    });

  it('can be installed as an app', limit, async (t) => {
    const { stage, visitor, page } = await enter(t);
    await visitor.signIn(stage.app().signInLink());
    await isInstalled(page);
    await page.reload();
    const devTools = await visitor.context.newCDPSession(page);
    const { installabilityErrors: errors } = await devTools.send('Page.getInstallabilityErrors');
    // The browser of this test keeps nothing, as a private window does.
    assert.deepEqual(
      errors.filter(({ errorId }) => errorId !== 'in-incognito'),
      [],
    );
    const { data = '', errors: wrong } = await devTools.send('Page.getAppManifest');
    assert.deepEqual(wrong, []);
    const { icons } = JSON.parse(data) as { readonly icons: readonly { readonly src: string }[] };
    for (const { src } of icons)
      assert.equal((await page.request.get(new URL(src, page.url()).href)).status(), 200);
    assert.deepEqual(visitor.complaints, []);
  });

  it('inside Home Assistant keeps nothing, and installs nothing', limit, async (t) => {
    const house = await startHouse();
    const stage = await createStageInHouse(t, house);
    await stage.connect(persons.alex);
    const visitor = await visit(t, browser, { installs: true });
    const { cookie } = await house.visit('zoe');
    const value = cookie.replace(/^.*=/, '');
    const { origin } = new URL(house.page);
    await visitor.context.addCookies([
      { name: 'ingress_session', value, url: `${origin}/api/hassio_ingress/` },
    ]);
    const { page } = visitor;
    await page.goto(house.page);
    await page.getByText('Live', { exact: true }).waitFor();
    await visitor.goTo('Transactions');
    await page.locator('.row').first().waitFor();
    assert.deepEqual(await cachesOf(page), []);
    assert.equal(
      await page.evaluate('navigator.serviceWorker.getRegistrations().then((all) => all.length)'),
      0,
    );
    assert.equal(
      visitor.requests.some(({ pathname }) => pathname.endsWith('/service-worker.js')),
      false,
    );
  });

  it('says when the device itself is offline', limit, async (t) => {
    const { stage, visitor, page } = await enter(t);
    await visitor.signIn(stage.app().signInLink());
    await visitor.context.setOffline(true);
    await page.getByText('This device is offline.').waitFor();
    await page.getByText(asOf).waitFor();
    await visitor.context.setOffline(false);
    await page.getByText('Live', { exact: true }).waitFor();
  });

  it('an update replaces all of it: no page is of two versions', limit, async (t) => {
    const directory = mkdtempSync(join(tmpdir(), 'monzo-bridge-web-'));
    t.after(() => rmSync(directory, { recursive: true, force: true }));
    cpSync(builtPage, directory, { recursive: true });
    const { stage, visitor, page } = await enter(t, {}, { webDirectory: directory });
    await visitor.signIn(stage.app().signInLink());
    await isInstalled(page);
    await page.reload();
    await visitor.sees('Overview');
    await stage.stop();
    rmSync(directory, { recursive: true });
    cpSync(await buildPseudoPage(t), directory, { recursive: true });
    await stage.start();
    // What was never opened before still is of the version that is open, although the bridge has it no more.
    await page.getByText('Live', { exact: true }).waitFor();
    await visitor.goTo('Charts');
    await page.getByText('The page was updated with the bridge.').waitFor();
    await visitor.goTo('Settings');
    await visitor.press('Reload the page');
    await page.getByRole('heading', { level: 1, name: accented('Settings') }).waitFor();
    assert.equal(await page.getByText('Signed-in browsers').count(), 0);
    await stage.stop();
    await page.reload();
    await page.getByRole('heading', { level: 1, name: accented('Settings') }).waitFor();
    assert.deepEqual(visitor.complaints, []);
  });

  it('signing out wipes the money in every tab', limit, async (t) => {
    const { stage, visitor, page } = await enter(t);
    await visitor.signIn(stage.app().signInLink());
    await isInstalled(page);
    const other = await visitor.context.newPage();
    await other.goto(`${stage.app().uiUrl}/`);
    await other.getByText(balance).first().waitFor();
    await page.bringToFront();
    await visitor.press('Sign out');
    await visitor.sees('Sign in to the bridge');
    await other.getByRole('heading', { name: 'Sign in to the bridge' }).waitFor();
    assert.equal(await other.getByText(balance).count(), 0);
    await until('nothing is kept', async () => !(await keepsMoney(page)));
    await stage.stop();
    await page.reload();
    await page.getByText(silent).waitFor();
    assert.equal(await page.getByText(balance).count(), 0);
  });

  it('signing out without the bridge wipes at once, and the bridge is told later', limit, async (t) => {
    const { stage, visitor, page } = await enter(t);
    await visitor.signIn(stage.app().signInLink());
    await isInstalled(page);
    await stage.stop();
    await page.reload();
    await page.getByText(balance).first().waitFor();
    await visitor.press('Sign out');
    await visitor.sees('Sign in to the bridge');
    await page.getByText(/^You are signed out in this browser/).waitFor();
    await visitor.look('away-signed-out');
    assert.equal(await keepsMoney(page), false);
    await page.reload();
    await visitor.sees('Sign in to the bridge');
    await stage.start();
    const sessions = async () => (await stage.ask('sessions'))['items'];
    assert.equal(JSON.stringify(await sessions()) === '[]', false);
    await page.reload();
    await until('the bridge knows', async () => JSON.stringify(await sessions()) === '[]');
    await visitor.sees('Sign in to the bridge');
  });

  it('a session that was ended elsewhere wipes the money once the bridge answers', limit, async (t) => {
    const { stage, visitor, page } = await enter(t);
    await visitor.signIn(stage.app().signInLink());
    await isInstalled(page);
    await page.goto('about:blank');
    await askApi(stage.app(), '/api/sessions', { method: 'DELETE' });
    await page.goto(`${stage.app().uiUrl}/`);
    await visitor.sees('Sign in to the bridge');
    await until('nothing is kept', async () => !(await keepsMoney(page)));
  });

  it('what is too old is wiped, also without the bridge', limit, async (t) => {
    const { stage, visitor, page } = await enter(t);
    await visitor.signIn(stage.app().signInLink());
    await isInstalled(page);
    await stage.stop();
    await page.clock.setFixedTime(clockOfToday.now() + 31 * 86_400_000);
    await page.reload();
    await page.getByText(silent).waitFor();
    await until('nothing is kept', async () => !(await keepsMoney(page)));
    assert.equal(await page.getByText(balance).count(), 0);
  });

  it('a browser that refuses to keep anything is no worse off', limit, async (t) => {
    const { stage, visitor, page } = await enter(t);
    await page.addInitScript(`{
      const refuse = () => { throw new DOMException('refused', 'SecurityError'); };
      caches.open = async () => refuse();
      Storage.prototype.getItem = refuse;
      Storage.prototype.setItem = refuse;
      Storage.prototype.removeItem = refuse;
    }`);
    await visitor.signIn(stage.app().signInLink());
    await page.getByText(balance).first().waitFor();
    await visitor.goTo('Transactions');
    await page.locator('.row').first().waitFor();
    await stage.stop();
    await page.getByText(silent).waitFor();
    await page.getByText(asOf).waitFor();
    await page.locator('.row').first().waitFor();
    await visitor.press('Sign out');
    await visitor.sees('Sign in to the bridge');
    assert.deepEqual(visitor.complaints, []);
  });

  it('without TLS the open tab keeps what it shows, and keeps nothing on the disk', limit, async (t) => {
    const settings = { MONZO_BRIDGE_UI_HOSTS: strangeHost };
    const { stage, visitor, page } = await enter(t, {}, { settings });
    const link = new URL(stage.app().signInLink());
    link.hostname = strangeHost;
    await visitor.signIn(link.href);
    await page.getByText(balance).first().waitFor();
    await stage.stop();
    await page.getByText(asOf).waitFor();
    await page.getByText(balance).first().waitFor();
    await page.evaluate(`location.hash = '#/charts'`);
    await page.getByText('This part of the page is not loaded yet.').waitFor();
    await page.evaluate(`location.hash = '#/overview'`);
    await page.getByText(balance).first().waitFor();
    await stage.start();
    await page.getByText('Live', { exact: true }).waitFor();
    await visitor.goTo('Charts');
    assert.equal(await page.evaluate('"caches" in window || "serviceWorker" in navigator'), false);
  });
});
