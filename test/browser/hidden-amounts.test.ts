import assert from 'node:assert/strict';
import { after, before, describe, it, type TestContext } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { alex as names } from '../../sim/household.ts';
import { post } from '../support/people.ts';
import { launchBrowser } from './chromium.ts';
import { limit } from './patience.ts';
import { createStage, persons } from './stage.ts';
import { visit, type Visitor, type VisitorOptions } from './visitor.ts';

/** Whatever a browser shows, prints, reads out or keeps in its title, with the amounts of the household in any form. */
const amounts = /[£€]\s?\d|\d[.,]\d\d (?:GBP|EUR)|1,?243\.50?|124350|45000|150000|203015/;
const everything = `document.title + document.body.outerHTML +
  [...document.querySelectorAll('select')].map((select) => select.value).join()`;
/** Each page with what is there once it has its figures. */
const pages: readonly (readonly [name: string, heading: string, last: (page: Page) => Promise<void>])[] = [
  ['overview', 'Overview', (page) => page.getByRole('link', { name: 'Current account' }).first().waitFor()],
  ['transactions', 'Transactions', (page) => page.locator('.row').nth(20).waitFor()],
  ['charts', 'Charts', (page) => page.locator('canvas').nth(4).waitFor()],
  ['report', 'Month report', (page) => page.getByText('New shops and people').waitFor()],
  ['activity', 'Activity', (page) => page.getByText('Everything works', { exact: true }).waitFor()],
  ['activity/moves', 'Money moves', (page) => page.getByText('into 🏖️ Holiday').first().waitFor()],
  ['activity/events', 'Events', (page) => page.getByText('🏖️ Holiday').first().waitFor()],
  ['settings', 'Settings', (page) => page.getByText(/^At most/).waitFor()],
  ['settings/limits', 'Limits', (page) => page.getByText('Save the limits').waitFor()],
];

describe('hidden amounts', () => {
  let browser: Browser;
  before(async () => {
    browser = await launchBrowser();
  });
  after(() => browser.close());

  const enter = async (t: TestContext, options: VisitorOptions = {}) => {
    const stage = await createStage(t);
    await stage.connect(persons.alex);
    const request = { pot: names.pots.holiday, transfer_type: 'deposit' };
    await stage.ask('commands/pot_transfer', post({ ...request, amount: '12' }));
    const refused = await stage.ask('commands/pot_transfer', post({ ...request, amount: '100.01' }));
    assert.equal(refused['code'], 'per_move_cap');
    const visitor = await visit(t, browser, options);
    await visitor.signIn(stage.app().signInLink());
    await visitor.page.getByText(/£1,2/).first().waitFor();
    return { stage, visitor };
  };
  const showsNone = async ({ page }: Visitor, where: string) => {
    const found = amounts.exec(await page.evaluate<string>(everything));
    assert.equal(
      found === null ? null : `${found[0]} in …${found.input.slice(found.index - 80, found.index)}`,
      null,
      where,
    );
  };

  for (const options of [
    { size: 'laptop', scheme: 'light', keyboard: true },
    { size: 'phone', scheme: 'dark' },
  ] as const)
    it(`are nowhere on any page until they are asked for, ${options.size}`, limit, async (t) => {
      const { visitor } = await enter(t, options);
      const { page } = visitor;
      await visitor.press('Hide amounts');
      await page.getByText('Amounts are hidden.').waitFor();
      await page.reload();
      for (const [name, heading, last] of pages) {
        await page.evaluate(`location.hash = '#/${name}'`);
        await visitor.sees(heading);
        await last(page);
        await page.getByText('Loading…').first().waitFor({ state: 'detached' });
        await showsNone(visitor, heading);
        await visitor.look(`hidden-${name.replace('/', '-')}`);
      }
      await page.evaluate(`location.hash = '#/overview'`);
      await visitor.sees('Overview');
      await page.emulateMedia({ media: 'print' });
      await showsNone(visitor, 'on paper');
      await page.emulateMedia({ media: 'screen' });
      await visitor.press('Show amounts');
      await page.getByText(/£1,2/).first().waitFor();
      await page.reload();
      await page.getByText(/£1,2/).first().waitFor();
      assert.deepEqual(visitor.complaints, []);
    });

  it('hide the balances of a move, never what is about to move', limit, async (t) => {
    const { visitor } = await enter(t);
    const { page } = visitor;
    await visitor.press('Hide amounts');
    await visitor.press('Move money between Current account and its pots', 'link');
    await showsNone(visitor, 'the form of a move');
    await page.getByLabel('Amount', { exact: true }).fill('3.21');
    await visitor.press('Continue');
    await page.getByRole('heading', { name: 'Move £3.21?' }).waitFor();
    assert.equal(await page.getByText(/1,2\d\d\.\d\d/).count(), 0);
    await page.getByRole('dialog').getByRole('button', { name: 'Show amounts' }).click();
    await page.getByRole('dialog').getByText('£1,231.50').waitFor();
  });
});
