import assert from 'node:assert/strict';
import { after, before, describe, it, type TestContext } from 'node:test';
import type { Browser } from 'playwright-core';
import { alex as names } from '../../sim/household.ts';
import { startHouse } from '../support/panel.ts';
import { launchBrowser, strangeHost } from './chromium.ts';
import { limit } from './patience.ts';
import { createStageInHouse, persons } from './stage.ts';
import { sizes, visit, type VisitorOptions } from './visitor.ts';

describe('a panel of Home Assistant that is left open', () => {
  let browser: Browser;
  before(async () => {
    browser = await launchBrowser();
  });
  after(() => browser.close());

  const enter = async (t: TestContext, options: VisitorOptions = {}) => {
    const house = await startHouse();
    const stage = await createStageInHouse(t, house);
    await stage.connect(persons.alex);
    const visitor = await visit(t, browser, options);
    /** What Home Assistant's own page does every minute while the panel is open. */
    const giveSession = async (known = true) => {
      const { cookie } = await house.visit('zoe');
      const value = known ? cookie.replace(/^.*=/, '') : 'ended';
      const cookies = ['127.0.0.1', strangeHost].map((domain) => ({
        name: 'ingress_session',
        value,
        domain,
        path: '/api/hassio_ingress/',
        sameSite: 'Strict' as const,
      }));
      await visitor.context.addCookies(cookies);
    };
    await giveSession();
    return { house, stage, visitor, giveSession };
  };

  it('says what is gone, and goes on by itself', limit, async (t) => {
    const { house, stage, visitor, giveSession } = await enter(t);
    const { page } = visitor;
    const isLive = () => page.getByText('Live', { exact: true }).waitFor();
    await page.goto(house.page);
    await isLive();
    await house.homeAssistant.stop();
    await house.supervisor.stop();
    await page.getByText('The bridge does not answer.').waitFor();
    await page.getByText('£1,243.50').first().waitFor();
    await house.supervisor.start();
    await house.homeAssistant.start();
    await isLive();
    await giveSession(false);
    await house.supervisor.stop();
    await house.supervisor.start();
    await page.getByText(/no longer knows this page/).waitFor();
    await giveSession();
    await isLive();
    stage.bank.purchase(names.current, { amount: 1_350, merchant: 'Green Grocer' });
    await page.getByText('£1,230.00').first().waitFor();
    assert.deepEqual(visitor.complaints, []);
  });

  it('keeps its place on a phone, and admits what the browser did not copy', limit, async (t) => {
    const { house, visitor } = await enter(t, { size: 'phone' });
    const { page } = visitor;
    const address = new URL(house.page);
    // By name and without TLS, where browsers have no clipboard API.
    address.hostname = strangeHost;
    await page.goto(`${address.origin}/a0b1c2d3_monzo_bridge`);
    const { width, height } = sizes.phone;
    await page.setContent(
      `<!doctype html><title>Home Assistant</title><iframe src="${address.href}#/transactions" width="${width - 20}" height="${height - 20}"></iframe>`,
    );
    const inside = page.frameLocator('iframe');
    const isAt = (name: string) => inside.getByRole('heading', { name, level: 1 }).waitFor();
    const run = (script: string) => page.frames()[1]?.evaluate(script);
    await isAt('Transactions');
    const links = inside.getByRole('navigation', { name: 'Pages' });
    for (const name of ['Overview', 'Charts', 'Activity', 'Settings']) {
      await links.getByRole('link', { name }).click();
      await isAt(name);
      assert.equal(await run('document.documentElement.scrollWidth <= innerWidth'), true, name);
    }
    await run('history.back()');
    await isAt('Activity');
    await run('location.reload()');
    await isAt('Activity');
    await links.getByRole('link', { name: 'Settings' }).click();
    await inside.getByRole('link', { name: /^People/ }).click();
    await inside.getByRole('button', { name: 'Add a person' }).click();
    const copy = inside.getByRole('button', { name: 'Copy Redirect URLs' });
    await copy.click();
    await inside.getByText('Copied', { exact: true }).first().waitFor();
    assert.match(String(await run('document.activeElement?.textContent')), /Redirect URLs/);
    await run('document.execCommand = () => false');
    await inside.getByRole('button', { name: 'Copy Name' }).click();
    await inside.getByText('The browser does not allow it').waitFor();
  });
});
