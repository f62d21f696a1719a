import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { createFakeClock, settled } from '../../sim/fake-clock.ts';
import { createSlots } from '../../src/async.ts';
import type { LoggedEvent, Outcome } from '../../src/domain/delivery.ts';
import { createDelivery } from '../../src/outputs/delivery-loop.ts';
import { someEvent } from '../support/snapshot-samples.ts';

/** What happens next: an acknowledgement of one under way, out of step, or the connection is lost, or the receiver leaves. */
type Step = {
  readonly do: 'take' | 'fail' | 'refuse' | 'lose' | 'append' | 'leave' | 'return' | 'pass';
  readonly which: number;
};

const steps = fc.array(
  fc.record<Step>({
    do: fc.constantFrom(
      'take',
      'take',
      'take',
      'fail',
      'refuse',
      'lose',
      'append',
      'append',
      'leave',
      'return',
      'pass',
    ),
    which: fc.nat(9),
  }),
  { maxLength: 60 },
);

interface Message {
  readonly seq: number;
  readonly end: PromiseWithResolvers<Outcome>;
}

/** An outcome passes several layers before the delivery hears of it; the room that it leaves is known at once. */
async function throughLayers<T>(outcome: Promise<T>): Promise<T> {
  try {
    return await outcome;
  } finally {
    for (let layer = 0; layer < 30; layer += 1) await Promise.resolve();
  }
}

/** A delivery over a connection that takes so many messages at once, with everything that is to hold checked as it happens. */
function watched(atOnce: number) {
  const clock = createFakeClock(1_000_000);
  const slots = createSlots(atOnce);
  const log: LoggedEvent[] = [];
  const line: Message[] = [];
  const newest = new Map<number, Message>();
  const proven = new Set<number>();
  const listeners: (() => void)[] = [];
  let cursor = 0;
  let last = 0;
  let failed = Infinity;
  let isAway = false;
  // Thrown, it would be one more failure that is tried again.
  const wrong: string[] = [];
  const check = (isRight: boolean, what: string) => {
    if (!isRight) wrong.push(what);
  };
  const put = async (seq: number) => {
    check(seq === last + 1 || seq === cursor + 1, `${seq} after ${last}, settled up to ${cursor}`);
    check(seq <= failed, `${seq} before ${failed}, which has failed`);
    if (seq === failed) failed = Infinity;
    last = seq;
    const message = { seq, end: Promise.withResolvers<Outcome>() };
    line.push(message);
    newest.set(seq, message);
    check(line.length <= atOnce, `${line.length} under way`);
    return message.end.promise;
  };
  const subject = createDelivery({
    sink: {
      name: 'test',
      waiting: () => ({ waitsFor: null, sentence: 'Away.' }),
      send: async ({ seq }) => (isAway ? 'wait' : { outcome: throughLayers(slots.within(() => put(seq))) }),
      room: () => slots.room(),
      onReady: (listener) => listeners.push(listener),
    },
    next: (limit, underway) => log.filter(({ seq }) => seq > Math.max(cursor, ...underway)).slice(0, limit),
    settle: (settledEvents) => {
      for (const { seq } of settledEvents) {
        check(proven.has(seq) && seq === cursor + 1, `${seq} is settled without a proof`);
        cursor = seq;
      }
    },
    parked: () => 0,
    clock,
    random: () => 1,
  });
  const answer = (which: number, how: (message: Message) => void) => {
    const [message] = line.splice(which % Math.max(1, line.length), 1);
    if (message) how(message);
  };
  /** What became of one that was sent again since then is nobody's concern. */
  const fail = (message: Message) => {
    if (newest.get(message.seq) === message) failed = Math.min(failed, message.seq);
    message.end.reject(new Error('again'));
  };
  const prove = (outcome: Outcome) => (message: Message) => {
    proven.add(message.seq);
    message.end.resolve(outcome);
  };
  const acts: Readonly<Record<Step['do'], (which: number) => void>> = {
    take: (which) => answer(which, prove('delivered')),
    refuse: (which) => answer(which, prove({ refused: 'too large' })),
    fail: (which) => answer(which, fail),
    lose: () => line.splice(0).forEach(fail),
    append: (which) => {
      for (let count = 0; count <= which; count += 1)
        log.push({ seq: log.length + 1, event: someEvent({ at: clock.now() }) });
      subject.ring();
    },
    leave: () => (isAway = true),
    return: () => {
      isAway = false;
      for (const listener of listeners) listener();
    },
    pass: () => {},
  };
  return {
    subject,
    act: async (step: Step) => {
      acts[step.do](step.which);
      if (step.do === 'pass') await clock.advance(1_000 * (step.which + 1));
      await settled(3);
    },
    isOver: () => cursor === log.length,
    wrong,
  };
}

test('whatever the acknowledgements do: order, at least once, nothing settled without a proof, room never exceeded', async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 4 }), steps, async (atOnce, all) => {
      const at = watched(atOnce);
      for (const step of all) await at.act(step);
      await at.act({ do: 'return', which: 0 });
      for (let rounds = 0; !at.isOver(); rounds += 1) {
        assert.ok(rounds < 2_000, 'events are left');
        await at.act({ do: 'take', which: rounds % 3 });
        if (rounds % 10 === 9) await at.act({ do: 'pass', which: 59 });
      }
      await at.subject.close();
      assert.deepEqual(at.wrong, []);
    }),
    { numRuns: 200 },
  );
});
