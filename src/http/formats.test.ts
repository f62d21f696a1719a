import assert from 'node:assert/strict';
import { test } from 'node:test';
import { csvTable, withVerbatim } from './formats.ts';

test('cells are quoted where they must be, and nothing that strangers wrote is a formula', () => {
  const cells: readonly (readonly [string | number | boolean | null, string])[] = [
    ['plain', 'plain'],
    [null, ''],
    [-605, '-605'],
    ['a, b', '"a, b"'],
    ['say "no"', '"say ""no"""'],
    ['=1+1', "'=1+1"],
    ['+44 20', "'+44 20"],
    ['@cell', "'@cell"],
    ['\t=1', "'=1"],
    ['=HYPERLINK("http://x","y")', '"\'=HYPERLINK(""http://x"",""y"")"'],
  ];
  const table = csvTable(['it']);
  assert.equal(table.head, '\uFEFFit\r\n');
  for (const [it, written] of cells) assert.equal(table.lines([{ it }]), `${written}\r\n`);
});

test('the bank’s JSON goes out to the letter, numbers that no double holds included', () => {
  const raw = '{"id":"tx_1","n":12345678901234567890,"f":1.50,"__proto__":{"a":1}}';
  assert.equal(withVerbatim({ id: 'tx_1' }, 'raw', raw), `{"id":"tx_1","raw":${raw}}`);
});
