import assert from 'node:assert/strict';
import { test } from 'node:test';
import { plainAddress } from './webhook-address.ts';

const address = 'https://bänk.example/hooks/Ab?a=1&b=2';

for (const other of [
  'https://BÄNK.example/hooks/ab?a=1&b=2',
  'https://bänk.example/hooks/Ab/?a=1&b=2',
  'https://bänk.example:443/hooks/Ab?a=1&b=2',
  'https://bänk.example/%68ooks/Ab?b=2&a=1',
  'https://xn--bnk-qla.example/hooks/Ab?a=1&b=2',
])
  test(`${other} is the same address`, () => assert.equal(plainAddress(other), plainAddress(address)));

for (const other of [
  'http://bänk.example/hooks/Ab?a=1&b=2',
  'https://bänk.example:8443/hooks/Ab?a=1&b=2',
  'https://bank.example/hooks/Ab?a=1&b=2',
  'https://bänk.example/hooks/Ac?a=1&b=2',
  'https://bänk.example/hooks/Ab?a=1',
  'https://bänk.example/hooks/%',
  'no address',
])
  test(`${other} is another address`, () => assert.notEqual(plainAddress(other), plainAddress(address)));
