import assert from 'node:assert/strict';
import { after, before, describe, it, type TestContext } from 'node:test';
import type { Browser } from 'playwright-core';
import { launchBrowser } from './chromium.ts';
import { limit } from './patience.ts';
import { ingressCookie, ingressPath, serveIngress } from './ingress.ts';
import { createStage, persons, type Stage } from './stage.ts';
import { visit, type Visitor } from './visitor.ts';
import { approveOnPhone, enterClient, signInElsewhere } from './walk.ts';

const administrator = 'administrator-of-home-assistant';

describe('the page inside Home Assistant', () => {
  let browser: Browser;
  before(async () => {
    browser = await launchBrowser();
  });
  after(() => browser.close());

  const enter = async (t: TestContext, userId: string): Promise<readonly [Stage, Visitor]> => {
    const stage = await createStage(t, {
      settings: { SUPERVISOR_TOKEN: 'token-of-the-supervisor' },
      supervisor: {
        url: 'http://supervisor.invalid',
        address: '127.0.0.1',
      },
    });
    const url = await serveIngress(t, { target: () => stage.app().uiUrl, userId });
    const visitor = await visit(t, browser);
    await visitor.context.addCookies([{ ...ingressCookie, url: new URL(url).origin }]);
    await visitor.page.goto(url);
    return [stage, visitor];
  };

  it('needs no sign-in and connects a person', limit, async (t) => {
    const [stage, visitor] = await enter(t, administrator);
    const walk = { stage, visitor, person: persons.alex };
    await visitor.sees('Create an OAuth client at Monzo');
    assert.equal(await visitor.page.getByRole('button', { name: 'Sign out' }).count(), 0);
    await visitor.page.getByText('https://my.home-assistant.io/redirect/oauth').waitFor();
    await enterClient(walk);
    await visitor.fill('Address after signing in', await signInElsewhere(walk));
    await visitor.press('Continue');
    await visitor.sees('Alex: approve in the Monzo app');
    await approveOnPhone(walk);
    await visitor.sees('Alex is connected');
    await visitor.page.goto(new URL('#/activity', visitor.page.url()).href);
    await visitor.sees('Activity');
    await visitor.press('Test the address');
    await visitor.page.getByText('There is no address at which Monzo could reach the bridge.').waitFor();
    const strays = visitor.requests.filter(({ pathname }) => !pathname.startsWith(`${ingressPath}/`));
    assert.deepEqual(strays, []);
    assert.deepEqual(visitor.complaints, []);
  });

  it('asks somebody who is no administrator for the token, and keeps the session below its path', async (t) => {
    const [stage, visitor] = await enter(t, 'somebody-else');
    await visitor.sees('Sign in to the bridge');
    await visitor.fill('Admin token', stage.app().adminToken);
    await visitor.press('Sign in');
    await visitor.sees('Create an OAuth client at Monzo');
    await visitor.page.reload();
    await visitor.sees('Create an OAuth client at Monzo');
    const cookies = await visitor.context.cookies(visitor.page.url());
    assert.deepEqual(
      cookies.filter(({ name }) => name !== ingressCookie.name).map(({ path }) => path),
      [`${ingressPath}/`],
    );
  });
});
