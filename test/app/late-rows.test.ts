import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { alex } from '../../sim/household.ts';
import type { Switches } from '../../sim/switches.ts';
import { startWebhookSender } from '../../sim/webhooks.ts';
import { holdBack } from '../support/event-happenings.ts';
import { assertFound, assertRecorded, eventLog } from '../support/event-oracle.ts';
import { sameLives } from '../support/size.ts';
import { quiet } from '../support/until.ts';
import { createWorld, type World } from '../support/world.ts';

const second = 1_000;
const minute = 60 * second;

/** A purchase that lists show so much later, while they show younger ones. */
interface LateRow {
  readonly ms: number;
  readonly ring: 'before' | 'after' | 'never';
  /** How much older than the next purchase it is. */
  readonly older: number;
  /** Of the same instant or younger, and on time. */
  readonly others: number;
  /** Until the next late row. */
  readonly pause: number;
}

const lateRows = fc.array(
  fc.record<LateRow>({
    ms: fc.constantFrom(1_500, 5_000, 45_000, 240_000, 50 * minute),
    ring: fc.constantFrom('before', 'after', 'never'),
    older: fc.constantFrom(0, 20, 3_000),
    others: fc.integer({ min: 1, max: 8 }),
    pause: fc.constantFrom(20, 5_000, 100_000, 20 * minute),
  }),
  { minLength: 1, maxLength: 6 },
);

const ways: readonly Partial<Switches>[] = [
  {},
  { sinceId: 'inclusive' },
  { sinceId: 'refused' },
  { sameInstant: 'before' },
  { sameInstant: 'before', longestPage: 10, sinceTimestamp: 'exclusive_second' },
  { pageOrder: 'newest_first' },
];

async function pass(world: World, ms: number): Promise<void> {
  const step = Math.max(10, ms / 20);
  for (let passed = 0; passed < ms; passed += step) {
    await world.clock.advance(step);
    await quiet();
  }
}

async function rungWorld(switches: Partial<Switches>, settings: Readonly<Record<string, string>> = {}) {
  const world = await createWorld({
    settings: { MONZO_BRIDGE_PUBLIC_URL: 'https://bank.home.example', ...settings },
    switches,
  });
  const { bank, faults, clock } = world;
  startWebhookSender({ bank, faults, clock, fetch: world.fetchFromOutside });
  await world.connect('alex');
  await clock.advance(17 * minute);
  return world;
}

const buy = ({ bank }: World) => bank.purchase(alex.current, { amount: 350, merchant: 'Corner Shop' });

async function buyLate(
  world: World,
  { ms, ring, older, others, pause }: LateRow,
): Promise<readonly string[]> {
  const rings = holdBack(world, alex.current, { ring, ms });
  const ids = [buy(world)];
  world.bank.showLate(ids[0] ?? '', ms);
  rings();
  if (older > 0) await pass(world, older);
  for (let other = 0; other < others; other += 1) ids.push(buy(world));
  await pass(world, pause);
  return ids;
}

const logOf = (world: World) => eventLog((path) => world.api(path));

test('a row that is shown late, behind the newest or at its instant, is one event, with a ring of its own or without', async () => {
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...ways), lateRows, async (way, rows) => {
      await using world = await rungWorld(way);
      const ids: string[] = [];
      for (const row of rows) ids.push(...(await buyLate(world, row)));
      await pass(world, Math.max(...rows.map(({ ms }) => ms)) + 16 * minute);
      const log = await logOf(world);
      assertFound(log, ids);
      assertRecorded(world.bank, log, ids);
    }),
    { numRuns: 12, seed: sameLives, endOnFailure: true },
  );
});

test('where the schedule lists every three hours, it finds what was shown late however much was rung for since', async () => {
  await using world = await rungWorld({}, { MONZO_BRIDGE_POLL_SECONDS: String(3 * 3_600) });
  const late: LateRow = { ms: 10 * minute, ring: 'never', older: second, others: 1, pause: minute };
  const ids = [...(await buyLate(world, late))];
  for (let ring = 0; ring < 3; ring += 1) {
    await pass(world, 50 * minute);
    ids.push(buy(world));
  }
  await pass(world, second);
  assert.equal((await logOf(world)).length, ids.length - 1, 'the lists of rings begin after it');
  await pass(world, 30 * minute);
  assertRecorded(world.bank, await logOf(world), ids);
});
