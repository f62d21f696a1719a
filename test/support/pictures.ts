import { copyFileSync, mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';

const root = join(import.meta.dirname, '../..');
const taken = join(root, 'test-output/pictures');
const shown = join(root, 'docs/pictures');
const mostBytes = 120_000;

/**
 * Takes the picture that the readme shows. It replaces the committed one only where MONZO_BRIDGE_TEST_PICTURES is 1:
 * no two machines draw the same pixels. Throws where it has become too large to commit.
 */
export async function takePicture(page: Page, name: string): Promise<void> {
  mkdirSync(taken, { recursive: true });
  const path = join(taken, `${name}.jpg`);
  await page.screenshot({ path, type: 'jpeg', quality: 82 });
  const { size } = statSync(path);
  if (size > mostBytes)
    throw new Error(`The picture ${name} has ${size} bytes; at most ${mostBytes} are committed.`);
  if (process.env['MONZO_BRIDGE_TEST_PICTURES'] !== '1') return;
  mkdirSync(shown, { recursive: true });
  copyFileSync(path, join(shown, `${name}.jpg`));
}
