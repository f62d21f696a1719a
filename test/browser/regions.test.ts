import assert from 'node:assert/strict';
import { after, before, describe, it, type TestContext } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { alex as names } from '../../sim/household.ts';
import * as untranslated from '../../web/names.ts';
import { launchBrowser } from './chromium.ts';
import { limit } from './patience.ts';
import { accented } from './pseudo.ts';
import { buildPseudoPage } from './pseudo-page.ts';
import { createStage, persons, type Stage } from './stage.ts';
import { clockOfToday } from './today.ts';
import { visit, type VisitorOptions } from './visitor.ts';

describe('the region of the browser', () => {
  let browser: Browser;
  before(async () => {
    browser = await launchBrowser();
  });
  after(() => browser.close());

  const enter = async (t: TestContext, options: VisitorOptions, webDirectory?: string) => {
    const stage = await createStage(t, webDirectory === undefined ? {} : { webDirectory });
    await stage.connect(persons.alex);
    stage.bank.purchase(names.current, { amount: 112_345, merchant: 'Kiosk' });
    const visitor = await visit(t, browser, options);
    return { stage, visitor };
  };

  it('decides how data are written, and no sentence is in two languages', limit, async (t) => {
    const { stage, visitor } = await enter(t, { locale: 'de-DE' });
    const { page } = visitor;
    await visitor.signIn(stage.app().signInLink());
    await page.getByText('120,05 £').first().waitFor();
    await visitor.goTo('Transactions');
    const day = new Intl.DateTimeFormat('de-DE', { dateStyle: 'full', timeZone: 'Europe/London' });
    await page.getByRole('heading', { name: day.format(clockOfToday.now()) }).waitFor();
    await visitor.goTo('Charts');
    const month = new Intl.DateTimeFormat('en-DE', { month: 'long', year: 'numeric' }).format(
      clockOfToday.now(),
    );
    await page.getByRole('img', { name: `Spending by category, ${month}` }).waitFor();
    await visitor.goTo('Settings', 'Limits');
    await page.getByText('Enter amounts in digits, such as 100 or 12,50.').waitFor();
    const perMove = page.getByRole('group', { name: 'Per move', exact: true }).getByLabel('Any currency');
    await perMove.fill('1.000');
    await visitor.press('Save the limits');
    await page.getByText(/without a currency sign or thousands separators/).waitFor();
    await perMove.fill('99,50');
    await visitor.press('Save the limits');
    await page.getByText('The limits are saved.').waitFor();
    const { per_move: saved } = await stage.ask('rails');
    assert.deepEqual(saved, { '*': '99.50' });
    await page.reload();
    await perMove.waitFor();
    assert.equal(await perMove.inputValue(), '99,50');
    assert.deepEqual(visitor.complaints, []);
  });

  it('where it is the United States, the month comes first', limit, async (t) => {
    const { stage, visitor } = await enter(t, { locale: 'en-US' });
    await visitor.signIn(stage.app().signInLink());
    await visitor.goTo('Transactions');
    const day = new Intl.DateTimeFormat('en-US', { dateStyle: 'full', timeZone: 'Europe/London' });
    await visitor.page.getByRole('heading', { name: day.format(clockOfToday.now()) }).waitFor();
  });
});

/** The places of the pages that are divided, each with what comes last. */
const divided: readonly (readonly [name: string, last: string])[] = [
  ['activity', 'Everything works'],
  ['activity/moves', 'Export everything:'],
  ['activity/events', 'shown, that is all'],
  ['activity/monzo', 'Seen so far'],
  ['settings', 'is signed in'],
  ['settings/people', 'Add a person'],
  ['settings/limits', 'Save the limits'],
  ['settings/actions', 'Without a token'],
  ['settings/dashboard', 'Without a token'],
  ['settings/blueprints', 'blueprints'],
  ['settings/entities', 'Save'],
  ['settings/browsers', 'This browser'],
];

describe('a translation of the page', () => {
  let browser: Browser;
  before(async () => {
    browser = await launchBrowser();
  });
  after(() => browser.close());

  it('reaches every text, and has room on a phone', limit, async (t) => {
    const webDirectory = await buildPseudoPage(t);
    const stage = await createStage(t, { webDirectory });
    const visitor = await visit(t, browser, { size: 'phone', locale: 'el-GR' });
    const { page } = visitor;
    const data = dataOf(page, stage);
    const read = async (name: string) => {
      await visitor.look(`pseudo-${name}`);
      const left = (await textsShown(page)).filter((text) => isPlain(text, data));
      assert.deepEqual(left, [], `${name}: not from the texts of the page`);
    };
    const button = (name: string) => page.getByRole('button', { name: accented(name) }).first();
    const goTo = async (name: string, last: string) => {
      await page.evaluate(`location.hash = '#/${name}'`);
      await page.getByText(accented(last)).first().waitFor();
      await page.getByText(accented('Loading…')).first().waitFor({ state: 'detached' });
      await page.evaluate(`document.querySelectorAll('details').forEach((one) => { one.open = true; })`);
    };

    await page.goto(`${stage.app().uiUrl}/`);
    await button('Sign in').waitFor();
    await read('sign-in');
    await page.getByLabel(accented('Admin token')).fill(stage.app().adminToken);
    await button('Sign in').click();
    await button('I have created the client').waitFor();
    await read('client');
    await button('I have created the client').click();
    await button('Next').waitFor();
    await read('credentials');

    await stage.connect(persons.alex);
    await stage.connect(persons.sam);
    stage.bank.purchase(names.current, { amount: 999, merchant: 'Kiosk' });
    await page.reload();
    await goTo('overview', 'Move money');
    await read('overview');
    await page
      .getByRole('link', { name: new RegExp(accented('Move money')) })
      .first()
      .click();
    await page.getByRole('dialog').getByLabel(accented('Amount'), { exact: true }).fill('5,00');
    await read('move-form');
    await button('Continue').click();
    await page
      .getByRole('dialog')
      .getByText(new RegExp(accented('will move from')))
      .waitFor();
    await read('move-confirm');
    await page
      .getByRole('dialog')
      .getByRole('button', { name: new RegExp(accented('now')) })
      .click();
    await page.getByText(accented('The money has moved')).waitFor();
    await read('move-done');
    await goTo('transactions', 'more below');
    await button('Filters').click();
    await read('transactions');
    await page.locator('.row').first().click();
    await page.getByRole('dialog').getByText(accented('Created')).waitFor();
    await read('transaction');
    await goTo('charts', 'As a table');
    await read('charts');
    await goTo('report', 'In and out');
    await read('report');
    for (const [name, last] of divided) {
      await goTo(name, last);
      await read(name.replace('/', '-'));
    }
    await goTo('activity/health', 'Check everything');
    await button('Check everything').click();
    await page.getByText(accented('What was found')).waitFor();
    await read('activity-checked');
    await goTo('settings/people', 'Add a person');
    await button('Remove').click();
    await page.getByRole('dialog').waitFor();
    await read('remove');
    await button('Cancel').click();
    await stage.stop();
    await page.getByText(new RegExp(accented('What you see'))).waitFor();
    await read('away');
    assert.deepEqual(visitor.complaints, []);
  });
});

/** Every text in the answers of the bridge, the longest first: what people, the bank and the bridge itself said. */
function dataOf(page: Page, stage: Stage): () => readonly string[] {
  const found = new Set<string>();
  const collect = (value: unknown): void => {
    if (typeof value === 'string') found.add(value.replaceAll(/\s+/g, ' '));
    else if (typeof value === 'object' && value !== null) Object.values(value).forEach(collect);
  };
  collect(untranslated);
  page.on('response', (response) => {
    if (!response.url().startsWith(`${stage.app().uiUrl}/api/`) || response.url().endsWith('/live')) return;
    void response.json().then(collect, () => {});
  });
  return () => [...found].filter((text) => text.length > 1).toSorted((a, b) => b.length - a.length);
}

/** Every text that can be seen or is read out, as it stands. */
const readTexts = `(() => {
  const found = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const parent = walker.currentNode.parentElement;
    if (!parent.closest('script, style, noscript, pre') && parent.checkVisibility()) found.push(walker.currentNode.data);
  }
  for (const name of ['aria-label', 'title', 'placeholder', 'alt'])
    for (const element of document.body.querySelectorAll('[' + name + ']')) found.push(element.getAttribute(name));
  return [document.title, ...found];
})()`;

async function textsShown(page: Page): Promise<readonly string[]> {
  const texts = await page.evaluate<readonly string[]>(readTexts);
  return texts.map((text) => text.replaceAll(/\s+/g, ' ').trim());
}

/** Names of files and forms of export, units of a browser, and what it makes of dates and lists. */
const allowed =
  /\b(and|CSV|JSON|MB|kB|GB|byte|am|pm|YAML|scripts\.yaml|January|February|March|April|May|June|July|August|September|October|November|December|Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec)\b/g;

/** Whether a text has letters that are neither data nor in the language of the texts. */
function isPlain(text: string, data: () => readonly string[]): boolean {
  if (!/[A-Za-z]{2}/.test(text)) return false;
  const known = data();
  // A part of a longer sentence, such as what stands before a link in it.
  if (text.includes(' ') && known.some((one) => one.includes(text))) return false;
  const left = known.reduce((rest, one) => (rest.includes(one) ? rest.replaceAll(one, ' ') : rest), text);
  return /[A-Za-z]{2}/.test(left.replaceAll(allowed, ''));
}
