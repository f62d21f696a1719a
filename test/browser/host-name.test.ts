import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Browser } from 'playwright-core';
import { launchBrowser, strangeHost } from './chromium.ts';
import { limit } from './patience.ts';
import { createStage } from './stage.ts';
import { visit } from './visitor.ts';

describe('a person who gets to the bridge without a link', () => {
  let browser: Browser;
  before(async () => {
    browser = await launchBrowser();
  });
  after(() => browser.close());

  for (const [size, scheme] of [
    ['phone', 'light'],
    ['desktop', 'dark'],
  ] as const) {
    it(`reads on a ${size} what to do where the name is not the bridge’s`, limit, async (t) => {
      const stage = await createStage(t);
      const visitor = await visit(t, browser, { size, scheme });
      const address = new URL(stage.app().uiUrl);
      address.hostname = strangeHost;
      const answer = await visitor.page.goto(address.href);
      assert.equal(answer?.status(), 421);
      await visitor.sees('The bridge does not answer to this name');
      await visitor.page.getByText('monzo-bridge link', { exact: true }).waitFor();
      const box = await visitor.page.locator('main').boundingBox();
      assert.ok((box?.height ?? 0) > 200);
      await visitor.look('wrong-host');
    });

    it(`reads on a ${size} how to get a link`, limit, async (t) => {
      const stage = await createStage(t);
      const visitor = await visit(t, browser, { size, scheme });
      await visitor.page.goto(stage.app().uiUrl);
      await visitor.sees('Sign in to the bridge');
      await visitor.page.getByText('docker exec monzo-bridge monzo-bridge link').waitFor();
      await visitor.look('sign-in');
    });
  }
});
