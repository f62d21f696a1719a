import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createFakeClock } from '../../sim/fake-clock.ts';
import { createBankClock, createCorrectedClock } from './bank-clock.ts';

const start = Date.parse('2026-11-02T09:00:00Z');

test('the bank’s time goes on between its answers, whatever our wall clock does', async () => {
  const clock = createFakeClock(start);
  const bank = createBankClock(clock);
  assert.equal(bank.now(), null);
  assert.equal(bank.difference(), null);
  assert.equal(bank.isSince(0), false);
  bank.heard({ date: start, asked: clock.monotonic(), answered: clock.monotonic() });
  await clock.advance(90_000);
  clock.jump(-3_600_000);
  assert.equal(bank.now(), start + 90_000);
});

test('a difference is what neither the second nor the way of the answer explains', async () => {
  const clock = createFakeClock(start);
  const bank = createBankClock(clock);
  await clock.advance(3_000);
  bank.heard({ date: start, asked: clock.monotonic() - 3_000, answered: clock.monotonic() });
  assert.equal(bank.difference(), 0, 'the bank may have written it three seconds ago');
  clock.jump(1_000);
  assert.equal(bank.difference(), 0, 'and in any part of the second');
  clock.jump(250);
  assert.equal(bank.difference(), 250);
  clock.jump(-4_251);
  assert.equal(bank.difference(), 1);
});

test('of two answers the one that was asked for later tells the time', async () => {
  const clock = createFakeClock(start);
  const bank = createBankClock(clock);
  await clock.advance(10_000);
  bank.heard({ date: start + 9_000, asked: 9_000, answered: 9_100 });
  bank.heard({ date: start + 5_000, asked: 1_000, answered: 10_000 });
  assert.equal(bank.now(), start + 9_900, 'instants are whole milliseconds');
  assert.equal(bank.isSince(9_000), true);
  assert.equal(bank.isSince(9_001), false);
});

test('our clock goes straight to the bank’s time when it is first told, and from then on never back by a little', async () => {
  const clock = createFakeClock(start + 50_000);
  const bank = createBankClock(clock);
  const corrected = createCorrectedClock(clock, bank);
  const hear = (date: number) => bank.heard({ date, asked: clock.monotonic(), answered: clock.monotonic() });
  assert.equal(corrected.now(), start + 50_000);
  hear(start);
  assert.equal(corrected.now(), start + 1_000);
  await clock.advance(100);
  hear(start - 500);
  assert.equal(corrected.now(), start + 1_050, 'slowed down');
  clock.jump(-50_000);
  assert.equal(corrected.now(), start + 1_050);
  await clock.advance(5_000);
  assert.equal(corrected.now(), clock.now());
});
