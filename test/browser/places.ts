import type { Locator, Page } from 'playwright-core';

/** A place in the page. */
export interface PlaceToSee {
  /** In the fragment of the address. */
  readonly address: string;
  readonly heading: string;
  /** What comes last. */
  readonly last: (page: Page) => Locator;
}

const { entries } = Object;
/** Every page, and each way in which one of them is drawn differently. */
export const places: readonly PlaceToSee[] = entries<readonly [heading: string, last: PlaceToSee['last']]>({
  overview: ['Overview', (page) => page.locator('mb-recent li')],
  transactions: ['Transactions', (page) => page.locator('.row').nth(59)],
  'transactions?q=a': ['Transactions', (page) => page.locator('.row')],
  'transactions?account=acc_0000AlexCurrent': ['Transactions', (page) => page.locator('.row')],
  'transactions?merchant=Corner Shop': ['Transactions', (page) => page.locator('.row')],
  'transactions?merchant=Nobody': ['Transactions', (page) => page.getByText('under exactly this name')],
  charts: ['Charts', (page) => page.locator('canvas').nth(5)],
  report: ['Month report', (page) => page.getByText('New shops and people')],
  activity: ['Activity', (page) => page.getByText('Everything works')],
  'activity/health': ['Health', (page) => page.getByText('Everything works.')],
  'activity/moves': ['Money moves', (page) => page.getByText('No requests yet.')],
  'activity/events': ['Events', (page) => page.getByText('No events yet.')],
  'activity/monzo': ['Monzo', (page) => page.getByText(/^Seen so far/)],
  settings: ['Settings', (page) => page.getByText(/browsers? (is|are) signed in/)],
  'settings/people': ['People', (page) => page.getByRole('button', { name: 'Add a person' })],
  'settings/limits': ['Limits', (page) => page.getByRole('button', { name: 'Save the limits' })],
  'settings/actions': ['Actions', (page) => page.getByText('Without a token')],
  'settings/dashboard': ['Money dashboard', (page) => page.getByText('Without a token')],
  'settings/blueprints': ['Blueprints', (page) => page.getByText('14 blueprints')],
  'settings/entities': ['Devices and entities', (page) => page.getByRole('button', { name: 'Save' })],
  'settings/browsers': ['Signed-in browsers', (page) => page.getByText('This browser')],
}).map(([address, [heading, last]]) => ({ address, heading, last: (page) => last(page).first() }));
