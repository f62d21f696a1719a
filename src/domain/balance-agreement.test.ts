import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  afterChange,
  afterReading,
  firstAgreed,
  nextBalanceAsk,
  verdictOn,
  type Doubt,
  type SinceAgreed,
} from './balance-agreement.ts';

const second = 1_000;

/** A balance of 100 that was agreed at the instant 0, and what moved since; of `late` it is not known whether it includes it. */
function known(certain: readonly number[], late: readonly number[] = []): SinceAgreed {
  let now = firstAgreed({ amount: 100, at: 0 }, true);
  for (const [place, amount] of certain.entries())
    now = afterChange(now, { id: `c${place}`, amount, potId: null, created: 1, isOld: false });
  for (const [place, amount] of late.entries())
    now = afterChange(now, { id: `l${place}`, amount, potId: null, created: 0, isOld: false });
  return now;
}

/** What is known after readings of this balance at these seconds. */
function afterReadings(
  before: SinceAgreed,
  ...readings: readonly (readonly [number, number])[]
): SinceAgreed {
  return readings.reduce(
    (now, [at, amount]) => afterReading(now, { amount, at: at * second, askedAt: at * second }).known,
    before,
  );
}

test('a balance agrees, is late, uncertain or unexplained by what has moved since', () => {
  const verdicts: readonly (readonly [number, SinceAgreed, string])[] = [
    [100, known([]), 'agrees'],
    [70, known([-30]), 'agrees'],
    [100, known([-30]), 'late'],
    [70, known([-30, -20]), 'late'],
    [80, known([-30, -20]), 'late'],
    [50, known([-30, -20]), 'agrees'],
    [60, known([-30]), 'unexplained'],
    [70, known([], [-30]), 'agrees'],
    [100, known([], [-30]), 'uncertain'],
    [80, known([-20], [-30]), 'uncertain'],
    [100, known([-20], [-30]), 'late'],
    [99, known([]), 'unexplained'],
  ];
  for (const [balance, before, verdict] of verdicts)
    assert.equal(verdictOn(balance, before), verdict, JSON.stringify([balance, before.changes]));
});

test('what was agreed a moment ago may be lacking again, although the sum was the same', () => {
  const agreed = afterReadings(known([-30, 30]), [10, 100]);
  assert.deepEqual(agreed.changes, []);
  assert.equal(verdictOn(70, agreed), 'late');
  assert.equal(verdictOn(70, afterReadings(agreed, [200, 100])), 'unexplained');
});

test('a balance that nothing explains is taken once it was the same for ten seconds, and looked at once more', () => {
  const doubted = afterReadings(known([]), [10, 93], [11, 93], [15, 93]);
  assert.equal(doubted.agreed, 100);
  const taken = afterReadings(doubted, [20, 93]);
  assert.equal(taken.agreed, 93);
  assert.equal(nextBalanceAsk(taken.doubt as Doubt, 21 * second), 80 * second);
  assert.equal(afterReadings(taken, [80, 93]).doubt, null);
  const moving = afterReadings(known([]), [10, 93], [15, 90], [20, 90], [24, 90]);
  assert.equal(moving.agreed, 100, 'it was something else in between');
});

test('a transaction that is shown after the balance was taken with it explains it, and changes nothing', () => {
  const taken = afterReadings(known([]), [10, 70], [20, 70]);
  const shown = afterChange(taken, { id: 'x', amount: -30, potId: null, created: 9 * second, isOld: false });
  assert.deepEqual(shown.changes, []);
  assert.equal(verdictOn(70, shown), 'agrees');
  const next = afterChange(shown, { id: 'y', amount: -5, potId: null, created: 8 * second, isOld: false });
  assert.equal(verdictOn(70, next), 'late', 'everything that the balance includes was shown');
});

test('a part of what could not be explained may be in the balance already, or not', () => {
  const taken = afterReadings(known([]), [10, 70], [20, 70]);
  const shown = afterChange(taken, {
    id: 'x',
    amount: -20,
    potId: null,
    created: 9 * second,
    isOld: false,
  });
  assert.equal(verdictOn(70, shown), 'uncertain');
  assert.equal(verdictOn(50, shown), 'agrees');
  assert.equal(afterReadings(shown, [30, 70], [40, 70]).gap.amount, -10);
});

test('what the bank did long ago is in the balance, whether or not the agreed one had it already', () => {
  const gone = { potId: null, created: null, isOld: true };
  const taken = afterReadings(known([]), [10, 160], [20, 160]);
  for (const before of [taken, known([])]) {
    const one = afterChange(before, { ...gone, id: 'x', amount: 30 });
    assert.equal(verdictOn(before.agreed, one), 'agrees');
    assert.equal(verdictOn(before.agreed + 30, one), 'agrees');
  }
  const one = afterReadings(afterChange(taken, { ...gone, id: 'x', amount: 30 }), [30, 160]);
  const both = afterChange(one, { ...gone, id: 'y', amount: 30 });
  assert.deepEqual([both.gap.amount, both.changes], [0, []], 'what was not explained is explained now');
});

test('of a pot, only what lacks a known move is doubted', () => {
  const pot = firstAgreed({ amount: 100, at: 0 }, false);
  assert.equal(afterReadings(pot, [10, 103]).doubt, null, 'interest');
  const deposited = afterChange(pot, { id: 'x', amount: 50, potId: 'pot', created: 5, isOld: false });
  assert.equal(afterReadings(deposited, [10, 100]).doubt?.verdict, 'late');
  assert.equal(afterReadings(deposited, [10, 100], [11, 150]).doubt, null);
});

test('a doubted balance is asked for again after 1, 2, 5 and 10 seconds, then every ten', () => {
  const { doubt } = afterReadings(known([-30]), [0, 100]);
  const asks = [0, 1, 2, 5, 10, 20, 25].map((now) => nextBalanceAsk(doubt as Doubt, now * second) / second);
  assert.deepEqual(asks, [1, 2, 5, 10, 20, 30, 30]);
});

test('the next time to ask lies ahead, also where a reading has failed', () => {
  const taken = afterReadings(known([]), [10, 93], [20, 93]).doubt as Doubt;
  const late = afterReadings(known([-30]), [0, 100]).doubt as Doubt;
  for (const doubt of [taken, late])
    for (const now of [20, 79, 80, 81, 140, 3_600]) {
      const ahead = nextBalanceAsk(doubt, now * second) - now * second;
      assert.ok(ahead > 0 && ahead <= 60 * second, `${now} s`);
    }
});

test('a balance that never agrees is taken as it is in the end', () => {
  let now = known([-30]);
  let asked = 0;
  for (let at = 0; now.doubt === null || !now.doubt.isTaken; at = nextBalanceAsk(now.doubt, at)) {
    now = afterReadings(now, [at / second, 100]);
    asked += 1;
    assert.ok(asked < 20);
    if (now.doubt === null) break;
  }
  assert.equal(now.agreed, 100);
  assert.equal(now.doubt?.isTaken, true);
});

test('the lag is what passed until a late balance agreed; other doubts are none', () => {
  const late = afterReadings(known([-30]), [10, 100], [12, 100]);
  assert.equal(afterReading(late, { amount: 70, at: 13_000, askedAt: 13_000 }).lag, 3_000);
  const odd = afterReadings(known([-30]), [10, 99]);
  assert.equal(afterReading(odd, { amount: 70, at: 13_000, askedAt: 13_000 }).lag, null);
});

test('of many changes a balance may lack the first ones or the last ones', () => {
  const amounts = Array.from({ length: 12 }, (_, place) => -(2 ** place));
  const many = known(amounts);
  const sum = (some: readonly number[]) => some.reduce((all, amount) => all + amount, 100);
  for (const place of amounts.keys()) {
    assert.equal(verdictOn(sum(amounts.slice(0, place)), many), 'late');
    assert.equal(verdictOn(sum(amounts.slice(place)), many), place === 0 ? 'agrees' : 'late');
  }
  assert.equal(verdictOn(sum([...amounts.slice(0, 3), ...amounts.slice(5)]), many), 'unexplained');
});
