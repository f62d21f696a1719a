import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createFakeClock, settled } from '../../sim/fake-clock.ts';
import { someSnapshot, someEvent } from '../../test/support/snapshot-samples.ts';
import type { DeliveryRecords, LoggedEvent, Outcome } from '../domain/delivery.ts';
import { OutputManager } from './manager.ts';

/** A log in memory, of which one sink has received everything up to its cursor. */
function recordsOf(log: readonly LoggedEvent[]): DeliveryRecords {
  let cursor = 0;
  let parkedCount = 0;
  return {
    attend: () => {},
    knows: () => true,
    next: (_sink, limit, underway = []) =>
      log.filter(({ seq }) => seq > Math.max(cursor, ...underway)).slice(0, limit),
    settle: (_sink, outcomes) => {
      cursor = Math.max(cursor, ...outcomes.map(({ seq }) => seq));
      parkedCount += outcomes.filter(({ outcome }) => typeof outcome === 'object').length;
    },
    position: () => ({
      cursor,
      undelivered: log.filter(({ seq }) => seq > cursor).length,
      unproven: 0,
      parkedCount,
    }),
    parked: () => [],
    retry: () => 0,
    prune: () => 0,
  };
}

async function shownFor(outcome: Outcome) {
  const log: LoggedEvent[] = [];
  const took: number[] = [];
  const clock = createFakeClock(1_000_250);
  const manager = new OutputManager({
    clock,
    onDelivered: (_sink, ms) => void took.push(ms),
    isTimeKnown: () => true,
    random: () => 0,
    records: recordsOf(log),
    renderEvery: 60_000,
  });
  const health: (string | null)[] = [];
  manager.addOutput({
    name: 'test',
    show: () => void health.push(manager.health().at(-1)?.state ?? null),
    health: () => ({ part: 'test', state: 'ok', sentence: null }),
    close: async () => {},
  });
  manager.addSink({
    name: 'sink',
    send: async () => ({ outcome: Promise.resolve(outcome) }),
    waiting: () => ({ waitsFor: null, sentence: '' }),
    onReady: () => {},
  });
  manager.deliver(() => someSnapshot());
  await settled(8);
  log.push({ seq: 1, event: someEvent({ id: 'e1', at: 1_000_000 }) });
  manager.announce();
  await settled(8);
  await manager.close();
  return { health, undelivered: manager.undelivered(), took };
}

test('an event is shown with its balance, and nothing is shown again when it has been delivered', async () => {
  assert.deepEqual(await shownFor('delivered'), { health: ['ok'], undelivered: 0, took: [250] });
});

test('an event that is refused is shown at once', async () => {
  const refused = { refused: 'It is too large.' };
  assert.deepEqual(await shownFor(refused), { health: ['ok', 'needs_user'], undelivered: 0, took: [] });
});
