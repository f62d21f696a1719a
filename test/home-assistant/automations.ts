import { z } from 'zod';
import type { HomeAssistantClient } from './client.ts';
import { eventually } from './processes.ts';

export interface Automation {
  /** Starts it; resolves once it has run to its end, or to its failure. */
  run(data?: Readonly<Record<string, unknown>>): Promise<Run>;
  remove(): Promise<void>;
}

export interface Run {
  /** What it said at its end; null when it never came there. */
  readonly said: unknown;
  /** Why it failed, as Home Assistant shows it in its trace; null where it did not. */
  readonly error: string | null;
}

const runsSchema = z.array(
  z.object({ state: z.string(), error: z.string().nullish(), timestamp: z.object({ start: z.string() }) }),
);
const heardSchema = z.object({ said: z.unknown() });
const patience = { timeoutMs: 60_000, everyMs: 50 };

/** An automation as a person would write it: `actions` and then, if nothing stopped it, `says` (a template) on the event bus. */
export async function addAutomation(
  client: HomeAssistantClient,
  id: string,
  { actions, says }: { readonly actions: readonly unknown[]; readonly says: string },
): Promise<Automation> {
  const path = `/api/config/automation/config/${id}`;
  const body = {
    alias: id,
    mode: 'queued',
    max: 100,
    triggers: [{ trigger: 'event', event_type: `${id}_go` }],
    actions: [...actions, { event: `${id}_end`, event_data: { said: says } }],
  };
  await client.rest({ method: 'POST', path, body }, z.unknown());
  await eventually(
    `the automation ${id}`,
    async () => (await client.states()).some(({ attributes }) => attributes['id'] === id),
    patience,
  );
  const runs = async () => {
    const list = { type: 'trace/list', domain: 'automation', item_id: id };
    const found = await client.command(list, runsSchema);
    return found.toSorted((one, other) => one.timestamp.start.localeCompare(other.timestamp.start));
  };
  let started = 0;
  return {
    run: async (data = {}) => {
      let said: unknown = null;
      const stop = await client.onEvent(`${id}_end`, (event) => {
        said = heardSchema.parse(event.data).said;
      });
      const before = new Set((await runs()).map(({ timestamp }) => timestamp.start));
      started += 1;
      await client.command({ type: 'fire_event', event_type: `${id}_go`, event_data: data }, z.unknown());
      let ended: z.output<typeof runsSchema>[number] | undefined;
      await eventually(
        `run ${started} of ${id}`,
        async () => {
          ended = (await runs()).find(
            ({ state, timestamp }) => state === 'stopped' && !before.has(timestamp.start),
          );
          return ended !== undefined;
        },
        patience,
      );
      await stop();
      return { said, error: ended?.error ?? null };
    },
    remove: async () => {
      await client.rest({ method: 'DELETE', path }, z.unknown());
    },
  };
}
