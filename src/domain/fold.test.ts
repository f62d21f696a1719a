import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { aBalance, aList, aPot, aTransaction, noon, withoutShop } from '../../test/support/samples.ts';
import { lateAfter } from './event.ts';
import { fold, nothingKnown, type Folded, type Knowledge, type Observation } from './fold.ts';
import { isFinal } from './held-transaction.ts';
import type { Transaction } from './transaction.ts';

const watched: Knowledge = { ...nothingKnown, eventsSince: new Map([['acc_1', noon - 1]]) };

const seen = (at: number, ...transactions: readonly Transaction[]): Observation => ({
  kind: 'transactions',
  at,
  loginId: 'login_1',
  accountId: 'acc_1',
  transactions,
});
const balanceAt = (at: number, balance: number): Observation => ({
  kind: 'balance',
  askedAt: 0,
  at,
  accountId: 'acc_1',
  balance: aBalance({ balance }),
});

function foldAll(observations: readonly Observation[]): Folded {
  return observations.reduce<Folded>(
    ({ next, events }, observation) => {
      const folded = fold(next, observation);
      return { next: folded.next, events: [...events, ...folded.events] };
    },
    { next: watched, events: [] },
  );
}

const idsOf = ({ events }: Folded) => events.map(({ id }) => id);

describe('a row seen for the first time', () => {
  it('is created, with everything that receivers get', () => {
    const row = aTransaction();
    assert.deepEqual(fold(watched, seen(noon + 5, row)).events, [
      {
        id: 'tx_1:created',
        type: 'transaction.created',
        kind: 'card_payment',
        previousKind: null,
        accountId: 'acc_1',
        transactionId: 'tx_1',
        at: noon + 5,
        recovered: false,
        delay: 5,
        balance: null,
        totalBalance: null,
        transaction: row,
      },
    ]);
  });

  it('is only created, not settled, if it had already settled', () => {
    assert.deepEqual(idsOf(fold(watched, seen(noon, aTransaction({ settles: noon })))), ['tx_1:created']);
  });

  it('counts as recovered if it is learnt of late', () => {
    const found = (at: number) => fold(watched, seen(at, aTransaction())).events[0];
    assert.equal(found(noon + lateAfter)?.recovered, false);
    assert.equal(found(noon + lateAfter + 1)?.recovered, true);
    assert.equal(found(noon + lateAfter + 1)?.delay, lateAfter + 1);
  });

  it('has no negative delay if our clock is slow', () => {
    assert.equal(fold(watched, seen(noon - 500, aTransaction())).events[0]?.delay, 0);
  });

  it('is no event if it is older than the start of events, or if the account has no events yet', () => {
    assert.deepEqual(idsOf(fold(watched, seen(noon, aTransaction({ created: noon - 2 })))), []);
    assert.deepEqual(idsOf(fold(watched, seen(noon, aTransaction({ created: noon - 1 })))), ['tx_1:created']);
    assert.deepEqual(idsOf(fold(watched, seen(noon, aTransaction({ accountId: 'acc_2' })))), []);
  });

  it('is in order of creation among the others of its list', () => {
    const rows = [
      aTransaction({ id: 'tx_c', created: noon + 1 }),
      aTransaction({ id: 'tx_b' }),
      aTransaction({ id: 'tx_a' }),
    ];
    assert.deepEqual(idsOf(fold(watched, seen(noon + 9, ...rows))), [
      'tx_a:created',
      'tx_b:created',
      'tx_c:created',
    ]);
  });
});

describe('the balance that an event carries', () => {
  it('is the one read at or after the transaction, with the pots in the total balance', () => {
    const pots: Observation = {
      kind: 'pots',
      at: noon,
      accountId: 'acc_1',
      list: aList([aPot({ balance: 8_055 })]),
    };
    const { events } = foldAll([balanceAt(noon, 5_000), pots, seen(noon, aTransaction())]);
    assert.deepEqual([events[0]?.balance, events[0]?.totalBalance], [5_000, 13_055]);
  });

  it('is null if the balance is older than the transaction, by more than two clocks may differ', () => {
    const toldAt = (at: number) => foldAll([balanceAt(at, 5_000), seen(noon, aTransaction())]).events[0];
    assert.deepEqual([toldAt(noon - 2_001)?.balance, toldAt(noon - 2_001)?.totalBalance], [null, null]);
    assert.equal(toldAt(noon - 2_000)?.balance, 5_000);
  });
});

describe('a row that changes', () => {
  const pending = aTransaction();
  const settled = aTransaction({ updated: noon + 10, settles: noon + 10 });

  it('settles once, when its content says so', () => {
    const folded = foldAll([seen(noon, pending), seen(noon + 20, settled), seen(noon + 30, settled)]);
    assert.deepEqual(idsOf(folded), ['tx_1:created', 'tx_1:settled']);
    assert.equal(folded.events[1]?.delay, 10);
  });

  it('settles once, when its settling time has passed', () => {
    const tomorrow = aTransaction({ settles: noon + 1_000 });
    const folded = foldAll([seen(noon, tomorrow), seen(noon + 999, tomorrow), seen(noon + 1_003, tomorrow)]);
    assert.deepEqual(idsOf(folded), ['tx_1:created', 'tx_1:settled']);
    assert.equal(folded.events[1]?.delay, 3);
  });

  it('is amended by another amount, category, note or merchant, and can settle at the same time', () => {
    const dearer = aTransaction({ updated: noon + 10, settles: noon + 10, amount: -410 });
    const [created, amended, ends] = idsOf(foldAll([seen(noon, pending), seen(noon + 20, dearer)]));
    assert.equal(created, 'tx_1:created');
    assert.match(amended ?? '', /^tx_1:amended:[0-9a-f]{16}$/);
    assert.equal(ends, 'tx_1:settled');
  });

  it('is not amended by a return to what was first seen', () => {
    const noted = aTransaction({ updated: noon + 1, notes: 'lunch' });
    const back = aTransaction({ updated: noon + 2 });
    assert.equal(
      idsOf(foldAll([seen(noon, pending), seen(noon + 1, noted), seen(noon + 2, back)])).length,
      2,
    );
  });

  it('is only reversed once its amount is released', () => {
    const released = aTransaction({ updated: noon + 10, amount: 0, localAmount: -350, notes: 'gone' });
    const folded = foldAll([seen(noon, pending), seen(noon + 20, released), seen(noon + 30, released)]);
    assert.deepEqual(idsOf(folded), ['tx_1:created', 'tx_1:reversed']);
    assert.equal(folded.events[1]?.delay, 10);
    assert.equal(folded.next.transactions.get('tx_1')?.status, 'reversed');
  });

  it('is amended, not reversed, if it is declined later', () => {
    const declined = aTransaction({
      updated: noon + 10,
      amount: 0,
      localAmount: -350,
      declineReason: 'OTHER',
    });
    const [, amended, ...more] = idsOf(foldAll([seen(noon, pending), seen(noon + 20, declined)]));
    assert.match(amended ?? '', /:amended:/);
    assert.deepEqual(more, []);
  });

  it('makes events for old transactions too', () => {
    const old = aTransaction({ created: noon - 1_000 });
    const ended = aTransaction({ created: noon - 1_000, updated: noon, settles: noon });
    assert.deepEqual(idsOf(foldAll([seen(noon, old), seen(noon, ended)])), ['tx_1:settled']);
  });

  it('takes the later seen of two contents with the same date', () => {
    const noted = aTransaction({ notes: 'lunch' });
    const inOrder = foldAll([seen(noon + 1, pending), seen(noon + 2, noted)]);
    const reversed = foldAll([seen(noon + 2, noted), seen(noon + 1, pending)]);
    for (const { next } of [inOrder, reversed])
      assert.equal(next.transactions.get('tx_1')?.transaction.notes, 'lunch');
  });
});

describe('two answers of one millisecond', () => {
  it('give the same result in any order', () => {
    const rows = [aTransaction({ notes: 'a' }), aTransaction({ notes: 'b' })];
    for (const list of [rows, rows.toReversed()])
      assert.equal(
        foldAll(list.map((row) => seen(noon, row))).next.transactions.get('tx_1')?.transaction.notes,
        'b',
      );
  });
});

describe('a row that vanishes', () => {
  const gone = (at: number, accountId = 'acc_1'): Observation => ({
    kind: 'transaction_gone',
    at,
    accountId,
    transactionId: 'tx_1',
  });

  it('is reversed once, without a time of its own', () => {
    const folded = foldAll([seen(noon, aTransaction()), gone(noon + 90_000), gone(noon + 95_000)]);
    assert.deepEqual(idsOf(folded), ['tx_1:created', 'tx_1:reversed']);
    assert.deepEqual([folded.events[1]?.delay, folded.events[1]?.at], [0, noon + 90_000]);
  });

  it('stays if it was requested for an account that is not its own', () => {
    const folded = foldAll([seen(noon, aTransaction()), gone(noon + 90_000, 'acc_2')]);
    assert.deepEqual(
      folded.events.map(({ type }) => type),
      ['transaction.created'],
    );
  });

  it('can vanish in the millisecond in which it was last seen', () => {
    const row = aTransaction();
    for (const observations of [
      [seen(noon, row), gone(noon)],
      [seen(noon - 1, row), gone(noon), seen(noon, row)],
    ])
      assert.equal(foldAll(observations).next.transactions.get('tx_1')?.status, 'reversed');
  });

  it('comes back when the bank lists it again, but not by an older answer', () => {
    const row = aTransaction();
    const before = foldAll([seen(noon, row), gone(noon + 10), seen(noon + 9, row)]);
    assert.equal(before.next.transactions.get('tx_1')?.status, 'reversed');
    const after = foldAll([seen(noon, row), gone(noon + 10), seen(noon + 11, row)]);
    assert.equal(after.next.transactions.get('tx_1')?.status, 'pending');
  });

  it('settles if it comes back charged, and says nothing if it comes back released', () => {
    const vanished = [seen(noon, aTransaction()), gone(noon + 90_000)];
    const charged = aTransaction({ updated: noon + 9, settles: noon + 9 });
    const released = aTransaction({ updated: noon + 9, amount: 0, localAmount: -350 });
    const told = (row: Transaction) => idsOf(foldAll([...vanished, seen(noon + 95_000, row)])).slice(2);
    assert.deepEqual(told(charged), ['tx_1:settled']);
    assert.deepEqual(told(released), []);
  });

  it('is unchanged if it was final, unknown, or seen since', () => {
    const cases: readonly (readonly Observation[])[] = [
      [seen(noon, aTransaction({ settles: noon }))],
      [],
      [seen(noon + 91_000, aTransaction())],
    ];
    for (const observations of cases) {
      const { next } = foldAll(observations);
      const folded = fold(next, gone(noon + 90_000));
      assert.equal(folded.next, next);
      assert.deepEqual(folded.events, []);
    }
  });
});

describe('following a row', () => {
  it('continues while it is pending, and not otherwise', () => {
    const heldAs = (row: Transaction) => fold(watched, seen(noon, row)).next.transactions.get('tx_1');
    const pending = heldAs(aTransaction()) ?? assert.fail('the row was not kept');
    assert.equal(isFinal(pending), false);
    const check = heldAs(aTransaction({ amount: 0, localAmount: 0, ...withoutShop }));
    assert.equal(check && isFinal(check), true);
    for (const status of ['settled', 'declined', 'reversed'] as const)
      assert.equal(isFinal({ ...pending, status }), true);
  });
});

describe('a reading', () => {
  it('with the same value keeps it and takes the later time', () => {
    const { next } = foldAll([balanceAt(noon, 5_000)]);
    const again = fold(next, balanceAt(noon + 1, 5_000)).next.balances.get('acc_1');
    assert.equal(again?.value, next.balances.get('acc_1')?.value);
    assert.equal(again?.at, noon + 1);
  });

  it('that is older changes nothing', () => {
    const { next } = foldAll([balanceAt(noon, 5_000)]);
    assert.equal(fold(next, balanceAt(noon - 1, 9)).next, next);
  });

  it('of pots does not depend on the order of the bank’s list', () => {
    const pots = [aPot({ id: 'pot_b' }), aPot({ id: 'pot_a' }), aPot({ id: 'pot_0', created: noon - 1 })];
    const listed = (rows: typeof pots): Observation => ({
      kind: 'pots',
      at: noon,
      accountId: 'acc_1',
      list: aList(rows),
    });
    const { next } = foldAll([listed(pots)]);
    assert.deepEqual(
      next.pots.get('acc_1')?.value.map(({ id }) => id),
      ['pot_0', 'pot_a', 'pot_b'],
    );
    assert.equal(fold(next, listed(pots.toReversed())).next, next);
  });
});

describe('answers that come late', () => {
  const pending = aTransaction({ updated: noon });
  const statusIn = ({ next }: Folded) => next.transactions.get('tx_1')?.status;
  const seenAtIn = ({ next }: Folded) => next.transactions.get('tx_1')?.seenAt;

  it('change nothing where they show the same', () => {
    const { next } = foldAll([seen(noon + 10, pending)]);
    assert.equal(fold(next, seen(noon + 5, pending)).next, next);
  });

  it('say that it settled, without a later time of the last look', () => {
    const settling = aTransaction({ updated: noon, settles: noon + 20 });
    const after = foldAll([seen(noon + 10, settling), seen(noon + 30, settling)]);
    assert.equal(statusIn(after), 'settled');
    assert.equal(seenAtIn(after), noon + 10);
  });

  it('with other content do not bring a vanished row back; a later look does', () => {
    const vanished: Observation = {
      kind: 'transaction_gone',
      at: noon + 20,
      accountId: 'acc_1',
      transactionId: 'tx_1',
    };
    const changed = aTransaction({ updated: noon + 1, notes: 'late' });
    const gone = foldAll([seen(noon + 10, pending), vanished]);
    assert.equal(statusIn(gone), 'reversed');
    assert.equal(statusIn(fold(gone.next, seen(noon + 15, changed))), 'reversed');
    assert.equal(statusIn(fold(gone.next, seen(noon + 25, changed))), 'pending');
  });
});
