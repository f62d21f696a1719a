import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Browser } from 'playwright-core';
import { alex as names } from '../../sim/household.ts';
import { launchBrowser } from './chromium.ts';
import { limit } from './patience.ts';
import { createStage, persons } from './stage.ts';
import { visit } from './visitor.ts';

describe('the optional entities', () => {
  let browser: Browser;
  before(async () => {
    browser = await launchBrowser();
  });
  after(() => browser.close());

  for (const size of ['desktop', 'phone'] as const)
    it(`are asked for and taken away, ${size}`, limit, async (t) => {
      const stage = await createStage(t);
      await stage.connect(persons.alex);
      const visitor = await visit(t, browser, { size });
      await visitor.signIn(stage.app().signInLink());
      await visitor.goTo('Settings', 'Devices and entities in Home Assistant');
      const { page } = visitor;
      const card = page.getByRole('region', { name: 'Optional entities' });
      const save = () => card.getByRole('button', { name: 'Save', exact: true }).click();
      const amount = card.getByLabel('Current account in GBP', { exact: true });
      await amount.fill('a little');
      await save();
      await card.getByText('Write an amount such as 50 or 12.50.').waitFor();
      await amount.fill('50.50');
      await card.getByLabel('Let Home Assistant post').check();
      await save();
      await card.getByText('Saved.', { exact: true }).waitFor();
      assert.deepEqual(await stage.ask('optional-entities'), {
        low_balance: { [names.current]: '50.50' },
        feed_posts: true,
        update_check: false,
      });
      await visitor.look('optional-entities');
      await amount.fill('');
      await card.getByLabel('Let Home Assistant post').uncheck();
      await save();
      await card.getByText('Saved.', { exact: true }).waitFor();
      const { low_balance: thresholds, feed_posts: posts } = await stage.ask('optional-entities');
      assert.deepEqual([thresholds, posts], [{}, false]);
    });
});
