import { after, before, describe, it, type TestContext } from 'node:test';
import type { Browser } from 'playwright-core';
import { takePicture } from '../support/pictures.ts';
import { launchBrowser } from './chromium.ts';
import { limit } from './patience.ts';
import { createStage, persons } from './stage.ts';
import { visit, type VisitorOptions } from './visitor.ts';

describe('the pictures of the page', () => {
  let browser: Browser;
  before(async () => {
    browser = await launchBrowser();
  });
  after(() => browser.close());

  const enter = async (t: TestContext, days: number, options?: VisitorOptions) => {
    const stage = await createStage(t, { days });
    await stage.connect(persons.alex);
    await stage.connect(persons.sam);
    const visitor = await visit(t, browser, options);
    await visitor.signIn(stage.app().signInLink());
    await visitor.page.getByText('£1,243.50').waitFor();
    return visitor;
  };

  it('the overview shows a household with its accounts and pots', limit, async (t) => {
    const { page } = await enter(t, 180);
    await page.setViewportSize({ width: 1200, height: 760 });
    await page.getByText(/usual by this day\.$/).waitFor();
    await takePicture(page, 'page');
  });

  it('the charts show a season of it', limit, async (t) => {
    const visitor = await enter(t, 180);
    const { page } = visitor;
    await page.setViewportSize({ width: 1200, height: 760 });
    await visitor.goTo('Charts');
    await page.locator('canvas').nth(4).waitFor();
    await page.getByText('Spending and income by month').scrollIntoViewIfNeeded();
    await page.evaluate(`scrollTo(0, document.querySelectorAll('.card')[1].offsetTop - 16)`);
    await takePicture(page, 'charts');
  });

  it('the transactions show on a phone, in the dark', limit, async (t) => {
    const visitor = await enter(t, 30, { size: 'phone', scheme: 'dark' });
    const { page } = visitor;
    await page.setViewportSize({ width: 390, height: 760 });
    await visitor.goTo('Transactions');
    await page.locator('.row').nth(12).waitFor();
    await takePicture(page, 'phone');
  });
});
