import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { aBalance, aTransaction } from '../../test/support/samples.ts';
import { nextBalanceAsk, verdictOn, watchBalances, type Change, type Watched } from './balance-agreement.ts';
import { fold, nothingKnown, type BalanceRead, type Knowledge } from './fold.ts';

const change = (amount: number, isCertain = true): Change => ({
  id: `${amount}`,
  amount,
  isCertain,
  potId: null,
  isExpected: false,
});

test('a balance agrees, is late or is unexplained by what has moved since', () => {
  const verdicts: readonly (readonly [number, readonly Change[], string])[] = [
    [100, [], 'agrees'],
    [70, [change(-30)], 'agrees'],
    [100, [change(-30)], 'late'],
    [70, [change(-30), change(-20)], 'late'],
    [50, [change(-30), change(-20)], 'agrees'],
    [60, [change(-30)], 'unexplained'],
    [100, [change(-30, false)], 'agrees'],
    [70, [change(-30, false)], 'agrees'],
    [99, [], 'unexplained'],
  ];
  for (const [balance, changes, verdict] of verdicts)
    assert.equal(verdictOn(balance, 100, changes), verdict, JSON.stringify([balance, changes]));
});

test('a doubted balance is asked for again after 1, 2, 5 and 10 seconds, then every ten', () => {
  const doubt = { reading: read(0, 0), since: 0 };
  const asks = [0, 1_000, 2_000, 5_000, 10_000, 20_000, 25_000].map((now) => nextBalanceAsk(doubt, now));
  assert.deepEqual(asks, [1_000, 2_000, 5_000, 10_000, 20_000, 30_000, 30_000]);
});

function read(at: number, balance: number): BalanceRead {
  return { kind: 'balance', at, askedAt: at, accountId: 'acc_1', balance: aBalance({ balance }) };
}

interface Purchase {
  readonly after: number;
  readonly amount: number;
}

/** The bank’s reading side lags; every purchase is listed at once, and the bridge asks as it is told to. */
test('whatever is bought while the balance lags, it is right within fifteen seconds of the bank’s being right', () => {
  const purchases = fc.array(
    fc.record<Purchase>({
      after: fc.integer({ min: 1, max: 30_000 }),
      amount: fc.integer({ min: 1, max: 500 }),
    }),
    { minLength: 1, maxLength: 8 },
  );
  const lags = fc.integer({ min: 0, max: 60_000 });
  fc.assert(
    fc.property(purchases, lags, (all, lag) => {
      const rows: { readonly created: number; readonly amount: number }[] = [];
      let known: Knowledge = nothingKnown;
      let watched: Watched = new Map();
      const balanceAt = (time: number) =>
        rows.filter(({ created }) => created <= time).reduce((sum, { amount }) => sum - amount, 10_000);
      const observe = (after: Knowledge, balances: readonly BalanceRead[]) => {
        const seen = watchBalances(watched, { before: known, after, balances });
        ({ watched } = seen);
        known = seen.admitted.reduce((current, reading) => fold(current, reading).next, after);
        known = { ...known, transactions: new Map() };
      };
      const ask = (now: number) => observe(known, [read(now, balanceAt(now - lag))]);
      let now = 1_000_000;
      const askUntil = (end: number) => {
        for (let doubt = doubtIn(watched); doubt !== null; doubt = doubtIn(watched)) {
          const at = nextBalanceAsk(doubt, now);
          if (at > end) break;
          now = at;
          ask(now);
        }
        now = end;
      };
      ask(now);
      for (const { after, amount } of all) {
        askUntil(now + after);
        rows.push({ created: now, amount });
        const seen = aTransaction({ id: `tx_${rows.length}`, created: now, amount: -amount });
        const listed = fold(
          { ...known, transactions: new Map() },
          { kind: 'transactions', at: now, loginId: 'login_1', accountId: 'acc_1', transactions: [seen] },
        );
        observe(listed.next, [read(now, balanceAt(now - lag))]);
      }
      askUntil(now + lag + 15_000);
      assert.equal(known.balances.get('acc_1')?.value.balance, balanceAt(now));
      assert.equal(doubtIn(watched), null);
    }),
  );
});

const doubtIn = (watched: Watched) => watched.get('acc_1')?.doubt ?? null;
