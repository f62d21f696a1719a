import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import stringWidth from 'string-width';
import { laidOut, prose, table } from './layout.ts';

const pots = table(
  ['ID', prose('NAME'), 'BALANCE', prose('')],
  [
    ['pot_0000AlexHoliday', '🏖️ Holiday in the mountains', '1250.00 GBP', 'locked, out of date'],
    ['pot_0000Tax', '税金', '-3.50 GBP', ''],
  ],
);

const widest = (text: string) => Math.max(...text.split('\n').map((line) => stringWidth(line)));
const withoutSpace = (text: string) => text.replaceAll(/\s+/g, '');

describe('a table', () => {
  it('has one line a row where no terminal is there, in columns that wide characters do not shift', () => {
    assert.equal(
      laidOut(pots, null),
      [
        'ID                   NAME                         BALANCE',
        'pot_0000AlexHoliday  🏖️ Holiday in the mountains  1250.00 GBP  locked, out of date',
        'pot_0000Tax          税金                         -3.50 GBP',
      ].join('\n'),
    );
  });

  it('wraps texts alone in a narrow terminal, and cuts nothing off', () => {
    for (const width of [82, 70, 60, 58]) {
      const shown = laidOut(pots, width);
      assert.ok(widest(shown) <= width, `${width}:\n${shown}`);
      assert.match(shown, /pot_0000AlexHoliday .* 1250\.00 GBP/);
      assert.ok(withoutSpace(shown).includes('Holiday'));
      for (const word of ['mountains', 'locked,', 'date']) assert.ok(shown.includes(word), word);
    }
  });

  it('becomes one block a row where it does not fit', () => {
    assert.equal(
      laidOut(pots, 40),
      [
        'ID       pot_0000AlexHoliday',
        'NAME     🏖️ Holiday in the mountains',
        'BALANCE  1250.00 GBP',
        '         locked, out of date',
        '',
        'ID       pot_0000Tax',
        'NAME     税金',
        'BALANCE  -3.50 GBP',
      ].join('\n'),
    );
  });

  it('wraps texts in blocks too, below where they begin', () => {
    const shown = laidOut(pots, 30);
    assert.ok(widest(shown) <= 30, shown);
    assert.ok(shown.includes('\nNAME     🏖️ Holiday in the\n         mountains\n'), shown);
  });

  it('becomes blocks before a word would be parted', () => {
    for (const width of [41, 45, 50, 51])
      assert.equal(laidOut(pots, width), laidOut(pots, 40), String(width));
  });

  it('is what other lines stand above and below', () => {
    assert.equal(
      laidOut(['above', [table(['A'], [['1\u001b[2J']]), 'below']], 80),
      'above\nA\n1\u{fffd}[2J\nbelow',
    );
  });
});
