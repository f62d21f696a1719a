import assert from 'node:assert/strict';
import { after, before, describe, it, type TestContext } from 'node:test';
import type { Browser } from 'playwright-core';
import { alex as names, joint } from '../../sim/household.ts';
import { post } from '../support/people.ts';
import { launchBrowser } from './chromium.ts';
import { limit } from './patience.ts';
import { createStage, persons } from './stage.ts';
import { withLimits, type Limits } from './stored.ts';
import { visit, type Visitor, type VisitorOptions } from './visitor.ts';

describe('the limits', () => {
  let browser: Browser;
  before(async () => {
    browser = await launchBrowser();
  });
  after(() => browser.close());

  const enter = async (t: TestContext, options: VisitorOptions, stored: Limits = {}) => {
    const stage = await createStage(t, withLimits(stored));
    await stage.connect(persons.alex);
    const visitor = await visit(t, browser, options);
    await visitor.signIn(stage.app().signInLink());
    await visitor.goTo('Settings', 'Limits');
    return { stage, visitor };
  };
  const limitsOf = ({ page }: Visitor, account: string) =>
    page.getByRole('group', { name: account, exact: true });
  const save = async (visitor: Visitor) => {
    await visitor.press('Save the limits');
    await visitor.page.getByText('The limits are saved.').waitFor();
  };
  const isFocused = ({ page }: Visitor, label: string) =>
    page.getByLabel(label, { exact: true }).and(page.locator(':focus')).waitFor();

  for (const size of ['desktop', 'phone'] as const)
    it(`are shown and set, ${size}`, limit, async (t) => {
      const { stage, visitor } = await enter(t, { size, scheme: 'dark' });
      const perMove = visitor.page.getByRole('group', { name: 'Per move' }).getByRole('textbox');
      await perMove.fill('a lot');
      await visitor.press('Save the limits');
      await visitor.page
        .getByRole('alert')
        .getByText(/in digits, such as 100 or 12.50/)
        .waitFor();
      await perMove.and(visitor.page.locator(':focus[aria-invalid=true]')).waitFor();
      await visitor.look('limits-refused');
      await perMove.fill('20.50');
      await visitor.page.getByLabel('Only these').check();
      await visitor.page.getByLabel('🏖️ Holiday').check();
      await save(visitor);
      const rails = await stage.ask('rails');
      assert.deepEqual(rails['per_move'], { '*': '20.50' });
      assert.deepEqual(rails['pots'], [names.pots.holiday]);
      assert.deepEqual(rails['per_day'], { '*': '300' });
      const { items } = await stage.ask('audit?limit=1');
      const [row] = items as readonly { readonly asked: unknown }[];
      assert.deepEqual(row?.asked, { per_move: { '*': '20.50' }, pots: [names.pots.holiday] });
    });

  it('keep the pots that the page cannot show', limit, async (t) => {
    const { stage, visitor } = await enter(t, {}, { pots: [names.pots.holiday, 'pot_out_of_sight'] });
    await visitor.page.getByLabel('🏖️ Holiday').uncheck();
    await visitor.page.getByLabel('Bills', { exact: true }).check();
    await save(visitor);
    assert.deepEqual((await stage.ask('rails'))['pots'], [joint.pots.bills, 'pot_out_of_sight']);
  });

  for (const options of [
    { size: 'desktop', scheme: 'light', keyboard: true },
    { size: 'tablet', scheme: 'dark' },
    { size: 'phone', scheme: 'light' },
  ] as const)
    it(`of one account are added, hold, and are taken away, ${options.size}`, limit, async (t) => {
      const { stage, visitor } = await enter(t, options);
      await visitor.page.getByLabel('Account', { exact: true }).selectOption('Current account');
      await visitor.press('Add limits');
      await isFocused(visitor, 'Per move, in GBP');
      await visitor.fill('Per move, in GBP', '1,000');
      await visitor.press('Save the limits');
      await isFocused(visitor, 'Per move, in GBP');
      await visitor.page.getByLabel('Per move, in GBP').clear();
      await visitor.page.getByText(/^Enter the amount in digits/).waitFor({ state: 'detached' });
      await visitor.fill('Per move, in GBP', '20');
      await visitor.fill('Minimum balance, in GBP', '200.50');
      await visitor.look('limits-of-one');
      await save(visitor);
      const { accounts } = await stage.ask('rails');
      assert.deepEqual(accounts, {
        [names.current]: { per_move: { GBP: '20' }, floor: { GBP: '200.50' } },
      });
      const refused = await stage.ask(
        'commands/pot_transfer',
        post({ pot: names.pots.holiday, transfer_type: 'deposit', amount: '20.01' }),
      );
      assert.equal(refused['code'], 'per_move_cap');
      await visitor.page.reload();
      await visitor.press('Remove limits of Current account');
      await visitor.page.getByText('Current account: its own limits are removed when you save.').waitFor();
      await isFocused(visitor, 'Keep limits of Current account');
      await visitor.look('limits-taken-away');
      await visitor.press('Keep limits of Current account');
      assert.equal(await visitor.page.getByLabel('Minimum balance, in GBP').inputValue(), '200.50');
      await visitor.press('Remove limits of Current account');
      await save(visitor);
      await limitsOf(visitor, 'Current account').waitFor({ state: 'detached' });
      assert.deepEqual((await stage.ask('rails'))['accounts'], {});
      assert.deepEqual(visitor.complaints, []);
    });

  it(
    'of one account keep what was set elsewhere, and an account that is gone can be let go',
    limit,
    async (t) => {
      const stored = {
        [joint.account]: { per_day: { EUR: '5', '*': '50' } },
        [names.flex]: { floor: { GBP: '2' } },
        acc_gone: { floor: { GBP: '1' } },
      };
      const { stage, visitor } = await enter(t, {}, { accounts: stored });
      stage.bank.closeAccount(names.flex);
      await stage.ask('commands/refresh', post({}));
      await limitsOf(visitor, 'Flex (closed)').waitFor();
      const own = limitsOf(visitor, 'Joint account');
      assert.equal(await own.getByLabel('Per day, in any currency').inputValue(), '50');
      await own.getByLabel('Per day, in EUR').fill('6.5');
      await save(visitor);
      assert.deepEqual((await stage.ask('rails'))['accounts'], {
        ...stored,
        [joint.account]: { per_day: { EUR: '6.5', '*': '50' } },
      });
      await visitor.press(/^Remove limits of An account that is not connected/);
      await visitor.press(/^Remove limits of Flex \(closed\)/);
      await own.getByLabel('Per day, in EUR').clear();
      await save(visitor);
      assert.deepEqual((await stage.ask('rails'))['accounts'], {
        [joint.account]: { per_day: { '*': '50' } },
      });
    },
  );
});
