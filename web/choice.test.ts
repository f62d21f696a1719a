import assert from 'node:assert/strict';
import { afterEach, describe, it } from 'node:test';
import type { Browser } from './choice.ts';
import { createFavourites, favouritesFirst } from './favourites.ts';
import { areAmountsHidden, hideAmounts } from './format.ts';
import { createHiddenAmounts } from './hidden-amounts.ts';

/** A browser with any number of tabs. */
function browser(kept = new Map<string, string>()) {
  const watchers: (() => void)[] = [];
  const memory = {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => {
      kept.set(key, value);
      for (const tell of watchers) tell();
    },
  };
  const watch = (tell: () => void) => void watchers.push(tell);
  return { memory: () => memory, watch } satisfies Browser;
}

const refusing: Browser = {
  memory: () => {
    throw new DOMException('refused', 'SecurityError');
  },
  watch: () => {},
};
const nobody = () => {};

describe('hidden amounts', () => {
  afterEach(() => hideAmounts(false));

  it('stay hidden when the page is opened again, until they are asked for', () => {
    const own = browser();
    const first = createHiddenAmounts(own, nobody);
    assert.equal(first.isOn, false);
    first.toggle();
    hideAmounts(false);
    const again = createHiddenAmounts(own, nobody);
    assert.deepEqual([again.isOn, areAmountsHidden()], [true, true]);
    again.toggle();
    assert.deepEqual([createHiddenAmounts(own, nobody).isOn, areAmountsHidden()], [false, false]);
  });

  it('are hidden in the other tabs, too', () => {
    const own = browser();
    let told = 0;
    const one = createHiddenAmounts(own, nobody);
    const other = createHiddenAmounts(own, () => {
      told += 1;
    });
    one.toggle();
    assert.deepEqual([other.isOn, told], [true, 2]);
  });

  it('work where the browser keeps nothing', () => {
    const amounts = createHiddenAmounts(refusing, nobody);
    amounts.toggle();
    assert.deepEqual([amounts.isOn, areAmountsHidden()], [true, true]);
  });
});

describe('favourite pots', () => {
  const pots = ['tax', 'holiday', 'bills', 'bike'].map((id) => ({ id }));

  it('come first, in the order of the pots, and stay until they are let go', () => {
    const own = browser();
    const first = createFavourites(own, nobody);
    first.toggle('bike');
    first.toggle('holiday');
    const again = createFavourites(own, nobody);
    const order = () => favouritesFirst(pots, again).map(({ id }) => id);
    assert.deepEqual(order(), ['holiday', 'bike', 'tax', 'bills']);
    again.toggle('bike');
    assert.deepEqual(order(), ['holiday', 'tax', 'bills', 'bike']);
  });

  it('are none where what is kept means nothing', () => {
    for (const text of ['', 'null', '{"a":1}', '[1]']) {
      const kept = new Map([['monzo-bridge.favourite-pots', text]]);
      const favourites = createFavourites(browser(kept), nobody);
      assert.equal(favourites.has('bike'), false);
      favourites.toggle('bike');
      assert.equal(favourites.has('bike'), true, text);
    }
    const unkept = createFavourites(refusing, nobody);
    unkept.toggle('bike');
    assert.equal(unkept.has('bike'), true);
  });
});
