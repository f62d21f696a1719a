import assert from 'node:assert/strict';
import { test } from 'node:test';
import { aTransaction, withoutShop } from '../../test/support/samples.ts';
import { flowOf, flows, isChargeOf, type CardUse, type Flow } from './spending.ts';
import { statusOf, type Transaction } from './transaction.ts';

const flowFor = (told: Partial<Transaction>, gone = false): Flow => {
  const transaction = aTransaction(told);
  const status = gone ? 'reversed' : statusOf(transaction, transaction.created);
  return flowOf({
    transaction,
    status,
    isCharged: false,
    isOwn: (account) => ['acc_ours', '040004 12345678'].includes(account),
  });
};

const transfer = { ...withoutShop, scheme: 'payport_faster_payments', counterparty: 'Sam' };
const cases: readonly (readonly [what: string, flow: Flow, told: Partial<Transaction>])[] = [
  ['a pending card payment', 'spending', {}],
  ['cash', 'spending', { atm: true }],
  ['a direct debit', 'spending', { ...withoutShop, scheme: 'bacs', amount: -4_500 }],
  ['a payment to a person', 'spending', { ...transfer, amount: -4_500 }],
  ['a fee', 'spending', { ...withoutShop, scheme: 'fee', amount: -500 }],
  ['overdraft interest', 'spending', { ...withoutShop, scheme: 'account_interest', amount: -12 }],
  [
    'an outgoing payment under an unknown scheme',
    'spending',
    { ...withoutShop, scheme: 'moon_rock', amount: -1 },
  ],
  ['money back from a shop', 'refund', { amount: 350 }],
  ['a fee given back', 'refund', { ...withoutShop, scheme: 'fee', amount: 500 }],
  ['wages', 'income', { ...withoutShop, scheme: 'bacs', amount: 245_000 }],
  ['wages that Monzo leaves out of spending', 'income', { ...transfer, amount: 1, inSpending: false }],
  ['interest', 'income', { ...withoutShop, scheme: 'account_interest', amount: 12 }],
  ['into a pot', 'internal', { ...withoutShop, scheme: 'uk_retail_pot', potId: 'pot_1', amount: -100 }],
  ['out of a pot', 'internal', { ...withoutShop, scheme: 'uk_retail_pot', potId: 'pot_1', amount: 100 }],
  ['to an own account', 'internal', { ...transfer, amount: -1, counterpartyAccount: 'acc_ours' }],
  ['from an own account', 'internal', { ...transfer, amount: 1, counterpartyAccount: 'acc_ours' }],
  ['to another person at Monzo', 'spending', { ...transfer, amount: -1, counterpartyAccount: 'acc_theirs' }],
  [
    'to an own account, known by its bank details',
    'internal',
    { ...transfer, amount: -1, counterpartyBank: '040004 12345678' },
  ],
  [
    'what a friend pays back of a bill',
    'refund',
    { ...transfer, amount: 1, originalId: 'tx_9', inSpending: false },
  ],
  ['what we pay back of a bill', 'spending', { ...transfer, amount: -1, originalId: 'tx_9' }],
  [
    'a Direct Debit given back',
    'refund',
    { ...withoutShop, scheme: 'bacs', amount: 4_200, isDirectDebit: true, inSpending: false },
  ],
  ['a card top-up', 'income', { amount: 5_000, isLoad: true, inSpending: false }],
  ['lent by Flex', 'internal', { ...withoutShop, scheme: 'monzo_flex', amount: 9_000 }],
  ['paid back to Flex', 'internal', { ...withoutShop, scheme: 'monzo_flex', amount: -3_000 }],
  ['a payment left out of spending', 'excluded', { inSpending: false }],
  ['a refund left out of spending', 'excluded', { inSpending: false, amount: 350 }],
  ['a declined payment', 'none', { amount: 0, localAmount: -350, declineReason: 'OTHER' }],
  ['a hold that was released', 'none', { amount: 0, localAmount: -350 }],
  ['a card check', 'none', { amount: 0, localAmount: 0, notes: 'Active card check' }],
];

for (const [what, flow, told] of cases)
  test(`${what} is ${flow}`, () => {
    assert.equal(flowFor(told), flow);
    assert.ok(flows.includes(flow));
  });

test('a transaction that vanished at the bank moved nothing, whatever its content', () => {
  for (const [, , told] of cases) assert.equal(flowFor(told, true), 'none');
});

test('what is paid back of a bill that is left out of spending is left out as well', () => {
  const transaction = aTransaction({ ...transfer, amount: 1, originalId: 'tx_9' });
  const input = { transaction, status: 'settled', isCharged: false, isOwn: () => false } as const;
  assert.equal(flowOf({ ...input, bill: { inSpending: false } }), 'excluded');
  assert.equal(flowOf({ ...input, bill: { inSpending: true } }), 'refund');
});

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
