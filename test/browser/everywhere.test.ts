import assert from 'node:assert/strict';
import { after, before, describe, it, type TestContext } from 'node:test';
import type { Browser } from 'playwright-core';
import { launchBrowser } from './chromium.ts';
import { limit } from './patience.ts';
import { places } from './places.ts';
import { createStage, persons } from './stage.ts';
import { visit, type Visitor, type VisitorOptions } from './visitor.ts';

/** Lists and forms are read in lines of a length that eyes can follow; figures take all there is. */
const broad: ReadonlySet<string> = new Set(['overview', 'charts', 'report']);

/** What still moves by itself, or would. */
const moving = `[...document.querySelectorAll('*')].filter((element) => {
  const { animationName, transitionDuration } = getComputedStyle(element);
  return animationName !== 'none' || transitionDuration.split(', ').some((duration) => parseFloat(duration) > 0);
}).map((element) => element.outerHTML.slice(0, 80))`;

/** What somebody could use with a pointer, and the tabulator key does not reach; marks what it reaches. */
const usable = `[...document.querySelectorAll('a[href], button, input, select, textarea, summary, [tabindex="0"]')]
  .filter((element) => element.checkVisibility({ visibilityProperty: true }) && !element.disabled)`;
const unreached = `${usable}.filter((element) => !element.reached && element.type !== 'radio')
  .map((element) => element.outerHTML.slice(0, 80))`;

/** What is wider than the screen, and words of the navigation that are cut off. */
const tooWide = `[document.documentElement, ...document.querySelectorAll('.top nav span')]
  .filter(({ scrollWidth, clientWidth }) => scrollWidth > clientWidth)
  .map((element) => element === document.documentElement ? \`\${element.scrollWidth} pixels\` : element.textContent)`;

describe('every page', () => {
  let browser: Browser;
  before(async () => {
    browser = await launchBrowser();
  });
  after(() => browser.close());

  const onEach = async (
    t: TestContext,
    { by = browser, ...options }: VisitorOptions & { readonly by?: Browser },
    see: (visitor: Visitor, name: string) => Promise<void>,
  ) => {
    const stage = await createStage(t, { days: 120, settings: { MONZO_BRIDGE_POLL_SECONDS: '60' } });
    await stage.connect(persons.alex);
    const visitor = await visit(t, by, options);
    const { page } = visitor;
    await page.emulateMedia({ reducedMotion: 'reduce' });
    await visitor.signIn(stage.app().signInLink());
    for (const { address, heading, last } of places) {
      await page.evaluate(`location.hash = ${JSON.stringify(`#/${address}`)}`);
      await visitor.sees(heading);
      await last(page).waitFor();
      await see(visitor, address);
    }
    assert.deepEqual(visitor.complaints, []);
    const { origin } = new URL(page.url());
    assert.deepEqual(
      [...new Set(visitor.requests.map((url) => url.origin))],
      [origin],
      'no other host is asked',
    );
  };

  for (const size of ['phone', 'reader', 'laptop', 'wall'] as const)
    for (const scheme of ['light', 'dark'] as const)
      it(`has no barriers and fits, ${size} and ${scheme}`, limit, (t) =>
        onEach(t, { size, scheme }, async (visitor, address) => {
          await visitor.look(`every-${address.replace(/\W/g, '-')}`);
          if (size !== 'wall') return;
          const width = await visitor.page.evaluate<number>(
            `document.querySelector('main').lastElementChild.clientWidth`,
          );
          assert.equal(width > 2_300, broad.has(address), `${address} is ${width} pixels wide`);
        }),
      );

  it('fits with letters twice as large, and its words are whole', limit, async (t) => {
    const by = await launchBrowser([], { letters: 32 });
    t.after(() => by.close());
    await onEach(t, { by, size: 'phone' }, async ({ page }, address) => {
      assert.equal(await page.evaluate(`getComputedStyle(document.body).fontSize`), '32px');
      assert.deepEqual(await page.evaluate(tooWide), [], address);
    });
  });

  it('stands still for whoever asks for that', limit, (t) =>
    onEach(t, {}, async ({ page }, address) => {
      assert.deepEqual(await page.evaluate(moving), [], address);
    }),
  );

  it('says where one is, and how far something is, in the colours of the system too', limit, async (t) => {
    const stage = await createStage(t);
    await stage.connect(persons.alex);
    const visitor = await visit(t, browser);
    const { page } = visitor;
    await page.emulateMedia({ forcedColors: 'active' });
    await visitor.signIn(stage.app().signInLink());
    const ground = (names: string) =>
      page.evaluate<readonly string[]>(
        `Array.from(document.querySelectorAll(${JSON.stringify(names)}), (one) => getComputedStyle(one).backgroundColor)`,
      );
    await page.goto(`${stage.app().uiUrl}/#/settings/limits`);
    await page.getByRole('button', { name: 'Save the limits' }).waitFor();
    for (const list of ['.top nav', '.chapter nav']) {
      const [[here], others] = [
        await ground(`${list} [aria-current]:not([aria-current='false'])`),
        await ground(`${list} a:is([aria-current='false'], :not([aria-current]))`),
      ];
      assert.ok(
        here !== undefined && others.length > 3 && !others.includes(here),
        `${list}: ${here}, ${others.join(' ')}`,
      );
    }
    await page.goto(`${stage.app().uiUrl}/#/overview`);
    await page.locator('progress').first().waitFor();
    const frame = await page.evaluate("getComputedStyle(document.querySelector('progress')).borderTopWidth");
    assert.equal(frame, '1px');
  });

  it('is reached to its last button by the tabulator key', limit, (t) =>
    onEach(t, {}, async ({ page }, address) => {
      await page.evaluate(`document.addEventListener('focusin', ({ target }) => { target.reached = true; })`);
      await page.evaluate('document.activeElement?.blur()');
      const left = () => page.evaluate<readonly string[]>(unreached);
      // A list goes on where its end is reached.
      for (let rounds = 0; rounds < 100 && (await left()).length > 0; rounds += 1)
        for (let more = 0; more < 20; more += 1) await page.keyboard.press('Tab');
      assert.deepEqual(await left(), [], address);
    }),
  );
});
