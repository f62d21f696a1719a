import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import {
  brokenRail,
  defaultRails,
  limitIn,
  type RequestedMove,
  type RailsContext,
  type Rails,
} from './rails.ts';

const deposit: RequestedMove = {
  accountId: 'acc_1',
  potId: 'pot_1',
  direction: 'deposit',
  amount: 500,
  currency: 'GBP',
  requestId: null,
};
const calm: RailsContext = {
  movedToday: { inAll: 0, byAccount: 0 },
  available: 100_000,
  sinceSameMove: null,
  undecidedSameMove: null,
};

const code = (move: Partial<RequestedMove>, around: Partial<RailsContext> = {}, rails: Partial<Rails> = {}) =>
  brokenRail({
    rails: { ...defaultRails, ...rails },
    move: { ...deposit, ...move },
    context: { ...calm, ...around },
  })?.code ?? null;

test('by default 100 may move at once and 300 in a day, in any currency', () => {
  assert.equal(code({ amount: 10_000 }), null);
  assert.equal(code({ amount: 10_001 }), 'per_move_cap');
  assert.equal(code({ amount: 100, currency: 'JPY' }), null);
  assert.equal(code({ amount: 101, currency: 'JPY' }), 'per_move_cap');
  assert.equal(code({ amount: 100_000, currency: 'KWD' }, { available: 200_000 }), null);
  assert.equal(code({}, { movedToday: { inAll: 29_500, byAccount: 0 } }), null);
  assert.equal(code({}, { movedToday: { inAll: 29_501, byAccount: 0 } }), 'per_day_cap');
});

test('the limit of a currency takes precedence, and is rounded to the stricter side', () => {
  assert.equal(limitIn({ '*': '100', GBP: '12.5' }, 'GBP'), 1_250);
  assert.equal(limitIn({ '*': '100' }, 'EUR'), 10_000);
  assert.equal(limitIn({ GBP: '1' }, 'EUR'), null);
  assert.equal(limitIn({ '*': '12.5' }, 'JPY'), 12);
  assert.equal(limitIn({ '*': '12.5' }, 'JPY', 'up'), 13);
  assert.equal(limitIn({ '*': '12.0' }, 'JPY', 'up'), 12);
  assert.equal(limitIn({ '*': '0.015' }, 'GBP'), 1);
  assert.equal(limitIn({ '*': '0.015' }, 'GBP', 'up'), 2);
  assert.equal(code({}, {}, { perMove: { EUR: '100' } }), 'per_move_cap');
  assert.equal(code({}, {}, { perDay: {} }), 'per_day_cap');
  assert.equal(code({}, { available: 500 }, { floor: {} }), null);
});

test('an account’s own limits apply in addition', () => {
  const accounts = new Map([['acc_1', { perMove: { '*': '4' } }]]);
  assert.equal(code({}, {}, { accounts }), 'per_move_cap');
  assert.equal(code({ accountId: 'acc_2' }, {}, { accounts }), null);
  const generous = new Map([['acc_1', { perMove: { '*': '1000' }, perDay: { '*': '10' } }]]);
  assert.equal(code({ amount: 10_001 }, {}, { accounts: generous }), 'per_move_cap');
  const moved = { inAll: 501, byAccount: 501 };
  assert.equal(code({}, { movedToday: moved }, { accounts: generous }), 'per_day_cap');
  assert.equal(code({}, { movedToday: { ...moved, byAccount: 500 } }, { accounts: generous }), null);
  const floors = new Map([['acc_1', { floor: { '*': '10' } }]]);
  assert.equal(code({}, { available: 1_499 }, { accounts: floors }), 'below_floor');
});

test('the floor applies to deposits only', () => {
  assert.equal(code({}, { available: 500 }), null);
  assert.equal(code({}, { available: 499 }), 'below_floor');
  assert.equal(code({ direction: 'withdraw' }, { available: -1 }), null);
});

test('without a request id, the same move is refused while its outcome is unknown and within the cooldown', () => {
  assert.equal(code({}, { undecidedSameMove: 'transfer_1' }), 'outcome_unknown');
  assert.equal(code({ requestId: 'r' }, { undecidedSameMove: 'transfer_1' }), null);
  assert.equal(code({}, { sinceSameMove: 59_999 }), 'cooldown');
  assert.equal(code({ requestId: 'r' }, { sinceSameMove: 0 }), null);
  assert.equal(code({}, { sinceSameMove: 60_000 }), null);
});

test('money moves only into and out of allowed pots', () => {
  assert.equal(code({}, {}, { pots: new Set(['pot_2']) }), 'pot_not_allowed');
  assert.equal(code({}, {}, { pots: new Set(['pot_1']) }), null);
});

test('an allowed move never exceeds a cap or the floor, for any figures', () => {
  const figure = fc.integer({ min: 0, max: 50_000 });
  fc.assert(
    fc.property(fc.tuple(figure, figure, figure, figure), ([amount, inAll, byAccount, available]) => {
      const move = { amount: amount + 1 };
      if (code(move, { movedToday: { inAll, byAccount }, available }) !== null) return;
      assert.ok(move.amount <= 10_000 && move.amount + inAll <= 30_000 && available - move.amount >= 0);
    }),
  );
});

const refusal = (
  move: Partial<RequestedMove>,
  around: Partial<RailsContext> = {},
  rails: Partial<Rails> = {},
) =>
  brokenRail({
    rails: { ...defaultRails, ...rails },
    move: { ...deposit, ...move },
    context: { ...calm, ...around },
  });

test('every refusal carries the figures that its sentence is made of', () => {
  assert.deepEqual(refusal({ amount: 10_001 }), {
    code: 'per_move_cap',
    facts: { amount: 10_000, currency: 'GBP' },
  });
  const movedToday = { inAll: 29_600, byAccount: 0 };
  assert.deepEqual(refusal({}, { movedToday }), {
    code: 'per_day_cap',
    facts: { amount: 400, currency: 'GBP' },
  });
  assert.deepEqual(refusal({}, { movedToday: { inAll: 40_000, byAccount: 0 } }), {
    code: 'per_day_cap',
    facts: { amount: 0, currency: 'GBP' },
  });
  assert.deepEqual(refusal({}, { available: 499 }), {
    code: 'below_floor',
    facts: { available: 499, floor: 0, currency: 'GBP' },
  });
  assert.deepEqual(refusal({}, { undecidedSameMove: 'transfer_1' }), {
    code: 'outcome_unknown',
    facts: { transfer: 'transfer_1' },
  });
  assert.deepEqual(refusal({}, { sinceSameMove: 10_500 }), {
    code: 'cooldown',
    facts: { seconds: 50 },
  });
});

test('the higher floor applies, and a fraction of a minor unit raises it', () => {
  const floorOf = (rails: Partial<Rails>, currency = 'GBP') => {
    const broken = refusal({ currency, amount: 1 }, { available: 0 }, rails);
    return broken?.code === 'below_floor' ? broken.facts.floor : null;
  };
  const accounts = new Map([['acc_1', { floor: { '*': '2.5' } }]]);
  assert.equal(floorOf({ floor: { '*': '1' }, accounts }), 250);
  assert.equal(floorOf({ floor: { '*': '3' }, accounts }), 300);
  assert.equal(floorOf({ floor: {}, accounts }), 250);
  assert.equal(floorOf({ floor: { '*': '1.5' } }, 'JPY'), 2);
  assert.equal(floorOf({ floor: {}, accounts: new Map([['acc_1', { floor: { '*': '1.5' } }]]) }, 'JPY'), 2);
  assert.equal(floorOf(defaultRails), 0);
});

test('a limit that the currency can hold exactly is not rounded up', () => {
  assert.equal(limitIn({ '*': '12.50' }, 'GBP', 'up'), 1_250);
  assert.equal(limitIn({ '*': '12.5' }, 'GBP', 'up'), 1_250);
});

test('by default moves are made, not only checked', () => {
  assert.equal(defaultRails.dryRun, false);
});
