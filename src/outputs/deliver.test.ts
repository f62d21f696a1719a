import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createFakeClock, settled } from '../../sim/fake-clock.ts';
import { someEvent } from '../../test/support/picture-samples.ts';
import { createDelivery } from './deliver.ts';

type Answer = 'delivered' | 'wait' | Error;

function delivery(answers: readonly Answer[] = []) {
  const clock = createFakeClock(0);
  const log = [1, 2, 3].map((seq) => ({ seq, event: someEvent({ id: `e${seq}` }) }));
  const left = [...answers];
  const offered: number[] = [];
  const moves: number[] = [];
  const listeners: (() => void)[] = [];
  let cursor = 0;
  const subject = createDelivery({
    sink: {
      name: 'test',
      deliver: async ({ seq }) => {
        offered.push(seq);
        const answer = left.shift() ?? 'delivered';
        if (answer instanceof Error) throw answer;
        return answer;
      },
      onReady: (listener) => listeners.push(listener),
    },
    read: (after) => log.filter(({ seq }) => seq > after),
    cursor: () => cursor,
    moveCursor: (seq) => {
      cursor = seq;
      moves.push(seq);
    },
    clock,
    random: () => 1,
  });
  const append = () => log.push({ seq: log.length + 1, event: someEvent() });
  return { subject, clock, offered, moves, append, ready: () => listeners.forEach((listener) => listener()) };
}

test('everything behind the cursor goes out in order, and the cursor follows', async () => {
  const { subject, offered, moves, append } = delivery();
  await settled(8);
  assert.deepEqual(
    [offered, moves],
    [
      [1, 2, 3],
      [1, 2, 3],
    ],
  );
  append();
  subject.ring();
  await settled(8);
  assert.deepEqual(moves, [1, 2, 3, 4]);
  assert.equal(subject.undelivered(), 0);
  await subject.close();
});

test('a failure is never skipped: the same event comes again after a growing rest', async () => {
  const failure = new Error('the broker is away');
  const { subject, clock, offered, append } = delivery([failure, failure]);
  await settled(8);
  assert.deepEqual(subject.health(), {
    part: 'test_events',
    state: 'degraded',
    sentence: 'the broker is away',
  });
  append();
  subject.ring();
  await clock.advance(999);
  assert.deepEqual(offered, [1]);
  await clock.advance(1);
  assert.deepEqual(offered, [1, 1]);
  await clock.advance(1_999);
  assert.equal(offered.length, 2);
  await clock.advance(1);
  assert.deepEqual(offered, [1, 1, 1, 2, 3, 4]);
  assert.equal(subject.health().state, 'ok');
  await subject.close();
});

test('a sink that is ready again is not kept waiting', async () => {
  const { subject, offered, ready } = delivery([new Error('away')]);
  await settled(8);
  ready();
  await settled(8);
  assert.deepEqual(offered, [1, 1, 2, 3]);
  await subject.close();
});

test('nobody there is no failure: events are kept and offered when somebody is', async () => {
  const { subject, offered, moves, ready } = delivery(['delivered', 'wait']);
  await settled(8);
  assert.deepEqual([offered, moves, subject.undelivered()], [[1, 2], [1], 2]);
  assert.equal(subject.health().state, 'degraded');
  ready();
  await settled(8);
  assert.deepEqual(moves, [1, 2, 3]);
  await subject.close();
});

test('after the end nothing is offered any more', async () => {
  const { subject, offered, append, clock } = delivery();
  await settled(8);
  await subject.close();
  append();
  subject.ring();
  await clock.advance(120_000);
  assert.deepEqual(offered, [1, 2, 3]);
});
