import assert from 'node:assert/strict';
import type { Page } from 'playwright-core';
import type { Person, Stage } from './stage.ts';
import type { Visitor } from './visitor.ts';

export interface Walk {
  readonly stage: Stage;
  readonly visitor: Visitor;
  readonly person: Person;
}

/** The first two steps: the client is made at the bank with the line the page shows. */
export async function enterClient({ stage, visitor, person }: Walk): Promise<void> {
  await visitor.sees('Create an OAuth client at Monzo');
  stage.bank.registerRedirect(person.clientId, await redirectShown(visitor));
  await visitor.press('I have created the client');
  await visitor.sees('Copy the client’s id and secret');
  await visitor.look('2-credentials');
  await enterCredentials(visitor, person);
}

export async function enterCredentials(visitor: Visitor, person: Person): Promise<void> {
  await visitor.fill('Name of the person', person.name);
  await visitor.fill('Client ID', person.clientId);
  await visitor.fill('Client secret', person.clientSecret);
  await visitor.press('Next');
}

/** The line to register, as the copy button gives it. */
export async function redirectShown(visitor: Visitor): Promise<string> {
  await visitor.press('Copy Redirect URLs');
  await visitor.page.getByText('Copied').first().waitFor();
  return visitor.page.evaluate<string>('navigator.clipboard.readText()');
}

/** The third step, on the bank's own page; answers the tab as it was left. */
export async function signInAtBank({ visitor, person }: Walk): Promise<Page> {
  await visitor.sees(`Sign in at Monzo as ${person.name}`);
  const tab = await visitor.follow(/^Sign in (at Monzo|again)$/);
  await answerBank(tab, `Log in as ${person.name}`);
  return tab;
}

/** The third step where the browser ends on a page of somebody else; answers the address shown there. */
export async function signInElsewhere(walk: Walk): Promise<string> {
  const landed = walk.visitor.context.waitForEvent('request', (request) =>
    request.url().startsWith('https://my.home-assistant.io/'),
  );
  await signInAtBank(walk);
  const address = (await landed).url();
  return address;
}

/** Presses a button on the bank's page, and waits until that has sent the browser back. */
export async function answerBank(tab: Page, button: string): Promise<void> {
  const { origin } = new URL(tab.url());
  await tab.getByRole('button', { name: button }).click();
  await tab.waitForURL((url) => url.origin !== origin);
}

/** The fourth step, on the phone. */
export async function approveOnPhone({ stage, person }: Walk): Promise<void> {
  const answer = await fetch(stage.phoneUrl, {
    method: 'POST',
    body: new URLSearchParams({ user: person.userId }),
  });
  assert.equal(answer.ok, true);
}
