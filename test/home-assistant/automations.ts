import { z } from 'zod';
import type { HomeAssistantClient } from './client.ts';
import { eventually } from './processes.ts';

/** What a person writes; without triggers it is started by the event `<id>_go`. */
export interface AutomationBody {
  readonly triggers?: readonly unknown[];
  readonly conditions?: readonly unknown[];
  readonly actions: readonly unknown[];
}

export interface Automation {
  /** Starts it by its event; resolves once it has run to its end, or to its failure. */
  run(data?: Readonly<Record<string, unknown>>): Promise<Run>;
  /** Resolves once it has run so many times in all, with the last run. */
  ran(times: number): Promise<Run>;
  /** How often it has run, to its end or to its failure. */
  runs(): Promise<number>;
  /** What it said in all its runs, by `said(id, template)` among its actions. */
  readonly said: readonly unknown[];
  remove(): Promise<void>;
}

export interface Run {
  /** Why it failed, as Home Assistant shows it in its trace; null where it did not. */
  readonly error: string | null;
}

const runsSchema = z.array(
  z.object({
    state: z.string(),
    script_execution: z.string().nullish(),
    error: z.string().nullish(),
    timestamp: z.object({ start: z.string() }),
  }),
);
const saidSchema = z.object({ said: z.unknown() });
const patience = { timeoutMs: 180_000, everyMs: 50 };

/** An action that tells the test something; it only comes to that when nothing before has stopped the automation. */
export function said(id: string, template: string) {
  return { event: `${id}_said`, event_data: { said: template } };
}

/** An automation made from a blueprint: where Home Assistant keeps it, and what a person fills in. */
export interface BlueprintUse {
  readonly use_blueprint: {
    readonly path: string;
    readonly input: Readonly<Record<string, unknown>>;
  };
}

/** Makes an automation as the editor would, and listens to what it says. */
export async function addAutomation(
  client: HomeAssistantClient,
  id: string,
  body: AutomationBody | BlueprintUse,
): Promise<Automation> {
  const path = `/api/config/automation/config/${id}`;
  const trigger = { trigger: 'event', event_type: `${id}_go` };
  const written = 'use_blueprint' in body ? body : { mode: 'queued', max: 100, triggers: [trigger], ...body };
  const whole = { alias: id, trace: { stored_traces: 50 }, ...written };
  const heard: unknown[] = [];
  const stop = await client.onEvent(`${id}_said`, ({ data }) => heard.push(saidSchema.parse(data).said));
  await client.rest({ method: 'POST', path, body: whole }, z.unknown());
  await eventually(
    `the automation ${id}`,
    async () => (await client.states()).some(({ attributes }) => attributes['id'] === id),
    patience,
  );
  const ended = async () => {
    const list = { type: 'trace/list', domain: 'automation', item_id: id };
    const runs = await client.command(list, runsSchema);
    // Those whose conditions did not hold are no runs.
    const done = runs.filter(
      (run) => run.state === 'stopped' && run.script_execution !== 'failed_conditions',
    );
    return done.toSorted((one, other) => one.timestamp.start.localeCompare(other.timestamp.start));
  };
  const ran = async (times: number): Promise<Run> => {
    await eventually(`run ${times} of ${id}`, async () => (await ended()).length >= times, patience);
    return { error: (await ended())[times - 1]?.error ?? null };
  };
  return {
    said: heard,
    ran,
    runs: async () => (await ended()).length,
    run: async (data = {}) => {
      const before = (await ended()).length;
      await client.command({ type: 'fire_event', event_type: `${id}_go`, event_data: data }, z.unknown());
      return ran(before + 1);
    },
    remove: async () => {
      await stop();
      await client.rest({ method: 'DELETE', path }, z.unknown());
    },
  };
}
