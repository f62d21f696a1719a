import assert from 'node:assert/strict';
import { after, before, describe, it, type TestContext } from 'node:test';
import type { Browser } from 'playwright-core';
import { alex as names } from '../../sim/household.ts';
import { launchBrowser } from './chromium.ts';
import { limit } from './patience.ts';
import { createStage, persons } from './stage.ts';
import { visit, type Visitor, type VisitorOptions } from './visitor.ts';

const { holiday } = names.pots;
const held = 45_000;

describe('moving money', () => {
  let browser: Browser;
  before(async () => {
    browser = await launchBrowser();
  });
  after(() => browser.close());

  const enter = async (t: TestContext, options: VisitorOptions = {}) => {
    const stage = await createStage(t);
    await stage.connect(persons.alex);
    const visitor = await visit(t, browser, options);
    await visitor.signIn(stage.app().signInLink());
    await visitor.press(/^Move money between Current account/, 'link');
    await visitor.page.getByRole('dialog', { name: 'Move money' }).waitFor();
    const inPot = () => stage.bank.pot(holiday).balance;
    assert.equal(inPot(), held);
    return { stage, visitor, inPot };
  };
  const fill = async (visitor: Visitor, amount: string) => {
    await visitor.page.getByLabel('Pot', { exact: true }).selectOption({ label: '🏖️ Holiday, £450.00' });
    await visitor.fill('Amount', amount);
  };
  const dialogOf = ({ page }: Visitor, name: string | RegExp) => page.getByRole('dialog', { name }).waitFor();
  const isDeposit = ({ path }: { readonly path: string }) => path.endsWith('/deposit');

  for (const options of [
    { size: 'desktop', scheme: 'light' },
    { size: 'tablet', scheme: 'dark', keyboard: true },
    { size: 'phone', scheme: 'dark' },
  ] as const)
    it(`shows before and after, asks, and tells the outcome, ${options.size}`, limit, async (t) => {
      const { visitor, inPot } = await enter(t, options);
      await fill(visitor, '25.29');
      await visitor.page.getByRole('cell', { name: '£475.29' }).waitFor();
      await visitor.look('move-form');
      await visitor.press('Continue');
      await dialogOf(visitor, 'Move £25.29?');
      await visitor.page.getByText('£25.29 will move from Current account to 🏖️ Holiday.').waitFor();
      await visitor.look('move-confirm');
      assert.equal(inPot(), held);
      await visitor.press('Move £25.29 now');
      await dialogOf(visitor, 'The money has moved');
      await visitor.look('move-done');
      assert.equal(inPot(), held + 2_529);
      await visitor.press('Close');
      await visitor.page.getByRole('dialog').waitFor({ state: 'detached' });
      await visitor.page.getByText('£475.29').first().waitFor();
      assert.deepEqual(visitor.complaints, []);
    });

  it('takes money out as well', limit, async (t) => {
    const { visitor, inPot } = await enter(t);
    await fill(visitor, '10');
    await visitor.page.getByText('Out of the pot').click();
    await visitor.page.getByRole('cell', { name: '£440.00' }).waitFor();
    await visitor.press('Continue');
    await visitor.press('Move £10.00 now');
    await dialogOf(visitor, 'The money has moved');
    assert.equal(inPot(), held - 1_000);
  });

  it('says in the bridge’s own words what stands in the way', limit, async (t) => {
    const { visitor, inPot } = await enter(t);
    await fill(visitor, '1,000');
    await visitor.press('Continue');
    await visitor.page
      .getByRole('alert')
      .getByText(/in digits, such as 12.50/)
      .waitFor();
    await visitor.fill('Amount', '150');
    await visitor.press('Continue');
    await visitor.page.getByRole('alert').getByText(/£?100/).waitFor();
    await visitor.look('move-refused');
    await visitor.fill('Amount', '25');
    await visitor.press('Continue');
    await dialogOf(visitor, 'Move £25.00?');
    assert.equal(inPot(), held);
  });

  it('moves once, however often it is pressed', limit, async (t) => {
    const { stage, visitor, inPot } = await enter(t);
    await fill(visitor, '25');
    await visitor.press('Continue');
    const pressed = Promise.withResolvers<void>();
    stage.faults.add({ kind: 'held', until: pressed.promise, match: isDeposit });
    await visitor.page.getByRole('button', { name: 'Move £25.00 now' }).dblclick();
    pressed.resolve();
    await dialogOf(visitor, 'The money has moved');
    assert.equal(inPot(), held + 2_500);
  });

  it('moves once, also when the page is loaded again meanwhile', limit, async (t) => {
    const { stage, visitor, inPot } = await enter(t);
    await fill(visitor, '25');
    await visitor.press('Continue');
    const shown = Promise.withResolvers<void>();
    stage.faults.add({ kind: 'held', until: shown.promise, match: isDeposit });
    await visitor.press('Move £25.00 now');
    await dialogOf(visitor, 'Moving the money…');
    await visitor.page.reload();
    await dialogOf(visitor, 'The outcome is not known yet');
    await visitor.look('move-interrupted');
    shown.resolve();
    await visitor.press('Ask again');
    await dialogOf(visitor, 'The money has moved');
    assert.equal(inPot(), held + 2_500);
    await visitor.press('Close');
    // A closed dialog has no role any more; that it is gone from the address as well comes a moment later.
    await visitor.page.waitForURL(/#\/overview$/);
    await visitor.page.reload();
    await visitor.sees('Overview');
    assert.equal(await visitor.page.getByRole('dialog').count(), 0);
  });

  for (const [label, problem] of [
    ['a fault of the bridge', { code: 'internal', money_moved: 'unknown', transfer_id: null }],
    ['an answer without a word about the money', { code: 'bad_gateway' }],
  ] as const)
    it(`does not call a move refused after ${label}`, limit, async (t) => {
      const { visitor } = await enter(t);
      await fill(visitor, '25');
      await visitor.press('Continue');
      await dialogOf(visitor, 'Move £25.00?');
      const body = {
        type: 'about:blank',
        title: 'Error',
        status: 500,
        detail: 'Something broke.',
        ...problem,
      };
      await visitor.page.route('**/api/commands/pot_transfer', (route) =>
        route.fulfill({
          status: 500,
          contentType: 'application/problem+json',
          body: JSON.stringify(body),
        }),
      );
      await visitor.press('Move £25.00 now');
      await dialogOf(visitor, 'The outcome is not known yet');
      await visitor.page.unroute('**/api/commands/pot_transfer');
      await visitor.press('Ask again');
      await dialogOf(visitor, 'The money has moved');
    });

  it('says that it is not known when Monzo’s answer is lost, and goes on by itself', limit, async (t) => {
    const { stage, visitor, inPot } = await enter(t);
    await fill(visitor, '25');
    await visitor.press('Continue');
    let isSent = false;
    const firstDeposit = (call: { readonly path: string }) => {
      const strikes = isDeposit(call) && !isSent;
      isSent ||= strikes;
      return strikes;
    };
    const afterwards = ({ path }: { readonly path: string }) =>
      isSent && (isDeposit({ path }) || path === '/transactions');
    stage.faults.add({ kind: 'refused', match: afterwards });
    stage.faults.add({ kind: 'reset_after', match: firstDeposit });
    await visitor.press('Move £25.00 now');
    await visitor.page.getByRole('dialog', { name: 'The outcome is not known yet' }).waitFor();
    await visitor.page.getByText(/Do not repeat it/).waitFor();
    await visitor.look('move-unknown');
    stage.faults.clear();
    // The longer the bank was away, the longer the bridge waits before it asks again.
    await visitor.page.getByRole('dialog', { name: 'The money has moved' }).waitFor({ timeout: 240_000 });
    assert.equal(inPot(), held + 2_500);
  });
});
