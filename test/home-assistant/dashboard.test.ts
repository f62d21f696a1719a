import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { z } from 'zod';
import { seededRandom } from '../../sim/fake-clock.ts';
import { alex, household, joint, sam } from '../../sim/household.ts';
import { systemClock } from '../../src/clock.ts';
import { takePicture } from '../support/pictures.ts';
import { askApi } from '../support/start-app.ts';
import { tokenOfAnother } from './another-person.ts';
import {
  shownText,
  sizes,
  startDashboardStage,
  visitDashboard,
  type DashboardStage,
} from './dashboard-browser.ts';
import { until } from './tier2-output.ts';

const strategy = (settings: object = {}) => ({ strategy: { type: 'custom:monzo', ...settings } });
const day = 86_400_000;

let stage: DashboardStage;

before(async () => {
  const bank = household({ now: () => systemClock.now(), random: seededRandom(17) });
  stage = await startDashboardStage({ bank });
  await stage.addDashboard('money-test', strategy());
});

after(() => stage?.[Symbol.asyncDispose]());

test('before anybody is connected it says what to do, to an administrator with a link', async () => {
  await using visitor = await visitDashboard(stage);
  await visitor.open('money-test');
  await visitor.page.getByText('No Monzo login is connected').waitFor();
  const link = visitor.page.getByRole('link', { name: 'Open the bridge’s page' });
  assert.equal(await link.getAttribute('href'), `${stage.app.uiUrl}/`);
  await visitor.look('empty');
});

describe('with two people', () => {
  before(async () => {
    await stage.connect('Alex', alex);
    await stage.connect('Sam', sam);
    await stage.deviceId(sam.pots.bike);
    stage.bank.purchase(alex.current, { amount: 1_234, merchant: 'Blue Door Coffee' });
    stage.bank.purchase(joint.account, { amount: 5_600, merchant: 'Corner Shop' });
    stage.bank.purchase(sam.current, { amount: 899, merchant: '<b>مقهى السلام</b>' });
    for (const account of [alex.current, joint.account, sam.current, alex.euro]) await keepHistory(account);
  });

  for (const size of Object.keys(sizes) as (keyof typeof sizes)[])
    for (const scheme of ['light', 'dark'] as const)
      test(`it draws the whole household without a setting: ${size}, ${scheme}`, async () => {
        await using visitor = await visitDashboard(stage, { size, scheme });
        await visitor.open('money-test');
        const { page } = visitor;
        await page.getByText('Blue Door Coffee').first().waitFor();
        await page.locator('statistics-chart canvas').first().waitFor();
        assert.deepEqual(await headings(visitor), [
          'Alex current account',
          'Joint account',
          'Sam current account',
          'Cashback',
          'Euro account',
          'Flex',
          'Loan',
          'Last 30 days',
        ]);
        await page.getByText('<b>مقهى السلام</b>').first().waitFor();
        await page.getByText('-£12.34').first().waitFor();
        await visitor.look('whole');
        if (size === 'desktop' && scheme === 'light') await takePicture(page, 'dashboard');
        await visitor.checkBarriers();
        assert.equal(await page.evaluate<number>(overflow), 0, 'wider than the screen');
        assert.deepEqual(visitor.complaints, []);
      });

  test('a new pot and another name show at once; another entity id or a hidden entity changes nothing else', async () => {
    await using visitor = await visitDashboard(stage);
    await visitor.open('money-test');
    await visitor.page.getByText('Sam current account').first().waitFor();
    const kite = visitor.page.locator('monzo-pots').getByText('Kite', { exact: true });
    const pot = stage.bank.openPot(sam.current, { name: 'Kite', balance: 0 });
    await kite.waitFor();
    stage.bank.closePot(pot);
    await kite.waitFor({ state: 'detached' });
    const device_id = await stage.deviceId(sam.current);
    await registry('device', { device_id, name_by_user: 'Sam’s spending' });
    await visitor.page.getByText('Sam’s spending').first().waitFor();
    const balance = await entityOf(`${sam.current}_balance`);
    await registry('entity', { entity_id: balance, new_entity_id: 'sensor.what_sam_has' });
    const total = await entityOf(`${sam.current}_total_balance`);
    await registry('entity', { entity_id: total, hidden_by: 'user' });
    await until('it is drawn again', async () => {
      const section = visitor.page.locator('hui-section').filter({ hasText: 'Sam’s spending' }).first();
      const text = await shownText(section);
      return text.includes('£858.21') && !text.includes('Total balance');
    });
    await registry('entity', { entity_id: total, hidden_by: null });
    await registry('entity', { entity_id: 'sensor.what_sam_has', new_entity_id: balance });
    await registry('device', { device_id, name_by_user: null });
    assert.deepEqual(visitor.complaints, []);
  });

  test('it shows the chosen accounts alone, in their order, and says where none of them exists any more', async () => {
    const accounts = await Promise.all([joint.account, alex.current].map((id) => stage.deviceId(id)));
    await stage.addDashboard('money-chosen', strategy({ accounts }));
    await using visitor = await visitDashboard(stage);
    await visitor.open('money-chosen');
    await visitor.page.getByText('Joint account').first().waitFor();
    const [first, second, third] = await headings(visitor);
    assert.deepEqual([first, second, third], ['Joint account', 'Alex current account', 'Last 30 days']);
    await stage.changeDashboard('money-chosen', strategy({ accounts: ['gone'] }));
    await visitor.open('money-chosen');
    await visitor.page.getByText('None of the accounts chosen').waitFor();
  });

  test('amounts stay hidden until they are tapped, and the history has a tab of its own', async () => {
    await stage.addDashboard('money-hidden', strategy({ hide_amounts: true }));
    await using visitor = await visitDashboard(stage, { size: 'tablet' });
    const { page } = visitor;
    await visitor.open('money-hidden');
    await page.getByText('Blue Door Coffee').first().waitFor();
    await visitor.look('hidden');
    assert.doesNotMatch(await shownText(page.locator('hui-view')), /[£€]\s?\d|\d\.\d\d/);
    assert.equal(await page.locator('statistics-chart').count(), 0);
    await page.locator('hui-tile-card').filter({ hasText: 'Balance' }).first().click();
    await page.locator('ha-more-info-dialog').getByText('£1,231.16').first().waitFor();
    await visitor.open('money-hidden/history');
    await page.locator('statistics-chart canvas').first().waitFor();
    assert.deepEqual(visitor.complaints, []);
  });

  test('from right to left, an amount, a kind and a time each stay in one piece', async () => {
    await using visitor = await visitDashboard(stage, { language: 'ar' });
    await visitor.open('money-test');
    const { page } = visitor;
    const last = page.locator('monzo-last-transaction .soft').filter({ hasText: '12.34' });
    const row = page.locator('monzo-transactions li').filter({ hasText: 'Blue Door Coffee' });
    await row.waitFor();
    assert.equal(await page.evaluate('document.documentElement.dir'), 'rtl');
    await visitor.look('rtl');
    for (const [line, count] of [
      [last, 2],
      [row.locator('.soft'), 3],
    ] as const) {
      const pieces = (await line.evaluate(edgesOf)).slice(0, count);
      assert.equal(pieces.length, count);
      // Sorted from the left, each ends before the next one begins.
      const inOrder = pieces.toSorted((one, other) => one.left - other.left);
      for (const [index, { left }] of inOrder.slice(1).entries())
        assert.ok((inOrder[index]?.right ?? Infinity) <= left, JSON.stringify(pieces));
    }
  });

  test('what needs attention is told in sentences, and is gone afterwards', async () => {
    await using visitor = await visitDashboard(stage);
    const { page } = visitor;
    await visitor.open('money-test');
    await page.getByText('Sam current account').first().waitFor();
    const card = page.locator('monzo-attention');
    assert.equal(await card.isVisible(), false);
    const height = async () => (await page.getByText('Alex current account').first().boundingBox())?.y ?? 0;
    const usual = await height();
    await askApi(stage.app, '/api/commands/pause', {
      method: 'POST',
      body: '{}',
      headers: { 'content-type': 'application/json' },
    });
    await card.getByText('Money moves are paused').waitFor();
    stage.bank.lapseApproval(alex.userId);
    const needs = await until('the login needs its person', () => needsOf('Alex') !== null).then(() =>
      needsOf('Alex'),
    );
    await card.getByText(needs ?? assert.fail('nothing')).waitFor();
    const [first] = await card.locator('li').allInnerTexts();
    assert.match(first ?? '', /^Monzo login Alex/);
    await visitor.look('attention');
    await visitor.checkBarriers();
    const other = await tokenOfAnother(stage.rig);
    await using kim = await visitDashboard(stage, { token: other, size: 'phone', scheme: 'dark' });
    await kim.open('money-test');
    await kim.page.locator('monzo-attention').getByText('Money moves are paused').waitFor();
    assert.equal(await kim.page.locator('monzo-attention a').count(), 0, 'who may not enter gets no link');
    await kim.look('attention-member');
    assert.deepEqual(kim.complaints, []);
    stage.bank.approve(alex.userId);
    await askApi(stage.app, '/api/commands/resume', {
      method: 'POST',
      body: '{}',
      headers: { 'content-type': 'application/json' },
    });
    await card.waitFor({ state: 'hidden' });
    assert.equal(await height(), usual, 'it leaves no gap');
  });

  test('it is offered among the community’s dashboards, and its settings have a form', async () => {
    await using visitor = await visitDashboard(stage);
    const { page } = visitor;
    await page.goto(`${stage.rig.homeAssistant.url}/config/lovelace/dashboards`);
    await page.getByText('Add dashboard').first().click();
    await page.getByText('Accounts with pots').waitFor();
    await visitor.look('offered');
    await stage.addDashboard('money-form', strategy());
    await visitor.open('money-form');
    await page.getByRole('button', { name: 'Edit dashboard' }).first().click();
    await page.getByText('Hide amounts until they are tapped').first().waitFor();
    await visitor.look('form');
  });

  for (const [language, text] of [
    ['de-DE', 'Letzte Umsätze'],
    ['he-IL', 'Recent transactions'],
  ] as const)
    test(`it speaks ${language}, or English in its direction`, async () => {
      await using visitor = await visitDashboard(stage, { language, size: 'tablet' });
      await visitor.open('money-test');
      await visitor.page.getByText(text).first().waitFor();
      await visitor.page.getByText('Blue Door Coffee').first().waitFor();
      await visitor.look(`whole-${language}`);
      assert.deepEqual(visitor.complaints, []);
    });

  test('a bridge that stopped is told of', async () => {
    await using visitor = await visitDashboard(stage);
    await visitor.open('money-test');
    await visitor.page.getByText('Sam current account').first().waitFor();
    await stage.app.close();
    await visitor.page.locator('monzo-attention').getByText('The bridge is not running').waitFor();
    assert.equal(await visitor.page.locator('monzo-attention a').count(), 0, 'its page is gone, too');
    await visitor.look('offline');
  });
});

interface Edges {
  readonly left: number;
  readonly right: number;
}

/** What is used of the page's own document; its types are those of a browser. */
interface PageDocument {
  createTreeWalker(root: unknown, what: number): { nextNode(): { readonly data: string } | null };
  createRange(): {
    setStart(node: unknown, at: number): void;
    setEnd(node: unknown, at: number): void;
    getBoundingClientRect(): Edges;
  };
}

/** From where to where the pieces of a line reach that points part, in the order in which they are read. Runs in the page. */
function edgesOf(line: unknown): readonly Edges[] {
  const page = Reflect.get(globalThis, 'document') as PageDocument;
  const texts = page.createTreeWalker(line, 4);
  const found: Edges[] = [];
  for (let text = texts.nextNode(); text; text = texts.nextNode())
    for (const { index, 0: piece } of text.data.matchAll(/[^·\s](?:[^·]*[^·\s])?/g)) {
      const range = page.createRange();
      range.setStart(text, index);
      range.setEnd(text, index + piece.length);
      const { left, right } = range.getBoundingClientRect();
      found.push({ left, right });
    }
  return found;
}

const overflow = 'document.documentElement.scrollWidth - document.documentElement.clientWidth';

async function headings({ page }: Awaited<ReturnType<typeof visitDashboard>>): Promise<readonly string[]> {
  const cards = await page.locator('hui-heading-card').all();
  return Promise.all(cards.map(shownText));
}

function needsOf(name: string): string | null {
  return stage.app.view().logins.find((login) => login.name === name)?.needs ?? null;
}

async function entityOf(uniqueId: string): Promise<string> {
  const entity = await stage.rig.client.mqttEntity(uniqueId);
  return entity?.entity_id ?? assert.fail(`no entity ${uniqueId}`);
}

async function registry(kind: 'device' | 'entity', changes: object): Promise<void> {
  await stage.rig.client.command({ type: `config/${kind}_registry/update`, ...changes }, z.unknown());
}

/** A month of balances, as the recorder would have kept them. */
async function keepHistory(account: string): Promise<void> {
  const unique = `${account}_balance`;
  const { client } = stage.rig;
  const shown = async () => client.state((await client.mqttEntity(unique))?.entity_id ?? '');
  await until(`${unique} has a value`, async () => Number.isFinite(Number((await shown())?.state ?? 'none')));
  const entity = await entityOf(unique);
  const known = await shown();
  const balance = Number(known?.state);
  const today = Math.floor(systemClock.now() / day) * day;
  const stats = Array.from({ length: 30 }, (_, index) => {
    const state = balance + 20 * ((29 - index) % 9);
    return { start: new Date(today - (30 - index) * day).toISOString(), state, sum: state };
  });
  const metadata = {
    mean_type: 0,
    has_sum: true,
    name: null,
    source: 'recorder',
    statistic_id: entity,
    unit_class: null,
    unit_of_measurement: String(known?.attributes['unit_of_measurement']),
  };
  await client.command({ type: 'recorder/import_statistics', metadata, stats }, z.unknown());
}
