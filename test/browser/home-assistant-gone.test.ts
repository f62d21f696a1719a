import assert from 'node:assert/strict';
import { after, before, describe, it, type TestContext } from 'node:test';
import type { Browser } from 'playwright-core';
import { alex as names } from '../../sim/household.ts';
import { startTestBroker } from '../support/broker.ts';
import { createHome } from '../support/home.ts';
import { until } from '../support/until.ts';
import { launchBrowser } from './chromium.ts';
import { limit } from './patience.ts';
import { createStage, persons } from './stage.ts';
import { visit, type VisitorOptions } from './visitor.ts';

describe('events that are kept for Home Assistant', () => {
  let browser: Browser;
  before(async () => {
    browser = await launchBrowser();
  });
  after(() => browser.close());

  /** Home Assistant was there, heard of one purchase, and went away; another purchase is kept for it. */
  const enter = async (t: TestContext, options: VisitorOptions = {}) => {
    const broker = await startTestBroker();
    t.after(() => broker[Symbol.asyncDispose]());
    const home = createHome(broker);
    t.after(() => home[Symbol.asyncDispose]());
    const stage = await createStage(t, { settings: { MONZO_BRIDGE_MQTT_URL: broker.url } });
    await stage.connect(persons.alex);
    await home.come();
    stage.bank.purchase(names.current, { amount: 725, merchant: 'Blue Door Coffee' });
    await until('Home Assistant heard of the first', () => home.heard.length === 1);
    await home.vanish();
    const visitor = await visit(t, browser, options);
    await visitor.signIn(stage.app().signInLink());
    await visitor.page.goto(`${stage.app().uiUrl}/#/activity/events`);
    await visitor.sees('Events');
    stage.bank.purchase(names.current, { amount: 3_050, merchant: 'Corner Shop' });
    const rows = visitor.page.getByRole('region', { name: 'Events' }).getByRole('listitem');
    const newest = rows.first();
    await newest.getByText('Corner Shop').waitFor();
    await newest.getByText('MQTT: waiting').waitFor();
    await visitor.page
      .getByText(/events are kept until it is back/)
      .first()
      .waitFor();
    const sent = () =>
      broker.seen
        .filter(({ topic }) => topic.endsWith('/transaction'))
        .map(
          ({ payload }) =>
            (JSON.parse(payload) as { data: { merchant: { name: string } } }).data.merchant.name,
        );
    return { broker, stage, home, visitor, newest, sent };
  };

  it('go on as soon as a person says that it is gone', limit, async (t) => {
    const { stage, visitor, newest, sent } = await enter(t, { keyboard: true });
    assert.equal(sent().includes('Corner Shop'), false);
    await visitor.look('held');
    await visitor.press('Home Assistant is gone for good');
    await newest.getByText('MQTT: delivered').waitFor();
    assert.deepEqual(sent(), ['Blue Door Coffee', 'Corner Shop']);
    await visitor.page
      .getByRole('button', { name: 'Home Assistant is gone for good' })
      .waitFor({ state: 'detached' });
    stage.bank.purchase(names.current, { amount: 180, merchant: 'Green Grocer' });
    await newest.getByText('Green Grocer').waitFor();
    await newest.getByText('MQTT: delivered').waitFor();
    await visitor.look('no-longer-held');
    assert.deepEqual(visitor.complaints, []);
  });

  it('wait on as long as nobody says so, and go to it when it is back', limit, async (t) => {
    const { home, visitor, newest, sent } = await enter(t, { size: 'phone', scheme: 'dark' });
    await visitor.look('held');
    await home.come();
    await newest.getByText('MQTT: delivered').waitFor();
    await until('Home Assistant heard of the second', () => home.heard.length >= 2);
    assert.ok(sent().includes('Corner Shop'));
    await visitor.page
      .getByRole('button', { name: 'Home Assistant is gone for good' })
      .waitFor({ state: 'detached' });
  });

  it('are kept again once it was back and went away another time', limit, async (t) => {
    const { broker, stage, home, visitor, newest, sent } = await enter(t);
    await visitor.press('Home Assistant is gone for good');
    await newest.getByText('MQTT: delivered').waitFor();
    await home.come();
    await until('its birth is heard', () => broker.payloads('homeassistant/status').at(-1) === 'online');
    await home.vanish();
    stage.bank.purchase(names.current, { amount: 180, merchant: 'Green Grocer' });
    await newest.getByText('Green Grocer').waitFor();
    await newest.getByText('MQTT: waiting').waitFor();
    await visitor.page.getByRole('button', { name: 'Home Assistant is gone for good' }).waitFor();
    assert.equal(sent().includes('Green Grocer'), false);
  });
});
