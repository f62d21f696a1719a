import assert from 'node:assert/strict';
import { test } from 'node:test';
import { aTransaction } from '../../test/support/samples.ts';
import { isChargeOf, type CardUse } from './hold.ts';

const day = 86_400_000;
const held: CardUse = {
  status: 'pending',
  cardId: 'card_1',
  transaction: aTransaction({ id: 'tx_hold', amount: -10_000, created: 0 }),
};

function charge(more: Partial<CardUse['transaction']> = {}, beside: Partial<CardUse> = {}): CardUse {
  const transaction = {
    ...held.transaction,
    id: 'tx_charge',
    amount: -4_600,
    created: 2 * day,
    settles: 2 * day,
    ...more,
  };
  return { ...held, status: 'settled', transaction, ...beside };
}

const hold = (more: Partial<CardUse['transaction']>): CardUse => ({
  ...held,
  transaction: { ...held.transaction, ...more },
});

test('a charge is that of a hold of one account, shop, card and currency, in range, within ten days', () => {
  assert.ok(isChargeOf(charge(), held));
  assert.ok(isChargeOf(charge({ amount: -12_500 }), held), 'a quarter more');
  assert.ok(isChargeOf(charge({ amount: -6_000 }), hold({ amount: -100 })), 'a token was held');
  const others: readonly (readonly [string, CardUse])[] = [
    ['another account', charge({ accountId: 'acc_2' })],
    ['another shop', charge({ merchantId: 'merch_2' })],
    ['no shop', charge({ merchantId: null })],
    ['a transfer that carries the shop', charge({ scheme: 'payport_faster_payments' })],
    ['another currency', charge({ currency: 'EUR' })],
    ['another card', charge({}, { cardId: 'card_2' })],
    ['too much', charge({ amount: -12_501 })],
    ['too little', charge({ amount: -499 })],
    ['too late', charge({ created: 11 * day, settles: 11 * day })],
    ['before the hold', charge({ created: -1, settles: -1 })],
    ['an ordinary payment, which settles a day later', charge({ settles: 3 * day })],
    ['still pending', charge({ settles: null }, { status: 'pending' })],
    ['a refund', charge({ amount: 4_600 })],
  ];
  for (const [why, other] of others) assert.equal(isChargeOf(other, held), false, why);
  assert.equal(isChargeOf(charge(), { ...held, status: 'settled' }), false, 'a hold that settled itself');
});
