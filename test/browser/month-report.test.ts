import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it, type TestContext } from 'node:test';
import type { Browser } from 'playwright-core';
import { alex as names } from '../../sim/household.ts';
import { days } from '../../sim/wire-time.ts';
import { launchBrowser } from './chromium.ts';
import { limit } from './patience.ts';
import { createStage, persons } from './stage.ts';
import { clockOfToday } from './today.ts';
import { pictures, visit, type VisitorOptions } from './visitor.ts';

/** The first days of the last months, the current one at 0. */
function monthsAgo(months: number): { readonly at: number; readonly month: string } {
  const today = new Date(clockOfToday.now());
  const at = Date.UTC(today.getUTCFullYear(), today.getUTCMonth() - months, 1, 12);
  return { at, month: new Date(at).toISOString().slice(0, 7) };
}

/** The number of tables that are wider than their place. */
const cutTables = `[...document.querySelectorAll('.fits')].filter((one) => one.scrollWidth > one.clientWidth).length`;

describe('the month report', () => {
  let browser: Browser;
  before(async () => {
    browser = await launchBrowser();
  });
  after(() => browser.close());

  /** Four months at a few shops; the last full one has a new shop, and one is missing in it. */
  const enter = async (t: TestContext, options: VisitorOptions = {}) => {
    const stage = await createStage(t, { days: 1 });
    for (let months = 6; months > 0; months -= 1) {
      const { at } = monthsAgo(months);
      const past = { createdMs: at, settledMs: at + days, quiet: true };
      const buy = (amount: number, merchant: string, category: string) =>
        stage.bank.purchase(names.current, { amount, merchant, category, ...past });
      stage.bank.salary(names.current, { amount: 2_500_00, ...past });
      buy(61_20 + months * 100, 'Green Grocer', 'groceries');
      buy(900_00, 'Landlord Ltd', 'bills');
      buy(42_00, 'Blue Door Coffee', 'eating_out');
      if (months > 1) buy(12_99, 'Film Club', 'entertainment');
      if (months === 1) buy(249_00, 'Piano <b>Shop</b>', 'shopping');
      if (months === 1)
        stage.bank.refund(names.current, {
          amount: 80_00,
          merchant: 'Rail Shop',
          category: 'transport',
          ...past,
        });
    }
    await stage.connect(persons.alex);
    const visitor = await visit(t, browser, options);
    await visitor.signIn(stage.app().signInLink());
    const { month } = monthsAgo(1);
    const open = async (query: string) => {
      await visitor.page.evaluate(`location.hash = '#/report?${query}'`);
      await visitor.sees('Month report');
      await visitor.page.locator('.report').first().waitFor();
    };
    await open(`month=${month}`);
    return { stage, visitor, month, open };
  };

  for (const options of [
    { size: 'wall', scheme: 'light' },
    { size: 'laptop', scheme: 'light' },
    { size: 'laptop', scheme: 'dark' },
    { size: 'tablet', scheme: 'light' },
    { size: 'phone', scheme: 'dark' },
    { size: 'phone', scheme: 'light' },
  ] as const)
    it(`is shown, ${options.size} and ${options.scheme}`, limit, async (t) => {
      const { visitor, open } = await enter(t, options);
      const { page } = visitor;
      await page.getByText('the last 5 full months').waitFor();
      assert.equal(await page.evaluate(cutTables), 0);
      await visitor.look('report');
      await open('');
      await page.getByText('is not over yet').waitFor();
      await visitor.look('report-running');
      assert.deepEqual(visitor.complaints, []);
    });

  it('breaks a name that is longer than its column, so that its amount stays in sight', limit, async (t) => {
    const { stage, visitor, open } = await enter(t, { size: 'phone' });
    const name = 'Wwwlongnameofashop'.repeat(8);
    stage.bank.purchase(names.current, { amount: 300_00, merchant: name });
    await open('');
    await visitor.page.getByRole('link', { name }).nth(1).waitFor();
    assert.equal(await visitor.page.evaluate(cutTables), 0);
    await visitor.look('report-long-name');
  });

  it('leads from each amount to its transactions, by keyboard', limit, async (t) => {
    const { visitor } = await enter(t, { keyboard: true });
    const { page } = visitor;
    const card = (heading: string) =>
      page.locator('.card').filter({ has: page.getByRole('heading', { name: heading, exact: true }) });
    await card('By category')
      .getByRole('row', { name: /Transport/ })
      .getByRole('link', { name: '−£80.00' })
      .waitFor();
    await card('No longer paid').getByText('Film Club').waitFor();
    await card('New shops and people').getByText('Piano <b>Shop</b>').waitFor();
    await visitor.press('£2,500.00', 'link');
    await visitor.sees('Transactions');
    await page.getByText('1 shown, that is all').waitFor();
    await page.getByText('Acme Ltd').first().waitFor();
    await page.goBack();
    await visitor.press('−£80.00', 'link');
    await visitor.sees('Transactions');
    await page.getByText('1 shown, that is all').waitFor();
    await page.getByText('Rail Shop').first().waitFor();
    await page.goBack();
    await visitor.press('Film Club', 'link');
    await visitor.sees('Transactions');
    // All that was ever paid there, with what is usual.
    await page.getByText('5 shown, that is all').waitFor();
    await page.locator('mb-merchant').getByText('Usually').waitFor();
  });

  it('is reached from the charts, and keeps month and account in its address', limit, async (t) => {
    const { visitor, month } = await enter(t);
    const { page } = visitor;
    await page.getByLabel('Account', { exact: true }).selectOption('Joint account');
    await page.reload();
    await page.getByText('nothing was spent and nothing came in').waitFor();
    assert.match(page.url(), new RegExp(`month=${month}&account=`));
    await visitor.press('Show the charts', 'link');
    await visitor.sees('Charts');
    await visitor.press('Month report', 'link');
    await visitor.sees('Month report');
    assert.match(page.url(), /account=/);
  });

  it('prints light and whole, without what only a screen can use', limit, async (t) => {
    const { visitor } = await enter(t, { scheme: 'dark' });
    const { page } = visitor;
    await page.emulateMedia({ media: 'print', colorScheme: 'dark' });
    for (const hidden of ['.top', '.choices'])
      assert.equal(await page.locator(hidden).first().isVisible(), false);
    const ground = await page.evaluate('getComputedStyle(document.body).backgroundColor');
    assert.equal(ground, 'rgb(255, 255, 255)', 'nothing but ink');
    const ink = await page.evaluate('getComputedStyle(document.body).color');
    assert.equal(ink, 'rgb(20, 33, 31)', 'the light theme');
    // About as wide as a sheet between its margins.
    await page.setViewportSize({ width: 690, height: 1000 });
    assert.equal(await page.evaluate(cutTables), 0, 'paper does not scroll');
    await page.screenshot({ path: join(pictures, 'report-print.png'), fullPage: true });
    const printed = await page.pdf({ format: 'A4' });
    writeFileSync(join(pictures, 'report.pdf'), printed);
    const pages = printed.toString('latin1').match(/\/Type \/Page\b/g)?.length ?? 0;
    assert.ok(pages >= 1 && pages <= 2, `${pages} pages`);
  });
});
