import assert from 'node:assert/strict';
import { after, before, describe, it, type TestContext } from 'node:test';
import type { Browser } from 'playwright-core';
import { alex as names } from '../../sim/household.ts';
import { post } from '../support/people.ts';
import { until } from '../support/until.ts';
import { launchBrowser } from './chromium.ts';
import { limit } from './patience.ts';
import { createStage, persons, type StageOptions } from './stage.ts';
import { withLimits } from './stored.ts';
import { visit, type Visitor, type VisitorOptions } from './visitor.ts';

describe('settings and activity', () => {
  let browser: Browser;
  before(async () => {
    browser = await launchBrowser();
  });
  after(() => browser.close());

  const enter = async (t: TestContext, options: VisitorOptions = {}, before: StageOptions = {}) => {
    const stage = await createStage(t, before);
    await stage.connect(persons.alex);
    const visitor = await visit(t, browser, options);
    await visitor.signIn(stage.app().signInLink());
    return { stage, visitor };
  };
  const deposit = (amount: string, pot: string = names.pots.holiday) =>
    post({ pot, transfer_type: 'deposit', amount });
  const arrives = ({ page }: Visitor, heading: string) =>
    page.getByRole('heading', { name: heading, exact: true }).and(page.locator(':focus')).waitFor();
  const text = ({ page }: Visitor) => page.evaluate<string>('document.body.innerText');

  it('a move that a limit refuses leads to the limits, by keyboard alone', limit, async (t) => {
    const { visitor } = await enter(t, { keyboard: true });
    await visitor.press('Move money into or out of 🏖️ Holiday', 'link');
    await visitor.fill('Amount', '100.01');
    await visitor.press('Continue');
    await visitor.page.getByText('One move may be at most 100.00 GBP.').waitFor();
    await visitor.look('refused-cap');
    await visitor.press('Go to the limits', 'link');
    await arrives(visitor, 'Limits');
    await visitor.goTo('Activity', 'Money moves');
    await visitor.page.getByText('One move may be at most 100.00 GBP.').waitFor();
    await visitor.press('Go to the limits', 'link');
    await arrives(visitor, 'Limits');
    assert.deepEqual(visitor.complaints, []);
  });

  it('each limit says what it protects', limit, async (t) => {
    const { visitor } = await enter(t);
    await visitor.goTo('Settings', 'Limits');
    const described = async (role: 'group' | 'textbox' | 'checkbox', name: string) => {
      const field = visitor.page.getByRole(role, { name, exact: true }).first();
      const id = (await field.getAttribute('aria-describedby')) ?? '';
      return visitor.page.locator(`[id="${id}"]`).innerText();
    };
    for (const [role, name, words] of [
      ['group', 'Per move', /slip/],
      ['group', 'Per day, all moves together', /again and again/],
      ['group', 'Minimum balance of the account', /bills/],
      ['textbox', 'Seconds between identical moves without a request id', /twice/],
      ['group', 'Pots that may be used', /nothing may touch/],
      ['checkbox', 'Dry run: check every move, but move nothing', /nothing moves/],
    ] as const)
      assert.match(await described(role, name), words, name);
  });

  for (const options of [
    { size: 'phone', scheme: 'dark' },
    { size: 'phone', scheme: 'light' },
    { size: 'laptop', scheme: 'light' },
    { size: 'laptop', scheme: 'dark' },
  ] as const)
    it(
      `name accounts and pots, and never show an id, ${options.size} ${options.scheme}`,
      limit,
      async (t) => {
        const gone = { acc_0000Gone: { floor: { GBP: '1' } } };
        const { stage, visitor } = await enter(t, options, withLimits({ accounts: gone }));
        const { page } = visitor;
        await stage.ask('commands/pot_transfer', deposit('3'));
        await stage.ask('commands/pot_transfer', deposit('100.01'));
        await stage.ask('commands/pot_transfer', deposit('4', names.pots.roundUps));
        stage.bank.closePot(names.pots.roundUps);
        const isGone = () =>
          stage
            .app()
            .view()
            .pots.every(({ id }) => id !== names.pots.roundUps);
        await until('the pot is gone', isGone);
        await visitor.goTo('Settings', 'Limits');
        await page.getByText('An account that is not connected').first().waitFor();
        await visitor.look('settings');
        assert.doesNotMatch(await text(visitor), /\b(acc|pot|user|oauth2client)_\w+/);
        await visitor.goTo('Activity', 'Money moves');
        await page.getByText('£4.00 into Round-ups (closed)').first().waitFor();
        await page.getByText('£3.00 into 🏖️ Holiday').first().waitFor();
        await visitor.look('activity-names');
        assert.doesNotMatch(await text(visitor), /\b(acc|pot|user|oauth2client)_\w+/);
        await visitor.goTo('Activity', 'Events');
        await page.getByText('−£4.00').first().waitFor();
        assert.doesNotMatch(await text(visitor), /\b(acc|pot|user|oauth2client)_\w+/);
        await visitor.goTo('Activity', 'Monzo');
        await page.getByRole('heading', { name: 'What is not known about Monzo' }).waitFor();
        assert.doesNotMatch(await text(visitor), /\b(acc|pot|user|oauth2client)_\w+/);
        assert.deepEqual(visitor.complaints, []);
      },
    );

  it('are green only where everything is fine', limit, async (t) => {
    const { stage, visitor } = await enter(t);
    const { page } = visitor;
    await visitor.goTo('Activity', 'Health');
    await page.getByText('Everything works.').waitFor();
    stage.bank.evict(persons.alex.clientId, persons.alex.userId);
    await page.getByText('Everything works.').waitFor({ state: 'detached' });
    const parts = page
      .getByRole('region', { name: 'Health' })
      .locator('.parts')
      .first()
      .getByRole('listitem');
    await parts.filter({ hasText: 'Login of Alex' }).waitFor();
    assert.equal(await parts.locator('.state.good').count(), 0);
    await visitor.look('activity-not-fine');
    await visitor.goTo('Settings', 'People');
    const alex = page.getByRole('article').filter({ has: page.getByRole('heading', { name: 'Alex' }) });
    await alex.getByText('Needs a new sign-in').waitFor();
    assert.equal(await alex.locator('.good').count(), 0);
  });
});
