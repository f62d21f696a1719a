import assert from 'node:assert/strict';
import { after, before, describe, it, type TestContext } from 'node:test';
import type { Browser } from 'playwright-core';
import { launchBrowser } from './chromium.ts';
import { limit } from './patience.ts';
import { createStage, persons } from './stage.ts';
import { visit, type Visitor } from './visitor.ts';
import { approveOnPhone, enterClient, signInAtBank } from './walk.ts';

const { alex, sam } = persons;

describe('the people on the page', () => {
  let browser: Browser;
  before(async () => {
    browser = await launchBrowser();
  });
  after(() => browser.close());

  const enter = async (t: TestContext, size: 'desktop' | 'phone' = 'desktop') => {
    const stage = await createStage(t);
    await stage.connect(alex);
    const visitor = await visit(t, browser, { size });
    await visitor.signIn(stage.app().signInLink());
    await visitor.goTo('Settings', 'People');
    return { stage, visitor };
  };
  const card = (visitor: Visitor, name: string) =>
    visitor.page
      .getByRole('article')
      .filter({ has: visitor.page.getByRole('heading', { name, exact: true }) });
  const reads = (visitor: Visitor, name: string, words: string | RegExp) =>
    card(visitor, name).getByText(words).waitFor();

  it('a second person joins, and the joint account stays one', limit, async (t) => {
    const { stage, visitor } = await enter(t);
    await visitor.press('Add a person');
    const walk = { stage, visitor, person: sam };
    await enterClient(walk);
    await signInAtBank(walk);
    await visitor.sees('Sam: approve in the Monzo app');
    await approveOnPhone(walk);
    await visitor.sees('Sam is connected');
    await visitor.press('Go to the overview');
    await visitor.page.getByRole('heading', { name: 'Alex and Sam', level: 2 }).waitFor();
    assert.equal(await card(visitor, 'Joint account').count(), 1);
    await visitor.look('two-people');
    await visitor.page.setViewportSize({ width: 360, height: 740 });
    await visitor.look('two-people-narrow');
  });

  it('renaming, replacing the secret and removing ask in a dialog first', limit, async (t) => {
    const { stage, visitor } = await enter(t);
    await visitor.press('Rename');
    await visitor.page.getByRole('dialog').getByLabel('Name').fill('Alexandra');
    await visitor.look('rename');
    await visitor.page.getByRole('dialog').getByRole('button', { name: 'Rename' }).click();
    await reads(visitor, 'Alexandra', 'Connected');
    await visitor.press('Replace secret');
    await visitor.press('Cancel');
    await visitor.press('Remove');
    await visitor.look('remove');
    await visitor.page.keyboard.press('Escape');
    await visitor.page.getByRole('dialog').waitFor({ state: 'detached' });
    assert.equal(stage.stateOf('Alexandra'), 'active');
    await visitor.press('Remove');
    await visitor.page.getByLabel(/Keep the recorded/).uncheck();
    await visitor.page.getByRole('dialog').getByRole('button', { name: 'Remove' }).click();
    await visitor.sees('Create an OAuth client at Monzo');
    assert.equal(stage.app().view().logins.length, 0);
    assert.equal(stage.app().view().accounts.length, 0);
  });

  it('signing in again leaves the login in use until it has succeeded', limit, async (t) => {
    const { stage, visitor } = await enter(t);
    await visitor.press('Sign in again');
    await visitor.sees('Sign in at Monzo as Alex');
    await visitor.goTo('Settings', 'People');
    assert.equal(stage.stateOf('Alex'), 'active');
    await visitor.press('Sign in again');
    const walk = { stage, visitor, person: alex };
    await signInAtBank(walk);
    await visitor.sees('Alex: approve in the Monzo app');
    await approveOnPhone(walk);
    await visitor.sees('Alex is connected');
  });

  it('an eviction is told first, and mended by signing in again', limit, async (t) => {
    const { stage, visitor } = await enter(t);
    stage.bank.evict(alex.clientId, alex.userId);
    await visitor.press('Reload');
    await reads(visitor, 'Alex', /someone else uses this OAuth client/);
    await visitor.look('evicted');
    await visitor.press('Sign in again');
    const walk = { stage, visitor, person: alex };
    await signInAtBank(walk);
    await visitor.sees('Alex: approve in the Monzo app');
    await approveOnPhone(walk);
    await visitor.sees('Alex is connected');
  });

  it('near the end of the ninety days it says so, and believes who renewed it', limit, async (t) => {
    const { stage, visitor } = await enter(t, 'phone');
    await stage.restart(82 * 24 * 3_600_000);
    await visitor.signIn(stage.app().signInLink());
    await visitor.goTo('Settings', 'People');
    await reads(visitor, 'Alex', /The approval lapses about/);
    await visitor.look('approval-lapses');
    const posted = visitor.page.waitForResponse((answer) => answer.url().endsWith('/approval-renewed'));
    await visitor.press('I renewed it');
    assert.equal((await posted).ok(), true);
    await reads(visitor, 'Alex', /Approval lapses about/);
    await visitor.page.getByText('The approval lapses about').waitFor({ state: 'detached' });
  });

  it('a browser that is not at hand is signed out from here, and this one stays', limit, async (t) => {
    const { stage, visitor } = await enter(t);
    const lost = await visit(t, browser, { size: 'phone' });
    await lost.signIn(stage.app().signInLink());
    await visitor.goTo('Settings', 'Signed-in browsers');
    const listed = visitor.page.getByRole('list', { name: 'Signed-in browsers' }).getByRole('listitem');
    await listed.nth(1).waitFor();
    assert.equal(await listed.filter({ hasText: 'This browser' }).count(), 1);
    assert.match(await listed.first().innerText(), /Chrome on Linux[^]*Last used/);
    await visitor.look('signed-in-browsers');
    await visitor.page.setViewportSize({ width: 360, height: 740 });
    await visitor.look('signed-in-browsers-narrow');
    await visitor.press(/^Sign out Chrome on Linux, last used/);
    await listed.nth(1).waitFor({ state: 'detached' });
    await lost.page.reload();
    await lost.page.getByRole('heading', { name: 'Sign in to the bridge' }).waitFor();
    await visitor.goTo('Overview');
    await visitor.press('Sign out');
    await visitor.page.getByRole('heading', { name: 'Sign in to the bridge' }).waitFor();
  });

  it('a bridge that is away is told, and noticed when it is back', limit, async (t) => {
    const { visitor } = await enter(t);
    await visitor.context.setOffline(true);
    await visitor.page.evaluate("window.dispatchEvent(new Event('focus'))");
    await visitor.page.getByText(/This device is offline/).waitFor();
    await visitor.look('away');
    await visitor.context.setOffline(false);
    await visitor.page.getByText(/This device is offline/).waitFor({ state: 'detached' });
  });
});
