import assert from 'node:assert/strict';
import { after, before, describe, it, type TestContext } from 'node:test';
import type { Browser } from 'playwright-core';
import { parse } from 'yaml';
import { startTestBroker } from '../support/broker.ts';
import { startFakeHomeAssistant } from '../support/fake-home-assistant.ts';
import { until } from '../support/until.ts';
import { launchBrowser } from './chromium.ts';
import { limit } from './patience.ts';
import { createStage, persons } from './stage.ts';
import { visit } from './visitor.ts';

const everyone = 'Everyone in this Home Assistant may read';

describe('the actions in Home Assistant, on the page', () => {
  let browser: Browser;
  before(async () => {
    browser = await launchBrowser();
  });
  after(() => browser.close());

  const enter = async (
    t: TestContext,
    options: { readonly scheme?: 'dark'; readonly size?: 'phone' } = {},
  ) => {
    const fake = await startFakeHomeAssistant();
    t.after(() => fake.stop());
    const settings = {
      MONZO_BRIDGE_HOME_ASSISTANT_URL: fake.url,
      MONZO_BRIDGE_HOME_ASSISTANT_TOKEN: fake.world.token,
    };
    const stage = await createStage(t, { settings });
    await stage.connect(persons.alex);
    const visitor = await visit(t, browser, options);
    await visitor.signIn(stage.app().signInLink());
    await visitor.goTo('Settings', 'Actions in Home Assistant');
    return { fake, visitor };
  };

  it('a person reads what would be written, agrees, sees them ready, and takes it back', limit, async (t) => {
    const { fake, visitor } = await enter(t);
    await visitor.page.getByText('comments in that file are lost').waitFor();
    await visitor.look('actions-asked');
    assert.equal(fake.world.scripts.file.size, 0);
    await visitor.press('Create the actions');
    await visitor.page.getByText('script.monzo_refresh').waitFor();
    await visitor.page.getByText('Ready').first().waitFor();
    await visitor.look('actions-ready');
    assert.ok(fake.world.scripts.file.has('monzo_refresh'));
    await visitor.page.getByLabel(everyone).check();
    await visitor.page.reload();
    await visitor.page.getByLabel(everyone).and(visitor.page.locator(':checked')).waitFor();
    await visitor.press('Remove the actions');
    await visitor.press('Create the actions');
    await visitor.page.getByText('Ready').first().waitFor();
    assert.deepEqual(visitor.complaints, []);
  });

  it('who declines can copy them, on a phone in the dark', limit, async (t) => {
    const { fake, visitor } = await enter(t, { scheme: 'dark', size: 'phone' });
    await visitor.press('Do not create them');
    await visitor.page.getByText('You chose not to create them').waitFor();
    await visitor.page.getByText('Add them to scripts.yaml yourself').click();
    await visitor.press('Copy the scripts');
    const copied = await visitor.page.evaluate<string>('navigator.clipboard.readText()');
    assert.ok(Object.keys(parse(copied) as object).includes('monzo_refresh'));
    await visitor.page.getByLabel(everyone).waitFor();
    await visitor.look('actions-by-hand');
    assert.equal(fake.world.scripts.file.size, 0);
  });

  it('a script of one’s own in the way is told; a changed one can be replaced', limit, async (t) => {
    const { fake, visitor } = await enter(t);
    const own = { alias: 'My own' };
    fake.world.scripts.file.set('monzo_annotate', own);
    await visitor.press('Create the actions');
    await visitor.page.getByText('Name taken').waitFor();
    await visitor.page.getByText('is not the bridge’s, so this action is not created').first().waitFor();
    const ours = fake.world.scripts.file.get('monzo_refresh') as object;
    fake.world.scripts.file.set('monzo_refresh', { ...ours, alias: 'Changed' });
    await visitor.press('Remove the actions');
    await visitor.press('Create the actions');
    await visitor.page.getByText('Changed by you').waitFor();
    await visitor.look('actions-in-the-way');
    await visitor.press(/^Replace$/);
    await visitor.page.getByText('Changed by you').waitFor({ state: 'hidden' });
    assert.deepEqual(fake.world.scripts.file.get('monzo_refresh'), ours);
    assert.equal(fake.world.scripts.file.get('monzo_annotate'), own);
  });

  it('a device that was deleted in Home Assistant is brought back from the page', limit, async (t) => {
    const broker = await startTestBroker();
    t.after(() => broker.stop());
    const stage = await createStage(t, { settings: { MONZO_BRIDGE_MQTT_URL: broker.url } });
    await stage.connect(persons.alex);
    const topic = `homeassistant/device/monzo_${persons.alex.current}/config`;
    await until('the account is announced', () => broker.retained(topic) !== undefined);
    await broker.publish(topic, '', true);
    const visitor = await visit(t, browser);
    await visitor.signIn(stage.app().signInLink());
    await visitor.goTo('Settings', 'Devices and entities in Home Assistant');
    await visitor.page.getByRole('heading', { name: 'Deleted devices' }).waitFor();
    await visitor.look('deleted-devices');
    await visitor.press(/^Bring back/);
    await until('it is announced again', () => broker.retained(topic) !== undefined);
    await visitor.page.getByRole('heading', { name: 'Deleted devices' }).waitFor({ state: 'detached' });
    assert.deepEqual(visitor.complaints, []);
  });
});
