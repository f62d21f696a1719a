import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { test } from 'node:test';
import { DoorbellKeys } from './doorbell-keys.ts';

const secretKey = new Uint8Array(32).fill(9);
const accounts = [{ id: 'acc_1' }, { id: 'acc_2' }];

test('a key is the account’s id under the secret key, so a rebuilt database knows its own webhooks', () => {
  const expected = createHmac('sha256', secretKey).update('acc_1').digest('hex');
  const keys = new DoorbellKeys(secretKey);
  assert.equal(keys.keyOf('acc_1'), expected);
  assert.equal(keys.keyOf('acc_1'), expected, 'also when asked again');
  assert.match(expected, /^[0-9a-f]{64}$/);
});

test('a key leads to its account and to no other', () => {
  const keys = new DoorbellKeys(secretKey);
  assert.equal(keys.accountOf(keys.keyOf('acc_1'), accounts), 'acc_1');
  assert.equal(keys.accountOf(keys.keyOf('acc_2'), accounts), 'acc_2');
  assert.equal(keys.accountOf(keys.keyOf('acc_3'), accounts), null);
});

test('what is not a key is nobody’s', () => {
  const keys = new DoorbellKeys(secretKey);
  const key = keys.keyOf('acc_1');
  for (const wrong of [
    '',
    key.slice(1),
    `${key}0`,
    key.toUpperCase(),
    key.replace(/^./, 'g'),
    '../../etc',
    `é${key.slice(1)}`,
  ])
    assert.equal(keys.accountOf(wrong, accounts), null, wrong);
});
