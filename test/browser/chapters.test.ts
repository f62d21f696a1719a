import assert from 'node:assert/strict';
import { after, before, describe, it, type TestContext } from 'node:test';
import type { Browser } from 'playwright-core';
import { placesBelow } from '../../web/route.ts';
import { pageWords, placeWords, questions } from '../../web/texts/places.ts';
import { startTestBroker } from '../support/broker.ts';
import { startFakeHomeAssistant } from '../support/fake-home-assistant.ts';
import { post } from '../support/people.ts';
import { launchBrowser } from './chromium.ts';
import { limit } from './patience.ts';
import { createStage, persons, type StageOptions } from './stage.ts';
import { sizes, visit, type Visitor, type VisitorOptions } from './visitor.ts';

/** Each with its address, its name and what it answers. */
const places = (['activity', 'settings'] as const).flatMap((chapter) => [
  { address: chapter, name: pageWords[chapter], question: questions[chapter] },
  ...placesBelow(chapter).map((address) => ({ address, ...placeWords[address] })),
]);
/** What is asked for when a place is opened, and not before. */
const others =
  /\/api\/(rails|home-assistant|optional-entities|sessions|audit|transfers|activity|bank|deliveries|pause)/;
/** What these show was asked for before. */
const isKnownAlready = new Set(['activity', 'activity/health', 'settings', 'settings/people']);
/** So many screens of a phone nobody minds to scroll. */
const mostScreens = 3;

describe('the places of activity and settings', () => {
  let browser: Browser;
  before(async () => {
    browser = await launchBrowser();
  });
  after(() => browser.close());

  const enter = async (t: TestContext, options: VisitorOptions = {}, more: StageOptions = {}) => {
    const stage = await createStage(t, more);
    await stage.connect(persons.alex);
    const visitor = await visit(t, browser, options);
    await visitor.signIn(stage.app().signInLink());
    return { stage, visitor, page: visitor.page };
  };
  /** A household of two, with a broker and Home Assistant. */
  const enterHousehold = async (t: TestContext, options: VisitorOptions) => {
    const fake = await startFakeHomeAssistant();
    t.after(() => fake.stop());
    fake.world.urls = { internal: null, external: null, cloud: null };
    const broker = await startTestBroker();
    t.after(() => broker.stop());
    const settings = {
      MONZO_BRIDGE_MQTT_URL: broker.url,
      MONZO_BRIDGE_HOME_ASSISTANT_URL: fake.url,
      MONZO_BRIDGE_HOME_ASSISTANT_TOKEN: fake.world.token,
    };
    const entered = await enter(t, options, { settings });
    await entered.stage.connect(persons.sam);
    return entered;
  };
  const isAt = ({ page }: Visitor, heading: string) =>
    page.getByRole('heading', { level: 1, name: heading, exact: true }).and(page.locator(':focus')).waitFor();
  const entry = ({ page }: Visitor, name: string) =>
    page.locator('.entries').getByRole('link', { name: new RegExp(`^${name}`) });
  const reads = (visitor: Visitor, name: string, sentence: string | RegExp) =>
    entry(visitor, name).getByText(sentence).waitFor();
  /** The names of what is marked as the current page in a navigation, each with how it is marked. */
  const current = ({ page }: Visitor, navigation: string) =>
    page
      .getByRole('navigation', { name: navigation })
      .locator('a:not([aria-current=false])[aria-current]')
      .evaluateAll((links) =>
        links.map((link) => `${link.textContent.trim()}: ${String(link.getAttribute('aria-current'))}`),
      );

  for (const options of [
    { size: 'phone', scheme: 'dark' },
    { size: 'reader', scheme: 'light' },
    { size: 'laptop', scheme: 'dark' },
    { size: 'wall', scheme: 'light' },
  ] as const)
    it(`open by their addresses, each with its question, ${options.size}`, limit, async (t) => {
      const { visitor, page } = await enterHousehold(t, options);
      for (const { address, name, question } of places) {
        await page.evaluate(`location.hash = '#/${address}'`);
        await isAt(visitor, name);
        await page.locator('main').getByText(question).waitFor();
        await page.getByText('Loading…').first().waitFor({ state: 'detached' });
        await page.locator('.now:empty').first().waitFor({ state: 'detached' });
        await page.locator('main :is(.card, .notice)').first().waitFor();
        await visitor.look(address.replace('/', '-'));
        const height = await page.evaluate<number>('document.documentElement.scrollHeight');
        const most = mostScreens * sizes.phone.height;
        assert.ok(options.size !== 'phone' || height <= most, `${name} is ${height} pixels long`);
      }
      assert.deepEqual(visitor.complaints, []);
    });

  it('are reached and left with the keyboard alone, and say where one is', limit, async (t) => {
    const { visitor, page } = await enter(t, { keyboard: true, size: 'laptop' });
    await visitor.goTo('Settings', 'Limits');
    await isAt(visitor, 'Limits');
    assert.deepEqual(await current(visitor, 'Settings'), ['Limits: page']);
    assert.deepEqual(await current(visitor, 'Pages'), ['Settings: true']);
    await visitor.press('People', 'link');
    await isAt(visitor, 'People');
    assert.deepEqual(await current(visitor, 'Settings'), ['People: page']);
    await page.goBack();
    await isAt(visitor, 'Limits');
    await page.goBack();
    await isAt(visitor, 'Settings');
    assert.deepEqual(await current(visitor, 'Pages'), ['Settings: page']);
  });

  it('lead back on a phone, where the others are not beside them', limit, async (t) => {
    const { visitor, page } = await enter(t, { keyboard: true, size: 'phone' });
    await visitor.goTo('Activity', 'Events');
    const ways = page.getByRole('navigation', { name: 'Activity' }).getByRole('link');
    assert.deepEqual(await ways.allInnerTexts(), ['Activity']);
    await visitor.goTo('Settings', 'People');
    const back = page.getByRole('navigation', { name: 'Settings' }).getByRole('link', { name: 'Settings' });
    await back.focus();
    await page.keyboard.press('Enter');
    await isAt(visitor, 'Settings');
  });

  it('are where the addresses of earlier versions lead', limit, async (t) => {
    const { stage, visitor, page } = await enter(t);
    for (const [address, place, name] of [
      ['people', 'settings/people', 'People'],
      ['people?at=rails', 'settings/limits', 'Limits'],
      ['activity?at=moves', 'activity/moves', 'Money moves'],
    ]) {
      await page.goto('about:blank');
      await page.goto(`${stage.app().uiUrl}/#/${address}`);
      await visitor.sees(String(name));
      assert.equal(new URL(page.url()).hash, `#/${place}`);
    }
  });

  it('tell their state in a sentence before they are opened', limit, async (t) => {
    const { stage, visitor, page } = await enter(t, { size: 'phone' });
    await visitor.goTo('Settings');
    await reads(visitor, 'People', 'Connected: Alex');
    await reads(visitor, 'Limits', 'At most 100 per move, and 300 per day');
    await reads(visitor, 'Actions', 'Needs a token for Home Assistant');
    await reads(visitor, 'Blueprints', '14 blueprints');
    await reads(visitor, 'Signed-in browsers', '1 browser is signed in');
    await visitor.goTo('Activity');
    await reads(visitor, 'Health', 'Everything works');
    await reads(visitor, 'Money moves', 'Money can be moved');
    await stage.ask('commands/pause', post({}));
    await reads(visitor, 'Money moves', 'Moving money is paused');
    stage.bank.evict(persons.alex.clientId, persons.alex.userId);
    await reads(visitor, 'Monzo', 'Needs attention: Login of Alex');
    await visitor.look('activity-wrong');
    await visitor.goTo('Settings');
    await reads(visitor, 'People', 'Needs attention: Alex');
    assert.equal(await page.locator('.entries .bad').count(), 1);
    await visitor.look('settings-wrong');
    assert.deepEqual(visitor.complaints, []);
  });

  it('say why there is nothing to see where the bridge refuses to tell it', limit, async (t) => {
    const { visitor, page } = await enter(t);
    const sentence = 'The database cannot be read. Look at the log.';
    const refusal = { type: 'about:blank', title: 'Error', status: 500, code: 'internal', detail: sentence };
    await page.route(others, (route) =>
      route.fulfill({ status: 500, contentType: 'application/problem+json', body: JSON.stringify(refusal) }),
    );
    for (const { address, name } of places.filter((place) => !isKnownAlready.has(place.address))) {
      await page.evaluate(`location.hash = '#/${address}'`);
      await isAt(visitor, name);
      await page.locator('main').getByRole('alert').getByText(sentence).first().waitFor();
      await page.locator('main').getByText('Loading…').first().waitFor({ state: 'detached' });
      await visitor.look(`refused-${address.replace('/', '-')}`);
    }
    await page.unroute(others);
    for (const { address, name } of places) {
      await page.evaluate(`location.hash = '#/${address}'`);
      await isAt(visitor, name);
      await page.locator('main').getByText(sentence).first().waitFor({ state: 'detached' });
    }
  });

  it('ask for nothing but what they show', limit, async (t) => {
    const { visitor } = await enter(t);
    const asked = () =>
      new Set(visitor.requests.map(({ pathname }) => pathname).filter((path) => others.test(path)));
    await visitor.page.evaluate(`location.hash = '#/settings/people'`);
    await isAt(visitor, 'People');
    await visitor.page.evaluate(`location.hash = '#/activity'`);
    await isAt(visitor, 'Activity');
    await visitor.page.evaluate(`location.hash = '#/settings/limits'`);
    await visitor.page.getByRole('button', { name: 'Save the limits' }).waitFor();
    assert.deepEqual([...asked()], ['/api/rails']);
  });
});
