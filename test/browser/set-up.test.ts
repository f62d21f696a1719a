import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Browser } from 'playwright-core';
import { launchBrowser } from './chromium.ts';
import { limit } from './patience.ts';
import { createStage, persons } from './stage.ts';
import { visit, type VisitorOptions } from './visitor.ts';
import { approveOnPhone, enterClient, signInAtBank } from './walk.ts';

const ways: readonly (readonly [label: string, options: VisitorOptions])[] = [
  ['a desktop, light, with the mouse', { size: 'desktop', scheme: 'light' }],
  ['a desktop, dark, with the keyboard alone', { size: 'desktop', scheme: 'dark', keyboard: true }],
  ['a phone, light', { size: 'phone', scheme: 'light' }],
  ['a phone, dark', { size: 'phone', scheme: 'dark' }],
];

const isList = ({ path }: { readonly path: string }) => path === '/transactions';

describe('the whole set-up', () => {
  let browser: Browser;
  before(async () => {
    browser = await launchBrowser();
  });
  after(() => browser.close());

  for (const [label, options] of ways)
    it(`works on ${label}, without a barrier on any step`, limit, async (t) => {
      const stage = await createStage(t);
      const visitor = await visit(t, browser, options);
      const walk = { stage, visitor, person: persons.alex };
      await visitor.page.goto(`${stage.app().uiUrl}/`);
      await visitor.sees('Sign in to the bridge');
      await visitor.look('0-sign-in');
      await visitor.fill('Admin token', stage.app().adminToken);
      await visitor.press('Sign in');

      await visitor.sees('Create an OAuth client at Monzo');
      await visitor.look('1-client');
      await enterClient(walk);
      await visitor.sees('Sign in at Monzo as Alex');
      await visitor.page.getByRole('link', { name: 'Sign in at Monzo' }).waitFor();
      await visitor.look('3-authorise');

      const looked = Promise.withResolvers<void>();
      stage.faults.add({ kind: 'held', until: looked.promise, match: isList });
      const landing = await signInAtBank(walk);
      assert.match(await landing.innerText('body'), /close this page/);
      await visitor.sees('Alex: approve in the Monzo app');
      await visitor.look('4-approve');
      await approveOnPhone(walk);
      await visitor.sees('Reading the history');
      await visitor.look('5-history');
      looked.resolve();
      await visitor.sees('Alex is connected');
      await visitor.page.getByText('£1,243.50').waitFor();
      await visitor.look('6-done');

      await visitor.press('Go to the overview');
      await visitor.sees('Overview');
      await visitor.page.getByText('Connected').waitFor();
      await visitor.look('7-overview');
      const { origin } = new URL(stage.app().uiUrl);
      assert.deepEqual(new Set(visitor.requests.map((url) => url.origin)), new Set([origin]));
      assert.deepEqual(visitor.complaints, []);
    });
});
