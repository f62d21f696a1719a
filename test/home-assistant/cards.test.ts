import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Page } from 'playwright-core';
import { seededRandom } from '../../sim/fake-clock.ts';
import { alex, household } from '../../sim/household.ts';
import { systemClock } from '../../src/clock.ts';
import { movesAt } from '../support/money.ts';
import { post } from '../support/people.ts';
import { askApi } from '../support/start-app.ts';
import { tokenOfAnother } from './another-person.ts';
import { startDashboardStage, visitDashboard, type DashboardStage, type VisitOptions } from './dashboard-browser.ts';
import { until } from './tier2-output.ts';

const { holiday, guarded } = alex.pots;
const many = 1_000;
const shop = 'Quagga & Okapi';
const hostile = '<img src=x onerror=alert(1)> ‮{{ states }}';

let stage: DashboardStage;
let potDevice: string;

before(async () => {
  const bank = household({ now: () => systemClock.now(), random: seededRandom(53) });
  for (let index = 0; index < many + 100; index += 1) bank.purchase(alex.current, { amount: 1, merchant: shop });
  bank.purchase(alex.current, { amount: 1_234, merchant: hostile });
  stage = await startDashboardStage({ bank });
  await stage.connect('Alex', alex);
  potDevice = await stage.deviceId(holiday);
  const account = await stage.deviceId(alex.current);
  const entity = await stage.rig.client.mqttEntity(`${holiday}_balance`);
  await stage.addDashboard('card-test', {
    views: [
      {
        title: 'Cards',
        path: 'cards',
        type: 'sections',
        sections: [
          { type: 'grid', cards: [{ type: 'custom:monzo-pots', account }] },
          { type: 'grid', cards: [{ type: 'custom:monzo-transactions', account }] },
          {
            type: 'grid',
            cards: [
              {
                type: 'tile',
                entity: entity?.entity_id,
                features: [{ type: 'custom:monzo-move-money' }],
              },
              { type: 'custom:monzo-pots', pots: [potDevice, 'gone'], title: 'Covered', hide_amounts: true },
            ],
          },
        ],
      },
    ],
  });
});

after(() => stage?.[Symbol.asyncDispose]());

const inPot = () => stage.bank.pot(holiday).balance;
const moves = () => movesAt(stage).length;
const dialog = (page: Page, name: string | RegExp) => page.getByRole('dialog', { name });
const press = (page: Page, name: string | RegExp) => page.getByRole('button', { name, exact: true }).first().click();

async function onCards(options: VisitOptions = {}) {
  const visitor = await visitDashboard(stage, options);
  await visitor.open('card-test/cards');
  return visitor;
}

/** Opens the dialog, and goes on to its question. */
async function ask(page: Page, amount: string, button: string | RegExp = 'Move in: 🏖️ Holiday'): Promise<void> {
  await press(page, button);
  await page.getByLabel('Amount').fill(amount);
  await page.getByLabel('Amount').press('Enter');
}

describe('moving money from a card', () => {
  test('shows before and after, asks, and moves once, however often it is tapped', async () => {
    await using visitor = await onCards();
    const { page } = visitor;
    const [before, made] = [inPot(), moves()];
    await press(page, 'Move in: 🏖️ Holiday');
    await dialog(page, 'Move in: 🏖️ Holiday').waitFor();
    const amount = page.getByLabel('Amount');
    await amount.fill('0.29');
    await page.getByRole('cell', { name: '£450.29' }).waitFor();
    await visitor.look('move-form');
    await visitor.checkBarriers();
    await amount.press('Enter');
    await amount.press('Enter').catch(() => {});
    const confirm = page.getByRole('button', { name: 'Move £0.29 now' });
    await confirm.waitFor();
    assert.equal(inPot(), before);
    await visitor.look('move-confirm');
    await confirm.dblclick();
    await dialog(page, 'The money has moved').waitFor();
    await visitor.look('move-done');
    assert.deepEqual([inPot(), moves()], [before + 29, made + 1]);
    await press(page, 'Close');
    await dialog(page, /./).waitFor({ state: 'detached' });
    assert.match(await page.evaluate<string>(focused), /Move in/);
    assert.deepEqual(visitor.complaints, []);
  });
});

/** The name of the button that has the focus, through all shadow roots. */
const focused = `(() => {
  let element = document.activeElement;
  while (element?.shadowRoot?.activeElement) element = element.shadowRoot.activeElement;
  return element?.getAttribute('aria-label') ?? element?.tagName ?? '';
})()`;
