import type { Browser, Page } from 'playwright-core';
import { systemClock } from '../../src/clock.ts';
import { patience } from '../browser/patience.ts';
import type { HomeAssistant } from './instance.ts';

/** A page of Home Assistant's own, signed in as its owner. */
export async function openSignedIn(
  browser: Browser,
  { url, token }: Pick<HomeAssistant, 'url' | 'token'>,
  size: { readonly width: number; readonly height: number },
): Promise<Page> {
  const page = await browser.newPage({ viewport: size, locale: 'en-GB' });
  page.setDefaultTimeout(patience);
  const tokens = {
    access_token: token,
    token_type: 'Bearer',
    hassUrl: url,
    clientId: null,
    refresh_token: '',
  };
  const session = JSON.stringify({ ...tokens, expires_in: 1e9, expires: systemClock.now() + 1e12 });
  await page.addInitScript(`localStorage.setItem('hassTokens', ${JSON.stringify(session)})`);
  return page;
}
