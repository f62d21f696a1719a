import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { createFakeClock } from '../../sim/fake-clock.ts';
import { sampleEvent, temporaryDirectory } from '../../test/support/store-samples.ts';
import { openDatabase } from './database.ts';
import { createDeliveries } from './deliveries.ts';
import { createEventLog } from './event-log.ts';
import { forgetAccount } from './maintenance.ts';
import { migrate } from './migrations.ts';
import { migrations } from './schema.ts';

/** A log with events at 1 s, 2 s, … and a sink that is older than they are. */
function open(t: TestContext, events = 3) {
  const database = openDatabase(join(temporaryDirectory(t), 'a.sqlite'));
  t.after(() => database.close());
  migrate(database, migrations);
  const clock = createFakeClock(9_000);
  const log = createEventLog(database);
  const deliveries = createDeliveries(database, clock);
  deliveries.attend('mqtt');
  for (let number = 1; number <= events; number += 1)
    log.append([sampleEvent(`tx_${number}`, { at: number * 1_000 })]);
  const next = (sink = 'mqtt') => deliveries.next(sink, 10).map(({ seq }) => seq);
  const settle = (outcome: 'delivered' | 'unproven' | 'unheard' | { refused: string }, ...seqs: number[]) =>
    deliveries.settle(
      'mqtt',
      seqs.map((seq) => ({ seq, outcome })),
    );
  return { database, clock, log, deliveries, next, settle };
}

test('a new sink starts after the newest event, and its cursor never goes back', (t) => {
  const { deliveries, next, settle } = open(t);
  deliveries.attend('late');
  assert.deepEqual([next(), next('late')], [[1, 2, 3], []]);
  settle('delivered', 1, 2);
  settle('delivered', 1);
  deliveries.attend('mqtt');
  assert.deepEqual(next(), [3]);
  assert.deepEqual(deliveries.position('mqtt'), { cursor: 2, undelivered: 1, unproven: 0, parkedCount: 0 });
  assert.deepEqual(deliveries.position('late'), { cursor: 3, undelivered: 0, unproven: 0, parkedCount: 0 });
  assert.deepEqual(
    deliveries.next('mqtt', 10).map(({ event }) => event.id),
    ['tx_3:created'],
  );
});

test('unconfirmed events are sent again, in order and before new ones, until they are delivered', (t) => {
  const { deliveries, next, settle } = open(t, 4);
  settle('unproven', 1, 2, 3);
  assert.deepEqual(next(), [4]);
  assert.equal(deliveries.position('mqtt').unproven, 3);
  assert.equal(deliveries.sendAgain('mqtt'), 3);
  assert.deepEqual(next(), [1, 2, 3]);
  assert.deepEqual(deliveries.position('mqtt'), { cursor: 3, undelivered: 4, unproven: 0, parkedCount: 0 });
  settle('delivered', 1, 2);
  settle('unproven', 3);
  assert.deepEqual(next(), [4]);
  assert.equal(deliveries.sendAgain('mqtt'), 1);
});

test('what nobody received goes again where an event was heard, or the oldest of each account as a trial', (t) => {
  const { log, deliveries, next, settle } = open(t);
  const transfer = {
    type: 'transfer_completed',
    at: 5_000,
    accountId: sampleEvent('tx_1').accountId,
    requestId: null,
  } as const;
  log.append([
    sampleEvent('tx_4', { at: 4_000, accountId: 'acc_other' }),
    { ...transfer, id: 'transfer_1:completed', transferId: 'transfer_1', moneyMoved: 'yes' },
    sampleEvent('tx_5', { at: 6_000 }),
  ]);
  settle('unheard', 1, 2, 4, 5);
  settle('unproven', 3, 6);
  assert.equal(deliveries.sendUnheardAgain('mqtt', [6]), 2);
  assert.deepEqual(next(), [1, 2], 'not those of others, nor what somebody received');
  settle('unheard', 1, 2);
  assert.equal(deliveries.sendUnheardAgain('mqtt', null), 3);
  assert.deepEqual(next(), [1, 4, 5]);
  assert.equal(deliveries.sendUnheardAgain('elsewhere', null), 0);
});

test('unconfirmed events are trusted by the time since they were sent, whatever the clock is set to', async (t) => {
  const { clock, deliveries, next, settle } = open(t);
  settle('unproven', 1);
  await clock.advance(1_000);
  const since = clock.monotonic();
  settle('unproven', 2);
  await clock.advance(1_000);
  settle('unproven', 3);
  clock.jump(3_600_000);
  deliveries.trust('mqtt', { since, ago: 500, isTimeKnown: true });
  deliveries.sendAgain('mqtt');
  assert.deepEqual(next(), [1, 3]);
  await clock.advance(1_000);
  deliveries.trust('mqtt', { ago: 500, isTimeKnown: true });
  assert.deepEqual(next(), [1, 3], 'events to be sent again are not unconfirmed');
});

test('what an earlier process sent is trusted by the clock, and only once that is right', (t) => {
  const { database, clock, settle } = open(t);
  settle('unproven', 1);
  clock.jump(3_600_000);
  const deliveries = createDeliveries(database, clock);
  deliveries.trust('mqtt', { ago: 600_000, isTimeKnown: false });
  assert.equal(deliveries.position('mqtt').unproven, 1);
  deliveries.trust('mqtt', { ago: 4_000_000, isTimeKnown: true });
  deliveries.trust('mqtt', { since: clock.monotonic(), ago: 0, isTimeKnown: true });
  assert.equal(deliveries.position('mqtt').unproven, 1);
  deliveries.trust('mqtt', { ago: 600_000, isTimeKnown: true });
  assert.equal(deliveries.position('mqtt').unproven, 0);
});

test('a refused event is put aside with its reason, and sent again on request', (t) => {
  const { deliveries, next, settle } = open(t);
  settle({ refused: 'too large' }, 1);
  settle({ refused: 'not well formed' }, 2);
  settle('delivered', 3);
  assert.deepEqual(deliveries.parked('mqtt', 1), [
    { seq: 1, eventId: 'tx_1:created', at: 9_000, why: 'too large' },
  ]);
  assert.equal(deliveries.position('mqtt').parkedCount, 2);
  assert.equal(deliveries.retry({ sink: 'other' }), 0);
  assert.equal(deliveries.retry({ eventId: 'tx_9:created' }), 0);
  assert.equal(deliveries.retry({ eventId: 'tx_2:created' }), 1);
  assert.deepEqual(next(), [2]);
  settle('delivered', 2);
  assert.equal(deliveries.retry({}), 1);
  assert.deepEqual(next(), [1]);
  assert.deepEqual(deliveries.parked('mqtt', 9), []);
});

test('old payloads are deleted once the slowest sink is done with them, a few at a time', (t) => {
  const { database, deliveries, log, settle } = open(t, 5);
  deliveries.attend('slow');
  deliveries.settle('slow', [{ seq: 5, outcome: 'delivered' }]);
  settle('delivered', 1, 2, 3);
  assert.equal(deliveries.prune(2_500, 1), 1);
  assert.equal(deliveries.prune(2_500, 9), 1);
  assert.equal(deliveries.prune(4_500, 9), 1, 'the fourth is still to be delivered');
  assert.deepEqual(
    log.after(0, 10).map(({ seq }) => seq),
    [4, 5],
  );
  assert.equal(log.byId('tx_1:created'), undefined);
  assert.deepEqual(log.append([sampleEvent('tx_1')]), [], 'its id is never new again');
  const left = database.all('SELECT detail, data FROM event WHERE seq = 1', [], (row) => ({ ...row }));
  assert.deepEqual(left, [{ detail: null, data: null }]);
});

test('parked events and events to be sent again are kept, however old', async (t) => {
  const { clock, deliveries, next, settle } = open(t, 3);
  settle({ refused: 'too large' }, 1);
  settle('unproven', 2, 3);
  deliveries.sendAgain('mqtt');
  settle('unproven', 3);
  await clock.advance(1_000);
  deliveries.attend('mqtt');
  assert.equal(deliveries.prune(9_500, 9), 1, 'only the old unconfirmed event');
  deliveries.retry({});
  assert.deepEqual(next(), [1, 2]);
});

test('a sink that was unused for long holds nothing back, and starts after the newest event when it returns', async (t) => {
  const { clock, deliveries, next, settle } = open(t, 3);
  deliveries.attend('old');
  settle('delivered', 1, 2, 3);
  deliveries.settle('old', [{ seq: 3, outcome: { refused: 'no' } }]);
  await clock.advance(50_000);
  deliveries.attend('mqtt');
  assert.equal(deliveries.prune(20_000, 9), 3);
  assert.deepEqual(deliveries.parked('old', 9), []);
  deliveries.attend('old');
  assert.deepEqual(next('old'), []);
});

test('without sinks, payloads are deleted by age alone', (t) => {
  const { deliveries } = open(t, 3);
  assert.equal(deliveries.prune(10_000, 9), 3);
});

test('a forgotten account leaves nothing to send again', (t) => {
  const { database, deliveries, next, settle } = open(t, 2);
  settle({ refused: 'too large' }, 1);
  const account = sampleEvent('tx_1').accountId;
  forgetAccount(database, account);
  assert.deepEqual([deliveries.parked('mqtt', 9), deliveries.retry({}), next()], [[], 0, []]);
});
