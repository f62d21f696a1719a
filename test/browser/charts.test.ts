import assert from 'node:assert/strict';
import { after, before, describe, it, type TestContext } from 'node:test';
import type { Browser } from 'playwright-core';
import { alex as names } from '../../sim/household.ts';
import { launchBrowser } from './chromium.ts';
import { limit } from './patience.ts';
import { createStage, persons } from './stage.ts';
import { visit, type Visitor, type VisitorOptions } from './visitor.ts';

describe('the charts', () => {
  let browser: Browser;
  before(async () => {
    browser = await launchBrowser();
  });
  after(() => browser.close());

  const enter = async (t: TestContext, options: VisitorOptions = {}) => {
    const stage = await createStage(t, { days: 100 });
    stage.bank.purchase(names.current, {
      amount: 98_765,
      merchant: 'Piano <b>Shop</b>',
      category: 'shopping',
    });
    await stage.connect(persons.alex);
    const visitor = await visit(t, browser, options);
    await visitor.signIn(stage.app().signInLink());
    await visitor.goTo('Charts');
    await drawn(visitor, 5);
    return { stage, visitor };
  };
  /** So many canvases are there, and something is on each. */
  const drawn = async ({ page }: Visitor, count: number) => {
    const canvases = page.locator('canvas');
    await canvases.nth(count - 1).waitFor();
    const painted = await page.evaluate<readonly boolean[]>(
      `[...document.querySelectorAll('canvas')].map((canvas) =>
        canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data.some(Boolean))`,
    );
    assert.deepEqual(
      painted,
      Array.from({ length: count }, () => true),
    );
  };
  const tableOf = async ({ page }: Visitor, heading: string) => {
    const card = page.locator('.chart-card').filter({ has: page.getByRole('heading', { name: heading }) });
    await card.getByText('As a table').click();
    return card.getByRole('table');
  };

  for (const options of [
    { size: 'desktop', scheme: 'light' },
    { size: 'desktop', scheme: 'dark' },
    { size: 'tablet', scheme: 'light' },
    { size: 'phone', scheme: 'dark' },
    { size: 'phone', scheme: 'light' },
  ] as const)
    it(`are drawn, ${options.size} and ${options.scheme}`, limit, async (t) => {
      const { visitor } = await enter(t, options);
      await visitor.look('charts');
      assert.deepEqual(visitor.complaints, []);
      const { origin } = visitor.requests[0] ?? new URL('about:blank');
      assert.deepEqual(new Set(visitor.requests.map((url) => url.origin)), new Set([origin]));
    });

  it('have a table behind each, with the same figures, and lead to the transactions', limit, async (t) => {
    const { visitor } = await enter(t, { keyboard: true });
    for (const heading of [
      'Balance over time',
      'This month compared with earlier months',
      'Spending by month',
      'By category',
    ])
      assert.ok((await (await tableOf(visitor, heading)).getByRole('row').count()) > 1, heading);
    const shops = await tableOf(visitor, 'By shop or person');
    const piano = shops.getByRole('row', { name: /Piano/ });
    await piano.getByText('£987.65').waitFor();
    await visitor.look('charts-tables');
    await piano.getByRole('link').click();
    await visitor.sees('Transactions');
    await visitor.page.getByText('1 shown, that is all').waitFor();
    await visitor.page.getByRole('link', { name: 'Piano <b>Shop</b>' }).waitFor();
  });

  it('show one account or pot, and the address keeps the choice', limit, async (t) => {
    const { visitor } = await enter(t);
    const { page } = visitor;
    await page.getByLabel('Balance of', { exact: true }).selectOption('Joint account');
    await page.getByRole('img', { name: /^Balance of Joint account/ }).waitFor();
    await page.getByLabel('Over', { exact: true }).selectOption('One year');
    await page.getByLabel('Account', { exact: true }).selectOption('Joint account');
    await page.reload();
    await page.getByRole('img', { name: /^Balance of Joint account/ }).waitFor();
    assert.equal(await page.getByText('Piano').count(), 0);
    assert.match(page.url(), /reach=365/);
  });
});
