import assert from 'node:assert/strict';
import { after, before, describe, it, type TestContext } from 'node:test';
import type { Browser } from 'playwright-core';
import { alex as names } from '../../sim/household.ts';
import { isList, isMove, onceSent } from '../support/money.ts';
import { post } from '../support/people.ts';
import { until } from '../support/until.ts';
import { launchBrowser } from './chromium.ts';
import { limit } from './patience.ts';
import { createStage, persons, type Stage } from './stage.ts';
import { visit, type Visitor, type VisitorOptions } from './visitor.ts';

const quarterOfAnHour = 15 * 60_000;
const inPot = 45_000;

describe('a move whose outcome only a person can tell', () => {
  let browser: Browser;
  before(async () => {
    browser = await launchBrowser();
  });
  after(() => browser.close());

  const list = async (stage: Stage, path: string) =>
    (await stage.ask(path))['items'] as readonly Readonly<Record<string, unknown>>[];

  /** The answer to a deposit of 25 pounds is lost, before or after it took place, and afterwards no list can be had. */
  const enter = async (
    t: TestContext,
    lost: 'reset_before' | 'reset_after',
    options: VisitorOptions = {},
  ) => {
    const stage = await createStage(t);
    await stage.connect(persons.alex);
    stage.faults.add({ kind: lost, match: isMove });
    stage.faults.add({ kind: 'status', status: 500, match: onceSent(stage, isList) });
    const order = { pot: names.pots.holiday, transfer_type: 'deposit', amount: '25', request_id: 'once' };
    const asked = stage.ask('commands/pot_transfer', post(order)).catch(() => null);
    const [first] = await transfersThat(stage, 'open');
    const visitor = await visit(t, browser, options);
    await toActivity(stage, visitor);
    await visitor.page.getByText('Not known yet').waitFor();
    assert.equal(await visitor.page.getByRole('button', { name: 'It moved' }).count(), 0);
    await visitor.look('move-open');
    await stage.restart(quarterOfAnHour + 60_000);
    await asked;
    await transfersThat(stage, 'unresolved');
    await toActivity(stage, visitor);
    return { stage, visitor, id: String(first?.['id']) };
  };
  const transfersThat = async (stage: Stage, state: string) => {
    const transfers = () => list(stage, `transfers?state=${state}`);
    await until(`a transfer is ${state}`, async () =>
      (await transfers()).some(({ sends }) => Number(sends) > 0),
    );
    return transfers();
  };
  const toActivity = async (stage: Stage, visitor: Visitor) => {
    await visitor.signIn(stage.app().signInLink());
    await visitor.page.goto(`${stage.app().uiUrl}/#/activity/moves`);
    await visitor.sees('Money moves');
  };
  const decide = async (visitor: Visitor, word: 'It moved' | 'It did not move') => {
    const { page } = visitor;
    const question = page.getByRole('dialog');
    await page
      .getByText(/could not find out from Monzo whether this move took place/)
      .first()
      .waitFor();
    await visitor.press(word);
    await question.getByText(/cannot be undone/).waitFor();
    await visitor.look('move-decide');
    await question.getByRole('button', { name: 'Cancel' }).click();
    await question.waitFor({ state: 'detached' });
    await page.getByRole('button', { name: word }).click();
    await question.getByRole('button', { name: word, exact: true }).click();
  };
  const newestRow = async (stage: Stage) => (await list(stage, 'audit?limit=1'))[0];

  it('moved, says the person, and that is what it is', limit, async (t) => {
    const { stage, visitor, id } = await enter(t, 'reset_after', { keyboard: true });
    await decide(visitor, 'It moved');
    const told = 'A person checked and recorded that the money moved.';
    await visitor.page.getByRole('status').getByText(`£25.00 into 🏖️ Holiday: ${told}`).waitFor();
    await visitor.page.getByRole('button', { name: 'It moved' }).waitFor({ state: 'detached' });
    const row = visitor.page.getByRole('region', { name: 'Audit' }).getByRole('listitem').first();
    await row.getByText('Outcome recorded: £25.00 into 🏖️ Holiday').waitFor();
    await row.getByText('This page').waitFor();
    await row.getByText(told).waitFor();
    await visitor.look('move-decided');
    const audited = await newestRow(stage);
    assert.deepEqual(
      [audited?.['action'], audited?.['decision'], audited?.['door'], audited?.['transfer_id']],
      ['decide_transfer', 'moved', 'page', id],
    );
    stage.faults.clear();
    await visitor.page.getByRole('link', { name: 'Monzo’s transaction' }).click();
    await visitor.page.getByRole('dialog').getByText('−£25.00').waitFor();
    assert.equal(stage.bank.pot(names.pots.holiday).balance, inPot + 2_500);
    assert.deepEqual(visitor.complaints, []);
  });

  it('did not move, says the person, and nothing is moved after all', limit, async (t) => {
    const { stage, visitor, id } = await enter(t, 'reset_before', { size: 'phone', scheme: 'dark' });
    await decide(visitor, 'It did not move');
    const told = 'A person checked and recorded that the money did not move.';
    await visitor.page.getByRole('status').getByText(`£25.00 into 🏖️ Holiday: ${told}`).waitFor();
    await visitor.page.getByRole('listitem').getByText(told).waitFor();
    const audited = await newestRow(stage);
    assert.deepEqual(
      [audited?.['action'], audited?.['decision'], audited?.['door'], audited?.['transfer_id']],
      ['decide_transfer', 'not_moved', 'page', id],
    );
    await visitor.look('move-decided');
    assert.deepEqual(await list(stage, 'transfers?state=unresolved'), []);
    assert.equal(stage.bank.pot(names.pots.holiday).balance, inPot);
    assert.deepEqual(visitor.complaints, []);
  });

  it('shows the transaction that could be the move, which leads to its details', limit, async (t) => {
    const stage = await createStage(t);
    await stage.connect(persons.alex);
    stage.bank.turn({ externalId: 'absent' });
    stage.faults.add({ kind: 'reset_after', match: isMove });
    const order = { pot: names.pots.holiday, transfer_type: 'deposit', amount: '25', request_id: 'once' };
    const asked = stage.ask('commands/pot_transfer', post(order)).catch(() => null);
    await transfersThat(stage, 'open');
    // So late that the second look after the start decides.
    await stage.restart(quarterOfAnHour + 15_000);
    await asked;
    await transfersThat(stage, 'unresolved');
    const visitor = await visit(t, browser, { size: 'phone' });
    await toActivity(stage, visitor);
    await visitor.page
      .getByText(/One transaction could be it: 25\.00 GBP into the pot/)
      .first()
      .waitFor();
    await visitor.look('move-fitting');
    await visitor.page.getByRole('link', { name: /−£25\.00, / }).click();
    await visitor.page.getByRole('dialog').getByText('−£25.00').waitFor();
    assert.deepEqual(visitor.complaints, []);
  });
});
