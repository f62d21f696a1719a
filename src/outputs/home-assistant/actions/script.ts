import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { Command } from '../../../commands/command.ts';
import { slugOf, type Action } from './table.ts';

/** A script as Home Assistant's script editor and its config API know it. */
export type Script = Readonly<Record<string, unknown>>;

export interface WantedScript {
  readonly slug: string;
  readonly description: string;
  /** Without a mark: what somebody may paste and call their own. */
  readonly plain: Script;
  /** The same with our mark, by which it is known again. */
  readonly marked: Script;
}

export const requestEvent = 'monzo_bridge_request';
export const responseEvent = 'monzo_bridge_response';

/** The script gives up after the bridge has had to answer. */
const scriptPatience = { seconds: 30 };
/** Calls above it would return nothing and let their caller go on. */
const mostAtOnce = 1_000;

/**
 * Unique among all calls, and no more: which move of money it is, only the caller's `request_id` or `event_id` says.
 * The letters in front keep Home Assistant from reading a number.
 */
const callTemplate =
  "call-{{ '%x' | format((now().timestamp() * 1000) | int) }}-{{ range(100000) | random }}-{{ range(100000) | random }}";

const lost = 'The bridge did not answer within 30 seconds.';
const silences = {
  money: `${lost} It is not known whether money has moved: look at the bridge’s page or in the Monzo app, and do not repeat this, unless with the same request_id or event_id.`,
  other: `${lost} Check that it runs and that its page shows a connection to Home Assistant.`,
} as const;

/**
 * The script behind an action: asks the bridge over the event bus, waits, and hands its answer on. Whatever is not a
 * good answer ends in a template that cannot be rendered: `stop` with `error` would let the calling automation go on.
 */
export function scriptFor(action: Action, command: Command, bridge: string): WantedScript {
  const slug = slugOf(action);
  const plain = {
    alias: action.alias,
    description: command.meaning,
    icon: action.icon,
    mode: 'parallel',
    max: mostAtOnce,
    fields: action.fields,
    sequence: sequenceOf(action, bridge, silences[command.class === 'money' ? 'money' : 'other']),
  };
  const mark = { monzo_bridge: bridge, monzo_bridge_script: digestOf(plain) };
  return { slug, description: command.meaning, plain, marked: { ...plain, variables: mark } };
}

function sequenceOf({ command, fields }: Action, bridge: string, silence: string) {
  return [
    { variables: { call: callTemplate, request: requestTemplate(Object.keys(fields)) } },
    {
      event: requestEvent,
      event_data: { bridge, call: '{{ call }}', command, body: '{{ request }}' },
    },
    {
      wait_for_trigger: [
        { trigger: 'event', event_type: responseEvent, event_data: { bridge, call: '{{ call }}' } },
      ],
      timeout: scriptPatience,
      continue_on_timeout: true,
    },
    {
      choose: [
        {
          conditions: '{{ wait.trigger is none or wait.trigger.event.data.answer is not defined }}',
          sequence: [{ variables: { reason: reasonTemplate(silence) } }, { variables: { refused: failure } }],
        },
      ],
    },
    { variables: { answer: '{{ wait.trigger.event.data.answer }}' } },
    { stop: 'The bridge has answered.', response_variable: 'answer' },
  ];
}

/** One dictionary in one template: so texts stay texts and numbers numbers, as they were typed. */
function requestTemplate(fields: readonly string[]): string {
  const members = fields.map((field) => `'${field}': ${field} | default(none)`);
  return `{{ {${members.join(', ')}} }}`;
}

function reasonTemplate(silence: string): string {
  return `{{ 'monzo-bridge: ' ~ (wait.trigger.event.data.reason if wait.trigger is not none else '${silence}') }}`;
}

/** A reason is no number, so this fails, and what it says reaches the caller, its trace and the log. */
const failure = '{{ int(reason) }}';

const markSchema = z.object({
  variables: z.object({ monzo_bridge: z.string(), monzo_bridge_script: z.string() }),
});

/**
 * How a script of Home Assistant's stands to the one we want. `foreign`: not written by any bridge; `other_bridge`: by
 * another one, or by this one before it lost its key; `edited`: by us, and changed by somebody since, who started from
 * what we want, or, `edited_outdated`, from what we wanted before.
 */
export type Standing =
  | 'missing'
  | 'current'
  | 'outdated'
  | 'edited'
  | 'edited_outdated'
  | 'foreign'
  | 'other_bridge';

/** Judges what stands under our name; `found` is null where nothing does. */
export function standingOf(found: unknown, wanted: WantedScript): Standing {
  if (found === null) return 'missing';
  const mark = markSchema.safeParse(found).data?.variables;
  if (mark === undefined) return 'foreign';
  const ours = markSchema.parse(wanted.marked).variables;
  if (mark.monzo_bridge !== ours.monzo_bridge) return 'other_bridge';
  const { variables, ...rest } = found as Script;
  const isWhole = Object.keys(variables as object).length === Object.keys(ours).length;
  const isEdited = !isWhole || digestOf(rest) !== mark.monzo_bridge_script;
  const isNewest = mark.monzo_bridge_script === ours.monzo_bridge_script;
  if (isEdited) return isNewest ? 'edited' : 'edited_outdated';
  return isNewest ? 'current' : 'outdated';
}

/** The order in which keys stand says nothing: Home Assistant writes them into a file and reads them back. */
function digestOf(script: Script): string {
  return createHash('sha256')
    .update(JSON.stringify(sorted(script)))
    .digest('hex')
    .slice(0, 16);
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).toSorted(([one], [other]) => (one < other ? -1 : 1));
  return Object.fromEntries(entries.map(([key, member]) => [key, sorted(member)]));
}
