import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { lowestBalance, nextBalanceAsk } from '../../src/domain/balance-agreement.ts';
import { doubtsOf, watchBalances, type Watched } from '../../src/domain/balance-watch.ts';
import { fold, nothingKnown, type BalanceRead, type Knowledge } from '../../src/domain/fold.ts';
import { aBalance, aTransaction } from '../support/samples.ts';

const second = 1_000;

/** Money moves `after` so many milliseconds, in a transaction that lists show `late`; null where they never do. */
interface Move {
  readonly after: number;
  readonly amount: number;
  readonly late: number | null;
}

interface Row {
  readonly created: number;
  readonly amount: number;
}

/** A bank whose balance lags, and the bridge’s part that judges it, without either’s surroundings. */
function life(lag: number) {
  const moved: Row[] = [];
  let known: Knowledge = nothingKnown;
  let watched: Watched = new Map();
  let now = 1_000_000;
  let asked = 0;
  let isSummed = false;
  const truth = (time: number) =>
    moved.filter(({ created }) => created <= time).reduce((sum, { amount }) => sum + amount, 10_000);
  const read = (): BalanceRead => {
    asked += 1;
    const balance = aBalance({ balance: truth(now - lag) });
    return { kind: 'balance', at: now, askedAt: now, accountId: 'acc_1', balance };
  };
  const observe = (after: Knowledge) => {
    const seen = watchBalances(watched, { before: known, after, balances: [read()], pots: [] });
    ({ watched } = seen);
    known = [...seen.admitted, ...seen.summed].reduce((current, one) => fold(current, one).next, after);
    isSummed = seen.summed.length > 0;
    known = { ...known, transactions: new Map() };
  };
  const doubt = () => doubtsOf(watched, 'acc_1')[0]?.doubt ?? null;
  const told = () => known.balances.get('acc_1')?.value.balance;
  observe(known);
  return {
    truth: (at = now) => truth(at),
    told,
    doubt,
    asked: () => asked,
    now: () => now,
    lowest: () => lowestBalance(watched.get('acc_1')?.known ?? assert.fail()),
    /** Asks as it is told to until then. */
    passUntil(end: number): void {
      for (let open = doubt(); open !== null; open = doubt()) {
        const at = nextBalanceAsk(open, now);
        if (at > end) break;
        now = at;
        observe(known);
      }
      now = end;
    },
    move: (amount: number) => void moved.push({ created: now, amount }),
    /** A list shows a transaction, and the balance is read beside it; returns whether an event may tell the balance. */
    show(created: number, amount: number): boolean {
      const row = aTransaction({ id: `tx_${created}_${amount}`, created, amount });
      const sight = { kind: 'transactions', at: now, loginId: 'login_1', accountId: 'acc_1' } as const;
      observe(fold({ ...known, transactions: new Map() }, { ...sight, transactions: [row] }).next);
      return isSummed || (watched.get('acc_1')?.known.changes ?? []).length === 0;
    },
  };
}

/** Of one account no two sums are alike: from equal amounts nobody can tell which of them a balance includes. */
const amounts = fc.constantFrom(-1, 1);
const distinct = (moves: readonly Move[]): readonly Move[] =>
  moves.map((move, place) => ({ ...move, amount: move.amount * 3 ** (place + 1) }));
const lags = fc.constantFrom(0, 700, 3_000, 12_000, 40_000, 60_000);

function live(lag: number, moves: readonly Move[]) {
  const bank = life(lag);
  const shows: { readonly at: number; readonly created: number; readonly amount: number }[] = [];
  let at = bank.now();
  for (const { after, amount, late } of moves) {
    at += after;
    if (late !== null) shows.push({ at: at + late, created: at, amount });
  }
  at = bank.now();
  const steps = [
    ...moves.map(({ after, amount }) => ({ at: (at += after), run: () => bank.move(amount) })),
    ...shows.map(({ at: when, created, amount }) => ({
      at: when,
      run: () => {
        if (bank.show(created, amount))
          assert.ok([bank.truth(created), bank.truth()].includes(bank.told() ?? NaN));
      },
    })),
  ].toSorted((a, b) => a.at - b.at);
  for (const step of steps) {
    bank.passUntil(step.at);
    step.run();
  }
  return bank;
}

test('whatever moves while the balance lags, what is told is right, and within fifteen seconds of the bank’s', () => {
  const moves = fc.array(
    fc.record({ after: fc.integer({ min: 1, max: 30_000 }), amount: amounts, late: fc.constant(0) }),
    { minLength: 1, maxLength: 7 },
  );
  fc.assert(
    fc.property(moves, lags, (all, lag) => {
      const bank = live(lag, distinct(all));
      assert.ok(bank.lowest() <= bank.truth(), 'what the floor is checked against');
      bank.passUntil(bank.now() + lag + 15 * second);
      assert.equal(bank.told(), bank.truth());
    }),
  );
});

test('of many at once every one is told with a balance that includes it, although the bank’s is ahead of the list', () => {
  const moves = fc.array(
    fc.record({ after: fc.integer({ min: 1, max: 400 }), amount: fc.constant(-1), late: fc.constant(1_000) }),
    { minLength: 1, maxLength: 9 },
  );
  fc.assert(
    fc.property(moves, (all) => {
      const bank = life(0);
      let at = bank.now();
      const steps = all.flatMap(({ after, late }, place) => {
        const created = (at += after);
        const amount = -(3 ** place);
        const show = () => {
          assert.ok(bank.show(created, amount));
          assert.ok([bank.truth(created), bank.truth()].includes(bank.told() ?? NaN));
        };
        return [
          { at: created, run: () => bank.move(amount) },
          { at: created + (late ?? 0), run: show },
        ];
      });
      for (const { at: when, run } of steps.toSorted((a, b) => a.at - b.at)) {
        bank.passUntil(when);
        run();
      }
      assert.equal(bank.told(), bank.truth());
    }),
  );
});

test('what lists show late or never leaves the balance right in the end, and ends the asking', () => {
  const moves = fc.array(
    fc.record({
      after: fc.integer({ min: 1, max: 60_000 }),
      amount: amounts,
      late: fc.constantFrom(0, 0, 5_000, 40_000, 600_000, null),
    }),
    { minLength: 1, maxLength: 7 },
  );
  fc.assert(
    fc.property(moves, lags, (all, lag) => {
      const bank = life(lag);
      let at = bank.now();
      const steps = distinct(all).flatMap(({ after, amount, late }) => {
        const created = (at += after);
        const move = { at: created, run: () => bank.move(amount) };
        return late === null
          ? [move]
          : [move, { at: created + late, run: () => void bank.show(created, amount) }];
      });
      for (const { at: when, run } of steps.toSorted((a, b) => a.at - b.at)) {
        bank.passUntil(when);
        run();
      }
      bank.show(bank.now(), 1);
      bank.move(1);
      bank.passUntil(bank.now() + 600 * second);
      assert.equal(bank.told(), bank.truth());
      assert.equal(bank.doubt(), null);
      const asked = bank.asked();
      bank.passUntil(bank.now() + 3_600 * second);
      assert.equal(bank.asked(), asked, 'nothing is asked for endlessly');
    }),
  );
});
