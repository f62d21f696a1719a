import type { ListOf } from '../../src/contract/elements.ts';
import type { PageSessionItem } from '../../src/contract/login-data.ts';
import type { Call } from './client.ts';
import { anything, flag, listOf, partOf, text, type Guarded } from './guards.ts';

/** The browsers that are signed in to the page. */

const isPageSession = partOf<PageSessionItem>()({
  id: text,
  browser: text,
  last_used: text,
  current: flag,
});
const isPageSessions = partOf<ListOf<PageSessionItem>>()({ items: listOf(isPageSession) });

export type PageSession = Guarded<typeof isPageSession>;

const path = 'api/sessions';

export async function readSessions(call: Call, signal: AbortSignal): Promise<readonly PageSession[]> {
  return (await call(path, { signal, answer: isPageSessions })).items;
}

export async function endSession(call: Call, id: string): Promise<void> {
  await call(`${path}/${encodeURIComponent(id)}`, { method: 'DELETE', answer: anything });
}

/** Ends all but the one that asks. */
export async function endOtherSessions(call: Call): Promise<void> {
  await call(path, { method: 'DELETE', answer: anything });
}
