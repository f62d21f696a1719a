import assert from 'node:assert/strict';
import { test } from 'node:test';
import { z } from 'zod';
import { BridgeError } from '../errors.ts';
import { command, done, runCommand, type CommandTable } from './command.ts';

const table: CommandTable = new Map([
  [
    'add',
    command({
      class: 'read',
      answer: z.looseObject({}),
      refusals: [],
      meaning: 'Adds one.',
      body: z.strictObject({ to: z.number() }),
      run: async ({ to }, { door }) => done({ sum: to + 1, door }),
    }),
  ],
  ...(['refused', 'failed', 'broken'] as const).map(
    (how) =>
      [
        how,
        command({
          class: 'read',
          answer: z.looseObject({}),
          refusals: [],
          meaning: `Is ${how}.`,
          body: z.strictObject({}),
          run: async () => {
            if (how === 'broken') throw new TypeError('a defect');
            throw new BridgeError(`is_${how}`, `It is ${how}.`, { retryable: how === 'failed' });
          },
        }),
      ] as const,
  ),
]);
const ask = (name: string, body: unknown) => runCommand(table, { name, body, door: 'cli', user: null });

test('a command gets its checked body and its caller, and its answer comes back', async () => {
  assert.deepEqual(await ask('add', { to: 2 }), { status: 'done', data: { sum: 3, door: 'cli' } });
});

test('an outcome that is not known yet is answered as unknown', async () => {
  const unsure = command({
    class: 'money',
    answer: z.looseObject({}),
    refusals: [],
    meaning: 'Moves money.',
    body: z.strictObject({ with: z.string().optional() }),
    refusal: { money_moved: 'no', transfer_id: null },
    run: async (body) => {
      if (body.with === undefined) return { status: 'unknown', data: { money_moved: 'unknown' } };
      throw new BridgeError('refused', 'It was refused.', { details: { transfer_id: 'transfer_1' } });
    },
  });
  const own = new Map([['move', unsure]]);
  const move = (body: unknown) => runCommand(own, { name: 'move', body, door: 'mqtt', user: null });
  assert.deepEqual(await move({}), { status: 'unknown', data: { money_moved: 'unknown' } });
  const [shape, refusal] = [await move({ with: 7 }), await move({ with: 'it' })];
  assert.deepEqual('error' in shape && [shape.error['money_moved'], shape.error['transfer_id']], [
    'no',
    null,
  ]);
  assert.deepEqual('error' in refusal && refusal.error, {
    code: 'refused',
    message: 'It was refused. Nothing was moved.',
    money_moved: 'no',
    transfer_id: 'transfer_1',
  });
});

test('bad input is refused with what would be right', async () => {
  const wrong = await ask('add', { to: 'two' });
  assert.deepEqual([wrong.status, 'error' in wrong && wrong.error.code], ['refused', 'bad_request']);
  for (const [body, sentence] of [
    [{}, 'to is missing: it must be a number.'],
    [{ to: 2, too: 3 }, 'The request must not contain too: it takes only to.'],
    [{ to: '2' }, 'to must be a number.'],
    [[], 'The request must be a JSON object.'],
  ] as const) {
    const { error } = (await ask('add', body)) as { readonly error: { readonly message: string } };
    assert.equal(error.message, sentence);
  }
  const { error } = (await ask('refused', { why: 1 })) as { readonly error: { readonly message: string } };
  assert.equal(error.message, 'The request must not contain why: it takes no fields.');
  const unknown = await ask('subtract', {});
  assert.match('error' in unknown ? unknown.error.message : '', /add, refused, failed/);
});

test('an error that may pass is answered as failed, any other as refused, and a defect is not hidden', async () => {
  assert.deepEqual(await ask('refused', {}), {
    status: 'refused',
    error: { code: 'is_refused', message: 'It is refused.' },
  });
  assert.deepEqual(await ask('failed', {}), {
    status: 'failed',
    error: { code: 'is_failed', message: 'It is failed.' },
  });
  await assert.rejects(ask('broken', {}), TypeError);
});
