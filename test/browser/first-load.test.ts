import assert from 'node:assert/strict';
import { after, before, describe, it, type TestContext } from 'node:test';
import { gzipSync } from 'node:zlib';
import type { Browser, Locator, Page } from 'playwright-core';
import { launchBrowser } from './chromium.ts';
import { limit } from './patience.ts';
import { createStage, persons } from './stage.ts';
import { visit } from './visitor.ts';

/** Far below the 150 kB that are allowed, so that growth is noticed early. */
const firstLoad = 60_000;
/** Each page with its heading, and with what comes last. */
const pages: readonly (readonly [name: string, heading: string, last: (page: Page) => Locator])[] = [
  ['overview', 'Overview', (page) => page.getByText('£1,243.50')],
  ['transactions', 'Transactions', (page) => page.locator('.row').nth(59)],
  ['charts', 'Charts', (page) => page.locator('canvas').nth(4)],
  ['report', 'Month report', (page) => page.getByText('New shops and people')],
  ['activity', 'Activity', (page) => page.getByRole('heading', { name: 'Ledger' })],
  ['people', 'Settings', (page) => page.getByRole('button', { name: 'Save the limits' })],
];

/** Sums up whatever moves without being asked to; begins before anything is shown. */
const watchShifts = `
  window.shifts = [];
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.shifts.push(entry.value);
  }).observe({ type: 'layout-shift', buffered: true });`;

/** What moved is told of after it was painted. */
const aFrameLater = 'new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve, 50)))';

describe('the page', () => {
  let browser: Browser;
  before(async () => {
    browser = await launchBrowser();
  });
  after(() => browser.close());

  const enter = async (t: TestContext) => {
    const stage = await createStage(t);
    await stage.connect(persons.alex);
    const visitor = await visit(t, browser);
    return { stage, visitor };
  };

  it('is small at first: what nobody looks at is not loaded', limit, async (t) => {
    const { stage, visitor } = await enter(t);
    const files = filesLoadedBy(visitor.page);
    await visitor.signIn(stage.app().signInLink());
    const loaded = await files();
    const total = loaded.reduce((sum, { size }) => sum + size, 0);
    assert.ok(total > 10_000 && total < firstLoad, `${total} bytes compressed`);
    assert.deepEqual(
      loaded.filter(({ path }) => /chart|transactions|activity|set-up/.test(path)),
      [],
    );
    await visitor.goTo('Charts');
    const all = (await files()).reduce((sum, { size }) => sum + size, 0);
    assert.ok(all > total + 20_000 && all < 150_000, `${all} bytes compressed with the charts`);
  });

  it('holds still: nothing moves unless somebody makes it', limit, async (t) => {
    const { stage, visitor } = await enter(t);
    const { page } = visitor;
    await page.addInitScript(watchShifts);
    // What stands first on a page may be answered last.
    await page.route('**/api/rails', async (route) => {
      await page.waitForTimeout(500);
      await route.continue();
    });
    await visitor.signIn(stage.app().signInLink());
    for (const [name, heading, last] of pages) {
      // Not by pressing: what moves right after that counts as asked for.
      await page.evaluate(`window.shifts.length = 0; location.hash = '#/${name}'`);
      await visitor.sees(heading);
      await last(page).first().waitFor();
      await page.getByText('Loading…').first().waitFor({ state: 'detached' });
      await page.evaluate(aFrameLater);
      const shift = await page.evaluate<number>('window.shifts.reduce((sum, value) => sum + value, 0)');
      assert.ok(shift < 0.02, `${heading} moved by ${shift}`);
    }
  });
});

interface LoadedFile {
  readonly path: string;
  readonly size: number;
}

/** Collects the page's own files, each with its compressed size; what the API answers is not among them. */
function filesLoadedBy(page: Page): () => Promise<readonly LoadedFile[]> {
  const found: Promise<LoadedFile>[] = [];
  page.on('response', (response) => {
    const path = new URL(response.url()).pathname;
    if (path.startsWith('/api/')) return;
    found.push(response.body().then((body) => ({ path, size: gzipSync(body).length })));
  });
  return () => Promise.all(found);
}
