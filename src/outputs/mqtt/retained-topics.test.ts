import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createFakeClock, settled } from '../../../sim/fake-clock.ts';
import { sentAgain } from '../../limits.ts';
import { RetainedTopics, type Wanted } from './retained-topics.ts';
import type { Connection } from './connection.ts';
import type { DiscoveryDocument } from './discovery.ts';
import { offline } from './broker.ts';

interface Waiting {
  readonly topic: string;
  readonly payload: string;
  readonly acknowledge: () => void;
  readonly lose: () => void;
}

function retained() {
  const waiting: Waiting[] = [];
  let isUp = true;
  const connection = {
    isUp: () => isUp,
    publish: ({ topic, payload }) =>
      new Promise<'taken'>((resolve, reject) => {
        waiting.push({ topic, payload, acknowledge: () => resolve('taken'), lose: () => reject(offline()) });
      }),
  } satisfies Pick<Connection, 'isUp' | 'publish'>;
  const clock = createFakeClock(0);
  const memory = { get: () => null, set: () => {} };
  const log = { info: () => {}, warn: () => {} };
  const options = {
    connection,
    clock,
    memory,
    log,
    isHere: () => true,
    silent: 'x',
    closing: new AbortController().signal,
  };
  const subject = new RetainedTopics(options);
  return {
    subject,
    clock,
    waiting,
    connect: (next: boolean) => {
      isUp = next;
    },
    acknowledgeAll: async () => {
      for (; waiting.length > 0; await settled()) waiting.shift()?.acknowledge();
    },
  };
}

const document = (...keys: readonly string[]): DiscoveryDocument => ({
  device: { identifiers: ['x'], name: 'X' },
  origin: { name: 'monzo-bridge' },
  components: Object.fromEntries(keys.map((key) => [key, { platform: 'sensor', unique_id: key }])),
});
const components = (...keys: readonly string[]) =>
  new Map(keys.map((key) => [key, { platform: 'sensor', uniqueId: key }]));
const asWanted = (described: DiscoveryDocument): Wanted => ({
  payload: JSON.stringify(described),
  retain: true,
  document: described,
});
const state = (payload: string): Wanted => ({ payload, retain: true });

test('a document waits for the one before it on its topic, and only the newest follows', async () => {
  const { subject, waiting } = retained();
  const [first, second, third] = ['a', 'b', 'c'].map((key) => asWanted(document('same', key)));
  for (const each of [first, second, third]) subject.want(new Map(each ? [['doc', each]] : []));
  await settled(8);
  assert.deepEqual(
    waiting.map(({ payload }) => payload),
    [first?.payload],
  );
  waiting.shift()?.acknowledge();
  await settled(8);
  assert.match(
    waiting[0]?.payload ?? '',
    /"a":\{"platform":"sensor"\}/,
    'the tombstone of what the first had',
  );
  waiting.shift()?.acknowledge();
  await settled(8);
  assert.deepEqual(
    waiting.map(({ payload }) => payload),
    [third?.payload],
  );
});

test('states follow one another without an acknowledgement in between', async () => {
  const { subject, waiting } = retained();
  for (const payload of ['1', '2', '3']) subject.want(new Map([['t', state(payload)]]));
  assert.deepEqual(
    waiting.map(({ payload }) => payload),
    ['1', '2', '3'],
  );
});

test('written waits for documents and for clearing, not for the acknowledgement of states', async () => {
  const { subject, waiting } = retained();
  const isOver = async () => {
    let isWritten = false;
    void subject.written().then(() => (isWritten = true));
    await settled(8);
    return isWritten;
  };
  subject.want(new Map([['t', state('1')]]));
  assert.equal(await isOver(), true);
  subject.clear('t');
  subject.want(new Map([['t', state('2')]]));
  assert.equal(await isOver(), false, 'the second state follows the clearing');
  for (const message of waiting.splice(0)) message.acknowledge();
  assert.equal(await isOver(), true);
  assert.deepEqual(
    waiting.map(({ payload }) => payload),
    ['2'],
  );
  subject.want(new Map([['doc', asWanted(document('balance'))]]));
  assert.equal(await isOver(), false);
});

test('settled means that what was sent until then is acknowledged, however much follows', async () => {
  const { subject, waiting } = retained();
  subject.want(new Map([['t', state('1')]]));
  subject.want(new Map([['t', state('2')]]));
  let isSettled = false;
  void subject.settled().then(() => (isSettled = true));
  await settled(8);
  subject.want(new Map([['t', state('3')]]));
  waiting.shift()?.acknowledge();
  await settled(8);
  assert.equal(isSettled, false);
  waiting.shift()?.acknowledge();
  await settled(8);
  assert.equal(isSettled, true);
});

test('losing the connection settles, and the next one is sent everything', async () => {
  const { subject, waiting, connect } = retained();
  subject.want(
    new Map([
      ['t', state('1')],
      ['u', state('1')],
    ]),
  );
  connect(false);
  for (const message of waiting.splice(0)) message.lose();
  await subject.settled();
  subject.want(new Map([['t', state('2')]]));
  await settled(8);
  assert.equal(waiting.length, 0);
  connect(true);
  subject.resendAll();
  await settled(8);
  assert.deepEqual(
    waiting.map(({ topic, payload }) => [topic, payload]),
    [
      ['u', ''],
      ['t', '2'],
    ],
  );
});

test('a component that an earlier run announced is removed with a tombstone', async () => {
  const { subject, waiting, acknowledgeAll } = retained();
  const wanted = asWanted(document('balance'));
  subject.want(new Map([['doc', wanted]]));
  await acknowledgeAll();
  subject.foundDocument('doc', components('balance'));
  await settled(8);
  assert.equal(waiting.length, 0);
  subject.foundDocument('doc', components('balance', 'goal'));
  await settled(8);
  const tombstones = JSON.parse(waiting[0]?.payload ?? '') as DiscoveryDocument;
  assert.deepEqual(tombstones.components['goal'], { platform: 'sensor' });
  assert.notEqual(tombstones.components['balance']?.['unique_id'], undefined);
  waiting.shift()?.acknowledge();
  await settled(8);
  assert.deepEqual(
    waiting.map(({ payload }) => payload),
    [wanted.payload],
  );
  await acknowledgeAll();
  subject.resendAll();
  await settled(8);
  assert.equal(waiting.length, 1);
});

test('components of a document found while ours is under way are removed as well', async () => {
  const { subject, waiting } = retained();
  subject.want(new Map([['doc', asWanted(document('balance'))]]));
  subject.foundDocument('doc', components('goal'));
  await settled(8);
  waiting.shift()?.acknowledge();
  await settled(8);
  assert.match(waiting[0]?.payload ?? '', /"goal":\{"platform":"sensor"\}/);
});

test('a tombstone that may not have arrived is sent again on the next connection', async () => {
  const { subject, waiting, connect, acknowledgeAll } = retained();
  subject.want(new Map([['doc', asWanted(document('balance', 'goal'))]]));
  await acknowledgeAll();
  subject.want(new Map([['doc', asWanted(document('balance'))]]));
  connect(false);
  for (; waiting.length > 0; await settled()) waiting.shift()?.lose();
  connect(true);
  subject.resendAll();
  await settled(8);
  assert.match(waiting[0]?.payload ?? '', /"goal":\{"platform":"sensor"\}/);
});

test('what Home Assistant has removed itself is not cleared again, unless a message of ours was under way', async () => {
  const { subject, waiting, acknowledgeAll } = retained();
  const wanted = new Map([['doc', asWanted(document('balance'))]]);
  subject.want(wanted);
  await acknowledgeAll();
  subject.emptied('doc');
  subject.want(new Map());
  await settled(8);
  assert.equal(waiting.length, 0);
  subject.want(wanted);
  subject.emptied('doc');
  subject.want(new Map());
  waiting.shift()?.acknowledge();
  await settled(8);
  assert.deepEqual(
    waiting.map(({ payload }) => payload),
    [''],
  );
});

test('everything is sent again a few at a time, without what has gone', async () => {
  const { subject, clock, waiting, acknowledgeAll } = retained();
  const topics = Array.from({ length: 50 }, (_unused, index) => `d${index}`);
  const wanted = new Map([
    ...topics.map((topic) => [topic, asWanted(document('a'))] as const),
    ['t', state('1')],
  ]);
  subject.want(wanted);
  await acknowledgeAll();
  const again = subject.sendAgain('documents', new AbortController().signal);
  await settled(8);
  assert.equal(waiting.length, sentAgain.atOnce);
  wanted.delete('d49');
  subject.want(new Map(wanted));
  await acknowledgeAll();
  const sent: string[] = [];
  for (let step = 0; step < 3; step += 1) {
    await clock.advance(sentAgain.rest);
    assert.ok(waiting.length <= sentAgain.atOnce);
    sent.push(...waiting.filter(({ payload }) => payload !== '').map(({ topic }) => topic));
    await acknowledgeAll();
  }
  await again;
  assert.deepEqual(sent, topics.slice(sentAgain.atOnce, 49));
});
