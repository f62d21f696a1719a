import assert from 'node:assert/strict';
import { after, before, describe, it, type TestContext } from 'node:test';
import type { Browser, Locator } from 'playwright-core';
import { alex as names } from '../../sim/household.ts';
import { until } from '../support/until.ts';
import { launchBrowser } from './chromium.ts';
import { limit } from './patience.ts';
import { createStage, persons } from './stage.ts';
import { visit, type VisitorOptions } from './visitor.ts';

describe('a receipt', () => {
  let browser: Browser;
  before(async () => {
    browser = await launchBrowser();
  });
  after(() => browser.close());

  const enter = async (t: TestContext, options: VisitorOptions = {}) => {
    const stage = await createStage(t);
    const lunch = stage.bank.purchase(names.current, { amount: 1_234, merchant: 'Blue Door Coffee' });
    await stage.connect(persons.alex);
    const visitor = await visit(t, browser, options);
    await visitor.signIn(stage.app().signInLink());
    await visitor.page.goto(`${stage.app().uiUrl}/#/transactions?tx=${lunch}`);
    const dialog = visitor.page.getByRole('dialog', { name: 'Blue Door Coffee' });
    const kept = () => [...stage.bank.model.receipts.values()];
    return { stage, visitor, dialog, kept };
  };
  const open = (dialog: Locator) => dialog.getByText('Receipt', { exact: true }).click();
  const add = (dialog: Locator) => dialog.getByRole('button', { name: 'Add the receipt' }).click();

  for (const options of [
    { size: 'desktop', scheme: 'light' },
    { size: 'phone', scheme: 'dark' },
  ] as const)
    it(`is written, shown, replaced and removed, ${options.size}`, limit, async (t) => {
      const { visitor, dialog, kept } = await enter(t, options);
      await open(dialog);
      await dialog.getByText('The bridge has added no receipt.', { exact: false }).waitFor();
      await dialog.getByLabel('Line 1: what was bought').fill('Lunch');
      await dialog.getByLabel('Line 1: amount').fill('13.34');
      await dialog.getByText('More than was paid: £1.00').waitFor();
      await dialog.getByRole('button', { name: 'Another line' }).click();
      assert.equal(await dialog.getByLabel('Line 2: amount').inputValue(), '-1.00');
      await add(dialog);
      await dialog.getByText('Write what was bought.').waitFor();
      await dialog.getByLabel('Line 2: what was bought').fill('<i>Voucher</i>');
      await dialog.getByText('The lines add up to £12.34, which was paid.').waitFor();
      await visitor.look('receipt-form');
      await add(dialog);
      await dialog.getByText('Monzo has the receipt.').waitFor();
      await dialog.getByRole('rowheader', { name: '<i>Voucher</i>' }).waitFor();
      await dialog.getByRole('cell', { name: '−£1.00' }).waitFor();
      await visitor.look('receipt');
      assert.deepEqual(
        kept().map(({ total, currency }) => ({ total, currency })),
        [{ total: 1_234, currency: 'GBP' }],
      );

      await dialog.getByRole('button', { name: 'Write another one' }).click();
      await dialog.getByRole('button', { name: 'Remove line 2' }).click();
      await dialog.getByLabel('Line 1: amount').fill('12.34');
      await add(dialog);
      await dialog.getByText('Monzo has the receipt.').waitFor();
      await until('the other one is shown', async () => (await dialog.getByRole('row').count()) === 3);
      assert.equal(kept().length, 1);

      await dialog.getByRole('button', { name: 'Remove the receipt' }).click();
      await dialog.getByText('Monzo has removed the receipt.').waitFor();
      await dialog.getByText('The bridge has added no receipt.', { exact: false }).waitFor();
      assert.deepEqual(kept(), []);
      assert.deepEqual(visitor.complaints, []);
    });

  it(
    'that does not add up is refused in the bridge’s words, and nothing written is lost',
    limit,
    async (t) => {
      const { visitor, dialog, kept } = await enter(t);
      const address = visitor.page.url();
      await open(dialog);
      await dialog.getByLabel('Line 1: what was bought').fill('Lunch');
      await dialog.getByLabel('Line 1: amount').fill('10');
      await dialog.getByText('Not in the lines yet: £2.34').waitFor();
      await add(dialog);
      await dialog
        .getByRole('alert')
        .getByText(/2\.34 GBP/)
        .waitFor();
      assert.equal(await dialog.getByLabel('Line 1: amount').inputValue(), '10');
      assert.deepEqual(kept(), []);
      await dialog.getByRole('button', { name: 'Close' }).click();
      await visitor.press('Hide amounts');
      await visitor.page.goto(address);
      await dialog.getByText('•••').first().waitFor();
      assert.equal(await dialog.getByText('Receipt', { exact: true }).count(), 0);
    },
  );
});
