import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Locator, Page } from 'playwright-core';
import { z } from 'zod';
import { connectPerson } from '../../sim/demo/connect.ts';
import type { alex, sam } from '../../sim/household.ts';
import { createFaults, type Faults } from '../../sim/faults.ts';
import type { Bank } from '../../sim/bank.ts';
import { callSimulatedBank } from '../../sim/server.ts';
import type { App } from '../../src/app.ts';
import { systemClock } from '../../src/clock.ts';
import { launchBrowser } from '../browser/chromium.ts';
import { patience } from '../browser/patience.ts';
import { builtDashboardFile } from '../support/dashboard-file.ts';
import { startApp } from '../support/start-app.ts';
import { settingsIn, startRig, type Rig } from './rig.ts';
import { until } from './tier2-output.ts';

/** The widths of a phone, a tablet and a desktop. */
export const sizes = {
  phone: { width: 360, height: 740 },
  tablet: { width: 768, height: 1024 },
  desktop: { width: 1440, height: 900 },
} as const;

/** A bridge with its actions in a real Home Assistant, whose pages load the dashboard's file, and a browser. */
export interface DashboardStage extends AsyncDisposable {
  readonly rig: Rig;
  readonly app: App;
  readonly bank: Bank;
  readonly faults: Faults;
  readonly browser: Browser;
  /** Connects a person of the household, and waits until the login works. */
  connect(name: string, person: typeof alex | typeof sam): Promise<void>;
  /** Makes a dashboard. The path needs a hyphen; `config` is what its raw editor shows. */
  addDashboard(path: string, config: object): Promise<void>;
  /** Replaces what a dashboard shows. */
  changeDashboard(path: string, config: object): Promise<void>;
  /** The id that Home Assistant gave the device of an account or a pot. Waits for it. */
  deviceId(monzoId: string): Promise<string>;
}

interface StageOptions {
  readonly bank: Bank;
  readonly settings?: Readonly<Record<string, string>>;
}

/** Starts everything; nobody is connected to the bridge yet. What was started is ended when a later step fails. */
export async function startDashboardStage({ bank, settings = {} }: StageOptions): Promise<DashboardStage> {
  await using starting = new AsyncDisposableStack();
  const rig = starting.use(await startRig());
  const directory = mkdtempSync(join(tmpdir(), 'monzo-bridge-dashboard-'));
  starting.defer(() => rmSync(directory, { recursive: true, force: true }));
  const faults = createFaults({ wait: (ms) => systemClock.wait(ms) });
  const app = starting.adopt(
    await startApp({
      directory,
      callBank: callSimulatedBank(bank, faults),
      settings: {
        ...settingsIn(rig),
        MONZO_BRIDGE_POLL_SECONDS: '1',
        ...settings,
      },
    }),
    (started) => started.close(),
  );
  await addResource(rig);
  const browser = starting.adopt(await launchBrowser(), (launched) => launched.close());
  const everything = starting.move();
  const save = async (path: string, config: object) => {
    const message = { type: 'lovelace/config/save', url_path: path, config };
    await rig.client.command(message, z.unknown());
  };
  return {
    rig,
    app,
    bank,
    faults,
    browser,
    connect: async (name, person) => {
      const id = await connectPerson(bank, app, { name, ...person });
      await until(`${name} is connected`, () => {
        // The sign-in comes through Home Assistant, which answers before the bridge has heard of it.
        bank.approve(person.userId);
        return app.view().logins.some((login) => login.id === id && login.state === 'active');
      });
    },
    addDashboard: async (path, config) => {
      const shown = { title: path, icon: 'mdi:bank', show_in_sidebar: true, require_admin: false };
      const message = { type: 'lovelace/dashboards/create', url_path: path, mode: 'storage', ...shown };
      await rig.client.command(message, z.unknown());
      await save(path, config);
    },
    changeDashboard: save,
    deviceId: async (monzoId) => {
      const find = () => rig.client.mqttDevice(`monzo_${monzoId}`);
      await until(`the device of ${monzoId} is there`, async () => (await find()) !== undefined);
      return (await find())?.id ?? assert.fail(`no device of ${monzoId}`);
    },
    [Symbol.asyncDispose]: () => everything.disposeAsync(),
  };
}

/** As the bridge itself does it: the file's content is the address. */
async function addResource({ client }: Rig): Promise<void> {
  const { code } = await builtDashboardFile();
  const url = `data:text/javascript;base64,${Buffer.from(code).toString('base64')}`;
  await client.command({ type: 'lovelace/resources/create', res_type: 'module', url }, z.unknown());
}

export interface VisitOptions {
  /** Another person's access token; the owner's where left out. */
  readonly token?: string;
  readonly size?: keyof typeof sizes;
  readonly scheme?: 'light' | 'dark';
  /** What the browser asks for, such as `de-DE`; Home Assistant follows it. */
  readonly language?: string;
}

/** Somebody who is signed in to Home Assistant with a browser of their own. */
export interface DashboardVisitor extends AsyncDisposable {
  readonly page: Page;
  /** What the browser complained about of our file's doing: its own errors, and those that name one of its elements. */
  readonly complaints: readonly string[];
  /** Opens a dashboard, such as `money-test` or `money-test/history`. */
  open(path: string): Promise<void>;
  /** Takes a picture of the whole page, at most 6,000 pixels high, into `test-output/screenshots`. */
  look(name: string): Promise<void>;
  /** Fails where axe finds a barrier in the dashboard's own part of the page. */
  checkBarriers(): Promise<void>;
}

/** Signs in without a form, as a browser does that was there before. */
export async function visitDashboard(
  { rig, browser }: Pick<DashboardStage, 'rig' | 'browser'>,
  { token, size = 'desktop', scheme = 'light', language = 'en-GB' }: VisitOptions = {},
): Promise<DashboardVisitor> {
  const context = await browser.newContext({
    viewport: sizes[size],
    colorScheme: scheme,
    locale: language,
    timezoneId: 'Europe/London',
    // Home Assistant's page keeps its parts for later, and a test is no place for parts of an earlier one.
    serviceWorkers: 'block',
  });
  context.setDefaultTimeout(patience);
  const page = await context.newPage();
  const complaints: string[] = [];
  const complain = (text: string) =>
    complaints.push(text.replaceAll(/data:text[\w/;,+=]+/g, 'monzo-bridge.js'));
  page.on('pageerror', (error) => complain(error.stack || String(error)));
  page.on('console', (message) => {
    if (message.type() === 'error' && /monzo|data:text/.test(message.text())) complain(message.text());
  });
  const { url, token: owner } = rig.homeAssistant;
  await page.addInitScript(
    `localStorage.setItem('hassTokens', ${JSON.stringify(sessionOf(url, token ?? owner))})`,
  );
  const wholePage = () => page.evaluate<number>(heightOfView);
  return {
    page,
    complaints,
    open: async (path) => {
      await page.goto(`${url}/${path}`);
      await page.locator('hui-view').waitFor();
    },
    look: async (name) => {
      await page.bringToFront();
      const { width, height } = sizes[size];
      await page.setViewportSize({ width, height: Math.min(6_000, Math.max(height, await wholePage())) });
      await page.screenshot({ path: join(pictures, `dashboard-${name}-${size}-${scheme}.png`) });
      await page.setViewportSize({ width, height });
    },
    checkBarriers: async () => {
      // Home Assistant's page has no landmarks: no part of it can lie in one.
      await page.evaluate(axe);
      const found = await page.evaluate<readonly Violation[]>(
        // Home Assistant puts no landmark around a dashboard.
        'axe.run(document, { preload: false, rules: { region: { enabled: false } } }).then((found) => found.violations)',
      );
      assert.deepEqual(found.flatMap(barriersOf), []);
    },
    [Symbol.asyncDispose]: () => context.close(),
  };
}

/** What is used of a node of the page; its own types are those of a browser. */
interface PageNode {
  readonly nodeType: number;
  readonly data?: string;
  readonly localName?: string;
  readonly childNodes: readonly PageNode[];
  readonly shadowRoot?: PageNode | null;
  assignedNodes?(): readonly PageNode[];
}

/** What a person reads in a part of the page, through the shadows in which Home Assistant keeps it, in one line. */
export async function shownText(part: Locator): Promise<string> {
  const text = await part.evaluate((element) => {
    const styleOf = Reflect.get(globalThis, 'getComputedStyle') as (node: PageNode) => {
      readonly display: string;
    };
    const textOf = (node: PageNode): string => {
      if (node.nodeType === 3) return node.data ?? '';
      if (node.nodeType !== 1 || node.localName === 'style' || styleOf(node).display === 'none') return '';
      const slotted = node.assignedNodes?.() ?? [];
      const children = slotted.length > 0 ? slotted : (node.shadowRoot ?? node).childNodes;
      return Array.from(children, textOf).join(' ');
    };
    return textOf(element);
  });
  return text.replaceAll(/\s+/g, ' ').trim();
}

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const pictures = join(import.meta.dirname, '../../test-output/screenshots');
mkdirSync(pictures, { recursive: true });

/** The page scrolls as a whole, below a header that stays. */
const heightOfView = `Math.max(document.documentElement.scrollHeight, document.body.scrollHeight)`;

function sessionOf(url: string, token: string): string {
  const tokens = {
    access_token: token,
    token_type: 'Bearer',
    refresh_token: '',
    hassUrl: url,
    clientId: null,
  };
  return JSON.stringify({ ...tokens, expires_in: 1e9, expires: systemClock.now() + 1e12 });
}

interface Violation {
  readonly id: string;
  readonly nodes: readonly {
    readonly target: readonly unknown[];
    readonly html: string;
    readonly failureSummary: string;
  }[];
}

/** What is wrong in elements of ours; what Home Assistant's own elements lack is not for us to mend. */
function barriersOf({ id, nodes }: Violation): readonly string[] {
  return nodes
    .filter(({ target }) => target.flat().some((selector) => String(selector).includes('monzo-')))
    .map(
      ({ html, failureSummary, target }) => `${id}: ${html} ${failureSummary} (${target.flat().join(' > ')})`,
    );
}
