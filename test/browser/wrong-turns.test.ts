import assert from 'node:assert/strict';
import { after, before, describe, it, type TestContext } from 'node:test';
import type { Browser } from 'playwright-core';
import { launchBrowser } from './chromium.ts';
import { limit } from './patience.ts';
import { createStage, persons } from './stage.ts';
import { visit, type Visitor } from './visitor.ts';
import {
  answerBank,
  approveOnPhone,
  enterClient,
  enterCredentials,
  redirectShown,
  signInAtBank,
  signInElsewhere,
  type Walk,
} from './walk.ts';

const { alex, sam } = persons;

describe('a wrong turn in the set-up', () => {
  let browser: Browser;
  before(async () => {
    browser = await launchBrowser();
  });
  after(() => browser.close());

  const enter = async (t: TestContext): Promise<Walk> => {
    const stage = await createStage(t);
    const visitor = await visit(t, browser);
    await visitor.page.goto(stage.app().signInLink());
    return { stage, visitor, person: alex };
  };
  const finish = async (walk: Walk) => {
    await walk.visitor.sees(`${walk.person.name}: approve in the Monzo app`);
    await approveOnPhone(walk);
    await walk.visitor.sees(`${walk.person.name} is connected`);
  };
  const shows = (visitor: Visitor, words: string | RegExp) => visitor.page.getByText(words).first().waitFor();

  it('an old link: its refusal is shown, and the token still works', limit, async (t) => {
    const stage = await createStage(t);
    const link = stage.app().signInLink();
    const first = await visit(t, browser);
    await first.page.goto(link);
    await first.sees('Create an OAuth client at Monzo');
    assert.equal(first.page.url().includes('code'), false);
    const second = await visit(t, browser);
    await second.page.goto(link);
    await shows(second, /This link was used already/);
    assert.equal(second.page.url().includes('code'), false);
    await second.look('wrong-link');
    await second.fill('Admin token', 'not-the-token');
    await second.press('Sign in');
    await shows(second, /This is not the admin token/);
    await second.fill('Admin token', stage.app().adminToken);
    await second.press('Sign in');
    await second.sees('Create an OAuth client at Monzo');
    await second.press('Sign out');
    await second.sees('Sign in to the bridge');
  });

  it('a wrong secret: Monzo’s refusal is told, and the secret replaced', limit, async (t) => {
    const walk = await enter(t);
    const { stage, visitor } = walk;
    await enterClient({ ...walk, person: { ...alex, clientSecret: 'mistyped' } as unknown as typeof alex });
    await signInAtBank(walk);
    await shows(visitor, /does not accept this client id and secret/);
    await visitor.look('wrong-secret');
    await visitor.press('Replace the secret');
    await visitor.page.getByRole('dialog').getByLabel('Client secret').fill(alex.clientSecret);
    await visitor.look('wrong-secret-dialog');
    await visitor.page.getByRole('button', { name: 'Replace', exact: true }).click();
    await visitor.page.getByRole('dialog').waitFor({ state: 'detached' });
    await signInAtBank(walk);
    await finish(walk);
    assert.equal(stage.stateOf('Alex'), 'active');
  });

  it('denied at Monzo: the page says so and offers another try', limit, async (t) => {
    const walk = await enter(t);
    const { visitor } = walk;
    await enterClient(walk);
    await visitor.sees('Sign in at Monzo as Alex');
    const tab = await visitor.follow('Sign in at Monzo');
    await answerBank(tab, 'Do not allow');
    await shows(visitor, /was cancelled at Monzo/);
    await visitor.look('denied');
    await signInAtBank(walk);
    await finish(walk);
  });

  it('a redirect that was registered wrongly: the page explains Monzo’s words', limit, async (t) => {
    const walk = await enter(t);
    const { stage, visitor } = walk;
    await visitor.sees('Create an OAuth client at Monzo');
    const line = await redirectShown(visitor);
    await visitor.press('I have created the client');
    await enterCredentials(visitor, alex);
    const tab = await visitor.follow('Sign in at Monzo');
    await tab.getByText('magic link').waitFor();
    await visitor.page.getByText('Monzo says it could not send the magic link?').click();
    await visitor.page.getByText(line, { exact: true }).waitFor();
    await visitor.look('magic-link');
    stage.bank.registerRedirect(alex.clientId, line);
    await signInAtBank(walk);
    await finish(walk);
  });

  it('approval late: the page reminds, and “Reload” notices it at once', limit, async (t) => {
    const walk = await enter(t);
    const { stage, visitor } = walk;
    await visitor.page.clock.install();
    await visitor.page.goto(stage.app().signInLink());
    await enterClient(walk);
    await signInAtBank(walk);
    await visitor.sees('Alex: approve in the Monzo app');
    await visitor.page.clock.fastForward(46_000);
    await shows(visitor, /Still waiting/);
    await visitor.look('approval-late');
    await visitor.press('Reload');
    await shows(visitor, /has not received the approval yet/);
    assert.equal(stage.stateOf('Alex'), 'awaiting_approval');
    await approveOnPhone(walk);
    await visitor.press('Reload');
    await visitor.sees(/Reading the history|Alex is connected/);
  });

  it(
    'the tab closed, the device changed, the bridge restarted: the page goes on where it was',
    limit,
    async (t) => {
      const walk = await enter(t);
      const { stage, visitor } = walk;
      await enterClient(walk);
      await visitor.sees('Sign in at Monzo as Alex');
      await visitor.page.close();
      const other = await visit(t, browser, { size: 'phone', scheme: 'dark' });
      await other.page.goto(stage.app().signInLink());
      await signInAtBank({ ...walk, visitor: other });
      await other.sees('Alex: approve in the Monzo app');
      await other.page.close();
      const third = await visit(t, browser);
      await third.page.goto(stage.app().signInLink());
      await third.sees('Alex: approve in the Monzo app');
      await stage.restart();
      await approveOnPhone({ ...walk, visitor: third });
      await third.page.goto(stage.app().signInLink());
      await third.sees(/Alex is connected|Overview/);
    },
  );

  it('a wrong address pasted: nothing changes, and the right one still works', limit, async (t) => {
    const walk = await enter(t);
    const { stage, visitor } = walk;
    await visitor.page.getByLabel('Through my.home-assistant.io').check();
    await enterClient(walk);
    const address = await signInElsewhere(walk);
    await visitor.look('paste-back');
    await visitor.fill('Address after signing in', 'https://my.home-assistant.io/redirect/oauth');
    await visitor.press('Continue');
    await shows(visitor, /does not belong to a sign-in of this login/);
    await visitor.look('paste-back-wrong');
    assert.equal(stage.stateOf('Alex'), 'authorising');
    await visitor.fill('Address after signing in', address);
    await visitor.press('Continue');
    await finish(walk);
  });

  it('the same client, then the same person twice: both are refused with the reason', limit, async (t) => {
    const walk = await enter(t);
    const { stage, visitor } = walk;
    await stage.connect(alex);
    await visitor.page.reload();
    await visitor.sees('Overview');
    await visitor.goTo('Settings', 'People');
    await visitor.press('Add a person');
    await enterClient(walk);
    await shows(visitor, /“Alex” already uses this OAuth client/);
    await visitor.look('same-client');
    await visitor.fill('Name of the person', 'Sam');
    await visitor.fill('Client ID', sam.clientId);
    await visitor.fill('Client secret', sam.clientSecret);
    stage.bank.registerRedirect(sam.clientId, `${stage.app().publicUrl}/oauth/callback`);
    await visitor.press('Next');
    await visitor.sees('Sign in at Monzo as Sam');
    const tab = await visitor.follow('Sign in at Monzo');
    await answerBank(tab, 'Log in as Alex');
    await shows(visitor, /already connected as “Alex”/);
    await visitor.look('same-person');
    assert.equal(stage.stateOf('Alex'), 'active');
    await signInAtBank({ ...walk, person: sam });
    await finish({ ...walk, person: sam });
  });
});
