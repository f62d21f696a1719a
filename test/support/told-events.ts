import assert from 'node:assert/strict';
import { z } from 'zod';
import type { World } from './world.ts';

const eventsSchema = z.object({
  items: z.array(
    z.looseObject({
      seq: z.number(),
      event_id: z.string(),
      type: z.string(),
      transaction_id: z.string().optional(),
    }),
  ),
  next: z.string().nullable(),
});

/** The event log after a place. */
export async function eventsAfter(world: World, place = 0): Promise<z.output<typeof eventsSchema>['items']> {
  const items: z.output<typeof eventsSchema>['items'] = [];
  for (let after: string | null = String(place); after !== null;) {
    const page = eventsSchema.parse(await (await world.api(`/api/events?limit=500&after=${after}`)).json());
    items.push(...page.items);
    after = page.next;
  }
  return items;
}

/** The transactions for which the log has exactly one event that they happened. */
export async function toldOnce(world: World): Promise<ReadonlySet<string>> {
  const created = (await eventsAfter(world)).filter(({ type }) => type === 'transaction.created');
  const ids = created.map(({ transaction_id: id = '' }) => id);
  assert.equal(new Set(ids).size, ids.length);
  return new Set(ids);
}
