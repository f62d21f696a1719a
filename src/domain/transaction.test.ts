import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { aTransaction, noon, withoutShop } from '../../test/support/samples.ts';
import {
  comparedFields,
  displayName,
  kindOf,
  splitOf,
  statusOf,
  transactionKinds,
  type Transaction,
  type TransactionKind,
} from './transaction.ts';

/** Real transactions of the bank, reduced to the fields that decide their kind. */
const rows: readonly (readonly [what: string, kind: TransactionKind, told: Partial<Transaction>])[] = [
  ['a purchase', 'card_payment', {}],
  ['a purchase abroad', 'card_payment', { amount: -605, localAmount: -970, localCurrency: 'CAD' }],
  ['a card row whose shop is unknown', 'card_payment', withoutShop],
  ['a purchase with a virtual card of a pot', 'card_payment', { potId: 'pot_1' }],
  ['a purchase with the prepaid card', 'card_payment', { scheme: 'gps_mastercard' }],
  ['a purchase under an unknown scheme', 'card_payment', { scheme: 'moon_card' }],
  [
    'a declined payment',
    'declined',
    { amount: 0, localAmount: -20_000, declineReason: 'INVALID_PIN', ...withoutShop },
  ],
  ['a payment declined for an unknown reason', 'declined', { amount: 0, declineReason: 'MOON_PHASE' }],
  ['a declined card check', 'declined', { amount: 0, localAmount: 0, declineReason: 'CARD_INACTIVE' }],
  ['a refund', 'refund', { amount: 350 }],
  ['a refund with clearing data only', 'refund', { amount: 350, ...withoutShop }],
  ['a card check by its note', 'card_check', { amount: 0, notes: 'Active card check' }],
  [
    'a card check by its text, under no known scheme',
    'card_check',
    { amount: 0, description: 'Active card check', scheme: '', ...withoutShop },
  ],
  ['a card check by its amounts', 'card_check', { amount: 0, localAmount: 0 }],
  [
    'a payment to someone that was given back on its own row',
    'outgoing_payment',
    { scheme: 'faster_payments', amount: 0, localAmount: -350, ...withoutShop },
  ],
  [
    'a Direct Debit of nothing',
    'direct_debit',
    { scheme: 'bacs', isDirectDebit: true, amount: 0, localAmount: 0 },
  ],
  [
    'a Direct Debit that was given back on its own row',
    'direct_debit',
    { scheme: 'bacs', isDirectDebit: true, amount: 0, localAmount: -4_200, ...withoutShop },
  ],
  ['a released hold', 'card_payment', { amount: 0, localAmount: -350 }],
  [
    'cash from a machine',
    'cash_withdrawal',
    { amount: -2_000, atm: true, category: 'cash', merchantName: 'Cash machine' },
  ],
  ['cash that the machine took back', 'refund', { amount: 2_000, atm: true }],
  [
    'a move into a pot',
    'pot_deposit',
    { scheme: 'uk_retail_pot', amount: -1_000, potId: 'pot_1', description: 'pot_1', ...withoutShop },
  ],
  [
    'a move out of a pot',
    'pot_withdrawal',
    { scheme: 'uk_retail_pot', amount: 1_000, potId: 'pot_1', description: 'pot_1', ...withoutShop },
  ],
  [
    'a move into a pot of a business',
    'pot_deposit',
    { scheme: 'uk_business_pot', amount: -1_000, ...withoutShop },
  ],
  [
    'a move out of a pot under an unknown scheme',
    'pot_withdrawal',
    { scheme: 'locked_money', amount: 1_000, potId: 'pot_1', ...withoutShop },
  ],
  [
    'a faster payment in',
    'incoming_payment',
    { scheme: 'payport_faster_payments', amount: 5_000, counterparty: 'Sam', ...withoutShop },
  ],
  [
    'a faster payment in without a name',
    'incoming_payment',
    { scheme: 'faster_payments', amount: 5_000, ...withoutShop },
  ],
  [
    'a faster payment out',
    'outgoing_payment',
    { scheme: 'payport_faster_payments', amount: -5_000, counterparty: 'Sam', ...withoutShop },
  ],
  [
    'a payment to another customer',
    'outgoing_payment',
    { scheme: 'p2p_payment', amount: -5_000, counterparty: 'Sam', ...withoutShop },
  ],
  [
    'a salary by bacs',
    'incoming_payment',
    { scheme: 'bacs', amount: 250_000, counterparty: 'Employer', ...withoutShop },
  ],
  [
    'a direct debit',
    'direct_debit',
    { scheme: 'bacs', amount: -4_200, counterparty: 'Water company', ...withoutShop },
  ],
  ['a top-up', 'incoming_payment', { scheme: 'topup', amount: 10_000, isLoad: true, ...withoutShop }],
  [
    'a load under no scheme',
    'incoming_payment',
    { scheme: '', amount: 10_000, isLoad: true, ...withoutShop },
  ],
  ['a cheque', 'incoming_payment', { scheme: 'rbs_cheque', amount: 10_000, ...withoutShop }],
  ['interest', 'interest', { scheme: 'account_interest', amount: 12, ...withoutShop }],
  ['an overdraft fee', 'fee', { scheme: 'overdraft', amount: -50, ...withoutShop }],
  ['interest under a short scheme', 'interest', { scheme: 'interest', amount: 12, ...withoutShop }],
  ['a fee', 'fee', { scheme: 'fee', amount: -150, ...withoutShop }],
  [
    'a salary by bacs without a name',
    'incoming_payment',
    { scheme: 'bacs', amount: 250_000, ...withoutShop },
  ],
  [
    'a payment with a name under an unknown scheme',
    'outgoing_payment',
    { scheme: 'quantum_giro', amount: -100, counterparty: 'Sam', ...withoutShop },
  ],
  [
    'a purchase whose note says that it is a card check',
    'card_payment',
    { amount: -350, notes: 'Active card check' },
  ],
  ['a purchase at home of nothing abroad', 'card_payment', { amount: -350, localAmount: 0 }],
  ['a correction by the bank', 'other', { scheme: 'ledger_adjustment', amount: 1, ...withoutShop }],
  ['an unknown scheme', 'other', { scheme: 'quantum_giro', amount: -100, ...withoutShop }],
  [
    'a transfer of nothing',
    'other',
    { scheme: 'faster_payments', amount: 0, localAmount: 0, ...withoutShop },
  ],
];

const openBanking = 'codes in Monzo’s Open Banking documents (_ob_account_information)';
const card = ['card_payment', 'refund'] as const;
const pot = ['pot_deposit', 'pot_withdrawal'] as const;
const transfer = ['outgoing_payment', 'incoming_payment'] as const;
const fee = ['fee', 'fee'] as const;
const other = ['other', 'other'] as const;
const interest = ['interest', 'interest'] as const;

/** The kinds of money out and in of each scheme that is known, and where it was seen. */
const schemes: readonly (readonly [
  scheme: string,
  kinds: readonly [TransactionKind, TransactionKind],
  source: string,
])[] = [
  ['mastercard', card, 'recordings of 2017 to 2026'],
  ['gps_mastercard', card, 'recordings of the prepaid card, 2017'],
  ['3dsecure', card, openBanking],
  ['visa', card, 'a list of card schemes in a public client'],
  ['uk_retail_pot', pot, 'recorded webhook, 2022'],
  ['uk_business_pot', pot, openBanking],
  ['locked_money', pot, openBanking],
  ['payport_faster_payments', transfer, 'recorded webhook, 2022; with a merchant in public reports'],
  ['faster_payments', transfer, openBanking],
  ['p2p_payment', transfer, openBanking],
  ['monzo_to_monzo', transfer, 'public clients, 2025 and 2026; called so in Monzo’s own export'],
  ['monzo_paid', transfer, openBanking],
  ['chaps', transfer, openBanking],
  ['sepa', transfer, openBanking],
  ['international', transfer, 'a public client’s reading of Monzo’s export'],
  ['topup', transfer, openBanking],
  ['rbs_cheque', transfer, openBanking],
  ['uk_cash_deposits_paypoint', transfer, openBanking],
  ['signup_referral', transfer, openBanking],
  ['collections_settlement', transfer, openBanking],
  ['emergency_cash', ['cash_withdrawal', 'refund'], openBanking],
  ['monzo_flex', other, openBanking],
  ['instalment_loan', other, openBanking],
  ['spread_the_cost', other, openBanking],
  ['ledger_adjustment', other, openBanking],
  ['bacs', ['direct_debit', 'incoming_payment'], openBanking],
  ['account_interest', interest, openBanking],
  ['interest', interest, 'the shorter form, in a public client'],
  ['overdraft', fee, openBanking],
  ['fee', fee, 'a public client'],
  ['premium_subscription', fee, 'recorded rows in a public client'],
  ['monzo_business_account_billing', fee, openBanking],
  ['card_delivery', fee, openBanking],
];

describe('the kind of a transaction', () => {
  for (const [what, kind, told] of rows)
    it(`${what}: ${kind}`, () => {
      assert.equal(kindOf(aTransaction(told)), kind);
    });

  for (const [scheme, [out, back], source] of schemes)
    it(`is known from the scheme ${scheme || 'that is empty'}, with a merchant or without: ${source}`, () => {
      for (const shop of [{}, withoutShop]) {
        assert.equal(kindOf(aTransaction({ ...shop, scheme, amount: -1 })), out);
        assert.equal(kindOf(aTransaction({ ...shop, scheme, amount: 1 })), back);
      }
    });

  it('is money in for what is loaded, by card as well', () => {
    for (const scheme of ['mastercard', 'topup', '3dsecure', ''])
      assert.equal(kindOf(aTransaction({ scheme, isLoad: true, amount: 5_000 })), 'incoming_payment');
  });

  it('is a refund for a Direct Debit that was given back', () => {
    const told = { scheme: 'bacs', isDirectDebit: true };
    assert.equal(kindOf(aTransaction({ ...told, amount: 4_200 })), 'refund');
    assert.equal(kindOf(aTransaction({ ...told, amount: -4_200 })), 'direct_debit');
  });

  it('follows what the row names under an unknown scheme: a pot, a counterparty, a shop', () => {
    const told = { scheme: 'quantum_giro', amount: -100 };
    assert.equal(kindOf(aTransaction({ ...told, ...withoutShop, potId: 'pot_1' })), 'pot_deposit');
    assert.equal(kindOf(aTransaction({ ...told, counterparty: 'Sam' })), 'outgoing_payment');
    assert.equal(
      kindOf(aTransaction({ ...told, ...withoutShop, counterpartyBank: '1 2' })),
      'outgoing_payment',
    );
    assert.equal(kindOf(aTransaction(told)), 'card_payment');
    assert.equal(kindOf(aTransaction({ ...told, ...withoutShop })), 'other');
  });

  it('has an example above for each kind', () => {
    assert.deepEqual(new Set(rows.map(([, kind]) => kind)), new Set(transactionKinds));
  });
});

describe('the status of a transaction', () => {
  const statusAt = (told: Partial<Transaction>, at = noon) => statusOf(aTransaction(told), at);

  it('pending by default', () => {
    assert.equal(statusAt({}), 'pending');
  });

  it('settled from the time that the bank gives, not before', () => {
    assert.equal(statusAt({ settles: noon }, noon - 1), 'pending');
    assert.equal(statusAt({ settles: noon }, noon), 'settled');
  });

  it('pending until the next morning for money that came in at night', () => {
    const told = {
      scheme: 'payport_faster_payments',
      amount: 5_000,
      settles: noon + 36_000_000,
      ...withoutShop,
    };
    assert.equal(statusAt(told), 'pending');
    assert.equal(statusAt(told, noon + 36_000_000), 'settled');
  });

  it('pending while the amount is', () => {
    assert.equal(statusAt({ settles: noon, amountIsPending: true }), 'pending');
  });

  it('declined whatever else the transaction says', () => {
    assert.equal(
      statusAt({ amount: 0, localAmount: -350, declineReason: 'OTHER', settles: noon }),
      'declined',
    );
    assert.equal(statusAt({ amount: -350, declineReason: '' }), 'declined');
  });

  it('reversed once the hold of a payment was released', () => {
    assert.equal(statusAt({ amount: 0, localAmount: -350 }), 'reversed');
    assert.equal(statusAt({ amount: 0, localAmount: -350, settles: noon }), 'reversed');
  });

  it('settled for a card check, which never settles by itself', () => {
    assert.equal(statusAt({ amount: 0, localAmount: 0 }), 'settled');
    const noted = { amount: 0, localAmount: 0, notes: 'Active card check', ...withoutShop, scheme: '' };
    assert.equal(statusAt(noted), 'settled');
    assert.equal(statusAt({ ...noted, amount: -350, localAmount: -350 }), 'pending');
  });

  it('pending for a transfer of zero, until it settles', () => {
    const told = { amount: 0, localAmount: 0, scheme: 'faster_payments', ...withoutShop };
    assert.equal(statusAt(told), 'pending');
    assert.equal(statusAt({ ...told, settles: noon }), 'settled');
  });
});

describe('the compared fields', () => {
  const before = aTransaction();

  const differing: Partial<Transaction>[] = [
    { amount: -351 },
    { category: 'transport' },
    { notes: 'lunch' },
    { merchantId: 'merch_2' },
    { merchantId: null },
  ];
  for (const told of differing)
    it(`differ by ${JSON.stringify(told)}`, () => {
      assert.notEqual(comparedFields({ ...before, ...told }), comparedFields(before));
    });

  it('differ by how a purchase is split, and are as ever where it is not', () => {
    const split = [
      ['a', -1],
      ['b', -2],
    ] as const;
    const texts = [
      null,
      split,
      [
        ['a', -2],
        ['b', -1],
      ] as const,
    ].map((one) => comparedFields({ ...before, split: one }));
    assert.equal(new Set(texts).size, 3);
    assert.equal(texts[0], JSON.stringify([-350, 'eating_out', '', 'merch_1']));
  });

  it('do not differ by fields that are internal to the bank', () => {
    const after = {
      ...before,
      updated: noon + 1,
      settles: noon,
      localAmount: -1,
      merchantName: 'Shop Ltd',
      description: 'SHOP',
      raw: '{}',
    };
    assert.equal(comparedFields(after), comparedFields(before));
  });

  it('differ if text moves from one field to another', () => {
    const one = { ...before, category: 'a', notes: 'b' };
    assert.notEqual(comparedFields(one), comparedFields({ ...before, category: 'a","b', notes: '' }));
  });
});

describe('the name to show', () => {
  it('is the merchant, then the counterparty, then the bank’s description', () => {
    const row = aTransaction({ counterparty: 'Sam', description: 'REF 1' });
    assert.equal(displayName(row), 'Coffee Shop');
    assert.equal(displayName({ ...row, merchantName: null }), 'Sam');
    assert.equal(displayName({ ...row, merchantName: null, counterparty: null }), 'REF 1');
  });
});

describe('how a purchase is split', () => {
  const split = (amount: number, told: Readonly<Record<string, number>>) =>
    splitOf(amount, 'groceries', new Map(Object.entries(told)));

  it('is as Monzo tells it, sorted', () => {
    assert.deepEqual(split(-10_000, { shopping: -2_500, groceries: -6_000, eating_out: -1_500 }), [
      ['eating_out', -1_500],
      ['groceries', -6_000],
      ['shopping', -2_500],
    ]);
  });

  it('leaves what is over, or too much, in the category of the whole', () => {
    const told = { shopping: -2_500, eating_out: -1_500 };
    assert.deepEqual(
      split(-10_000, told)?.find(([category]) => category === 'groceries'),
      ['groceries', -6_000],
    );
    assert.deepEqual(
      split(-3_000, told)?.find(([category]) => category === 'groceries'),
      ['groceries', 1_000],
    );
    assert.equal(split(-4_000, told)?.length, 2);
  });

  it('is none for one category, for a payment that was released, and for parts of the other direction', () => {
    assert.equal(split(-350, { shopping: -350 }), null);
    assert.equal(split(-350, {}), null);
    assert.equal(split(0, { shopping: -2_500, eating_out: -1_500 }), null);
    assert.equal(split(350, { shopping: -2_500, eating_out: -1_500 }), null);
  });
});
