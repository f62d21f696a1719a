import type { FakeHomeAssistant } from './fake-home-assistant.ts';

/** What a script hands to its caller, or why it fails. */
export type Handed =
  | { readonly answer: Readonly<Record<string, unknown>> }
  | { readonly reason: string; readonly failure: Readonly<Record<string, unknown>> };

export interface ScriptCall {
  /** Without `script.` in front. */
  readonly script: string;
  readonly fields: Readonly<Record<string, unknown>>;
  /** How often the bridge hears of this one call. */
  readonly times?: number;
  /** Who ran it; null for an automation. */
  readonly userId?: string | null;
}

/** Runs the bridge's scripts, as they stand in scripts.yaml: each asks over the event bus and waits for the answer. */
export interface FakeActions {
  /** Whether a script is there, and somebody who hears what it asks. */
  isHeard(script: string): boolean;
  /** Runs a script; `hear` gets every answer to it. */
  call(call: ScriptCall, hear: (handed: Handed) => void): void;
}

const requests = 'monzo_bridge_request';

interface Script {
  readonly fields: Readonly<Record<string, unknown>>;
  readonly sequence: readonly {
    readonly event?: string;
    readonly event_data?: Readonly<Record<string, unknown>>;
    readonly wait_for_trigger?: readonly { readonly trigger: string }[];
  }[];
}

export function createFakeActions(fake: FakeHomeAssistant): FakeActions {
  const { file } = fake.world.scripts;
  const waiting = new Map<unknown, (handed: Handed) => void>();
  fake.on('monzo_bridge_response', (data) => {
    const { call, ...handed } = data as Handed & { readonly call: unknown };
    waiting.get(call)?.(handed);
  });
  return {
    isHeard: (script) => file.has(script) && fake.hasSubscriber(requests),
    call: ({ script, fields: given, times = 1, userId = null }, hear) => {
      const { fields, sequence } = file.get(script) as Script;
      const asking = sequence.find(({ event }) => event === requests)?.event_data;
      const call = `call-${waiting.size + 1}`;
      waiting.set(call, hear);
      const triggers = sequence.flatMap((step) => step.wait_for_trigger ?? []);
      if (triggers.some(({ trigger }) => trigger === 'webhook'))
        fake.world.scripts.waiting.set(call, (answer) => hear({ answer } as Handed));
      const { on_failure: _, ...members } = fields;
      const body = Object.fromEntries(Object.keys(members).map((field) => [field, given[field] ?? null]));
      for (let time = 0; time < times; time += 1)
        fake.fire(requests, { data: { ...asking, call, body }, context: { user_id: userId } });
    },
  };
}
