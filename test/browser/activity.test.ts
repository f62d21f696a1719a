import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, it, type TestContext } from 'node:test';
import type { Browser } from 'playwright-core';
import { alex as names } from '../../sim/household.ts';
import { startScriptedBroker } from '../support/scripted-broker.ts';
import { post } from '../support/people.ts';
import { freePort } from '../support/port.ts';
import { askApi } from '../support/start-app.ts';
import { launchBrowser } from './chromium.ts';
import { limit } from './patience.ts';
import { createStage, persons, type Stage } from './stage.ts';
import { visit, type Visitor, type VisitorOptions } from './visitor.ts';

const payloadInvalid = 0x99;

describe('the activity', () => {
  let browser: Browser;
  before(async () => {
    browser = await launchBrowser();
  });
  after(() => browser.close());

  /** A broker that will not take one shop's events, as long as it is told so. */
  const enter = async (
    t: TestContext,
    place: 'Events' | 'Health' | 'Monzo' | 'Money moves',
    { settings, ...options }: VisitorOptions & { readonly settings?: Readonly<Record<string, string>> } = {},
  ) => {
    const refusal = { code: 0 };
    const broker = await startScriptedBroker({
      reasonCode: 0,
      acknowledge: (topic) => (topic.endsWith('/transaction') ? refusal.code : 0),
    });
    t.after(() => broker[Symbol.asyncDispose]());
    const stage = await createStage(t, { settings: { MONZO_BRIDGE_MQTT_URL: broker.url, ...settings } });
    await stage.connect(persons.alex);
    const visitor = await visit(t, browser, options);
    await visitor.signIn(stage.app().signInLink());
    await visitor.goTo('Activity', place);
    return { stage, visitor, refusal };
  };
  const shows = ({ page }: Visitor, words: string | RegExp) => page.getByText(words).first().waitFor();

  for (const options of [
    { size: 'desktop', scheme: 'light' },
    { size: 'tablet', scheme: 'dark' },
    { size: 'phone', scheme: 'dark' },
  ] as const)
    it(`shows every event’s way, ${options.size} and ${options.scheme}`, limit, async (t) => {
      const { stage, visitor, refusal } = await enter(t, 'Events', options);
      stage.bank.purchase(names.current, { amount: 725, merchant: 'Blue Door Coffee' });
      await shows(visitor, 'MQTT: delivered');
      refusal.code = payloadInvalid;
      stage.bank.purchase(names.current, { amount: 3_050, merchant: 'Corner Shop' });
      await shows(visitor, 'MQTT: refused, put aside');
      await visitor.look('activity');
      assert.deepEqual(visitor.complaints, []);
    });

  it('sends what was put aside once more', limit, async (t) => {
    const { stage, visitor, refusal } = await enter(t, 'Events', { keyboard: true });
    refusal.code = payloadInvalid;
    stage.bank.purchase(names.current, { amount: 3_050, merchant: 'Corner Shop' });
    await shows(visitor, '1 put aside');
    refusal.code = 0;
    await visitor.press('Try again');
    await visitor.page.getByText('1 put aside').waitFor({ state: 'detached' });
    await shows(visitor, 'MQTT: delivered');
  });

  it('looks at everything when asked to, in order', limit, async (t) => {
    const { visitor } = await enter(t, 'Health', { keyboard: true });
    await visitor.press('Check everything');
    await shows(visitor, 'What was found');
    const names = await visitor.page.locator('ol.parts .part').allTextContents();
    assert.deepEqual(names.slice(0, 3), ['Settings', 'Data directory', 'Admin token']);
    assert.ok(names.includes('Login of Alex'), names.join());
    assert.equal(names.at(-1), 'Limits on money moves');
    assert.deepEqual(visitor.complaints, []);
  });

  it('tests the address that Monzo calls', limit, async (t) => {
    const port = String(await freePort());
    const { visitor } = await enter(t, 'Monzo', {
      keyboard: true,
      settings: { MONZO_BRIDGE_PUBLIC_PORT: port, MONZO_BRIDGE_PUBLIC_URL: `http://127.0.0.1:${port}` },
    });
    await visitor.press('Test the address');
    await shows(visitor, /A call to 127\.0\.0\.1:\d+ reached the bridge/);
    // The button still has the focus. Before the picture, which takes a busy machine as long as a moment lasts.
    await visitor.page.keyboard.press('Enter');
    await shows(visitor, /was tested a moment ago/);
    await visitor.look('activity-address');
    assert.deepEqual(visitor.complaints, []);
  });

  it('gives diagnostics to take along, and they name nobody', limit, async (t) => {
    const { visitor } = await enter(t, 'Health');
    const waiting = visitor.page.waitForEvent('download');
    await visitor.page.getByRole('link', { name: 'Download diagnostics' }).click();
    const download = await waiting;
    assert.equal(download.suggestedFilename(), 'monzo-bridge-diagnostics.json');
    const content = readFileSync(await download.path(), 'utf8');
    assert.ok(Array.isArray((JSON.parse(content) as { readonly health: unknown }).health));
    for (const secret of ['Alex', names.current, names.pots.holiday, '1243.5', '124350'])
      assert.equal(content.includes(secret), false, secret);
  });

  it('pauses every move, lets them go on, and keeps who asked for what', limit, async (t) => {
    const { stage, visitor } = await enter(t, 'Money moves');
    await visitor.press('Pause all moves');
    await shows(visitor, /Moving money is paused/);
    const paused = await asked(stage);
    assert.equal(paused.status, 409);
    await visitor.page.goto(`${stage.app().uiUrl}/#/overview`);
    await visitor.sees('Overview');
    await visitor.goTo('Activity', 'Money moves');
    await visitor.press('Resume moves');
    await shows(visitor, /Money can be moved/);
    const moved = await asked(stage);
    assert.equal(moved.status, 200);
    await visitor.page.reload();
    await shows(visitor, '£12.00 into 🏖️ Holiday');
    await visitor.look('activity-moves');
    assert.deepEqual(visitor.complaints, []);
  });

  const asked = (stage: Stage) =>
    askApi(
      stage.app(),
      '/api/commands/pot_transfer',
      post({ pot: names.pots.holiday, transfer_type: 'deposit', amount: '12' }),
    );
});
