import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it, type TestContext } from 'node:test';
import type { Browser } from 'playwright-core';
import { parse } from 'yaml';
import { startFakeHomeAssistant, type FakeHomeAssistant } from '../support/fake-home-assistant.ts';
import { until } from '../support/until.ts';
import { launchBrowser } from './chromium.ts';
import { limit } from './patience.ts';
import { createStage, persons } from './stage.ts';
import { visit, type VisitorOptions } from './visitor.ts';

interface Options extends VisitorOptions {
  readonly prepare?: (fake: FakeHomeAssistant) => void;
}

const file = 'customElements.get("ll-strategy-dashboard-monzo") ?? console.log("monzo");\n';

describe('the Money dashboard in Home Assistant, on the page', () => {
  let browser: Browser;
  before(async () => {
    browser = await launchBrowser();
  });
  after(() => browser.close());

  const enter = async (t: TestContext, { prepare, ...options }: Options = {}) => {
    const fake = await startFakeHomeAssistant();
    t.after(() => fake.stop());
    prepare?.(fake);
    const directory = mkdtempSync(join(tmpdir(), 'monzo-bridge-dashboard-'));
    t.after(() => rmSync(directory, { recursive: true, force: true }));
    const dashboardFile = join(directory, 'monzo-bridge.js');
    writeFileSync(dashboardFile, file);
    const settings = {
      MONZO_BRIDGE_HOME_ASSISTANT_URL: fake.url,
      MONZO_BRIDGE_HOME_ASSISTANT_TOKEN: fake.world.token,
    };
    const stage = await createStage(t, { settings, dashboardFile });
    await stage.connect(persons.alex);
    const visitor = await visit(t, browser, options);
    await visitor.signIn(stage.app().signInLink());
    await visitor.goTo('Settings', 'Money dashboard in Home Assistant');
    const card = visitor.page.locator('mb-sidebar-dashboard');
    return { fake, visitor, card, there: fake.world.dashboards };
  };

  it(
    'a person says who may see it, adds it, changes that, and removes it, with the keyboard alone',
    limit,
    async (t) => {
      const { visitor, card, there } = await enter(t, { keyboard: true });
      await card.getByLabel('Administrators').and(visitor.page.locator(':checked')).waitFor();
      await card.getByText('lets all its users see every entity').waitFor();
      await visitor.look('dashboard-asked');
      assert.deepEqual(there.writes, []);
      await visitor.press('Add the Money dashboard');
      await card.getByText('Ready').waitFor();
      await visitor.look('dashboard-ready');
      assert.deepEqual(
        there.dashboards.map(({ require_admin: isForAdministrators }) => isForAdministrators),
        [true],
      );
      await card.getByLabel('Administrators').focus();
      await visitor.page.keyboard.press('ArrowDown');
      await until('everyone has it', () => there.dashboards[0]?.require_admin === false);
      await visitor.page.reload();
      await card.getByLabel('Everyone').and(visitor.page.locator(':checked')).waitFor();
      await visitor.press('Remove the dashboard');
      await card.getByText('Add the Money dashboard').waitFor();
      assert.deepEqual([there.resources, there.dashboards], [[], []]);
      assert.deepEqual(visitor.complaints, []);
    },
  );

  it('everyone may have it from the beginning, on a phone in the dark', limit, async (t) => {
    const { visitor, card, there } = await enter(t, { scheme: 'dark', size: 'phone' });
    await card.getByLabel('Everyone').check();
    await visitor.press('Add the Money dashboard');
    await card.getByText('Ready').waitFor();
    await visitor.look('dashboard-everyone');
    assert.equal(there.dashboards[0]?.require_admin, false);
    there.resources = [];
    await visitor.page.reload();
    await card.getByText('so it stays empty').waitFor();
    await visitor.look('dashboard-empty');
    await visitor.press('Add the Money dashboard');
    await card.getByText('so it stays empty').waitFor({ state: 'detached' });
    assert.equal(there.resources.length, 1);
  });

  it('who keeps the files in configuration.yaml gets the lines and the file', limit, async (t) => {
    const { visitor, card } = await enter(t, {
      prepare: ({ world }) => void (world.dashboards.resourceMode = 'yaml'),
    });
    await card.locator('summary').click();
    await visitor.press('Copy the lines');
    const copied = await visitor.page.evaluate<string>('navigator.clipboard.readText()');
    assert.ok(Object.keys(parse(copied) as object).includes('lovelace'));
    await visitor.look('dashboard-by-hand');
    const downloading = visitor.page.waitForEvent('download');
    await visitor.press('Download monzo-bridge.js', 'link');
    const download = await downloading;
    assert.equal(download.suggestedFilename(), 'monzo-bridge.js');
    assert.equal(readFileSync(await download.path(), 'utf8'), file);
    assert.equal(await card.getByRole('button', { name: 'Add the Money dashboard' }).count(), 0);
    assert.deepEqual(visitor.complaints, []);
  });

  it('the file of another bridge is told, and taken over only when a person says so', limit, async (t) => {
    const theirs = { id: 'theirs', type: 'module', url: 'data:text/javascript;monzo-bridge=00;base64,QQ==' };
    const { visitor, card, there } = await enter(t, {
      prepare: ({ world }) => void (world.dashboards.resources = [theirs]),
    });
    await card.getByText('was added by another bridge').waitFor();
    await visitor.press('Add the Money dashboard');
    await card.getByText('Another bridge’s file').waitFor();
    await visitor.look('dashboard-of-another-bridge');
    assert.deepEqual(there.resources, [theirs]);
    await visitor.press('Take it over');
    await card.getByText('Ready').waitFor();
    assert.deepEqual(
      there.resources.map(({ id, url }) => [id, url === theirs.url]),
      [['theirs', false]],
    );
  });

  it('while Home Assistant is away the choice is kept, told, and can be taken back', limit, async (t) => {
    const { fake, visitor, card, there } = await enter(t);
    await fake.stop();
    await visitor.press('Add the Money dashboard');
    await card.getByText('is added as soon as').waitFor();
    await visitor.look('dashboard-away');
    await visitor.press('Do not add it');
    await card.getByText('is removed as soon as').waitFor();
    await visitor.press('Add the Money dashboard');
    await fake.start();
    await until('it is added', () => there.contents.size === 1);
    await visitor.page.reload();
    await card.getByText('Ready').waitFor();
  });
});
