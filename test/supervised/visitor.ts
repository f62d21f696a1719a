import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, BrowserContext, FrameLocator, Locator, Page } from 'playwright-core';
import { z } from 'zod';
import type { HomeAssistantClient } from '../home-assistant/client.ts';
import { rest } from '../home-assistant/onboarding.ts';
import { home } from './addresses.ts';

const patience = 60_000;
const pictures = join(import.meta.dirname, '../../test-output/screenshots');
mkdirSync(pictures, { recursive: true });

/** What a person had to do so far. */
export interface Effort {
  readonly clicks: number;
  /** The labels of the fields, in the order in which they were filled in. */
  readonly fields: readonly string[];
}

/** Somebody who is signed in to Home Assistant with a browser of their own. */
export interface HomeVisitor extends AsyncDisposable {
  readonly context: BrowserContext;
  readonly page: Page;
  /** The bridge's page, in the panel. */
  readonly panel: FrameLocator;
  readonly complaints: readonly string[];
  effort(): Effort;
  click(target: Locator): Promise<void>;
  /** Opens the bridge from the sidebar. */
  openPanel(): Promise<void>;
  press(name: string | RegExp, role?: 'button' | 'link'): Promise<void>;
  /** Goes to one of the bridge's pages by the link in its navigation, and from there to one of its places. */
  goTo(name: string, place?: string): Promise<void>;
  fill(label: string, text: string): Promise<void>;
  /** What was copied, as it would be pasted elsewhere; without the clipboard API, which needs HTTPS. */
  pasted(): Promise<string>;
  /** Waits until the bridge's page shows this heading. */
  sees(heading: string | RegExp): Promise<void>;
  /** Takes a picture of all that the browser shows. */
  look(name: string): Promise<void>;
}

/** A token that Home Assistant's page is signed in with, as JSON of the type that its login flow answers. */
export interface SignedIn {
  readonly access_token: string;
  readonly refresh_token?: string;
  readonly expires_in?: number;
}

/** Opens Home Assistant's first page. */
export async function visitHome(browser: Browser, tokens: SignedIn): Promise<HomeVisitor> {
  const context = await browser.newContext({
    viewport: { width: 1280, height: 900 },
    locale: 'en-GB',
    timezoneId: 'Europe/London',
  });
  context.setDefaultTimeout(patience);
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(String(error)));
  const session = { token_type: 'Bearer', refresh_token: '', expires_in: 1e9, ...tokens };
  const kept = { ...session, hassUrl: home, clientId: `${home}/`, expires: Date.now() + 1e12 };
  await page.addInitScript(
    `if (location.origin === '${home}') localStorage.setItem('hassTokens', ${JSON.stringify(JSON.stringify(kept))})`,
  );
  await page.goto(home);
  let clicks = 0;
  const fields: string[] = [];
  const panel = page.frameLocator('iframe');
  const sees = (heading: string | RegExp) =>
    panel.getByRole('heading', { name: heading, level: 1 }).waitFor();
  const click = async (target: Locator) => {
    await target.click();
    clicks += 1;
  };
  return {
    context,
    page,
    panel,
    complaints,
    effort: () => ({ clicks, fields: [...fields] }),
    click,
    openPanel: () => click(sidebarEntry(page)),
    press: (name, role = 'button') => click(panel.getByRole(role, { name })),
    goTo: async (name, place) => {
      await click(panel.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name }));
      await sees(name);
      if (place === undefined) return;
      await click(panel.locator('.entries').getByRole('link', { name: new RegExp(`^${place}`) }));
      await sees(place);
    },
    fill: async (label, text) => {
      await panel.getByLabel(label, { exact: true }).fill(text);
      fields.push(label);
    },
    pasted: async () => {
      await using other = { tab: await context.newPage(), [Symbol.asyncDispose]: () => other.tab.close() };
      await other.tab.setContent('<textarea></textarea>');
      await other.tab.locator('textarea').press('Control+V');
      return other.tab.locator('textarea').inputValue();
    },
    sees,
    look: async (name) => {
      await page.bringToFront();
      await page.screenshot({ path: join(pictures, `app-${name}.png`) });
    },
    [Symbol.asyncDispose]: () => context.close(),
  };
}

export function sidebarEntry(page: Page): Locator {
  return page.locator('ha-sidebar').getByText('Monzo', { exact: true });
}

const userSchema = z.object({ user: z.object({ id: z.string() }) });
const flowSchema = z.object({ flow_id: z.string() });
const codeSchema = z.object({ result: z.string() });
const tokenSchema = z.object({ access_token: z.string(), refresh_token: z.string(), expires_in: z.number() });

/** Makes an account without further rights, and signs in with it as the sign-in page does. */
export async function addMember(client: HomeAssistantClient, url: string, name: string): Promise<SignedIn> {
  const proof = { username: 'member', password: 'another horse battery' };
  const create = { type: 'config/auth/create', name, group_ids: ['system-users'] };
  const { user } = await client.command(create, userSchema);
  const credentials = { type: 'config/auth_provider/homeassistant/create', user_id: user.id, ...proof };
  await client.command(credentials, z.unknown());
  const clientId = `${home}/`;
  const post = async <S extends z.ZodType>(path: string, body: unknown, schema: S) =>
    schema.parse(await rest({ url: url + path, method: 'POST', body }));
  const handler = { client_id: clientId, handler: ['homeassistant', null], redirect_uri: clientId };
  const { flow_id: flow } = await post('/auth/login_flow', handler, flowSchema);
  const { result } = await post(`/auth/login_flow/${flow}`, { client_id: clientId, ...proof }, codeSchema);
  const form = { grant_type: 'authorization_code', code: result, client_id: clientId };
  return post('/auth/token', new URLSearchParams(form), tokenSchema);
}
