import assert from 'node:assert/strict';
import { after, before, describe, it, type TestContext } from 'node:test';
import type { Browser } from 'playwright-core';
import { alex } from '../../sim/household.ts';
import { launchBrowser } from './chromium.ts';
import { limit } from './patience.ts';
import { createStage, persons } from './stage.ts';
import { visit } from './visitor.ts';

/**
 * For the page. As Chrome does: each text is replaced by one in two `font` elements, now and when it comes, except where
 * the page says that it is not to be translated.
 */
const translateAsBrowsersDo = `{
  const translate = (root) => {
    const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
    const texts = [];
    while (walker.nextNode()) texts.push(walker.currentNode);
    for (const text of texts) {
      const parent = text.parentElement;
      if (!parent?.translate || parent.closest('font, script, style') || !text.data.trim()) continue;
      const outer = document.createElement('font');
      outer.append(document.createElement('font'));
      outer.firstElementChild.append(text.data);
      text.replaceWith(outer);
    }
  };
  translate(document.body);
  new MutationObserver((changes) => {
    for (const { addedNodes } of changes) addedNodes.forEach(translate);
  }).observe(document.body, { childList: true, subtree: true });
}`;

describe('what comes between the bridge and the eyes of a person', () => {
  let browser: Browser;
  before(async () => {
    browser = await launchBrowser();
  });
  after(() => browser.close());

  const enter = async (t: TestContext) => {
    const stage = await createStage(t);
    await stage.connect(persons.alex);
    const visitor = await visit(t, browser);
    const card = visitor.page
      .getByRole('article')
      .filter({ has: visitor.page.getByRole('heading', { name: 'Current account', exact: true }) });
    const spend = () => {
      stage.bank.purchase(alex.current, { amount: 1_234, merchant: 'Corner Shop' });
      return shown(stage.bank.account(alex.current).balance);
    };
    return { stage, visitor, card, spend };
  };

  it('a proxy that collects answers: the page asks, and does not call the bridge gone', limit, async (t) => {
    const { stage, visitor, card, spend } = await enter(t);
    const { page } = visitor;
    // The answer reaches the browser once it has ended, which a stream never does.
    await page.route('**/api/live', () => {});
    await visitor.signIn(stage.app().signInLink());
    const before = shown(stage.bank.account(alex.current).balance);
    await card.getByText(before).first().waitFor();
    const after = spend();
    await card.getByText(after).first().waitFor({ timeout: 40_000 });
    assert.equal(await page.getByText(/does not answer/).count(), 0);
    assert.deepEqual(visitor.complaints, []);
  });

  it('a translation by the browser: what is shown stays true, and buttons work', limit, async (t) => {
    const { stage, visitor, card, spend } = await enter(t);
    const { page } = visitor;
    await visitor.signIn(stage.app().signInLink());
    const before = shown(stage.bank.account(alex.current).balance);
    await card.getByText(before).first().waitFor();
    await page.evaluate(translateAsBrowsersDo);
    const after = spend();
    await card.getByText(after).first().waitFor();
    assert.equal(await card.getByText(before).count(), 0, 'nothing old stays beside it');
    await visitor.goTo('Settings', 'People');
    await visitor.press('Rename');
    await page.getByRole('dialog').getByLabel('Name').fill('Alexandra');
    await page.getByRole('dialog').getByRole('button', { name: 'Rename' }).click();
    await page.getByRole('heading', { name: 'Alexandra', exact: true }).waitFor();
    assert.deepEqual(visitor.complaints, []);
  });
});

function shown(minor: number): string {
  return new Intl.NumberFormat('en-GB', { style: 'currency', currency: 'GBP' }).format(minor / 100);
}
