import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Page } from 'playwright-core';
import { seededRandom } from '../../sim/fake-clock.ts';
import { alex, household } from '../../sim/household.ts';
import { systemClock } from '../../src/clock.ts';
import { movesAt } from '../support/money.ts';
import { post } from '../support/people.ts';
import { takePicture } from '../support/pictures.ts';
import { askApi } from '../support/start-app.ts';
import { tokenOfAnother } from './another-person.ts';
import {
  startDashboardStage,
  visitDashboard,
  type DashboardStage,
  type VisitOptions,
} from './dashboard-browser.ts';
import { until } from './tier2-output.ts';

const { holiday, guarded } = alex.pots;
const many = 1_000;
const shop = 'Quagga & Okapi';
const hostile = '<img src=x onerror=alert(1)> ‮{{ states }}';

let stage: DashboardStage;
let potDevice: string;

before(async () => {
  const bank = household({ now: () => systemClock.now(), random: seededRandom(53) });
  for (let index = 0; index < many + 100; index += 1)
    bank.purchase(alex.current, { amount: 1, merchant: shop });
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
const press = (page: Page, name: string | RegExp) =>
  page.getByRole('button', { name, exact: true }).first().click();

async function onCards(options: VisitOptions = {}) {
  const visitor = await visitDashboard(stage, options);
  await visitor.open('card-test/cards');
  return visitor;
}

/** Opens the dialog, and goes on to its question. */
async function ask(
  page: Page,
  amount: string,
  button: string | RegExp = 'Move in: 🏖️ Holiday',
): Promise<void> {
  await press(page, button);
  const field = page.getByRole('dialog').getByRole('textbox');
  await field.fill(amount);
  await field.press('Enter');
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
    await visitor.look('move-form');
    await visitor.checkBarriers();
    await amount.focus();
    await page.keyboard.press('Enter');
    await page.keyboard.press('Enter');
    const confirm = page.getByRole('button', { name: 'Move £0.29 now' });
    await confirm.waitFor();
    assert.equal(inPot(), before);
    await page.getByRole('cell', { name: '£450.29' }).waitFor();
    await visitor.look('move-confirm');
    await takePicture(page, 'dashboard-move');
    await confirm.dblclick();
    await dialog(page, 'The money has moved').waitFor();
    await visitor.look('move-done');
    assert.deepEqual([inPot(), moves()], [before + 29, made + 1]);
    await press(page, 'Close');
    await dialog(page, /./).waitFor({ state: 'detached' });
    assert.match(await page.evaluate<string>(focused), /Move in/);
    assert.deepEqual(visitor.complaints, []);
  });

  test('the same move is asked for again where the answer was lost, and is made once', async () => {
    await using visitor = await onCards({ size: 'phone', scheme: 'dark' });
    const { page } = visitor;
    const [before, made] = [inPot(), moves()];
    const lost = Promise.withResolvers<void>();
    stage.faults.add({
      kind: 'held',
      until: lost.promise,
      times: 1,
      match: ({ path }) => path.endsWith('/deposit'),
    });
    await ask(page, '1.50');
    await press(page, 'Move £1.50 now');
    await dialog(page, 'Moving the money…').waitFor();
    await visitor.look('moving');
    await page.evaluate(`document.querySelector('home-assistant').hass.connection.socket.close()`);
    await dialog(page, 'The outcome is not known yet').waitFor();
    await page.getByText('There was no answer. However often you ask').waitFor();
    await visitor.look('lost');
    await visitor.checkBarriers();
    // Also after the page was loaded again, it is the same move.
    await visitor.open('card-test/cards');
    await press(page, 'The outcome is not known yet: 🏖️ Holiday');
    lost.resolve();
    await until('it has arrived', () => moves() === made + 1);
    await press(page, 'Ask again');
    await dialog(page, 'The money has moved').waitFor();
    assert.deepEqual([inPot(), moves()], [before + 150, made + 1]);
    await press(page, 'Close');
    await page.getByRole('button', { name: 'Move in: 🏖️ Holiday' }).first().waitFor();
  });

  test('goes on while the dialog is closed, and says what became of it', async () => {
    await using visitor = await onCards();
    const { page } = visitor;
    const [before, made] = [inPot(), moves()];
    const seen = Promise.withResolvers<void>();
    stage.faults.add({
      kind: 'held',
      until: seen.promise,
      times: 1,
      match: ({ path }) => path.endsWith('/withdraw'),
    });
    await ask(page, '2', 'Move out: 🏖️ Holiday');
    await press(page, 'Move £2.00 now');
    await dialog(page, 'Moving the money…').waitFor();
    await page.keyboard.press('Escape');
    await dialog(page, /./).waitFor({ state: 'detached' });
    seen.resolve();
    await press(page, 'The money has moved: 🏖️ Holiday');
    await dialog(page, 'The money has moved').waitFor();
    assert.deepEqual([inPot(), moves()], [before - 200, made + 1]);
  });

  test('what the bridge refuses is told in its own words, before and after the confirmation', async () => {
    await using visitor = await onCards({ size: 'phone' });
    const { page } = visitor;
    const made = moves();
    await ask(page, '1,50');
    await page.getByText('Write the amount in digits, such as 12.50.').waitFor();
    await page.getByLabel('Amount').fill('100.01');
    await page.getByLabel('Amount').press('Enter');
    await page.getByText('One move may be at most 100.00 GBP.').waitFor();
    await visitor.look('limit');
    await visitor.checkBarriers();
    await press(page, 'Close');
    await ask(page, '1', 'Move out: Do not touch');
    await press(page, 'Move £1.00 now');
    await dialog(page, 'Nothing was moved').waitFor();
    await visitor.look('refused');
    await press(page, 'Back');
    await page.getByLabel('Amount').waitFor();
    assert.equal(moves(), made);
    assert.equal(stage.bank.pot(guarded).balance, 20_000);
  });

  test('an outcome that nobody knows is said to be that, until the bank says what became of it', async () => {
    await using visitor = await onCards({ size: 'tablet' });
    const { page } = visitor;
    const [before, made] = [inPot(), moves()];
    let isSent = false;
    const afterwards = ({ path }: { readonly path: string }) => {
      const wasSent = isSent;
      isSent ||= path.endsWith('/deposit');
      return wasSent;
    };
    stage.faults.add({ kind: 'refused', match: afterwards });
    stage.faults.add({ kind: 'reset_after', times: 1, match: ({ path }) => path.endsWith('/deposit') });
    await ask(page, '3');
    await press(page, 'Move £3.00 now');
    await dialog(page, 'The outcome is not known yet').waitFor();
    await page.getByText(/Monzo has not confirmed this move yet.*this money moves only once/).waitFor();
    await visitor.look('unknown');
    await press(page, 'Close');
    stage.faults.clear();
    await until('the bridge has found out', () =>
      stage.app.view().pots.some(({ id, balance }) => id === holiday && balance === before + 300),
    );
    await press(page, 'The outcome is not known yet: 🏖️ Holiday');
    await press(page, 'Ask again');
    await dialog(page, 'The money has moved').waitFor();
    assert.deepEqual([inPot(), moves()], [before + 300, made + 1]);
  });

  test('while moves are paused the dialog says so, and goes on by itself when they are resumed', async () => {
    await using visitor = await onCards();
    const { page } = visitor;
    await askApi(stage.app, '/api/commands/pause', post({}));
    await press(page, 'Move in: 🏖️ Holiday');
    await page.getByText('Moving money is paused.').waitFor();
    const go = page.getByRole('button', { name: 'Continue' });
    assert.equal(await go.isDisabled(), true);
    await visitor.look('paused');
    await askApi(stage.app, '/api/commands/resume', post({}));
    await page.getByText('Moving money is paused.').waitFor({ state: 'detached' });
    assert.equal(await go.isDisabled(), false);
  });

  test('a tile of a pot’s balance offers it, and no other tile', async () => {
    await using visitor = await onCards();
    const { page } = visitor;
    const tile = page.locator('hui-tile-card');
    await tile.getByRole('button', { name: 'Move out: 🏖️ Holiday' }).click();
    await dialog(page, 'Move out: 🏖️ Holiday').waitFor();
    const goal = await stage.rig.client.mqttEntity(`${holiday}_goal`);
    const balance = await stage.rig.client.mqttEntity(`${holiday}_balance`);
    const ids = [goal?.entity_id, balance?.entity_id, 'sun.sun'];
    assert.deepEqual(
      await page.evaluate<readonly boolean[]>(
        `(() => {
          const { hass } = document.querySelector('home-assistant');
          const feature = window.customCardFeatures.find(({ type }) => type === 'monzo-move-money');
          return ${JSON.stringify(ids)}.map((entity_id) => feature.isSupported(hass, { entity_id }));
        })()`,
      ),
      [false, true, false],
    );
  });
});

describe('the list of transactions', () => {
  test('shows strangers’ text as text, finds by text and kind, and renews itself', async () => {
    await using visitor = await onCards();
    const { page } = visitor;
    const card = page.locator('monzo-transactions');
    const rows = card.getByRole('listitem');
    await card.getByText('<img src=x onerror=alert(1)> �{{ states }}').waitFor();
    stage.bank.purchase(alex.current, { amount: 4_200, merchant: 'Blue Door Coffee' });
    await card.getByText('Blue Door Coffee').waitFor();
    await visitor.look('transactions');
    await visitor.checkBarriers();
    await card.getByRole('searchbox').fill('blue door');
    await card.getByRole('searchbox').press('Enter');
    await until('it is found', async () => (await rows.count()) === 1);
    await card.getByRole('combobox', { name: 'Kind' }).selectOption('Fee');
    await card.getByText('Nothing was found.').waitFor();
    assert.deepEqual(visitor.complaints, []);
  });

  test('shows a thousand rows, page by page, and no more', async () => {
    await using visitor = await onCards({ size: 'phone' });
    const { page } = visitor;
    const card = page.locator('monzo-transactions');
    const rows = card.getByRole('listitem');
    const more = card.getByRole('button', { name: 'Show more' });
    await more.waitFor();
    for (let count = await rows.count(); count < many; count = await rows.count()) {
      // A page that a busy machine has not brought in time is asked for again, as a person would. After the last one there is
      // no button to wait for.
      await until('there are more', async () => {
        if ((await rows.count()) === count) await more.click({ timeout: 1_000 });
        return (await rows.count()) > count;
      });
    }
    assert.equal(await rows.count(), many);
    await card.getByText('No more are shown here: search for them.').waitFor();
    assert.equal(await more.count(), 0);
    console.log(`drawing 1,000 rows again takes ${await page.evaluate<number>(redrawn)} ms`);
    // Something new comes first, and nobody is thrown to the beginning.
    stage.bank.purchase(alex.current, { amount: 777, merchant: 'Night Bus' });
    await card.getByText('Night Bus').waitFor();
    assert.equal(await rows.count(), many);
  });
});

describe('somebody who is no administrator', () => {
  test('is told why there are no transactions, and why no money may be moved', async () => {
    await using visitor = await onCards({ token: await tokenOfAnother(stage.rig), size: 'phone' });
    const { page } = visitor;
    const made = moves();
    await page.getByText('Only administrators of Home Assistant and automations may read balances').waitFor();
    await page.getByText('An administrator', { exact: false }).first().waitFor();
    await press(page, 'Move in: 🏖️ Holiday');
    await page.getByText('Only administrators may move money, unless the bridge is set').waitFor();
    await visitor.look('member');
    await page.getByLabel('Amount').fill('1');
    await page.getByLabel('Amount').press('Enter');
    await page.getByText(/Only administrators of Home Assistant and automations may move money/).waitFor();
    assert.equal(moves(), made);
    await visitor.checkBarriers();
    assert.deepEqual(visitor.complaints, []);
  });
});

describe('the cards', () => {
  for (const scheme of ['light', 'dark'] as const)
    for (const size of ['phone', 'tablet', 'desktop'] as const)
      test(`look well, ${size}, ${scheme}`, async () => {
        await using visitor = await onCards({ size, scheme });
        await visitor.page.getByText('Blue Door Coffee').waitFor();
        await visitor.look('cards');
        await visitor.checkBarriers();
      });

  test('read from right to left, and in German', async () => {
    {
      await using visitor = await onCards({ size: 'phone', language: 'he-IL' });
      await visitor.page.locator('monzo-transactions li').first().waitFor();
      assert.equal(await visitor.page.evaluate('document.documentElement.dir'), 'rtl');
      await visitor.look('rtl');
      await press(visitor.page, 'Move in: 🏖️ Holiday');
      await dialog(visitor.page, /Holiday/).waitFor();
      const direction = `getComputedStyle(document.querySelector('monzo-move-dialog')).direction`;
      assert.equal(await visitor.page.evaluate(direction), 'rtl');
      await visitor.look('rtl-move');
    }
    await using visitor = await onCards({ size: 'phone', language: 'de-DE' });
    await ask(visitor.page, '1,50', 'Einzahlen: 🏖️ Holiday');
    await visitor.page.getByRole('button', { name: 'Jetzt 1,50 £ bewegen' }).waitFor();
    await visitor.look('german');
  });

  test('hide amounts until they are tapped', async () => {
    await using visitor = await onCards();
    const card = visitor.page.locator('monzo-pots').last();
    await card.getByText('•••').first().click();
    await card.getByText('£1,500.00').waitFor();
    await card.getByRole('button', { name: 'Hide' }).click();
    await card.getByText('•••').first().waitFor();
    await card.getByText('This pot is gone, or its device is disabled.').waitFor();
  });

  test('have forms for their settings, and say what is wrong in YAML', async () => {
    await using visitor = await onCards();
    const forms = await visitor.page.evaluate<Record<string, readonly string[]>>(
      `Object.fromEntries(['monzo-pots', 'monzo-transactions'].map((tag) => [tag,
        customElements.get(tag).getConfigForm().schema.map((field) => customElements.get(tag).getConfigForm().computeLabel(field))]))`,
    );
    assert.deepEqual(forms, {
      'monzo-pots': ['Title', 'Account', 'Pots', 'Hide amounts until they are tapped'],
      'monzo-transactions': ['Title', 'Account', 'Hide amounts until they are tapped'],
    });
    const wrong = `document.createElement('monzo-pots').setConfig({ type: 'custom:monzo-pots', pots: 'Holiday' })`;
    await assert.rejects(visitor.page.evaluate(wrong), /“pots” must be a list of device ids\./);
    await stage.addDashboard('card-wrong', {
      views: [{ cards: [{ type: 'custom:monzo-pots', account: 7 }] }],
    });
    await visitor.open('card-wrong');
    await visitor.page.locator('hui-error-card').waitFor();
  });
});

/** How long it takes to draw the same rows once more, in milliseconds. */
const redrawn = `(async () => {
  const find = (root) => root.querySelector('monzo-transactions') ??
    [...root.querySelectorAll('*')].map((one) => one.shadowRoot && find(one.shadowRoot)).find(Boolean);
  const card = find(document);
  const began = performance.now();
  card.requestUpdate();
  await new Promise((drawn) => requestAnimationFrame(drawn));
  return Math.round(performance.now() - began);
})()`;

/** The name of the button that has the focus, through all shadow roots. */
const focused = `(() => {
  let element = document.activeElement;
  while (element?.shadowRoot?.activeElement) element = element.shadowRoot.activeElement;
  return element?.getAttribute('aria-label') ?? element?.tagName ?? '';
})()`;
