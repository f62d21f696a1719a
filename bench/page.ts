import type { Browser, BrowserContext } from 'playwright-core';
import { launchBrowser } from '../test/browser/chromium.ts';
import { places, type PlaceToSee } from '../test/browser/places.ts';
import { createStage, persons, type Stage } from '../test/browser/stage.ts';
import { count, median, print } from './measure.ts';

/** A slow network: every answer takes so many milliseconds, and so many bytes come in a second. */
const slow = { offline: false, latency: 400, downloadThroughput: 125_000, uploadThroughput: 125_000 };
const goal = 1_500;
const visits = 3;

/** In milliseconds from when the address is opened. */
interface Times {
  /** Until the browser has painted the first content: the name, and that the page is loading. */
  readonly painted: number;
  /** Until the page is there, with its heading and the place of all that is to come. */
  readonly first: number;
  /** Until all of it is there. */
  readonly all: number;
}

/** How long each page takes on a slow network, for who opens it for the first time and again. */
export async function benchPage(): Promise<void> {
  await using everything = new AsyncDisposableStack();
  const stage = await createStage({ after: (end) => everything.defer(end) }, { days: 90 });
  await stage.connect(persons.alex);
  const browser = await launchBrowser();
  everything.defer(() => browser.close());
  print(
    'page at 400 ms and 1 Mbit/s',
    `first paint (goal ${count(goal)} ms), heading, all; medians of ${visits}`,
  );
  for (const place of places) {
    const visit: Times[] = [];
    const again: Times[] = [];
    for (let number = 0; number < visits; number += 1) {
      const context = await signedIn(browser, stage);
      visit.push(await opened(context, stage, place));
      again.push(await opened(context, stage, place));
      await context.close();
    }
    printTimes(place.address, visit);
    printTimes(`${place.address}, again`, again);
  }
}

/** A browser that is signed in and knows nothing else of the page. */
async function signedIn(browser: Browser, stage: Stage): Promise<BrowserContext> {
  const context = await browser.newContext({ serviceWorkers: 'block' });
  const { origin, hash } = new URL(stage.app().signInLink());
  const code = decodeURIComponent(hash.slice('#code='.length));
  const answer = await context.request.post(`${origin}/api/session`, { data: { code }, headers: { origin } });
  if (!answer.ok()) throw new Error(`The sign-in was answered with ${answer.status()}.`);
  return context;
}

async function opened(
  context: BrowserContext,
  stage: Stage,
  { address, heading, last }: PlaceToSee,
): Promise<Times> {
  const page = await context.newPage();
  const devtools = await context.newCDPSession(page);
  await devtools.send('Network.enable');
  await devtools.send('Network.emulateNetworkConditions', slow);
  const begin = performance.now();
  await page.goto(`${new URL(stage.app().uiUrl).origin}/#/${address}`, { waitUntil: 'commit' });
  await page.getByRole('heading', { name: heading, level: 1 }).waitFor();
  const first = performance.now() - begin;
  await last(page).waitFor();
  const all = performance.now() - begin;
  const painted = await page.evaluate<number>(
    `performance.getEntriesByName('first-contentful-paint')[0].startTime`,
  );
  await page.close();
  return { painted, first, all };
}

function printTimes(what: string, times: readonly Times[]): void {
  const medianOf = (read: (one: Times) => number) => `${count(median(times.map(read)))} ms`;
  print(
    what,
    `${medianOf(({ painted }) => painted)}, ${medianOf(({ first }) => first)}, ${medianOf(({ all }) => all)}`,
  );
}
