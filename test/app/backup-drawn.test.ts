import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { alex } from '../../sim/household.ts';
import { switchPositions, type Switches } from '../../sim/switches.ts';
import { backUp, restore } from '../support/backup.ts';
import { ask, move, movesAt, worldWithAlex } from '../support/money.ts';
import { comeBack } from '../support/people.ts';
import { sameLives, seedOf, shrinks, sizeOf } from '../support/size.ts';
import { temporaryDirectory } from '../support/store-samples.ts';

const minute = 60_000;

type Step =
  | { readonly is: 'bought' }
  | { readonly is: 'moved'; readonly id: number }
  | { readonly is: 'time'; readonly minutes: number }
  | { readonly is: 'backedUp'; readonly file: number }
  | { readonly is: 'restored'; readonly file: number };

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ is: fc.constant('bought' as const) }),
  fc.record({ is: fc.constant('moved' as const), id: fc.integer({ min: 0, max: 4 }) }),
  fc.record({ is: fc.constant('time' as const), minutes: fc.constantFrom(1, 20, 150) }),
  fc.record({ is: fc.constant('backedUp' as const), file: fc.integer({ min: 0, max: 1 }) }),
  fc.record({ is: fc.constant('restored' as const), file: fc.integer({ min: 0, max: 1 }) }),
);

/** How the bank treats repetitions, and lists. */
const ways: fc.Arbitrary<Partial<Switches>> = fc.record({
  dedupeMemory: fc.constantFrom(...switchPositions.dedupeMemory),
  repeatedDedupe: fc.constantFrom(...switchPositions.repeatedDedupe),
  longestPage: fc.constantFrom(...switchPositions.longestPage),
  pageOrder: fc.constantFrom(...switchPositions.pageOrder),
  sinceId: fc.constantFrom(...switchPositions.sinceId),
});

const life = fc.array(step, { minLength: 6, maxLength: 14 });

test('whatever is backed up and restored when, no request moves money twice and no event is lost', async (t) => {
  const kept = temporaryDirectory(t);
  const property = fc.asyncProperty(ways, life, async (switches, steps) => {
    await using world = await worldWithAlex({ switches, settings: { MONZO_BRIDGE_POLL_SECONDS: '900' } });
    const written = new Set<number>();
    const bought: string[] = [];
    const asked = new Set<number>();
    const acts: { readonly [Is in Step['is']]: (what: Extract<Step, { is: Is }>) => Promise<unknown> } = {
      bought: async () =>
        bought.push(world.bank.purchase(alex.current, { amount: 150, merchant: 'Corner Shop' })),
      moved: async ({ id }) => {
        const wish = { request_id: `r${id}`, amount: `${id + 1}` };
        const told = await move(world, wish);
        if (told['code'] === 'paused') await ask(world, 'resume');
        const said = told['code'] === 'paused' ? await move(world, wish) : told;
        assert.deepEqual([said.http, said['money_moved']], [200, 'yes'], JSON.stringify(said));
        if (asked.has(id)) assert.equal(said['repeated'], true);
        asked.add(id);
      },
      time: ({ minutes }) => world.clock.advance(minutes * minute),
      backedUp: async ({ file }) => {
        await backUp(world, join(kept, `${file}.sqlite`));
        written.add(file);
      },
      restored: async ({ file }) => {
        if (!written.has(file)) return;
        await restore(world, join(kept, `${file}.sqlite`));
        await comeBack(world, (ms) => world.clock.advance(ms));
      },
    };
    for (const one of steps) await (acts[one.is] as (what: Step) => Promise<unknown>)(one);
    await world.clock.advance(16 * minute);
    assert.equal(movesAt(world).length, asked.size);
    const answer = await (await world.api('/api/events?limit=500')).json();
    const { items } = answer as { readonly items: readonly { readonly event_id: string }[] };
    const told = items.map(({ event_id: id }) => id);
    assert.equal(new Set(told).size, told.length);
    assert.deepEqual(
      bought.filter((id) => !told.includes(`${id}:created`)),
      [],
    );
  });
  await fc.assert(property, {
    numRuns: sizeOf('backups', { short: 3, long: 300 }),
    seed: seedOf('backups', sameLives),
    endOnFailure: !shrinks,
  });
});
