import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { launchBrowser } from './chromium.ts';
import { limit } from './patience.ts';

const root = join(import.meta.dirname, '../..');
const pictures = [
  { drawing: 'web/icon.svg', picture: 'app/icon.png', width: 128, height: 128 },
  { drawing: 'docs/pictures/logo.svg', picture: 'app/logo.png', width: 250, height: 100 },
];
/** Mean difference of a colour, of 255: browsers smooth edges each in their way. */
const mostDifference = 3;

describe('the pictures of the app', limit, () => {
  let browser: Browser;
  before(async () => (browser = await launchBrowser()));
  after(() => browser.close());

  for (const { drawing, picture, width, height } of pictures)
    it(`${picture} shows ${drawing}`, async () => {
      const page = await browser.newPage({ viewport: { width, height } });
      await page.setContent(
        `<style>body { margin: 0 } svg { display: block; width: ${width}px; height: ${height}px }</style>${readFileSync(join(root, drawing), 'utf8')}`,
      );
      const drawn = await page.screenshot({ omitBackground: true });
      if (process.env['MONZO_BRIDGE_TEST_PICTURES'] === '1') writeFileSync(join(root, picture), drawn);
      const difference = await differenceOf(page, [drawn, readFileSync(join(root, picture))]);
      assert.ok(difference < mostDifference, `they differ by ${difference}`);
    });
});

/** The mean difference of two pictures of one size, over all colours of all pixels. */
async function differenceOf(page: Page, pair: readonly Buffer[]): Promise<number> {
  const pixels = (png: Buffer) =>
    page.evaluate<number[]>(`(async () => {
      const image = new Image();
      image.src = 'data:image/png;base64,${png.toString('base64')}';
      await image.decode();
      const context = new OffscreenCanvas(image.width, image.height).getContext('2d');
      context.drawImage(image, 0, 0);
      return [...context.getImageData(0, 0, image.width, image.height).data];
    })()`);
  const [one = [], other = []] = await Promise.all(pair.map(pixels));
  assert.equal(one.length, other.length);
  assert.ok(one.length > 0);
  return one.reduce((sum, value, index) => sum + Math.abs(value - (other[index] ?? 0)), 0) / one.length;
}
