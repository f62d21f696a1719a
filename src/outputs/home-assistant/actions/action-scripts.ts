import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { Command } from '../../../commands/command.ts';
import { slugOf, type ActionForm } from './action-forms.ts';

/** A script as Home Assistant's script editor and its API know it. */
export type Script = Readonly<Record<string, unknown>>;

export interface ActionScript {
  readonly slug: string;
  readonly description: string;
  /** Without our mark, for people who paste it into scripts.yaml: it is then theirs. */
  readonly plain: Script;
  /** With our mark, by which the bridge recognises it. */
  readonly marked: Script;
}

export const requestEvent = 'monzo_bridge_request';
export const responseEvent = 'monzo_bridge_response';

/** Longer than the bridge may take to answer. */
const scriptTimeout = { seconds: 30 };
/** Home Assistant drops calls above `max`, and their callers go on as if nothing had happened. */
const mostAtOnce = 1_000;

/**
 * Tells calls apart, and no more: which move of money it is, only the caller's `request_id` or `event_id` says. The
 * letters at the beginning keep Home Assistant from reading a number.
 */
const callTemplate =
  "call-{{ '%x' | format((now().timestamp() * 1000) | int) }}-{{ range(100000) | random }}-{{ range(100000) | random }}";

const noAnswer = 'The bridge did not answer within 30 seconds.';
const silences = {
  money: `${noAnswer} It is not known whether money has moved. Check the bridge’s page or the Monzo app, and repeat this only with the same request_id or event_id.`,
  other: `${noAnswer} Check that the bridge is running and that its page shows a connection to Home Assistant.`,
} as const;

/**
 * The script behind an action: sends a request over the event bus, waits for the answer and passes it on. Everything
 * else ends in a template that cannot be rendered, because `stop` with `error` would let the calling automation go on.
 */
export function scriptFor(form: ActionForm, command: Command, bridge: string): ActionScript {
  const slug = slugOf(form);
  const plain = {
    alias: form.alias,
    description: command.meaning,
    icon: form.icon,
    mode: 'parallel',
    max: mostAtOnce,
    fields: form.fields,
    sequence: sequenceOf(form, bridge, silences[command.class === 'money' ? 'money' : 'other']),
  };
  const mark = { monzo_bridge: bridge, monzo_bridge_script: digestOf(plain) };
  return { slug, description: command.meaning, plain, marked: { ...plain, variables: mark } };
}

function sequenceOf({ command, fields }: ActionForm, bridge: string, silence: string) {
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
      timeout: scriptTimeout,
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
    { stop: 'The bridge answered.', response_variable: 'answer' },
  ];
}

/** One dictionary in one template, so that texts stay texts and numbers stay numbers. */
function requestTemplate(fields: readonly string[]): string {
  const members = fields.map((field) => `'${field}': ${field} | default(none)`);
  return `{{ {${members.join(', ')}} }}`;
}

function reasonTemplate(silence: string): string {
  return `{{ 'monzo-bridge: ' ~ (wait.trigger.event.data.reason if wait.trigger is not none else '${silence}') }}`;
}

/** A reason is not a number, so this fails, and the reason reaches the caller, its trace and the log. */
const failure = '{{ int(reason) }}';

const markSchema = z.object({
  variables: z.object({ monzo_bridge: z.string(), monzo_bridge_script: z.string() }),
});

/**
 * How the script found in Home Assistant compares with ours. `foreign`: no bridge wrote it; `other_bridge`: another
 * bridge wrote it, or this one before it lost its key; `edited`: the bridge wrote it and a person changed it since;
 * `edited_outdated`: the same, starting from what an older version of the bridge wrote.
 */
export type ScriptStatus =
  | 'missing'
  | 'current'
  | 'outdated'
  | 'edited'
  | 'edited_outdated'
  | 'foreign'
  | 'other_bridge';

/** Compares what Home Assistant has under our name, null where there is nothing, with what it should have. */
export function statusOf(found: unknown, wanted: ActionScript): ScriptStatus {
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

/**
 * Independent of the order of keys, which changes when Home Assistant writes the file. The digest is kept in the
 * script itself, so that scripts of older versions are recognised as ours.
 */
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
