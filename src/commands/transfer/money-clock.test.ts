import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createFakeClock } from '../../../sim/fake-clock.ts';
import { aTransfer } from '../../../test/support/store-samples.ts';
import { createBankClock } from '../../monzo/bank-clock.ts';
import { MoneyClock } from './money-clock.ts';

const start = Date.parse('2026-11-02T09:00:00Z');
const hour = 3_600_000;

/** Our clocks, with the bank's as it told the time just now. */
function clocks() {
  const clock = createFakeClock(start);
  const bank = createBankClock(clock);
  const tell = (date: number) => bank.heard({ date, asked: clock.monotonic(), answered: clock.monotonic() });
  return { clock, tell, money: new MoneyClock(clock, bank) };
}

test('the time is ours while the bank agrees, or has not said anything, and otherwise the bank’s', () => {
  const { clock, tell, money } = clocks();
  assert.deepEqual([money.now(), money.agrees(), money.difference()], [start, false, null]);
  tell(start - 30_000);
  assert.deepEqual([money.now(), money.agrees()], [start, true]);
  clock.jump(hour);
  assert.deepEqual([money.now(), money.agrees()], [start - 30_000, false]);
  clock.jump(-2 * hour);
  assert.deepEqual([money.now(), money.agrees()], [start - 30_000, false]);
});

test('the first send of a transfer stays the first, and one of an earlier process has no monotonic time', async () => {
  const { clock, tell, money } = clocks();
  const first = aTransfer({ sends: 1, firstSentAt: start, lastSentAt: start });
  tell(start);
  money.noteSend(first);
  await clock.advance(60_000);
  const again = { ...first, sends: 2, lastSentAt: start + 60_000 };
  money.noteSend(again);
  await clock.advance(30_000);
  assert.equal(money.sinceFirstSend(again)?.least, 90_000);
  assert.equal(money.sinceLastSend(again)?.least, 30_000);
  const earlier = aTransfer({ id: 'earlier', sends: 2, firstSentAt: start - hour, lastSentAt: start - hour });
  assert.deepEqual(money.sinceLastSend(earlier), { least: hour + 90_000, most: hour + 90_000 });
  assert.equal(money.sinceFirstSend({ ...earlier, firstSentAt: null }), null);
});

test('what has ended since a moment is known for a day', async () => {
  const { clock, money } = clocks();
  money.noteSettled('old');
  await clock.advance(1_000);
  const asked = clock.monotonic();
  assert.deepEqual(money.settledSince(asked), []);
  money.noteSettled('new');
  assert.deepEqual(money.settledSince(asked), ['new']);
  assert.deepEqual(money.settledSince(asked - 1_000), ['old', 'new']);
  await clock.advance(25 * hour);
  money.noteSettled('newest');
  assert.deepEqual(money.settledSince(0), ['new', 'newest']);
});

test('the time since the end of a transfer is that since its beginning until it has ended', async () => {
  const { clock, tell, money } = clocks();
  tell(start);
  const open = aTransfer({ created: start, sends: 1, settledAt: null });
  money.noteSend(open);
  await clock.advance(5_000);
  assert.equal(money.sinceEnd(open)?.least, 5_000);
  money.noteSettled(open.id);
  await clock.advance(2_000);
  assert.equal(money.sinceEnd({ ...open, settledAt: start + 5_000 })?.least, 2_000);
});
