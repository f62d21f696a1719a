import assert from 'node:assert/strict';
import { after, before, describe, it, type TestContext } from 'node:test';
import type { Browser } from 'playwright-core';
import { startFakeHomeAssistant, type FakeHomeAssistant } from '../support/fake-home-assistant.ts';
import { until } from '../support/until.ts';
import { launchBrowser } from './chromium.ts';
import { limit } from './patience.ts';
import { createStage, persons } from './stage.ts';
import { visit, type VisitorOptions } from './visitor.ts';

interface Options extends VisitorOptions {
  readonly prepare?: (fake: FakeHomeAssistant) => void;
  /** False: the bridge has no token for it. */
  readonly isKnown?: boolean;
}

const place = 'monzo-bridge/reward.yaml';

describe('the blueprints in Home Assistant, on the page', () => {
  let browser: Browser;
  before(async () => {
    browser = await launchBrowser();
  });
  after(() => browser.close());

  const enter = async (t: TestContext, { prepare, isKnown = true, ...options }: Options = {}) => {
    const fake = await startFakeHomeAssistant();
    t.after(() => fake.stop());
    prepare?.(fake);
    const settings = {
      MONZO_BRIDGE_HOME_ASSISTANT_URL: fake.url,
      MONZO_BRIDGE_HOME_ASSISTANT_TOKEN: fake.world.token,
    };
    const stage = await createStage(t, isKnown ? { settings } : {});
    await stage.connect(persons.alex);
    const visitor = await visit(t, browser, options);
    await visitor.signIn(stage.app().signInLink());
    await visitor.goTo('Settings', 'Blueprints in Home Assistant');
    const card = visitor.page.locator('mb-installed-blueprints');
    return { fake, visitor, card, there: fake.world.blueprints };
  };

  it('a person installs all and removes one, with the keyboard alone', limit, async (t) => {
    const { visitor, card, there } = await enter(t, { keyboard: true });
    await card.getByText('0 of 14 blueprints installed').waitFor();
    assert.deepEqual(there.writes, []);
    await visitor.press('Install all');
    await card.getByText('14 of 14 blueprints installed').waitFor();
    assert.equal(there.files.size, 14);
    await card.locator('summary').focus();
    await visitor.page.keyboard.press('Enter');
    await card.getByText('Low balance alert').waitFor();
    await visitor.page.setViewportSize({ width: 1440, height: 900 });
    await visitor.look('blueprints-installed');
    await visitor.press('Remove: Low balance alert');
    await card.getByText('13 of 14 blueprints installed').waitFor();
    await visitor.press('Install: Low balance alert');
    await card.getByText('14 of 14 blueprints installed').waitFor();
    assert.deepEqual(visitor.complaints, []);
  });

  it('one that was changed is told, and replaced only after a second question', limit, async (t) => {
    const { visitor, card, there } = await enter(t, { scheme: 'dark', size: 'phone' });
    await visitor.press('Install all');
    await card.getByText('14 of 14 blueprints installed').waitFor();
    there.edit(place, (file) => ({ ...file, max: 77 }));
    there.reload();
    await visitor.page.reload();
    await card.getByText('14 of 14 blueprints installed, 1 to look at').click();
    await card.getByText('no longer as the bridge wrote it').waitFor();
    const title = String(
      await card.locator('li', { hasText: 'no longer as' }).locator('strong').textContent(),
    );
    await visitor.press(`Replace with ours: ${title}`);
    await card.getByText('is lost, with any changes you made').waitFor();
    await visitor.look('blueprints-changed');
    await visitor.press(`Cancel: ${title}`);
    assert.equal(there.files.get(place)?.['max'], 77);
    await visitor.press(`Replace with ours: ${title}`);
    await visitor.press(`Replace it: ${title}`);
    await until('it is replaced', () => there.files.get(place)?.['max'] !== 77);
    await card.getByText('no longer as the bridge wrote it').waitFor({ state: 'detached' });
    assert.deepEqual(visitor.complaints, []);
  });

  it('one that an automation uses stays, and the page says which', limit, async (t) => {
    const { visitor, card, there } = await enter(t);
    await visitor.press('Install all');
    await card.getByText('14 of 14 blueprints installed').waitFor();
    there.automations.set('automation.rent', {
      alias: 'Rent <b>warning</b>',
      path: 'monzo-bridge/low_balance.yaml',
    });
    await visitor.page.reload();
    await card.getByText('14 of 14 blueprints installed').click();
    await card.getByText('Used by Rent <b>warning</b>').waitFor();
    await visitor.press('Remove: Low balance alert');
    await visitor.page.getByText('“Low balance alert” by Rent <b>warning</b>.').waitFor();
    await visitor.look('blueprints-in-use');
    assert.equal(there.files.size, 14);
  });

  it('without a token there are links for the import, and what a token would do', limit, async (t) => {
    const { visitor, card } = await enter(t, { isKnown: false });
    await card.getByText('Without a token for Home Assistant').waitFor();
    await card.getByText('14 blueprints', { exact: true }).click();
    const link = card.getByRole('link', { name: 'Import by link: Low balance alert' });
    const address = new URL((await link.getAttribute('href')) ?? '');
    assert.equal(address.host, 'my.home-assistant.io');
    assert.match(address.searchParams.get('blueprint_url') ?? '', /\/low_balance\.yaml$/);
    assert.equal(await card.getByRole('button').count(), 0);
    await visitor.look('blueprints-by-link');
    assert.deepEqual(visitor.complaints, []);
  });

  it('while Home Assistant is away the choice is kept, told, and can be taken back', limit, async (t) => {
    const { fake, visitor, card, there } = await enter(t);
    await card.getByText('0 of 14 blueprints installed').click();
    await fake.stop();
    await visitor.press('Install: Low balance alert');
    await card.getByText('It is installed as soon as').waitFor();
    await visitor.look('blueprints-away');
    await visitor.press('Do not install it: Low balance alert');
    await card.getByText('It is removed as soon as').waitFor();
    await visitor.press('Do not remove it: Low balance alert');
    await card.getByText('It is installed as soon as').waitFor();
    await fake.start();
    await until('it is installed', () => there.files.size === 1);
  });
});
