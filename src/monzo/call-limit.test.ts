import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createFakeClock, settled } from '../../sim/fake-clock.ts';
import { BankError } from './bank-error.ts';
import { createGate, type CallsAnswered } from './gate.ts';

const start = Date.parse('2026-01-01T00:00:00Z');
const tooMany = () => new BankError('rate_limited', { status: 429, effect: 'unknown' });

/** A gate through which so many calls were answered before one was refused. */
async function after(calls: number) {
  const clock = createFakeClock(start);
  const told: CallsAnswered[] = [];
  const gate = createGate({ clock, random: () => 0, onAnswered: (answered) => told.push(answered) });
  for (let call = 0; call < calls; call += 1)
    (await gate.pass({ priority: 'poll', kind: '/accounts' })).answered();
  (await gate.pass({ priority: 'poll', kind: '/accounts' })).failed(tooMany());
  await clock.advance(2 * 60_000);
  return { clock, gate, told };
}

test('a refusal after many calls halves what is made at once, and spreads the rest over the time of the count', async () => {
  const { gate, told } = await after(30);
  assert.deepEqual(told, [{ calls: 30, at: start }]);
  assert.equal(gate.budget().capacity, 15);
  assert.equal(gate.budget().perSecond, 15 / 300);
});

test('a refusal after a few calls says nothing of their number', async () => {
  const { gate, told } = await after(19);
  assert.deepEqual(told, []);
  assert.equal(gate.budget().capacity, 300);
});

test('what was seen is doubled day by day', async () => {
  const { clock, gate } = await after(30);
  await clock.advance(25 * 3_600_000);
  assert.equal(gate.budget().capacity, 30);
  await clock.advance(10 * 24 * 3_600_000);
  assert.deepEqual([gate.budget().capacity, gate.budget().perSecond], [300, 10]);
});

test('polls leave five calls to money, and the history half of the bucket to everything else', async () => {
  const { clock, gate } = await after(30);
  await clock.advance(3_600_000);
  let [read, polled] = [0, 0];
  for (let call = 0; call < 15; call += 1)
    void gate.pass({ priority: 'history', kind: '/accounts' }).then(() => (read += 1));
  await settled(20);
  assert.equal(read, 8);
  for (let call = 0; call < 15; call += 1)
    void gate.pass({ priority: 'poll', kind: '/accounts' }).then(() => (polled += 1));
  await settled(20);
  assert.equal(polled, 2);
  for (let call = 0; call < 5; call += 1)
    (await gate.pass({ priority: 'money', kind: '/accounts' })).answered();
  await clock.advance(60 * 60_000);
});
