import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withVerbatim } from './items.ts';

test('the bank’s JSON goes out to the letter, numbers that no double holds included', () => {
  const raw = '{"id":"tx_1","n":12345678901234567890,"f":1.50,"__proto__":{"a":1}}';
  assert.equal(withVerbatim({ id: 'tx_1' }, 'raw', raw), `{"id":"tx_1","raw":${raw}}`);
});
