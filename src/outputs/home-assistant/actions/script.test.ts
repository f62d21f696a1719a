import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parse, stringify } from 'yaml';
import { z } from 'zod';
import { command, done, type Command, type CommandClass } from '../../../commands/command.ts';
import { scriptFor, standingOf, type Script } from './script.ts';
import { actions, type Action } from './table.ts';

const aCommand = (kind: CommandClass, meaning = 'Does something.'): Command =>
  command({ class: kind, meaning, body: z.strictObject({}), run: async () => done({}) });
const [transfer] = actions;
assert.ok(transfer);
const action: Action = transfer;
const wanted = scriptFor(action, aCommand('money'), 'one');

/** What comes back after Home Assistant has written it into its file and read it again. */
const roundTrip = (script: unknown): Script =>
  parse(stringify(script, { version: '1.1', sortMapEntries: true }), { version: '1.1' }) as Script;

test('what Home Assistant gives back of ours is current, in whatever order', () => {
  assert.equal(standingOf(roundTrip(wanted.marked), wanted), 'current');
  assert.equal(standingOf(null, wanted), 'missing');
});

test('without our mark it is somebody else’s, whatever it looks like', () => {
  for (const found of [wanted.plain, {}, [], 'text', { variables: { monzo_bridge: 1 } }, { variables: null }])
    assert.equal(standingOf(found, wanted), 'foreign');
});

test('an older one of ours is outdated, another bridge’s is left to it', () => {
  const older = scriptFor(action, aCommand('money', 'Did something.'), 'one');
  assert.equal(standingOf(roundTrip(older.marked), wanted), 'outdated');
  const other = scriptFor(action, aCommand('money'), 'two');
  assert.equal(standingOf(roundTrip(other.marked), wanted), 'other_bridge');
});

test('one that somebody changed is theirs, and whether they started from the newest is known', () => {
  const older = scriptFor(action, aCommand('money', 'Did something.'), 'one');
  const changes: readonly ((script: Script) => Script)[] = [
    (script) => ({ ...script, alias: 'Mine' }),
    (script) => ({ ...script, extra: true }),
    (script) => ({ ...script, variables: { ...(script['variables'] as object), more: 1 } }),
    ({ icon: _icon, ...script }) => script,
  ];
  for (const change of changes) {
    assert.equal(standingOf(change(roundTrip(wanted.marked)), wanted), 'edited');
    assert.equal(standingOf(change(roundTrip(older.marked)), wanted), 'edited_outdated');
  }
});

test('the bridge it asks stands in it as it is, and only money’s silence speaks of money', () => {
  const text = JSON.stringify(wanted.plain);
  assert.match(text, /"bridge":"one"/);
  assert.match(text, /not known whether money has moved/);
  const plain = JSON.stringify(scriptFor(action, aCommand('write'), 'one').plain);
  assert.doesNotMatch(plain, /money has moved/);
});

test('no call is ever the request id of a transfer', () => {
  const [first] = wanted.plain['sequence'] as readonly [{ variables: Record<string, string> }];
  const { call = '', request = '' } = first.variables;
  assert.match(request, /'request_id': request_id \| default\(none\)/);
  assert.doesNotMatch(request, /call/);
  assert.doesNotMatch(call, /request_id/);
});
