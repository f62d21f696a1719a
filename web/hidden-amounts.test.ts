import assert from 'node:assert/strict';
import { afterEach, describe, it } from 'node:test';
import { areAmountsHidden, hideAmounts } from './format.ts';
import { createHiddenAmounts } from './hidden-amounts.ts';

/** Tabs of one browser. */
function browser() {
  const kept = new Map<string, string>();
  const watchers: (() => void)[] = [];
  const memory = {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => {
      kept.set(key, value);
    },
  };
  const open = (read: () => typeof memory = () => memory) => {
    const tab = { changes: 0 };
    const amounts = createHiddenAmounts({
      memory: read,
      watch: (onChange) => watchers.push(onChange),
      onChange: () => {
        tab.changes += 1;
      },
    });
    return { amounts, tab };
  };
  return { open, tell: () => watchers.forEach((watcher) => watcher()) };
}

describe('hidden amounts', () => {
  afterEach(() => hideAmounts(false));

  it('stay hidden when the page is opened again, until they are asked for', () => {
    const { open } = browser();
    const first = open();
    assert.equal(first.amounts.isOn, false);
    first.amounts.toggle();
    hideAmounts(false);
    const { amounts } = open();
    assert.equal(amounts.isOn, true);
    assert.equal(areAmountsHidden(), true);
    amounts.toggle();
    assert.equal(open().amounts.isOn, false);
  });

  it('are hidden in the other tabs, too', () => {
    const { open, tell } = browser();
    const one = open();
    const other = open();
    one.amounts.toggle();
    tell();
    assert.equal(other.amounts.isOn, true);
    assert.deepEqual([one.tab.changes, other.tab.changes], [1, 1]);
  });

  it('work where the browser keeps nothing', () => {
    const { open } = browser();
    const { amounts } = open(() => {
      throw new DOMException('refused', 'SecurityError');
    });
    amounts.toggle();
    assert.equal(amounts.isOn, true);
    assert.equal(areAmountsHidden(), true);
  });
});
