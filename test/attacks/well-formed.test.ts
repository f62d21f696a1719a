import assert from 'node:assert/strict';
import { test } from 'node:test';
import { alex } from '../../sim/household.ts';
import type { Door } from '../../src/commands/command.ts';
import { openDoors } from '../support/doors.ts';
import { worldWithAlex } from '../support/money.ts';
import { runOnTerminal } from '../app/cli-run.ts';

const move = { pot: alex.pots.holiday, transfer_type: 'deposit', amount: '1.00' };
const doors: readonly Door[] = ['http', 'page', 'mqtt', 'home_assistant'];
const json = { 'content-type': 'application/json' };

test('a request id with half of a character is refused at every door, so that no two are ever one', async () => {
  await using at = await openDoors();
  for (const door of doors)
    for (const half of ['\uD800', '\uDFFF']) {
      const { status, said } = await at.ask(door, 'pot_transfer', { ...move, request_id: `rent-${half}` });
      assert.deepEqual([door, status, said['money_moved']], [door, 'refused', 'no']);
      assert.match(String(said['sentence']), /request_id( in the body)? must be well-formed Unicode text/);
    }
  for (const field of ['pot', 'account', 'event_id'])
    assert.match(
      String((await at.ask('http', 'pot_transfer', { ...move, [field]: 'a\uD800' })).said['sentence']),
      /must be well-formed Unicode text/,
    );
  const whole = await at.ask('http', 'pot_transfer', { ...move, request_id: 'rent-🏠' });
  assert.equal(whole.status, 'done');
  const { items } = (await (await at.world.api('/api/transfers')).json()) as { readonly items: unknown[] };
  assert.equal(items.length, 1);
});

test('limits, names and filters take well-formed text alone, and bodies and addresses are UTF-8', async () => {
  await using world = await worldWithAlex();
  const detail = async (path: string, init: RequestInit) => {
    const answer = await world.api(path, init);
    const body = (await answer.json()) as { readonly code: string; readonly detail: string };
    assert.deepEqual([answer.status, body.code], [400, 'bad_request'], path);
    return body.detail;
  };
  const send = (method: string, body: string | Uint8Array<ArrayBuffer>) => ({ method, headers: json, body });
  const wellFormed = /must be well-formed Unicode text/;
  for (const rails of ['{"pots":["pot_\\ud800"]}', '{"accounts":{"acc_\\udc00":{}}}'])
    assert.match(await detail('/api/rails', send('PUT', rails)), wellFormed);
  const [login] = world.app().view().logins;
  assert.match(await detail(`/api/logins/${login?.id}`, send('PATCH', '{"name":"Al\\ud83d"}')), wellFormed);
  const bytes = Buffer.concat([Buffer.from('{"name":"'), Buffer.from([0xed, 0xa0, 0x80]), Buffer.from('"}')]);
  assert.match(
    await detail(`/api/logins/${login?.id}`, send('PATCH', new Uint8Array(bytes))),
    /body must be text in UTF-8/,
  );
  assert.match(await detail('/api/transactions?q=%ED%A0%80', {}), /address must be text in UTF-8/);
  assert.equal((await world.api('/api/transactions?q=100%')).status, 200, 'a percent sign is a percent sign');
  const deep = `{"amount":${'['.repeat(20_000)}${']'.repeat(20_000)}}`;
  assert.match(await detail('/api/commands/pot_transfer', send('POST', deep)), /nested at most 32 levels/);
});

test('the command line refuses words that are not UTF-8 before it asks anybody', async () => {
  for (const id of ['rent-\uD800', 'rent-\uFFFD']) {
    const words = ['transfer', `--request-id=${id}`, 'deposit', '1', 'Holiday'];
    const { code, err } = await runOnTerminal(words, { fetch: () => assert.fail('it asks') });
    assert.deepEqual([code, /is not valid UTF-8 text\. Nothing was done/.test(err)], [2, true]);
  }
});
