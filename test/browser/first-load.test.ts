import assert from 'node:assert/strict';
import { after, before, describe, it, type TestContext } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { launchBrowser } from './chromium.ts';
import { limit } from './patience.ts';
import { createStage, persons } from './stage.ts';
import { visit } from './visitor.ts';

/** Far below the 150 kB that are allowed, so that growth is noticed early. */
const firstLoad = 60_000;

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

  it('shows its name before any script is there, where it stays', limit, async (t) => {
    const { stage, visitor } = await enter(t);
    const { page } = visitor;
    const { promise: released, resolve: release } = Promise.withResolvers<void>();
    await page.route('**/*.js', async (held) => {
      await released;
      await held.continue();
    });
    await page.goto(stage.app().signInLink(), { waitUntil: 'commit' });
    const name = page.getByText('monzo-bridge', { exact: true });
    await name.waitFor();
    const before = await name.boundingBox();
    assert.equal(await page.getByRole('main').count(), 0, 'no script has run');
    release();
    await visitor.sees('Overview');
    assert.equal(await name.count(), 1);
    const after = await name.boundingBox();
    assert.deepEqual([after?.x, after?.y], [before?.x, before?.y]);
  });
});

interface LoadedFile {
  readonly path: string;
  readonly size: number;
}

/** Collects the page's own files, each with its size on the way; what the API answers is not among them. */
function filesLoadedBy(page: Page): () => Promise<readonly LoadedFile[]> {
  const found: Promise<LoadedFile>[] = [];
  page.on('response', (response) => {
    const path = new URL(response.url()).pathname;
    if (path.startsWith('/api/')) return;
    found.push(
      response
        .request()
        .sizes()
        .then(({ responseBodySize: size }) => ({ path, size })),
    );
  });
  return () => Promise.all(found);
}
