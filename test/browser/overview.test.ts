import assert from 'node:assert/strict';
import { after, before, describe, it, type TestContext } from 'node:test';
import type { Browser } from 'playwright-core';
import { alex as names } from '../../sim/household.ts';
import { must } from '../../sim/model.ts';
import { movePotMoney } from '../../sim/pots.ts';
import { launchBrowser } from './chromium.ts';
import { limit } from './patience.ts';
import { createStage, persons, type Stage } from './stage.ts';
import { clockOfToday } from './today.ts';
import { visit, type Visitor, type VisitorOptions } from './visitor.ts';

describe('the overview', () => {
  let browser: Browser;
  before(async () => {
    browser = await launchBrowser();
  });
  after(() => browser.close());

  /** An account with twenty pots, and half a year of spending. */
  const enter = async (t: TestContext, options: VisitorOptions = {}) => {
    const stage = await createStage(t, { days: 250 });
    for (let number = 8; number <= 20; number += 1)
      stage.bank.openPot(names.current, {
        id: `pot_0000AlexMore${number}`,
        name: `Jar ${number}`,
        balance: number * 1_050,
        ...(number % 5 === 0 && { goal: 50_000 }),
        createdMs: clockOfToday.now() - 150 * 86_400_000,
      });
    saveFor(stage);
    await stage.connect(persons.alex);
    await stage.connect(persons.sam);
    const visitor = await visit(t, browser, options);
    await visitor.signIn(stage.app().signInLink());
    await recent(visitor).nth(4).waitFor();
    return { stage, visitor };
  };
  /** Forty pounds a month into the pot of the holiday. */
  const saveFor = ({ bank }: Stage) => {
    const pot = must(bank.model.pots, names.pots.holiday);
    for (let month = 6; month > 0; month -= 1)
      movePotMoney(bank.model, {
        pot,
        direction: 'deposit',
        amount: 4_000,
        userId: names.userId,
        key: `month ${month}`,
        trigger: 'user',
        createdMs: clockOfToday.now() - month * 30 * 86_400_000,
      });
  };
  const recent = ({ page }: Visitor) =>
    page.getByRole('region', { name: 'Last transactions' }).getByRole('listitem');
  const potNames = ({ page }: Visitor) =>
    page.getByRole('list', { name: 'Pots of Alex current account' }).locator('.what > a').allInnerTexts();

  for (const size of ['phone', 'reader', 'laptop', 'wall'] as const)
    for (const scheme of ['light', 'dark'] as const)
      it(`is all there, ${size} and ${scheme}`, limit, async (t) => {
        const { visitor } = await enter(t, { size, scheme });
        const { page } = visitor;
        await page.getByText(/(less|more) than usual by this day\.$/).waitFor();
        await page.getByText('Usual is the average of the last 6 full months.').waitFor();
        await page.getByText(/^At £\d+\.\d\d a month it gets there in \w+ 20\d\d\.$/).waitFor();
        await page.getByText('£525.00 to go.').waitFor();
        await visitor.look('overview');
        assert.deepEqual(visitor.complaints, []);
        const { origin } = visitor.requests[0] ?? new URL('about:blank');
        assert.deepEqual(new Set(visitor.requests.map((url) => url.origin)), new Set([origin]));
      });

  it('puts favourites first, also after a reload and by keyboard alone', limit, async (t) => {
    const { visitor } = await enter(t, { keyboard: true });
    const before = await potNames(visitor);
    assert.equal(before.length, 20);
    assert.notEqual(before[0], 'Jar 9');
    await visitor.press('Jar 9 is a favourite: it comes first here');
    await visitor.page.getByRole('button', { name: /^Jar 9 /, pressed: true }).waitFor();
    await visitor.page.reload();
    await visitor.page.getByRole('button', { name: /^Jar 9 /, pressed: true }).waitFor();
    assert.deepEqual(await potNames(visitor), ['Jar 9', ...before.filter((name) => name !== 'Jar 9')]);
    await visitor.page.getByRole('link', { name: 'Move money', exact: true }).focus();
    await visitor.page.keyboard.press('Enter');
    const chosen = visitor.page.getByRole('dialog').getByLabel('Pot', { exact: true });
    assert.match(await chosen.locator('option:checked').innerText(), /^\s*Jar 9,/);
  });

  it('opens the move of any pot with that pot, however many there are', limit, async (t) => {
    const { visitor } = await enter(t, { size: 'phone' });
    await visitor.press('Move money into or out of Jar 17', 'link');
    const chosen = visitor.page.getByRole('dialog').getByLabel('Pot', { exact: true });
    assert.match(await chosen.locator('option:checked').innerText(), /^\s*Jar 17,/);
  });

  it('shows the last five transactions as they happen, each with its details', limit, async (t) => {
    const { stage, visitor } = await enter(t);
    stage.bank.purchase(names.current, { amount: 725, merchant: 'Piano <b>Shop</b>' });
    const newest = recent(visitor).first();
    await newest.getByText('Piano <b>Shop</b>').waitFor();
    await newest.getByText('−£7.25').waitFor();
    assert.equal(await recent(visitor).count(), 5);
    await newest.getByRole('link').click();
    await visitor.sees('Transactions');
    await visitor.page.getByRole('dialog').getByRole('heading', { name: 'Piano <b>Shop</b>' }).waitFor();
  });

  it('names what needs a person, with a button that does it, and nothing else', limit, async (t) => {
    const { stage, visitor } = await enter(t);
    const { page } = visitor;
    assert.equal(await page.getByRole('heading', { name: 'Needs attention' }).count(), 0);
    // Whoever has just arrived is led on to a login that was begun today.
    await visitor.goTo('Overview');
    stage.bank.evict(persons.alex.clientId, persons.alex.userId);
    const attention = page.getByRole('region', { name: 'Needs attention' }).getByRole('listitem');
    await attention.getByText(/^Alex: /).waitFor();
    assert.equal(await attention.count(), 1);
    assert.equal(await page.getByText('Connected', { exact: true }).count(), 1);
    await visitor.look('attention');
    await attention.getByRole('button').click();
    await visitor.sees('Sign in at Monzo as Alex');
  });

  it('tells of a pause, and leads to where it ends', limit, async (t) => {
    const { stage, visitor } = await enter(t);
    await stage.ask('commands/pause', {
      method: 'POST',
      body: '{}',
      headers: { 'content-type': 'application/json' },
    });
    await visitor.press('Look at the money moves', 'link');
    const heading = visitor.page.getByRole('heading', { level: 1, name: 'Money moves' });
    await heading.and(visitor.page.locator(':focus')).waitFor();
    await visitor.press('Resume moves');
    await visitor.goTo('Overview');
    await visitor.page.getByText('Money moves are paused.').waitFor({ state: 'detached' });
  });

  it('shows an account without transactions and pots as it is', limit, async (t) => {
    const stage = await createStage(t, { days: 0 });
    await stage.connect(persons.alex);
    const visitor = await visit(t, browser, { size: 'laptop' });
    await visitor.signIn(stage.app().signInLink());
    await visitor.page.getByText('No transactions yet.').waitFor();
    await visitor.look('overview-empty');
    assert.deepEqual(visitor.complaints, []);
  });
});
