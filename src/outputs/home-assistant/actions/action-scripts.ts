import { z } from 'zod';
import type { Command } from '../../../commands/command.ts';
import { refuserPattern } from '../../../domain/names.ts';
import { digestOf } from '../digest.ts';
import { onFailure, slugOf, type ActionForm } from './action-forms.ts';

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
 * else fails the caller, unless it asked for failures as answers.
 */
export function scriptFor(form: ActionForm, command: Command, bridge: string): ActionScript {
  const slug = slugOf(form);
  const plain = {
    alias: form.alias,
    description: command.meaning,
    icon: form.icon,
    mode: 'parallel',
    max: mostAtOnce,
    fields: { ...form.fields, on_failure: onFailure },
    sequence: sequenceOf(form, bridge, command),
    ...(command.showsMoney === true && untraced),
  };
  // Kept in the script itself, so that scripts of older versions are recognised as ours.
  const mark = { monzo_bridge: bridge, monzo_bridge_script: digestOf(plain) };
  return { slug, description: command.meaning, plain, marked: { ...plain, variables: mark } };
}

/** Home Assistant keeps in the traces of a script what its variables held, and writes them to its disk. */
const untraced = { trace: { stored_traces: 0 } };

/**
 * How an answer comes to the script. Home Assistant records events for days: what the household has and spends goes to a
 * webhook instead, which exists for this call and until it is answered. Failures always come as events.
 */
const ways = {
  event: { triggers: [], answer: 'wait.trigger.event.data.answer' },
  webhook: {
    // The bridge may be on another network than Home Assistant, and knows the id alone.
    triggers: [
      { trigger: 'webhook', webhook_id: '{{ call }}', allowed_methods: ['POST'], local_only: false },
    ],
    answer: 'wait.trigger.json',
  },
} as const;

function sequenceOf({ command, fields }: ActionForm, bridge: string, behind: Command) {
  const kind = behind.class === 'money' ? 'money' : 'other';
  const way = ways[behind.showsMoney === true ? 'webhook' : 'event'];
  return [
    { variables: { call: callTemplate, request: requestTemplate(fields) } },
    {
      event: requestEvent,
      event_data: { bridge, call: '{{ call }}', command, body: '{{ request }}' },
    },
    {
      wait_for_trigger: [
        { trigger: 'event', event_type: responseEvent, event_data: { bridge, call: '{{ call }}' } },
        ...way.triggers,
      ],
      timeout: scriptTimeout,
      continue_on_timeout: true,
    },
    {
      choose: [
        {
          conditions: `{{ wait.trigger is none or ${way.answer} is not defined }}`,
          sequence: [{ variables: { reason: reasonTemplate(silences[kind]) } }, ...failing(kind)],
        },
      ],
    },
    { variables: { answer: `{{ ${way.answer} }}` } },
    { stop: 'The bridge answered.', response_variable: 'answer' },
  ];
}

/**
 * One dictionary in one template, so that texts stay texts and numbers stay numbers. A field that is left out may have the
 * name of a function of Home Assistant's, such as `min`. A caller's template that gives `50` gives a number, also where a text
 * is meant.
 */
function requestTemplate(fields: ActionForm['fields']): string {
  const members = Object.entries(fields).map(([field, { selector }]) => {
    const value = 'text' in selector || 'device' in selector ? `${field} | string` : field;
    return `'${field}': none if ${field} is not defined or ${field} is callable or ${field} is none else ${value}`;
  });
  return `{{ {${members.join(', ')}} }}`;
}

function reasonTemplate(silence: string): string {
  return `{{ 'monzo-bridge: ' ~ (wait.trigger.event.data.reason if wait.trigger is not none else '${silence}') }}`;
}

/**
 * Fails the caller twice over. A select's refusal of an option that it does not have is an error that the caller's
 * `continue_on_error` can pass over, but Home Assistant says nothing where the select is disabled, unavailable, renamed or
 * absent. A template that cannot be rendered always fails the caller, whatever it says; `stop` with `error` never does.
 */
function failing(kind: keyof typeof silences) {
  return [
    {
      choose: [
        {
          conditions: "{{ on_failure | default('fail') == 'answer' }}",
          sequence: [
            { variables: { answer: failureTemplate(kind) } },
            { stop: 'The bridge answered.', response_variable: 'answer' },
          ],
        },
      ],
    },
    { variables: { refuser: refuserTemplate } },
    {
      choose: [
        {
          conditions: "{{ refuser != '' }}",
          sequence: [
            {
              action: 'select.select_option',
              target: { entity_id: '{{ refuser }}' },
              data: { option: '{{ reason }}' },
            },
          ],
        },
      ],
    },
    // A reason is not a number, so this fails, and the reason reaches the caller, its trace and the log.
    { variables: { refused: '{{ int(reason) }}' } },
  ];
}

/** The entity id of a bridge's select that can refuse; empty where there is none. */
const refuserTemplate = `{{ states.select | rejectattr('state', 'eq', 'unavailable') | map(attribute='entity_id') | select('match', '${refuserPattern}') | first | default('') }}`;

/** What a caller gets that asked for failures as answers. */
function failureTemplate(kind: keyof typeof silences): string {
  const money = kind === 'money' ? "'money_moved': 'unknown', 'transfer_id': none, " : '';
  const silent = `{'status': 'unknown', 'code': 'no_answer', ${money}'message': reason}`;
  return `{{ wait.trigger.event.data.failure if wait.trigger is not none else ${silent} }}`;
}

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
