import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { isBlank, markOf, rangeOf, type Drawing } from './configuration.ts';

const drawing = (kind: Drawing['kind'], amounts: readonly (number | null)[], currency = 'GBP'): Drawing => ({
  kind,
  currency,
  labels: amounts.map(String),
  ticks: amounts.map(String),
  label: 'a drawing',
  series: [{ name: 'one', tone: 'main', amounts }],
});

/** The texts at an axis whose marks lie at these amounts. */
function marks(values: readonly number[], currency = 'GBP'): readonly string[] {
  const mark = markOf(drawing('bar', [1], currency));
  const all = values.map((value) => ({ value }));
  return values.map((value, index) => mark(value, index, all));
}

describe('an axis', () => {
  it('never says the same twice, and nothing below nothing', () => {
    for (const values of [
      [-100, 0, 100, 200],
      [-1, 0, 1],
      [0, 20, 40, 60],
      [0, 250, 500],
      [-0, 1],
    ]) {
      const texts = marks(values);
      assert.equal(new Set(texts).size, values.length, texts.join());
      assert.ok(!texts.some((text) => /[-−]/.test(text) && !/[1-9]/.test(text)), texts.join());
    }
  });

  it('is in whole major units where all its marks are', () => {
    // However the region writes them.
    const digits = (texts: readonly string[]) => texts.map((text) => text.replaceAll(/\D/g, ''));
    assert.deepEqual(digits(marks([0, 50_000, 100_000])), ['0', '500', '1000']);
    assert.deepEqual(digits(marks([0, 50, 100])), ['000', '050', '100']);
    assert.deepEqual(digits(marks([0, 1, 2], 'JPY')), ['0', '1', '2']);
  });

  it('leaves room around a line that stays where it is', () => {
    assert.deepEqual(rangeOf(drawing('line', [0, 0, null])), { suggestedMin: -500, suggestedMax: 500 });
    assert.deepEqual(rangeOf(drawing('line', [0, 1])), {});
    assert.deepEqual(rangeOf(drawing('line', [null])), {});
  });
});

describe('a drawing', () => {
  it('is blank without labels and without amounts, and a balance of nothing is none', () => {
    assert.deepEqual(
      [drawing('bar', []), drawing('bar', [0, null]), drawing('stack', [0]), drawing('line', [null])].map(
        isBlank,
      ),
      [true, true, true, true],
    );
    assert.deepEqual([drawing('bar', [-1]), drawing('line', [0])].map(isBlank), [false, false]);
    assert.ok(isBlank({ ...drawing('line', [1]), series: [] }));
  });
});
