import assert from 'node:assert/strict';
import { after, before, describe, it, type TestContext } from 'node:test';
import type { Browser } from 'playwright-core';
import { alex as names } from '../../sim/household.ts';
import { launchBrowser } from './chromium.ts';
import { limit } from './patience.ts';
import { createStage, persons } from './stage.ts';
import { visit, type Visitor, type VisitorOptions } from './visitor.ts';

/** The middle of the widest run of a colour on a canvas, in its own pixels of the page; runs in the page. */
const findColour = `(canvas, colour) => {
  const { width, height } = canvas;
  const { data } = canvas.getContext('2d').getImageData(0, 0, width, height);
  const wanted = colour.match(/\\d+/g).map(Number);
  const is = (at) => wanted.every((part, index) => data[at + index] === part) && data[at + 3] === 255;
  let best = { length: 0 };
  for (let y = 0; y < height; y += 1) {
    let length = 0;
    for (let x = 0; x < width; x += 1) {
      length = is((y * width + x) * 4) ? length + 1 : 0;
      if (length > best.length) best = { length, x: x - length / 2, y };
    }
  }
  const scale = canvas.getBoundingClientRect().width / width;
  return best.length < 3 ? null : { x: best.x * scale, y: (best.y + 1) * scale };
}`;

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
    await drawn(visitor, 6);
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
  const cardOf = (page: Visitor['page'], heading: string) =>
    page.locator('.chart-card').filter({ has: page.getByRole('heading', { name: heading, exact: true }) });
  const tableOf = async ({ page }: Visitor, heading: string) => {
    const card = cardOf(page, heading);
    await card.getByText('As a table').click();
    return card.getByRole('table');
  };

  for (const options of [
    { size: 'wall', scheme: 'light' },
    { size: 'laptop', scheme: 'light' },
    { size: 'laptop', scheme: 'dark' },
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
      'Spending and income by month',
      'Categories by month',
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

  /** Presses the widest bar of a colour. */
  const pressBar = async ({ page }: Visitor, id: string, colour: string) => {
    const canvas = page.locator(`[aria-labelledby="${id}"] canvas`);
    await canvas.scrollIntoViewIfNeeded();
    const node = `document.querySelector('[aria-labelledby="${id}"] canvas')`;
    const at = await page.evaluate<{ readonly x: number; readonly y: number } | null>(
      `(${findColour})(${node}, '${colour}')`,
    );
    assert.ok(at, `a bar in ${colour}`);
    await canvas.click({ position: at });
  };

  /** A colour of the page, in red, green and blue. */
  const colourOf = ({ page }: Visitor, name: string) =>
    page.evaluate<string>(`(() => {
      const probe = document.body.appendChild(document.createElement('i'));
      probe.style.color = 'var(${name})';
      const { color } = getComputedStyle(probe);
      probe.remove();
      return color;
    })()`);

  it('lead from each bar to its transactions', limit, async (t) => {
    const { visitor } = await enter(t);
    const { page } = visitor;
    const addressAfter = async (id: string, colour: string) => {
      await pressBar(visitor, id, await colourOf(visitor, colour));
      await visitor.sees('Transactions');
      await page
        .getByText(/shown,/)
        .first()
        .waitFor();
      const query = new URLSearchParams(new URL(page.url()).hash.split('?')[1]);
      await page.goBack();
      await visitor.sees('Charts');
      await drawn(visitor, 6);
      return [
        query.get('flow'),
        query.get('category') ?? query.get('merchant'),
        query.get('since')?.slice(8),
      ];
    };
    assert.deepEqual(await addressAfter('months', '--edge'), ['income', null, '01']);
    assert.deepEqual(await addressAfter('months', '--accent'), ['spending,refund', null, '01']);
    assert.deepEqual(await addressAfter('category-months', '--category-shopping'), [
      'spending,refund',
      'shopping',
      '01',
    ]);
    // Which one is the largest depends on the day.
    for (const id of ['by-category', 'by-merchant']) {
      const [flow, what] = await addressAfter(id, '--accent');
      assert.equal(flow, 'spending,refund');
      assert.ok(what, id);
    }
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

  it('have no empty axis and no broken sentence where nothing has happened yet', limit, async (t) => {
    const stage = await createStage(t, { days: 0 });
    await stage.connect(persons.alex);
    const visitor = await visit(t, browser, { size: 'phone' });
    const { page } = visitor;
    await visitor.signIn(stage.app().signInLink());
    await visitor.goTo('Charts');
    await page.getByText('Nothing to show yet.').nth(2).waitFor();
    assert.equal(await page.locator('canvas').count(), 1, 'only the balance is known');
    await page.getByText('No spending in this month.').first().waitFor();
    assert.equal(await page.getByText(/so far, by day/).count(), 0);
    await visitor.look('charts-quiet');
    await visitor.press('Month report', 'link');
    await page.getByText('nothing was spent and nothing came in').waitFor();
    await visitor.look('report-quiet');
    assert.deepEqual(visitor.complaints, []);
  });

  it('say where to begin in a household without accounts', limit, async (t) => {
    const stage = await createStage(t);
    const { name, clientId, clientSecret } = persons.alex;
    await stage.ask('logins', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ name, client_id: clientId, client_secret: clientSecret }),
    });
    const visitor = await visit(t, browser);
    const { page } = visitor;
    await page.goto(stage.app().signInLink());
    await page.getByRole('button', { name: 'Sign out' }).waitFor();
    await page.evaluate(`location.hash = '#/charts'`);
    await visitor.sees('Charts');
    await page.getByText('There are no accounts yet.').waitFor();
    assert.equal(await page.locator('.chart-card').count(), 0);
    await visitor.look('charts-empty');
  });
});
