import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { launchBrowser } from './chromium.ts';
import { createGate, type Gate } from './gate.ts';
import { limit } from './patience.ts';
import { places, type PlaceToSee } from './places.ts';
import { createStage, persons } from './stage.ts';
import { until } from '../support/until.ts';
import { visit } from './visitor.ts';

/** As high as what there is to see: what moves below the end of a screen would go unnoticed. */
const screens = { desktop: { width: 1280, height: 3000 }, phone: { width: 360, height: 4500 } } as const;
/** What every page waits for, in the order in which it is asked for. */
const first = ['session', 'logins', 'accounts', 'pots', 'former', 'health', 'events', 'setup'] as const;

describe('the order of the answers', { concurrency: true }, () => {
  let browser: Browser;
  before(async () => {
    browser = await launchBrowser();
  });
  after(() => browser.close());

  for (const size of ['desktop', 'phone'] as const)
    it(`moves nothing on a ${size}`, limit, async (t) => {
      const stage = await createStage(t, { days: 120, settings: { MONZO_BRIDGE_POLL_SECONDS: '60' } });
      await stage.connect(persons.alex);
      const visitor = await visit(t, browser, { size });
      const { page } = visitor;
      await visitor.signIn(stage.app().signInLink());
      await page.setViewportSize(screens[size]);
      const gate = await createGate(page);
      await page.reload();
      let before = '';
      for (const place of places) {
        await page.evaluate(`location.hash = ${JSON.stringify(`#/${place.address}`)}`);
        await drawn(page, place);
        const moved = await gate.shifts();
        // What a search finds on the page that is open takes the place of what it found before.
        if (place.heading !== before) assert.deepEqual(moved, [], `${place.address} moves when it is opened`);
        before = place.heading;
        assert.deepEqual(
          await movedAt(page, gate, place),
          [],
          `${place.address} moves with the order of its answers`,
        );
      }
    });
});

/**
 * On a slow network every answer that is waited for takes long, however small: the address of the page, its script and
 * style, and then all at once what any page needs to be drawn with its heading.
 */
const ofPage = /[/]assets[/](?!index-|shared-).*[.]js$/;

describe('the first look at a page', () => {
  let browser: Browser;
  before(async () => {
    browser = await launchBrowser();
  });
  after(() => browser.close());

  it('waits for three answers in a row', limit, async (t) => {
    const stage = await createStage(t, { settings: { MONZO_BRIDGE_POLL_SECONDS: '60' } });
    await stage.connect(persons.alex);
    const visitor = await visit(t, browser);
    const { page } = visitor;
    await visitor.signIn(stage.app().signInLink());
    const gate = await createGate(page);
    for (const { address, heading } of places) {
      const files = new Set<string>();
      page.on('request', (request) => files.add(request.url()));
      await page.evaluate(`location.hash = ${JSON.stringify(`#/${address}`)}`);
      await visitor.sees(heading);
      files.clear();
      gate.hold([...first]);
      await page.reload();
      await gate.awaits(first);
      await until(`the code of ${address} is asked for`, () => [...files].some((file) => ofPage.test(file)));
      assert.equal(await page.getByRole('heading', { level: 1 }).count(), 0);
      await gate.pass('session');
      assert.ok(
        (await page.locator('h1').innerText()).includes(heading),
        'it is there before anything else is',
      );
      // Nothing else is answered before the heading is there.
      gate.holdLater();
      await visitor.sees(heading);
    }
  });
});

async function drawn(page: Page, { heading, last }: PlaceToSee): Promise<void> {
  await page.getByRole('heading', { name: heading, level: 1 }).waitFor();
  await last(page).waitFor();
}

/** What moves on a page where each of its answers in turn is the last, and where all come in reverse. */
async function movedAt(page: Page, gate: Gate, place: PlaceToSee): Promise<readonly string[]> {
  await page.reload();
  await drawn(page, place);
  await gate.awaits(first);
  const own = gate.asked().filter((name) => first.every((one) => one !== name));
  const ways = [
    ...(place.address === 'overview' ? first : []).map((last) => [last]),
    ...own.map((last) => [last]),
    own,
  ];
  const moved: string[] = [];
  for (const held of ways) {
    gate.hold(held);
    await page.reload();
    const isFirst = held.some((name) => first.some((one) => one === name));
    await gate.awaits(isFirst ? held : [...first, ...own]);
    for (const name of held.toReversed()) await gate.pass(name);
    await drawn(page, place);
    await gate.awaits(own);
    const shifts = await gate.shifts();
    moved.push(
      ...shifts.map(({ value, what }) => `${held.toReversed().join(', ')}: ${value}, ${what.join('; ')}`),
    );
  }
  return moved;
}
