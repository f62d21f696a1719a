import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createFakeClock, settled } from '../../sim/fake-clock.ts';
import { someEvent } from '../../test/support/snapshot-samples.ts';
import { eventsUnderway, lateEvents, settledTogether } from '../limits.ts';
import type { Outcome, SettledEvent } from '../domain/delivery.ts';
import { createDelivery } from './delivery-loop.ts';

type Answer = Outcome | 'wait' | Error | { readonly later: Promise<Outcome> };

interface Setting {
  readonly answers?: readonly Answer[];
  readonly events?: number;
  /** How long ago the events were recorded. */
  readonly age?: number;
  /** From which event on they were learnt of late; left out for none. */
  readonly recoveredFrom?: number;
}

function delivery({ answers = [], events = 3, age = 0, recoveredFrom = Infinity }: Setting = {}) {
  const clock = createFakeClock(1_000_000);
  const at = clock.now() - age;
  const log = Array.from({ length: events }, (_, index) => ({
    seq: index + 1,
    event: someEvent({ id: `e${index + 1}`, at, recovered: index + 1 >= recoveredFrom }),
  }));
  const left = [...answers];
  const offered: number[] = [];
  const outcomes: SettledEvent[] = [];
  const listeners: (() => void)[] = [];
  let parked = 0;
  let changes = 0;
  const subject = createDelivery({
    sink: {
      name: 'test',
      waiting: () => ({ waitsFor: 'home_assistant', sentence: 'Nobody is there.' }),
      send: async ({ seq }) => {
        offered.push(seq);
        const answer = left.shift() ?? 'delivered';
        if (answer instanceof Error) throw answer;
        if (answer === 'wait') return answer;
        if (typeof answer === 'object' && 'later' in answer) return { outcome: answer.later };
        return { outcome: Promise.resolve(answer) };
      },
      onReady: (listener) => listeners.push(listener),
    },
    next: (limit, underway) =>
      log.filter(({ seq }) => seq > Math.max(outcomes.at(-1)?.seq ?? 0, ...underway)).slice(0, limit),
    settle: (settledEvents) => {
      outcomes.push(...settledEvents);
      parked += settledEvents.filter(({ outcome }) => typeof outcome === 'object').length;
    },
    parked: () => parked,
    clock,
    random: () => 1,
    onChange: () => (changes += 1),
  });
  const append = () => log.push({ seq: log.length + 1, event: someEvent({ at: clock.now() }) });
  return {
    subject,
    clock,
    offered,
    moves: () => outcomes.map(({ seq }) => seq),
    outcomes,
    append,
    changes: () => changes,
    ready: () => listeners.forEach((listener) => listener()),
  };
}

test('events are sent in order, and settled once they have an outcome', async () => {
  const { subject, offered, moves, append, changes } = delivery();
  await settled(8);
  assert.deepEqual(
    [offered, moves()],
    [
      [1, 2, 3],
      [1, 2, 3],
    ],
  );
  append();
  subject.ring();
  await settled(8);
  assert.deepEqual(moves(), [1, 2, 3, 4]);
  assert.equal(changes(), 0, 'events that pass through change nothing that is shown');
  await subject.close();
});

test('many events are under way at once, and settled up to the first one without an outcome', async () => {
  const first = Promise.withResolvers<Outcome>();
  const { subject, offered, moves } = delivery({ answers: [{ later: first.promise }] });
  await settled(8);
  assert.deepEqual([offered, moves()], [[1, 2, 3], []]);
  first.resolve('delivered');
  await settled(8);
  assert.deepEqual(moves(), [1, 2, 3]);
  await subject.close();
});

test('outcomes that come one after the other are stored together, soon, and at once where none is missing', async () => {
  const answers = Array.from({ length: 4 }, () => Promise.withResolvers<Outcome>());
  const { subject, clock, moves } = delivery({
    events: 4,
    answers: answers.map(({ promise }) => ({ later: promise })),
  });
  await settled(8);
  for (const { resolve } of answers.slice(0, 2)) {
    resolve('delivered');
    await settled(8);
    assert.deepEqual(moves(), []);
  }
  await clock.advance(settledTogether.within);
  await settled(8);
  assert.deepEqual(moves(), [1, 2]);
  answers[2]?.resolve('delivered');
  await settled(8);
  assert.deepEqual(moves(), [1, 2]);
  answers[3]?.resolve('delivered');
  await settled(8);
  assert.deepEqual(moves(), [1, 2, 3, 4]);
  await subject.close();
});

test('half of the events that may be under way are stored at once', async () => {
  const answers = Array.from({ length: eventsUnderway }, () => Promise.withResolvers<Outcome>());
  const { subject, moves } = delivery({
    events: eventsUnderway,
    answers: answers.map(({ promise }) => ({ later: promise })),
  });
  await settled(8);
  for (const { resolve } of answers.slice(0, settledTogether.most)) {
    assert.deepEqual(moves(), []);
    resolve('delivered');
    await settled(2);
  }
  await settled(8);
  assert.equal(moves().length, settledTogether.most);
  await subject.close();
});

test('a failed event is never skipped: it is sent again after growing pauses', async () => {
  const failure = new Error('the broker is away');
  const { subject, clock, offered, append } = delivery({ answers: [failure, failure] });
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

test('after a success the pause is short again', async () => {
  const down = new Error('the broker is away');
  const { subject, clock, moves, append } = delivery({ events: 1, answers: [down, down, 'delivered', down] });
  await clock.advance(3_000);
  assert.deepEqual(moves(), [1]);
  append();
  subject.ring();
  await clock.advance(999);
  assert.deepEqual(moves(), [1]);
  await clock.advance(1);
  assert.deepEqual(moves(), [1, 2]);
  await subject.close();
});

test('an event whose outcome fails is sent again, with all events after it', async () => {
  const lost = { later: Promise.reject(new Error('the line was cut')) };
  lost.later.catch(() => {});
  const { subject, clock, offered, moves } = delivery({ answers: ['delivered', lost] });
  await settled(8);
  assert.deepEqual([offered, moves()], [[1, 2, 3], [1]]);
  assert.equal(subject.health().sentence, 'the line was cut');
  await clock.advance(1_000);
  assert.deepEqual(
    [offered, moves()],
    [
      [1, 2, 3, 2, 3],
      [1, 2, 3],
    ],
  );
  await subject.close();
});

test('a sink that is ready again is sent events at once', async () => {
  const { subject, offered, ready } = delivery({ answers: [new Error('away')] });
  await settled(8);
  ready();
  await settled(8);
  assert.deepEqual(offered, [1, 1, 2, 3]);
  await subject.close();
});

test('an absent receiver is no failure: events are kept until the sink is ready', async () => {
  const { subject, offered, moves, ready } = delivery({ answers: ['delivered', 'wait'] });
  await settled(8);
  assert.deepEqual([offered, moves()], [[1, 2], [1]]);
  assert.deepEqual(subject.health(), {
    part: 'test_events',
    state: 'degraded',
    sentence: 'Nobody is there.',
  });
  assert.equal(subject.waiting()?.waitsFor, 'home_assistant');
  ready();
  await settled(8);
  assert.deepEqual(moves(), [1, 2, 3]);
  assert.equal(subject.waiting(), null);
  await subject.close();
});

test('a refused event does not hold up the others, and the health asks for a person', async () => {
  const { subject, outcomes } = delivery({ answers: ['delivered', { refused: 'too large' }] });
  await settled(8);
  assert.deepEqual(outcomes, [
    { seq: 1, outcome: 'delivered' },
    { seq: 2, outcome: { refused: 'too large' } },
    { seq: 3, outcome: 'delivered' },
  ]);
  assert.equal(subject.health().state, 'needs_user');
  assert.match(subject.health().sentence ?? '', /^1 event was refused/);
  await subject.close();
});

test('late events are sent in small groups, new ones all at once', async () => {
  const fresh = delivery({ events: 50 });
  await settled(8);
  assert.equal(fresh.moves().length, 50);
  await fresh.subject.close();

  const late = delivery({ events: 25, age: lateEvents.after + 1 });
  await settled(8);
  assert.equal(late.moves().length, 10);
  late.append();
  late.subject.ring();
  await late.clock.advance(lateEvents.rest);
  assert.equal(late.moves().length, 20);
  await late.clock.advance(lateEvents.rest);
  assert.equal(late.moves().length, 26, 'the fresh one follows without a rest');
  await late.subject.close();
});

test('events that the bank told late are sent in small groups however new their rows are, and fresh ones first', async () => {
  const { subject, clock, moves } = delivery({ events: 27, recoveredFrom: 3 });
  await settled(8);
  assert.equal(moves().length, 12, 'both fresh ones and the first group');
  await clock.advance(lateEvents.rest);
  assert.equal(moves().length, 22);
  await clock.advance(lateEvents.rest);
  assert.equal(moves().length, 27);
  await subject.close();
});

test('an absent receiver is tried again by itself, although nothing says that it is ready', async () => {
  const { subject, clock, offered, moves } = delivery({ answers: ['wait', 'wait'] });
  await clock.advance(59_999);
  assert.deepEqual(offered, [1]);
  await clock.advance(1);
  assert.deepEqual(offered, [1, 1]);
  await clock.advance(60_000);
  assert.deepEqual(moves(), [1, 2, 3]);
  await subject.close();
});

test('a failure is not shown as waiting, and only a change is announced', async () => {
  const down = new Error('the broker is away');
  const { subject, clock, changes } = delivery({ answers: ['wait', down, down] });
  await settled(8);
  assert.equal(subject.waiting()?.waitsFor, 'home_assistant');
  assert.equal(changes(), 1);
  await clock.advance(60_000);
  assert.equal(subject.waiting(), null);
  assert.equal(subject.health().sentence, 'the broker is away');
  assert.equal(changes(), 2);
  await clock.advance(1_000);
  assert.equal(changes(), 2, 'the same failure again');
  await subject.close();
});

test('several refused events are counted', async () => {
  const { subject } = delivery({ answers: [{ refused: 'too large' }, { refused: 'too large' }] });
  await settled(8);
  assert.match(subject.health().sentence ?? '', /^2 events were refused and are put aside/);
  await subject.close();
});

test('what has arrived when the loop is closed counts, so that it is not sent again', async () => {
  const first = Promise.withResolvers<Outcome>();
  const never = { later: new Promise<Outcome>(() => {}) };
  const { subject, moves } = delivery({ answers: [{ later: first.promise }, 'delivered', never] });
  await settled(8);
  first.resolve('delivered');
  await subject.close();
  assert.deepEqual(moves(), [1, 2]);
});

test('closing sends nothing more, and does not wait for events under way', async () => {
  const never = { later: new Promise<Outcome>(() => {}) };
  const { subject, offered, moves, append, clock } = delivery({ answers: ['delivered', never] });
  await settled(8);
  await subject.close();
  assert.deepEqual(moves(), [1]);
  append();
  subject.ring();
  await clock.advance(120_000);
  assert.deepEqual(offered, [1, 2, 3]);
});

test('events that come while others are under way are sent at once', async () => {
  const never = { later: new Promise<Outcome>(() => {}) };
  const { subject, offered, append } = delivery({ events: 1, answers: [never, never, never] });
  await settled(8);
  append();
  subject.ring();
  await settled(8);
  append();
  subject.ring();
  await settled(8);
  assert.deepEqual(offered, [1, 2, 3]);
  await subject.close();
});

test('after a failure nothing new is sent before it, and those after it are sent again behind it', async () => {
  const first = Promise.withResolvers<Outcome>();
  const second = Promise.withResolvers<Outcome>();
  const { subject, clock, offered, moves, append } = delivery({
    answers: [{ later: first.promise }, { later: second.promise }],
  });
  await settled(8);
  second.reject(new Error('quota exceeded'));
  await settled(8);
  append();
  subject.ring();
  await clock.advance(60_000);
  assert.deepEqual(
    [offered, moves()],
    [[1, 2, 3], []],
    'the first decides from where on they are sent again',
  );
  first.resolve('delivered');
  await settled(8);
  await clock.advance(1_000);
  assert.deepEqual(offered, [1, 2, 3, 2, 3, 4]);
  await settled(8);
  assert.deepEqual(moves(), [1, 2, 3, 4]);
  await subject.close();
});
