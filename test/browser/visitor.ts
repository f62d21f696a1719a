import assert from 'node:assert/strict';
import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { Browser, BrowserContext, Locator, Page } from 'playwright-core';
import type { Clock } from '../../src/clock.ts';
import { patience } from './patience.ts';
import { clockOfToday, scriptOf } from './today.ts';

export const sizes = {
  wall: { width: 2560, height: 1440 },
  laptop: { width: 1440, height: 900 },
  desktop: { width: 1280, height: 900 },
  tablet: { width: 820, height: 1180 },
  reader: { width: 768, height: 1024 },
  phone: { width: 360, height: 740 },
} as const;

export interface VisitorOptions {
  readonly size?: keyof typeof sizes;
  readonly scheme?: 'light' | 'dark';
  /** Reaches everything with the tabulator key and never touches a mouse. */
  readonly keyboard?: boolean;
  /** The language and region that the browser is set to. */
  readonly locale?: string;
  /** Whether the page may install itself for the time without the bridge. */
  readonly installs?: boolean;
  /** What time it is; that of the tests where left out. */
  readonly clock?: Clock;
}

/** Somebody with a browser of their own. */
export interface Visitor {
  readonly context: BrowserContext;
  readonly page: Page;
  /** Every address the bridge's page asked for. */
  readonly requests: readonly URL[];
  /** What the browser complained about: scripts, styles, policies. */
  readonly complaints: readonly string[];
  /** Uses a link that the bridge printed, and waits for the overview. */
  signIn(link: string): Promise<void>;
  /** Goes to a page by the link in the navigation, and from there to one of its places; waits until it is there. */
  goTo(name: string, place?: string): Promise<void>;
  press(name: string | RegExp, role?: 'button' | 'link'): Promise<void>;
  fill(label: string, text: string): Promise<void>;
  /** Waits until the page shows this heading. */
  sees(heading: string | RegExp): Promise<void>;
  /** Checks what is shown for barriers, and takes a picture of it. */
  look(name: string): Promise<void>;
  /** Presses the link and answers the tab it opened. */
  follow(name: string | RegExp): Promise<Page>;
}

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
/** Where the pictures of the tests lie. */
export const pictures = join(import.meta.dirname, '../../test-output/screenshots');
mkdirSync(pictures, { recursive: true });

/** A new browser profile, gone with the test. */
export async function visit(
  t: TestContext,
  browser: Browser,
  options: VisitorOptions = {},
): Promise<Visitor> {
  const {
    size = 'desktop',
    scheme = 'light',
    keyboard = false,
    locale = 'en-GB',
    installs = false,
    clock = clockOfToday,
  } = options;
  const context = await browser.newContext({
    viewport: sizes[size],
    colorScheme: scheme,
    locale,
    serviceWorkers: installs ? 'allow' : 'block',
    timezoneId: 'Europe/London',
    permissions: ['clipboard-read', 'clipboard-write'],
  });
  t.after(() => context.close());
  context.setDefaultTimeout(patience);
  await context.addInitScript(scriptOf(clock));
  const page = await context.newPage();
  const requests: URL[] = [];
  const complaints: string[] = [];
  page.on('request', (request) => requests.push(new URL(request.url())));
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('console', (message) => {
    const isRefusal = message.text().startsWith('Failed to load resource');
    if (message.type() === 'error' && !isRefusal) complaints.push(message.text());
  });
  const press = async (target: Locator) => {
    if (!keyboard) return target.click();
    await tabTo(page, target);
    await page.keyboard.press('Enter');
  };
  const sees = (heading: string | RegExp) =>
    page.getByRole('heading', { name: heading, level: 1 }).and(page.locator(':not(.to-come > *)')).waitFor();
  return {
    context,
    page,
    requests,
    complaints,
    async signIn(link) {
      await page.goto(link);
      await sees('Overview');
    },
    async goTo(name, place) {
      await press(page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name }));
      await sees(name);
      if (place === undefined) return;
      await press(page.locator('.entries').getByRole('link', { name: new RegExp(`^${place}`) }));
      await sees(place);
    },
    press: (name, role = 'button') => press(page.getByRole(role, { name })),
    async fill(label, text) {
      const input = page.getByLabel(label, { exact: true });
      if (!keyboard) return input.fill(text);
      await tabTo(page, input);
      await page.keyboard.insertText(text);
    },
    sees,
    look: (name) => look(page, `${name}-${size}-${scheme}`),
    async follow(name) {
      const opened = context.waitForEvent('page');
      await press(page.getByRole('link', { name }));
      const tab = await opened;
      await tab.waitForLoadState();
      return tab;
    },
  };
}

async function tabTo(page: Page, target: Locator): Promise<void> {
  await target.waitFor();
  for (let presses = 0; presses < 80; presses += 1) {
    if ((await target.and(page.locator(':focus')).count()) === 1) return;
    await page.keyboard.press('Tab');
  }
  assert.fail(`cannot be reached with the keyboard: ${String(target)}`);
}

interface Violation {
  readonly id: string;
  readonly nodes: readonly { readonly html: string; readonly failureSummary: string }[];
}

async function look(page: Page, name: string): Promise<void> {
  // A tab in the background paints nothing, and waits for ever to be looked at.
  await page.bringToFront();
  await page.screenshot({ path: join(pictures, `${name}.png`), fullPage: true });
  await page.evaluate(axe);
  const violations = await page.evaluate<readonly Violation[]>(
    'axe.run({ preload: false }).then((found) => found.violations)',
  );
  const found = violations.flatMap(({ id, nodes }) =>
    nodes.map(({ html, failureSummary }) => `${id}: ${html} ${failureSummary}`),
  );
  assert.deepEqual(found, [], name);
  const overflow = await page.evaluate<number>(
    'document.documentElement.scrollWidth - document.documentElement.clientWidth',
  );
  assert.equal(overflow, 0, `${name} is wider than the screen`);
}
