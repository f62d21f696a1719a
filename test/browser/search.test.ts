import assert from 'node:assert/strict';
import { after, before, describe, it, type TestContext } from 'node:test';
import type { Browser } from 'playwright-core';
import { alex as names } from '../../sim/household.ts';
import { launchBrowser } from './chromium.ts';
import { limit } from './patience.ts';
import { createStage, persons } from './stage.ts';
import { visit, type Visitor, type VisitorOptions } from './visitor.ts';

const coffee = 'Blue Door Coffee';
const widths = { narrow: 360, tablet: 768, desk: 1_440, wall: 2_560 } as const;

describe('a search in the transactions', () => {
  let browser: Browser;
  before(async () => {
    browser = await launchBrowser();
  });
  after(() => browser.close());

  const enter = async (t: TestContext, options: VisitorOptions = {}) => {
    const stage = await createStage(t, { days: 70 });
    const { bank } = stage;
    const dinner = bank.foreignPurchase(names.current, {
      amount: 1_250,
      localAmount: 1_499,
      localCurrency: 'USD',
      merchant: 'Diner',
    });
    bank.decline(names.current, { amount: 4_999, merchant: 'Night Cinema' });
    bank.potMove(names.pots.holiday, 'deposit', { amount: 4_999 });
    bank.incomingPayment(names.current, { amount: 4_999, name: 'Sam', reference: 'half of it' });
    const lunch = bank.purchase(names.current, { amount: 4_999, merchant: 'Trattoria' });
    bank.annotate(lunch, 'lunch with Sam #work #lunch');
    bank.annotate(bank.purchase(names.current, { amount: 800, merchant: coffee }), '#work');
    const returned = bank.purchase(names.current, { amount: 1_717, merchant: 'Ghost Shop' });
    bank.otherRow(names.current, { amount: -32_101, scheme: 'mastercard', description: '' });
    await stage.connect(persons.alex);
    bank.reverse(returned);
    const visitor = await visit(t, browser, options);
    await visitor.signIn(stage.app().signInLink());
    await visitor.goTo('Transactions');
    await visitor.page.locator('.row').first().waitFor();
    return { stage, visitor, dinner };
  };
  const shows = ({ page }: Visitor, words: string | RegExp) => page.getByText(words).first().waitFor();
  /** The figures in the order in which they stand: in, out, net, how many. */
  const sums = async ({ page }: Visitor, expected: readonly string[]) => {
    const panel = page.getByRole('region', { name: 'Sums of all transactions found' });
    await panel
      .locator('dd')
      .filter({ hasText: expected[1] ?? '' })
      .first()
      .waitFor();
    assert.deepEqual(await panel.locator('dd').allInnerTexts(), expected);
  };

  it('finds an amount, and says what all that it finds adds up to', limit, async (t) => {
    const { visitor } = await enter(t, { keyboard: true });
    const { page } = visitor;
    assert.equal(await page.locator('.found-sums').count(), 0, 'of everything there is no sum');
    await visitor.fill('Search transactions', '49,99');
    await shows(visitor, '4 shown, that is all');
    await sums(visitor, ['+£49.99', '−£99.98', '−£49.99', '4']);
    await shows(visitor, 'Of this, £49.99 out only moved between your own accounts and pots.');
    await shows(visitor, '1 transaction moved no money and is in no sum.');
    await visitor.look('search-amount');
    assert.deepEqual(visitor.complaints, []);
  });

  it('shows no rows beside the refusal of a question', limit, async (t) => {
    const { stage, visitor } = await enter(t);
    const { page } = visitor;
    await page.goto(`${stage.app().uiUrl}/#/transactions?since=2026-03-02&before=2026-03-01`);
    await shows(visitor, 'before must not be earlier than since.');
    await page.locator('.row').first().waitFor({ state: 'detached' });
    assert.equal(await page.getByText('Loading…').count(), 0);
    await visitor.press('Clear all');
    await page.locator('.row').first().waitFor();
  });

  it('finds a row without any name, which is called what it is', limit, async (t) => {
    const { visitor } = await enter(t);
    await visitor.fill('Search transactions', '321.01');
    await visitor.page.locator('.row').filter({ hasText: '−£321.01' }).click();
    await visitor.page.getByRole('dialog', { name: 'Card payment' }).waitFor();
  });

  it('goes by tags and by periods, which the address keeps', limit, async (t) => {
    const { visitor } = await enter(t);
    const { page } = visitor;
    await visitor.press('Filters');
    const tag = page.getByLabel('Tag', { exact: true });
    await tag.locator('option', { hasText: '#work (2)' }).waitFor({ state: 'attached' });
    await tag.selectOption('#work (2)');
    await shows(visitor, '2 shown, that is all');
    await sums(visitor, ['£0.00', '−£57.99', '−£57.99', '2']);
    assert.match(page.url(), /tag=work/);
    await page.getByLabel('Period', { exact: true }).selectOption('Last month');
    await shows(visitor, 'No transaction matches.');
    await sums(visitor, ['–', '–', '–', '0']);
    const from = page.getByLabel('From', { exact: true });
    const before = page.getByLabel('Before', { exact: true });
    const firsts = [await from.inputValue(), await before.inputValue()];
    assert.match(firsts.join(' '), /^\d{4}-\d\d-01 \d{4}-\d\d-01$/);
    // Today all three of these may begin on the same day.
    for (const name of ['Last 7 days', 'This month', 'This year', 'Last 30 days']) {
      await page.getByLabel('Period', { exact: true }).selectOption(name);
      await page.getByRole('button', { name: `Remove the filter Period: ${name}` }).waitFor();
      await shows(visitor, '2 shown, that is all');
    }
    await page.reload();
    await shows(visitor, '2 shown, that is all');
    await visitor.press('Filters (2)');
    assert.equal(await page.getByLabel('Period', { exact: true }).inputValue(), 'days');
    await page.getByLabel('Period', { exact: true }).selectOption('Last month');
    await page.waitForURL(/period=before/);
    await from.fill('2020-02-03');
    await page.getByRole('option', { name: 'Own days' }).waitFor({ state: 'attached' });
    await page.waitForURL(new RegExp(`since=2020-02-03&before=${firsts[1]}`));
    await page.getByLabel('Period', { exact: true }).selectOption('Any time');
    await page.waitForURL((url) => !url.hash.includes('since'));
    await page.getByRole('link', { name: /Trattoria/ }).click();
    await page.getByRole('link', { name: 'All transactions with the tag #lunch' }).click();
    await shows(visitor, '1 shown, that is all');
    assert.deepEqual(visitor.complaints, []);
  });

  it('keeps a filter that is chosen while another one is being applied', limit, async (t) => {
    const { visitor } = await enter(t);
    const { page } = visitor;
    await visitor.press('Filters');
    await page
      .getByLabel('Tag', { exact: true })
      .locator('option', { hasText: '#work' })
      .waitFor({ state: 'attached' });
    // Both before anything is drawn again.
    await page.evaluate(`for (const [id, value] of [['flow', 'spending'], ['tag', 'work']]) {
      const select = document.getElementById(id);
      select.value = value;
      select.dispatchEvent(new Event('change', { bubbles: true }));
    }`);
    await page.waitForURL(/flow=spending&tag=work/);
    await shows(visitor, '2 shown, that is all');
  });

  it('shows all of a shop: its emoji, the usual amount, and each month with its rows', limit, async (t) => {
    const { visitor } = await enter(t, { keyboard: true });
    const { page } = visitor;
    await visitor.press(/Blue Door Coffee.*£8\.00/, 'link');
    await page.getByRole('link', { name: 'All with this name' }).press('Enter');
    const shop = page.getByRole('region', { name: coffee });
    await shop.getByText('☕').first().waitFor();
    assert.match(await shop.innerText(), /Usually\s+£\d\.\d\d/);
    await shop.getByText('By month').press('Enter');
    const months = shop.getByRole('row');
    assert.ok((await months.count()) > 2, 'two months and their heading');
    await visitor.look('merchant');
    await months.nth(2).getByRole('link').press('Enter');
    await page.waitForURL(/since=\d{4}-\d\d-01&before=/);
    await page.getByRole('button', { name: /Remove the filter From/ }).waitFor();
    assert.deepEqual(visitor.complaints, []);
  });

  it(
    'opens rows that say what a reversed one was, at which rate it was exchanged, and its pot',
    limit,
    async (t) => {
      const { stage, visitor, dinner } = await enter(t);
      const { page } = visitor;
      await page.goto(`${stage.app().uiUrl}/#/transactions?tx=${dinner}`);
      await page.getByRole('dialog').getByText('£1 = US$1.1992').waitFor();
      await visitor.press('Close');
      await visitor.fill('Search transactions', 'ghost');
      const ghost = page.getByRole('link', { name: /Ghost Shop/ });
      await ghost.getByText('Reversed').waitFor();
      await ghost.getByText('−£17.17').waitFor();
      await sums(visitor, ['£0.00', '£0.00', '£0.00', '1']);
      await ghost.click();
      await page.getByRole('dialog').getByText('Before it was reversed').waitFor();
      await visitor.press('Close');
      await visitor.fill('Search transactions', 'holiday');
      await page
        .getByRole('link', { name: /Holiday/ })
        .first()
        .click();
      await page.getByRole('dialog').getByRole('definition').filter({ hasText: 'Holiday' }).first().waitFor();
      assert.doesNotMatch(await page.getByRole('dialog').locator('dl').innerText(), /pot_0000/);
      assert.deepEqual(visitor.complaints, []);
    },
  );

  for (const scheme of ['light', 'dark'] as const)
    it(`has room on every screen, ${scheme}`, limit, async (t) => {
      const { visitor } = await enter(t, { scheme });
      const { page } = visitor;
      await page.emulateMedia({ reducedMotion: 'reduce' });
      await visitor.fill('Search transactions', '49.99');
      await shows(visitor, '4 shown, that is all');
      await visitor.press('Filters');
      for (const [name, width] of Object.entries(widths)) {
        await page.setViewportSize({ width, height: 900 });
        await visitor.look(`search-${name}`);
      }
      await page.goto(page.url().replace(/#.*/, `#/transactions?merchant=${encodeURIComponent(coffee)}`));
      await page.getByRole('region', { name: coffee }).getByText('By month').click();
      for (const [name, width] of Object.entries(widths)) {
        await page.setViewportSize({ width, height: 900 });
        await visitor.look(`merchant-${name}`);
      }
      assert.deepEqual(visitor.complaints, []);
    });

  it('takes amounts with the decimal sign of the region, in the filters too', limit, async (t) => {
    const { visitor } = await enter(t, { locale: 'de-DE' });
    const { page } = visitor;
    await visitor.press('Filters');
    await visitor.fill('Amount from', '49,98');
    await visitor.fill('Amount to', '49,99');
    await page.waitForURL(/min=49\.98&max=49\.99/);
    await shows(visitor, '3 shown, that is all');
    assert.deepEqual(visitor.complaints, []);
  });

  it('asks for nothing that moves a list once it is shown, over a slow line', limit, async (t) => {
    const { stage, visitor } = await enter(t);
    const { page, context } = visitor;
    const line = await context.newCDPSession(page);
    await line.send('Network.emulateNetworkConditions', {
      offline: false,
      latency: 400,
      downloadThroughput: 125_000,
      uploadThroughput: 125_000,
    });
    await page.addInitScript(`
      window.shifts = [];
      new PerformanceObserver((list) => {
        for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.shifts.push(entry.value);
      }).observe({ type: 'layout-shift', buffered: true });`);
    await page.goto(`${stage.app().uiUrl}/#/transactions?q=49.99`);
    await page.reload();
    await sums(visitor, ['+£49.99', '−£99.98', '−£49.99', '4']);
    await page.evaluate('new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve, 50)))');
    const shift = await page.evaluate<number>('window.shifts.reduce((sum, value) => sum + value, 0)');
    assert.ok(shift < 0.1, `moved by ${shift}`);
  });
});
