import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as fc from 'fast-check';
import { createAnonymiser } from '../../src/monzo/anonymise.ts';
import { jsonTypeOf } from '../../src/monzo/shape.ts';
import { leftOvers } from '../support/left-overs.ts';

const day = 24 * 3_600_000;

function divisor(one: number, other: number): number {
  return other === 0 ? one : divisor(other, one % other);
}

const key = fc.uint8Array({ minLength: 32, maxLength: 32 });

const id = fc
  .tuple(fc.constantFrom('acc', 'tx', 'pot', 'user', 'merch'), fc.stringMatching(/^[A-Za-z0-9]{6,22}$/))
  .map(([prefix, body]) => `${prefix}_${body}`);

const text = fc.oneof(
  id,
  fc.string({ unit: 'grapheme', maxLength: 30 }),
  fc.string({ unit: 'binary', maxLength: 12 }),
  fc
    .date({ noInvalidDate: true, min: new Date('1990-01-01'), max: new Date('2090-01-01') })
    .map((date) => date.toISOString()),
  fc.constantFrom(
    'Zoë O’Brien',
    'ZOË',
    '王小明',
    'Иван Петров',
    'أحمد',
    '🇬🇧👩🏽‍🚀',
    'CB1 2JH',
    '12-34-56',
    'https://jane.example/x?y=1',
  ),
  fc.tuple(id, fc.uuid()).map(([one, two]) => `${one}:withdraw:${two}`),
);

const amount = fc.oneof(fc.integer({ min: -200_000, max: 200_000 }), fc.integer({ min: -99, max: 99 }));
const number = fc.oneof(amount, fc.double({ noNaN: true, min: -1e300, max: 1e300 }), fc.maxSafeInteger());

/** A row whose shares add up to its amount, as the bank splits them. */
const split = fc
  .dictionary(fc.oneof(id, fc.constantFrom('bills', 'groceries')), amount, { minKeys: 1, maxKeys: 4 })
  .map((categories) => {
    const total = Object.values(categories).reduce((sum, share) => sum + share, 0);
    return { amount: total, local_amount: total, categories };
  });

const keyName = fc.oneof(
  fc.constantFrom(
    'id',
    'amount',
    'notes',
    'metadata',
    'description',
    'counterparty',
    '__proto__',
    'latitude',
    'updated_at',
  ),
  text,
);

const { json } = fc.letrec<{ json: unknown }>((tie) => ({
  json: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    text,
    number,
    fc.boolean(),
    fc.constant(null),
    split,
    fc.array(tie('json'), { maxLength: 5 }),
    fc.dictionary(keyName, tie('json'), { maxKeys: 6 }),
  ),
}));

const anonymised = (value: unknown, secret: Uint8Array) =>
  JSON.parse(JSON.stringify(createAnonymiser({ key: secret, values: [value] }).json(value))) as unknown;

/** What stays whatever the values are: types, signs, zeros, how many there are of each, and the order. */
function shapeOf(value: unknown): unknown {
  if (typeof value === 'number') return [jsonTypeOf(value), Math.sign(value), Number.isInteger(value)];
  if (typeof value !== 'object' || value === null) return typeof value === 'string' ? value === '' : value;
  if (Array.isArray(value)) return value.map(shapeOf);
  return Object.entries(value).map(([, entry]) => shapeOf(entry));
}

describe('an anonymised answer', () => {
  it('holds nothing of the original, and has its shape', () => {
    fc.assert(
      fc.property(json, key, (value, secret) => {
        const normal = JSON.parse(JSON.stringify(value)) as unknown;
        const shown = anonymised(normal, secret);
        assert.deepEqual(shapeOf(shown), shapeOf(normal));
        assert.deepEqual(leftOvers(normal, shown), []);
      }),
      { numRuns: 300 },
    );
  });

  it('keeps every sum of shares, its sign and its zeros', () => {
    fc.assert(
      fc.property(fc.array(split, { maxLength: 12 }), key, (rows, secret) => {
        const shown = anonymised(rows, secret) as typeof rows;
        for (const [index, { amount: total, local_amount: local, categories }] of shown.entries()) {
          const shares = Object.values(categories);
          assert.equal(
            shares.reduce((sum, share) => sum + share, 0),
            total,
          );
          assert.equal(local, total);
          assert.deepEqual(
            shares.map(Math.sign),
            Object.values(rows[index]?.categories ?? {}).map(Math.sign),
          );
          assert.equal(Math.sign(total), Math.sign(rows[index]?.amount ?? 0));
        }
      }),
      { numRuns: 200 },
    );
  });

  it('does not lead back to the amounts by a factor that all of them share', () => {
    const amounts = [-1_099, 250_000, -350, -4_620, 123_456, -78];
    const shown = anonymised(amounts, new Uint8Array(32).fill(3)) as readonly number[];
    const factors = shown.map((amount, index) => amount / (amounts[index] ?? 1));
    assert.equal(new Set(factors.map((factor) => factor.toFixed(2))).size > 3, true);
    assert.equal(shown.map(Math.abs).reduce(divisor), 1);
  });

  it('gives the same stand-in to the same value, however it is written, and another one with another key', () => {
    const value = {
      id: 'acc_0000A1aBC2Dbc34E',
      amount: 1_234,
      description: 'ZOË Ashworth 04-00-04 acc_0000A1aBC2Dbc34E',
      name: 'Zoë',
      account_id: 'acc_0000A1aBC2Dbc34E',
      sort_code: '040004',
    };
    const shown = anonymised(value, new Uint8Array(32).fill(1)) as typeof value;
    const [capitals, , sortCode, id] = shown.description.split(' ');
    assert.deepEqual([shown.account_id, id], [shown.id, shown.id]);
    assert.equal(capitals?.slice(0, 2).toLowerCase(), shown.name.slice(0, 2).toLowerCase());
    assert.equal(sortCode?.replaceAll('-', ''), shown.sort_code);
    assert.match(shown.name, /^[A-Z]\p{Ll}{2,}$/u);
    assert.deepEqual(anonymised(value, new Uint8Array(32).fill(1)), shown);
    assert.notDeepEqual(anonymised(value, new Uint8Array(32).fill(2)), shown);
  });

  it('gives different words different stand-ins, none of which was a word before, however many there are', () => {
    const numbers = Array.from({ length: 400 }, (_, index) => String(100 + 2 * index));
    const words = [
      ...numbers,
      ...Array.from('αβγδεζηθικλμνξοπρστυφχψω'),
      ...Array.from('王李张刘陈杨黄赵吴周'),
    ];
    const shown = anonymised(words, new Uint8Array(32).fill(5)) as readonly string[];
    assert.equal(new Set(shown).size, words.length);
    assert.deepEqual(leftOvers(words, shown), []);
  });

  it('gives amounts stand-ins that were none before, however close together they lie', () => {
    const amounts = Array.from({ length: 300 }, (_, index) => 100 + 3 * index);
    assert.deepEqual(leftOvers(amounts, anonymised(amounts, new Uint8Array(32).fill(6))), []);
  });

  it('keeps the time between rows, and draws every other date for itself', () => {
    const row = {
      created: '2024-02-29T23:59:59.123Z',
      settled: '2024-03-01T06:00:00Z',
      updated: 1_709_251_199,
      metadata: { ledger_committed_timestamp_latest: '2024-03-31', notes: '2024-03-01T07:00:00Z' },
      merchant: { created: '2016-01-08T00:20:13.969Z', updated: '2016-01-08T00:20:14.969Z' },
    };
    const born = ['1985-03-12', '0001-01-01T00:00:00Z', '2021-06-12T00:00:00.000Z'];
    const answers = {
      transactions: [row],
      pots: [{ updated: '2024-03-01T06:00:01Z' }],
      accounts: [{ created: born[2] }],
      labels: born,
    };
    const moves = [1, 2, 3, 4].map((seed) => {
      const shown = anonymised(answers, new Uint8Array(32).fill(seed)) as typeof answers;
      const [{ created, settled, updated, metadata, merchant }, other] = [
        shown.transactions[0] ?? row,
        shown.labels,
      ];
      const by = Date.parse(created) - Date.parse(row.created);
      assert.match(created, /\.123Z$/);
      assert.match(settled, /:\d\dZ$/);
      for (const [one, before] of [
        [settled, row.settled],
        [shown.pots[0]?.updated ?? '', '2024-03-01T06:00:01Z'],
      ] as const)
        assert.equal(Date.parse(one) - Date.parse(before), by);
      assert.equal((updated - row.updated) * 1_000, by);
      assert.ok(
        Math.abs(Date.parse(metadata.ledger_committed_timestamp_latest) - Date.parse('2024-03-31') - by) <
          day,
      );
      assert.notEqual(Date.parse(metadata.notes) - Date.parse(row.metadata.notes), by);
      assert.notEqual(Date.parse(merchant.updated) - Date.parse(merchant.created), 1_000);
      assert.ok(Math.abs(Date.parse(other[0] ?? '') - Date.parse(born[0] ?? '') - by) > day);
      assert.equal(other[1], born[1]);
      assert.match(other[2] ?? '', /^\d{4}-\d\d-\d\dT00:00:00\.\d{3}Z$/);
      assert.equal(shown.accounts[0]?.created, other[2]);
      assert.ok(by < -364 * day);
      return by;
    });
    assert.equal(new Set(moves).size, moves.length);
    assert.ok(moves.some((by) => by % day !== 0));
  });

  it('lets no amount survive, however small, and still adds up', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.integer({ min: 1, max: 99 }), { minLength: 2, maxLength: 9 }),
        key,
        (parts, secret) => {
          const total = parts.reduce((sum, part) => sum + part, 0);
          const rows = [{ amount: total, items: parts.map((amount) => ({ amount })) }];
          const [shown] = anonymised(rows, secret) as typeof rows;
          const others = (shown?.items ?? []).map(({ amount: one }) => one);
          assert.equal(
            others.reduce((sum, part) => sum + part, 0),
            shown?.amount,
          );
          assert.deepEqual(
            [...others, shown?.amount].filter((one) => one === total || parts.includes(Number(one))),
            [],
          );
        },
      ),
      { numRuns: 100 },
    );
  });
});
