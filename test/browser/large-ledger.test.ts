import assert from 'node:assert/strict';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { Browser } from 'playwright-core';
import { alex as names, joint } from '../../sim/household.ts';
import { openStore } from '../../src/store/store.ts';
import { fillLedger, words } from '../support/large-ledger.ts';
import { launchBrowser } from './chromium.ts';
import { limit } from './patience.ts';
import { createStage, persons } from './stage.ts';
import { clockOfToday } from './today.ts';
import { visit, type Visitor } from './visitor.ts';

/** Fewer with the variable, for whoever works on the page. */
const rows = Number(process.env['LARGE_LEDGER_ROWS'] ?? 1_000_000);
const year = 365 * 86_400_000;

describe('a ledger of a million transactions', () => {
  const directory = mkdtempSync(join(tmpdir(), 'monzo-bridge-large-'));
  let browser: Browser;
  before(async () => {
    const store = openStore({ directory, clock: clockOfToday, secretKey: new Uint8Array(32) });
    fillLedger(store, {
      rows,
      accounts: [names.current, joint.account],
      pots: [names.pots.holiday, names.pots.savings],
      until: clockOfToday.now() - 40 * 86_400_000,
      reach: 4 * year,
    });
    store.close();
    browser = await launchBrowser();
  });
  after(async () => {
    await browser.close();
    rmSync(directory, { recursive: true, force: true });
  });

  const shows = ({ page }: Visitor, what: string | RegExp) => page.getByText(what).first().waitFor();

  it('is shown, searched and drawn like a small one', limit, async (t) => {
    const stage = await createStage(t, {
      prepare: (into) => cpSync(directory, into, { recursive: true }),
      settings: { MONZO_BRIDGE_SECRET_KEY: '0'.repeat(64) },
    });
    await stage.connect(persons.alex);
    const visitor = await visit(t, browser, {});
    const { page } = visitor;
    await visitor.signIn(stage.app().signInLink());
    await visitor.goTo('Transactions');
    await shows(visitor, '60 shown, more below');
    // The newest are the bank's own, of the last days; the others come once somebody scrolls.
    for (let pages = 2; pages < 8; pages += 1) {
      await page.locator('.row').last().scrollIntoViewIfNeeded();
      await page
        .locator('.row')
        .nth(pages * 60 - 1)
        .waitFor();
    }
    await visitor.fill('Search transactions', words.rare);
    await shows(visitor, '1 shown, that is all');
    await visitor.fill('Search transactions', words.common);
    await shows(visitor, '60 shown, more below');
    await visitor.look('large-transactions');
    await visitor.goTo('Charts');
    await page.locator('canvas').nth(5).waitFor();
    await page.getByLabel('Over', { exact: true }).selectOption('Five years');
    await page.getByRole('img', { name: /^Balance of Everything/ }).waitFor();
    await visitor.look('large-charts');
    await visitor.press('Month report', 'link');
    await shows(visitor, 'Largest payments');
    await page.getByLabel('Month', { exact: true }).selectOption({ index: 2 });
    await shows(visitor, 'the last 6 full months');
    await visitor.look('large-report');
    await visitor.goTo('Activity', 'Monzo');
    await shows(visitor, 'Ledger');
    await visitor.look('large-activity');
    assert.deepEqual(visitor.complaints, []);
  });

  it('adds up all of it without keeping a list waiting', limit, async (t) => {
    const stage = await createStage(t, {
      prepare: (into) => cpSync(directory, into, { recursive: true }),
      settings: { MONZO_BRIDGE_SECRET_KEY: '0'.repeat(64) },
    });
    const answered: string[] = [];
    const ask = async (name: string, path: string) => {
      const answer = await stage.ask(path);
      answered.push(name);
      return answer['items'] as readonly { readonly count?: number }[];
    };
    const adding = ask('sums', 'transactions/sums');
    const listing = ask('list', `transactions?q=${words.rare}`);
    const [sums, listed] = await Promise.all([adding, listing]);
    assert.equal(sums[0]?.count, rows);
    assert.equal(listed.length, rows > 4_244 ? 1 : 0);
    // Fewer rows are added up in one go.
    if (rows > 100_000) assert.deepEqual(answered, ['list', 'sums']);
  });
});
