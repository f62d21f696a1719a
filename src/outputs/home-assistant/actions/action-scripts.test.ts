import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parse, stringify } from 'yaml';
import { z } from 'zod';
import { command, done, type Command, type CommandClass } from '../../../commands/command.ts';
import { actionForms, type ActionForm } from './action-forms.ts';
import { scriptFor, statusOf, type Script } from './action-scripts.ts';

const aCommand = (kind: CommandClass, meaning = 'Does something.'): Command =>
  command({
    class: kind,
    answer: z.looseObject({}),
    refusals: [],
    meaning,
    body: z.strictObject({}),
    run: async () => done({}),
  });
const formOf = (command: string): ActionForm =>
  actionForms.find((form) => form.command === command) ?? assert.fail(command);
const form = formOf('pot_transfer');
const wanted = scriptFor(form, aCommand('money'), 'one');

/** As the bridge wrote it in November 2026, mark included. */
const formerScript: Script = {
  alias: 'Monzo: read everything now',
  description: 'Reads everything now.',
  icon: 'mdi:refresh',
  mode: 'parallel',
  max: 1000,
  fields: {
    login: {
      name: 'Login',
      description: 'The id of one login; leave it empty for all.',
      selector: {
        text: {},
      },
    },
  },
  sequence: [
    {
      variables: {
        call: "call-{{ '%x' | format((now().timestamp() * 1000) | int) }}-{{ range(100000) | random }}-{{ range(100000) | random }}",
        request: "{{ {'login': login | default(none)} }}",
      },
    },
    {
      event: 'monzo_bridge_request',
      event_data: {
        bridge: 'one',
        call: '{{ call }}',
        command: 'refresh',
        body: '{{ request }}',
      },
    },
    {
      wait_for_trigger: [
        {
          trigger: 'event',
          event_type: 'monzo_bridge_response',
          event_data: {
            bridge: 'one',
            call: '{{ call }}',
          },
        },
      ],
      timeout: {
        seconds: 30,
      },
      continue_on_timeout: true,
    },
    {
      choose: [
        {
          conditions: '{{ wait.trigger is none or wait.trigger.event.data.answer is not defined }}',
          sequence: [
            {
              variables: {
                reason:
                  "{{ 'monzo-bridge: ' ~ (wait.trigger.event.data.reason if wait.trigger is not none else 'The bridge did not answer within 30 seconds. Check that it runs and that its page shows a connection to Home Assistant.') }}",
              },
            },
            {
              variables: {
                refused: '{{ int(reason) }}',
              },
            },
          ],
        },
      ],
    },
    {
      variables: {
        answer: '{{ wait.trigger.event.data.answer }}',
      },
    },
    {
      stop: 'The bridge has answered.',
      response_variable: 'answer',
    },
  ],
  variables: {
    monzo_bridge: 'one',
    monzo_bridge_script: 'bf0b0451d552b286',
  },
};

/** What comes back after Home Assistant has written it into its file and read it again. */
const roundTrip = (script: unknown): Script =>
  parse(stringify(script, { version: '1.1', sortMapEntries: true }), { version: '1.1' }) as Script;

test('a script that Home Assistant wrote and read back is current, in whatever order its keys are', () => {
  assert.equal(statusOf(roundTrip(wanted.marked), wanted), 'current');
  assert.equal(statusOf(null, wanted), 'missing');
});

test('a script without the mark is foreign, whatever it looks like', () => {
  for (const found of [wanted.plain, {}, [], 'text', { variables: { monzo_bridge: 1 } }, { variables: null }])
    assert.equal(statusOf(found, wanted), 'foreign');
});

test('an older script of this bridge is outdated; another bridge’s script is recognised as that', () => {
  const older = scriptFor(form, aCommand('money', 'Did something.'), 'one');
  assert.equal(statusOf(roundTrip(older.marked), wanted), 'outdated');
  const other = scriptFor(form, aCommand('money'), 'two');
  assert.equal(statusOf(roundTrip(other.marked), wanted), 'other_bridge');
});

test('a script that the bridge wrote before its texts were reworded is outdated, not foreign', () => {
  const refresh = scriptFor(formOf('refresh'), aCommand('read'), 'one');
  assert.equal(statusOf(roundTrip(formerScript), refresh), 'outdated');
  assert.equal(statusOf({ ...formerScript, alias: 'Mine' }, refresh), 'edited_outdated');
});

test('an edited script is recognised, and whether it started from the newest one', () => {
  const older = scriptFor(form, aCommand('money', 'Did something.'), 'one');
  const changes: readonly ((script: Script) => Script)[] = [
    (script) => ({ ...script, alias: 'Mine' }),
    (script) => ({ ...script, extra: true }),
    (script) => ({ ...script, variables: { ...(script['variables'] as object), more: 1 } }),
    ({ icon: _icon, ...script }) => script,
  ];
  for (const change of changes) {
    assert.equal(statusOf(change(roundTrip(wanted.marked)), wanted), 'edited');
    assert.equal(statusOf(change(roundTrip(older.marked)), wanted), 'edited_outdated');
  }
});

test('the script names its bridge, and only a money action warns about money when no answer comes', () => {
  const text = JSON.stringify(wanted.plain);
  assert.match(text, /"bridge":"one"/);
  assert.match(text, /not known whether money has moved/);
  const plain = JSON.stringify(scriptFor(form, aCommand('write'), 'one').plain);
  assert.doesNotMatch(plain, /money has moved/);
});

test('the script offers what to do on failure, and never sends it to the bridge', () => {
  const { fields, sequence } = wanted.plain as {
    readonly fields: Readonly<Record<string, unknown>>;
    readonly sequence: readonly Readonly<Record<string, Readonly<Record<string, unknown>>>>[];
  };
  assert.ok(fields['on_failure']);
  assert.doesNotMatch(String(sequence[0]?.['variables']?.['request']), /on_failure/);
});

test('whatever became of the select, a failure ends in a template that cannot be rendered', () => {
  const { sequence } = wanted.plain as { readonly sequence: readonly Record<string, unknown>[] };
  const failing = sequence.find((step) => 'choose' in step)?.['choose'] as { sequence: unknown[] }[];
  assert.deepEqual(failing[0]?.sequence.at(-1), { variables: { refused: '{{ int(reason) }}' } });
});

test('the id of a call is never the request id of a transfer', () => {
  const [first] = wanted.plain['sequence'] as readonly [{ variables: Record<string, string> }];
  const { call = '', request = '' } = first.variables;
  assert.match(request, /'request_id': none if request_id is not defined/);
  assert.doesNotMatch(request, /\bcall\b/);
  assert.doesNotMatch(call, /request_id/);
});
