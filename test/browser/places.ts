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
  activity: ['Activity', (page) => page.getByRole('heading', { name: 'Ledger' })],
  people: ['Settings', (page) => page.getByRole('button', { name: 'Save the limits' })],
}).map(([address, [heading, last]]) => ({ address, heading, last: (page) => last(page).first() }));
