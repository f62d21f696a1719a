import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { bankJsonText, isJsonObject, parseBankJson, type UnknownShape } from '../../src/monzo/shape.ts';
import { createWire } from '../../src/monzo/wire.ts';

type Row = Readonly<Record<string, unknown>>;

const fixtures = join(import.meta.dirname, '..', 'fixtures', 'monzo');
const fixture = (name: string, key: string): Row => {
  const body = parseBankJson(readFileSync(join(fixtures, `wire-${name}.json`), 'utf8'));
  const found = isJsonObject(body) ? body[key] : undefined;
  const row: unknown = Array.isArray(found) ? found[0] : found;
  assert.ok(isJsonObject(row));
  return row;
};
const goodTransaction = fixture('transaction', 'transaction');
const goodAccount = fixture('accounts', 'accounts');
const goodPot = fixture('pots', 'pots');

const hundred = (good: Row, odd: unknown): readonly unknown[] =>
  Array.from({ length: 100 }, (_, index) => (index === 41 ? odd : { ...good, id: `x_${index}` }));

const watched = () => {
  const shapes: UnknownShape[] = [];
  return { shapes, wire: createWire((shape) => shapes.push(shape)) };
};

/** Known oddities: they are read, and nobody is troubled. */
const harmless: Readonly<Record<string, Row>> = {
  'settled in the future': { settled: '2199-01-01T00:00:00Z' },
  'settled with no fraction': { settled: '2022-01-01T00:00:00Z' },
  'settled with three digits': { settled: '2022-01-01T00:00:00.123Z' },
  'settled empty': { settled: '' },
  'an offset': { created: '2022-01-01T01:00:00+01:00' },
  'merchant null': { merchant: null },
  'merchant id': { merchant: 'merch_0000Shop' },
  'merchant bare': { merchant: { id: 'merch_0000Shop' } },
  'merchant with tags as a list': { merchant: { name: 'x', metadata: { suggested_tags: [] } } },
  'empty counterparty': { counterparty: {}, fees: {} },
  'counterparty of empty texts': { counterparty: { name: '', preferred_name: '', account_number: '' } },
  'lists for nulls': { attachments: [], labels: [], categories: [], international: [] },
  'objects for nulls': { attachments: {}, labels: {}, categories: { a: -1 }, atm_fees_detailed: { a: 1 } },
  'empty ids': { user_id: '', parent_account_id: '', local_currency: '' },
  'metadata with a dot': { metadata: { 'fps.trn': 'x', hide_amount: 'true' } },
  'metadata null': { metadata: null },
  'new enums': { scheme: 'moon_transfer', category: 'category_0000A', decline_reason: 'MOON_CLOSED' },
  'unknown keys': { brand_new: { deep: [1, 2] } },
  'a prototype key': parseBankJson('{"__proto__":{"amount":1}}') as Row,
};

for (const [name, oddity] of Object.entries(harmless))
  test(`${name}: read in a list and alone, without a word`, () => {
    const { wire, shapes } = watched();
    const odd = { ...goodTransaction, ...oddity };
    const rows = wire.readTransactions({ transactions: hundred(goodTransaction, odd) }, 'acc_0000Ada');
    assert.equal(rows.length, 100);
    assert.equal(rows[41]?.id, 'tx_0000Card');
    assert.equal(rows[41]?.amount, -350);
    assert.equal(wire.readTransaction({ transaction: odd }).raw, bankJsonText(odd));
    assert.deepEqual(shapes, []);
  });

for (const key of Object.keys(goodTransaction).filter((name) => !['id', 'amount', 'created'].includes(name)))
  test(`a transaction without ${key} is read`, () => {
    const { wire, shapes } = watched();
    const { [key]: _gone, ...rest } = goodTransaction;
    assert.equal(wire.readTransactions({ transactions: [rest] }, 'acc_0000Ada')[0]?.accountId, 'acc_0000Ada');
    assert.deepEqual(shapes, []);
  });

/** Shapes that nobody has seen: the field is lost, the row is not. */
const odd: readonly (readonly [Row, string, string])[] = [
  [{ settled: 5 }, 'settled', 'number'],
  [{ updated: 'yesterday' }, 'updated', 'string'],
  [{ merchant: [1] }, 'merchant', 'array'],
  [{ merchant: 7 }, 'merchant', 'number'],
  [{ merchant: { id: 'm', name: 5, atm: true } }, 'merchant.name', 'number'],
  [{ counterparty: 'Bob' }, 'counterparty', 'string'],
  [{ metadata: ['x'] }, 'metadata', 'array'],
  [{ metadata: { pot_id: '../../x' } }, 'metadata.pot_id', 'string'],
  [{ local_amount: 1.5 }, 'local_amount', 'number'],
  [{ currency: '£' }, 'currency', 'string'],
  [{ notes: { en: 'x' } }, 'notes', 'object'],
  [{ is_load: 'true' }, 'is_load', 'string'],
  [{ amount_is_pending: 0 }, 'amount_is_pending', 'number'],
  [{ description: 12 }, 'description', 'number'],
  [{ account_id: 12 }, 'account_id', 'number'],
];

for (const [oddity, path, got] of odd)
  test(`an odd ${path} (${got}) costs that field only, and is told once`, () => {
    const { wire, shapes } = watched();
    const row = { ...goodTransaction, ...oddity };
    const body = { transactions: hundred(goodTransaction, row) };
    for (let times = 0; times < 3; times += 1)
      assert.equal(wire.readTransactions(body, 'acc_0000Ada')[41]?.amount, -350);
    assert.equal(wire.readTransactions({ transactions: hundred(row, row) }, 'acc_0000Ada').length, 100);
    assert.deepEqual(
      shapes.map((shape) => [shape.where, shape.path, shape.got, shape.raw]),
      [['transaction', path, got, bankJsonText(row)]],
    );
  });

test('of a merchant with one odd field the others remain', () => {
  const { wire } = watched();
  const transaction = { ...goodTransaction, merchant: { id: 'merch_1', name: {}, atm: true } };
  const { merchantId, merchantName, atm } = wire.readTransaction({ transaction });
  assert.deepEqual([merchantId, merchantName, atm], ['merch_1', null, true]);
});

/** Broken in a field that nothing can replace: the row goes, the others stay. */
const hopeless: readonly (readonly [string, unknown, string, string])[] = [
  ['null', null, '', 'null'],
  ['a text', 'x', '', 'string'],
  ['a list', [], '', 'array'],
  ['no id', { ...goodTransaction, id: undefined }, 'id', 'absent'],
  ['a wild id', { ...goodTransaction, id: 'tx_/../#' }, 'id', 'string'],
  ['a long id', { ...goodTransaction, id: 'x'.repeat(101) }, 'id', 'string'],
  ['an amount with a fraction', { ...goodTransaction, amount: -3.5 }, 'amount', 'number'],
  ['an amount as text', { ...goodTransaction, amount: '-350' }, 'amount', 'string'],
  [
    'a huge amount',
    parseBankJson(`{"id":"a","created":"2022-01-01T00:00:00Z","amount":9007199254740993}`),
    'amount',
    'number',
  ],
  ['no time', { ...goodTransaction, created: '' }, 'created', 'string'],
];

for (const [name, row, path, got] of hopeless)
  test(`a row with ${name} is left out; the other 99 arrive`, () => {
    const { wire, shapes } = watched();
    const body = { transactions: hundred(goodTransaction, row) };
    assert.equal(wire.readTransactions(body, 'acc_0000Ada').length, 99);
    assert.equal(wire.readTransactions(body, 'acc_0000Ada').length, 99);
    assert.deepEqual(
      shapes.map((shape) => [shape.path, shape.got]),
      [[path, got]],
    );
    assert.throws(() => wire.readTransaction({ transaction: row }), {
      code: 'unknown_shape',
      retryable: true,
    });
  });

test('accounts: odd fields cost themselves, odd rows themselves', () => {
  const { wire, shapes } = watched();
  const accounts = hundred(goodAccount, { ...goodAccount, id: 7 });
  assert.equal(wire.readAccounts({ accounts }).length, 99);
  const owners = [
    null,
    { user_id: 'user_1', preferred_name: 'Ann Lee' },
    'x',
    { user_id: 3, preferred_first_name: 'Bo' },
  ];
  const odd = { ...goodAccount, owners, closed: 'no', created: 3, currency: 5, balance: {} };
  const [account] = wire.readAccounts({ accounts: [odd] });
  assert.deepEqual(account, { id: 'acc_0000Old', type: 'uk_prepaid' }, 'the rest stays as it was');
  assert.deepEqual(shapes.map(({ path, got }) => `${path} ${got}`).toSorted(), [
    'closed string',
    'created number',
    'currency number',
    'id number',
    'owners[] null',
    'owners[] string',
    'owners[].user_id number',
  ]);
});

test('pots: odd fields cost themselves, odd rows themselves', () => {
  const { wire, shapes } = watched();
  const pots = hundred(goodPot, { ...goodPot, id: 7 });
  assert.equal(wire.readPots({ pots }, 'acc_1').length, 99);
  const [pot] = wire.readPots(
    { pots: [{ ...goodPot, goal_amount: 'lots', name: null, locked: 1 }] },
    'acc_1',
  );
  assert.deepEqual(
    [pot?.goal, pot?.name, pot?.locked, pot?.accountId, pot?.balance],
    [undefined, undefined, undefined, 'acc_1', 10000],
  );
  assert.deepEqual(
    shapes.map(({ path, got }) => `${path} ${got}`),
    ['id number', 'goal_amount string', 'locked number'],
  );
});

test('pots: a goal of nothing is none', () => {
  const { wire } = watched();
  const goals = [0, 1, undefined, null].map((goal_amount) => {
    const [pot] = wire.readPots({ pots: [{ ...goodPot, goal_amount }] }, 'acc_1');
    return pot?.goal;
  });
  assert.deepEqual(goals, [null, 1, null, null]);
});

test('numbers beyond doubles survive in the raw text to the letter', () => {
  const { wire, shapes } = watched();
  const text = `{"transaction":{"id":"tx_1","account_id":"acc_1","amount":-1,"created":"2022-01-01T00:00:00Z","big":12345678901234567890,"far":1e999,"merchant":{"__proto__":{"n":98765432109876543210}}}}`;
  const { raw } = wire.readTransaction(parseBankJson(text));
  assert.equal(`{"transaction":${raw}}`, text);
  assert.deepEqual(shapes, []);
});

test('null is an empty list, and so is a list that is left out', () => {
  const { wire, shapes } = watched();
  const lists = [
    wire.readAccounts({ accounts: null }),
    wire.readPots({ pots: null }, 'acc_1'),
    wire.readTransactions({ transactions: null }),
    wire.readWebhooks({ webhooks: null }, 'acc_1'),
    wire.readAccounts({}),
    wire.readPots({}, 'acc_1'),
    wire.readTransactions({}),
    wire.readWebhooks({}, 'acc_1'),
  ];
  assert.deepEqual([lists.flat(), shapes], [[], []]);
  for (const body of [{ transactions: null }, {}])
    assert.equal(wire.readTransactionPage(body).count, 1, 'but no proof that there is no row');
});

test('an answer that is something else altogether is not taken for an empty one', () => {
  const { wire, shapes } = watched();
  const error = { code: 'unauthorized.bad_access_token', message: 'Bad' };
  const refusals = [
    () => wire.readAccounts(error),
    () => wire.readAccounts([]),
    () => wire.readPots(error, 'acc_1'),
    () => wire.readTransactions(null),
    () => wire.readTransaction(error),
    () => wire.readBalance(error, 0),
    () => wire.readBalance({ balance: '1', currency: 'GBP' }, 0),
    () => wire.readWebhooks({ webhooks: {} }, 'acc_1'),
    () => wire.readToken(error, 0),
    () => wire.readWhoami('x'),
    () => wire.readPot(error, 'acc_1'),
  ];
  for (const refusal of refusals) assert.throws(refusal, { code: 'unknown_shape', retryable: true });
  assert.ok(shapes.length >= 10);
});

test('reports never hold tokens or webhook addresses', () => {
  const { wire, shapes } = watched();
  wire.readToken({ access_token: 'secret-one', refresh_token: 'secret-two', expires_in: 'soon' }, 0);
  assert.throws(() => wire.readToken({ access_token: 5, refresh_token: 'secret-two' }, 0));
  wire.readWebhooks({ webhooks: [{ id: 5, account_id: 'acc_1', url: 'https://x/hooks/secret' }] }, 'acc_1');
  assert.equal(shapes.length, 3);
  assert.doesNotMatch(JSON.stringify(shapes), /secret/);
});

test('every field of a row arrives, and what the oldest rows lack follows from the rest', () => {
  const { wire, shapes } = watched();
  const { raw: _card, ...card } = wire.readTransaction({ transaction: goodTransaction });
  const created = Date.parse('2022-08-09T14:15:01.320Z');
  assert.deepEqual(card, {
    id: 'tx_0000Card',
    accountId: 'acc_0000Ada',
    created,
    updated: created + 80,
    settles: null,
    amountIsPending: false,
    amount: -350,
    currency: 'GBP',
    localAmount: -350,
    localCurrency: 'GBP',
    declineReason: null,
    description: 'CORNER SHOP            LEEDS         GBR',
    notes: '',
    category: 'groceries',
    split: null,
    scheme: 'mastercard',
    isLoad: false,
    merchantId: 'merch_0000Shop',
    merchantName: 'Corner Shop',
    atm: false,
    counterparty: null,
    counterpartyAccount: null,
    counterpartyBank: null,
    isDirectDebit: false,
    originalId: null,
    spender: null,
    inSpending: true,
    potId: null,
    externalId: null,
  });
  const rowOf = (fields: Row) => wire.readTransaction({ transaction: { ...goodTransaction, ...fields } });
  const old = rowOf({ updated: undefined, currency: undefined, local_amount: null, local_currency: '' });
  assert.deepEqual(
    [old.updated, old.currency, old.localAmount, old.localCurrency],
    [created, 'GBP', -350, 'GBP'],
  );
  const abroad = rowOf({
    currency: 'GBP',
    local_amount: -970,
    local_currency: 'CAD',
    settled: '2022-08-10T00:00:00.5Z',
  });
  assert.deepEqual(
    [abroad.localAmount, abroad.localCurrency, abroad.settles],
    [-970, 'CAD', Date.parse('2022-08-10T00:00:00.5Z')],
  );
  const paid = rowOf({
    counterparty: { name: 'Robert', preferred_name: 'Bob', account_id: 'acc_0000Bob' },
    decline_reason: 'OTHER',
    is_load: true,
    include_in_spending: false,
  });
  assert.deepEqual(
    [paid.counterparty, paid.counterpartyAccount, paid.declineReason, paid.isLoad, paid.inSpending],
    ['Bob', 'acc_0000Bob', 'OTHER', true, false],
  );
  assert.deepEqual(shapes, []);
});

test('a row that the bank shows byte for byte as before is not read again, and any other one is', () => {
  const { wire } = watched();
  const row = { ...goodTransaction, brand_new: parseBankJson('[1.5, 12345678901234567890]') };
  const listed = (value: Row, accountId = 'acc_0000Ada') =>
    wire.readTransactions({ transactions: [value] }, accountId)[0];
  const first = listed(row);
  assert.ok(first);
  assert.equal(listed(parseBankJson(bankJsonText(row)) as Row), first);
  assert.equal(listed({ ...row, brand_new: parseBankJson('[1.5, 12345678901234567891]') })?.id, first.id);
  assert.equal(listed({ ...row, amount: -351 })?.amount, -351);
  const { account_id: _, ...nameless } = goodTransaction;
  assert.equal(listed(nameless, 'acc_1')?.accountId, 'acc_1');
  assert.equal(listed(nameless, 'acc_2')?.accountId, 'acc_2');
  assert.notEqual(listed({ ...nameless, id: 5 }, 'acc_2')?.id, goodTransaction['id']);
});
