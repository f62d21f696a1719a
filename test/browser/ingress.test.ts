import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, it, type TestContext } from 'node:test';
import type { Browser } from 'playwright-core';
import { alex as names } from '../../sim/household.ts';
import { residents, startHouse, type House } from '../support/panel.ts';
import { until } from '../support/until.ts';
import { launchBrowser, strangeHost } from './chromium.ts';
import { limit } from './patience.ts';
import { createStageInHouse, persons, type Stage } from './stage.ts';
import { visit, type Visitor, type VisitorOptions } from './visitor.ts';
import { answerBank, approveOnPhone, enterClient } from './walk.ts';

describe('the page inside Home Assistant', () => {
  let browser: Browser;
  before(async () => {
    browser = await launchBrowser();
  });
  after(() => browser.close());

  interface Scene {
    readonly house: House;
    readonly stage: Stage;
    readonly visitor: Visitor;
    /** Everything the browser asked Home Assistant for that is not below the app's path. */
    readonly strays: () => readonly URL[];
  }

  interface Given extends VisitorOptions {
    /** Whether Home Assistant knows an address of its own, to which Monzo can send a browser back. */
    readonly hasAddress?: boolean;
  }

  const enter = async (t: TestContext, user: string, given: Given = {}): Promise<Scene> => {
    const house = await startHouse();
    const { url, world } = house.homeAssistant;
    if (given.hasAddress === true) world.urls.internal = url;
    const stage = await createStageInHouse(t, house);
    const visitor = await visit(t, browser, given);
    const { pathname } = new URL(house.page);
    const { cookie } = await house.visit(user);
    const [name = '', value = ''] = cookie.split('=', 2);
    const path = '/api/hassio_ingress/';
    const domains = ['127.0.0.1', strangeHost];
    await visitor.context.addCookies(
      domains.map((domain) => ({ name, value, domain, path, sameSite: 'Strict' })),
    );
    const strays = () => visitor.requests.filter((url) => !url.pathname.startsWith(pathname));
    return { house, stage, visitor, strays };
  };

  it('connects a person, moves money, exports, and stays up to date', limit, async (t) => {
    const { house, stage, visitor, strays } = await enter(t, 'zoe', { hasAddress: true });
    const { page } = visitor;
    await page.goto(house.page);
    const walk = { stage, visitor, person: persons.alex };
    await enterClient(walk);
    await visitor.sees('Sign in at Monzo as Alex');
    const tab = await visitor.follow('Sign in at Monzo');
    assert.equal(await tab.evaluate('window.opener'), null);
    await answerBank(tab, 'Log in as Alex');
    assert.match(tab.url(), new RegExp(`^${house.homeAssistant.url}/api/webhook/`), 'an empty page');
    await visitor.sees('Alex: approve in the Monzo app');
    await tab.close();
    await approveOnPhone(walk);
    await visitor.sees('Alex is connected');
    await visitor.press('Go to the overview');
    await visitor.sees('Overview');
    await page.getByText('Live', { exact: true }).waitFor();
    await page.getByText('£1,243.50').first().waitFor();
    assert.equal(await page.getByRole('button', { name: 'Sign out' }).count(), 0);
    await visitor.look('ingress-overview');

    stage.bank.purchase(names.current, { amount: 1_350, merchant: 'Concat (UK) Ltd' });
    await page.getByText('£1,230.00').first().waitFor();

    await visitor.press(/^Move money between Current account/, 'link');
    await page.getByLabel('Pot', { exact: true }).selectOption({ label: '🏖️ Holiday, £450.00' });
    await visitor.fill('Amount', '25');
    await visitor.press('Continue');
    await visitor.press('Move £25.00 now');
    await page.getByRole('dialog', { name: 'The money has moved' }).waitFor();
    await visitor.press('Close');

    await visitor.goTo('Transactions');
    await page.getByRole('searchbox').fill('concat (uk');
    await until('only that is listed', async () => (await page.locator('.row').count()) === 1);
    const download = page.waitForEvent('download');
    await page.getByRole('link', { name: /CSV/ }).first().click();
    const file = readFileSync(await (await download).path(), 'utf8');
    assert.match(file, /Concat \(UK\) Ltd/);
    assert.equal(file.trimEnd().split('\r\n').length, 2);

    await visitor.goTo('Activity', 'Money moves');
    await page.getByText('Zoë (zoe)').first().waitFor();
    await visitor.goTo('Settings');
    await page.getByText('Connected: Alex').waitFor();
    await page.getByText('No browser is signed in with a link or the admin token.').waitFor();

    const cookies = await visitor.context.cookies();
    assert.deepEqual(
      cookies.map(({ name, domain }) => [name, domain]),
      ['127.0.0.1', strangeHost].map((domain) => ['ingress_session', domain]),
    );
    assert.deepEqual([strays(), visitor.complaints], [[], []]);
  });

  it(
    'tells a member of the household who they are, why they are not let in, and what to do',
    limit,
    async (t) => {
      const { house, visitor } = await enter(t, 'kid', { size: 'phone', scheme: 'dark' });
      const { page } = visitor;
      await page.goto(house.page);
      await visitor.sees('This page is for administrators');
      await page.getByText('You are signed in to Home Assistant as Kim.').waitFor();
      await page.getByText(/make you an administrator under Settings → People/).waitFor();
      assert.equal(await page.getByRole('textbox').count(), 0, 'there is nothing to sign in with');
      await visitor.look('ingress-member');
      house.homeAssistant.world.users.set('kid', { ...residents.kid, isAdministrator: true });
      await visitor.sees('Create an OAuth client at Monzo');
      assert.deepEqual(visitor.complaints, []);
    },
  );

  it('says that Home Assistant does not answer, and goes on by itself once it does', limit, async (t) => {
    const { house, visitor } = await enter(t, 'zoe');
    await house.homeAssistant.stop();
    await visitor.page.goto(house.page);
    await visitor.sees('Home Assistant does not answer yet');
    await visitor.look('ingress-away');
    await house.homeAssistant.start();
    await visitor.sees('Create an OAuth client at Monzo');
    assert.deepEqual(visitor.complaints, []);
  });

  it('works in the frame of Home Assistant’s panel', limit, async (t) => {
    const { house, stage, visitor } = await enter(t, 'zoe');
    await stage.connect(persons.alex);
    const { page, context } = visitor;
    // As most homes have it: by name and without TLS, where browsers do not say which site a request comes from.
    const address = new URL(house.page);
    address.hostname = strangeHost;
    const { origin } = address;
    const frame = `<!doctype html><title>Home Assistant</title><iframe src="${address.href}" width="900" height="700"></iframe>`;
    await page.goto(`${origin}/a0b1c2d3_monzo_bridge`);
    await page.setContent(frame);
    const inside = page.frameLocator('iframe');
    await inside.getByRole('heading', { name: 'Overview', level: 1 }).waitFor();
    const links = inside.getByRole('navigation', { name: 'Pages' });
    await links.getByRole('link', { name: 'Settings' }).click();
    await inside.getByRole('link', { name: /^People/ }).click();
    await inside.getByRole('button', { name: 'Sign in again' }).click();
    const opened = context.waitForEvent('page');
    await inside.getByRole('link', { name: 'Sign in at Monzo' }).click();
    const tab = await opened;
    await tab.getByRole('button', { name: 'Log in as Alex' }).waitFor();
    await tab.close();
    await links.getByRole('link', { name: 'Transactions' }).click();
    await inside.locator('.row').first().waitFor();
    const download = page.waitForEvent('download');
    await inside.getByRole('link', { name: /JSON/ }).first().click();
    assert.ok(Array.isArray(JSON.parse(readFileSync(await (await download).path(), 'utf8'))));
    // Browsers say of a page without TLS that they cannot keep it apart from those that it opens.
    const isOfTls = (complaint: string) => complaint.startsWith('The Cross-Origin-Opener-Policy header');
    assert.deepEqual(
      visitor.complaints.filter((complaint) => !isOfTls(complaint)),
      [],
    );
  });
});
