import assert from 'node:assert/strict';
import { test } from 'node:test';
import { z } from 'zod';
import { systemClock } from '../../src/clock.ts';
import { command } from '../../src/commands/command.ts';
import { createPrivateApp } from '../../src/http/private.ts';
import { silentLog } from '../../src/log.ts';
import { privateConfig, servicesWith } from './http-browser.ts';

const broken = (refusal: object) =>
  command({
    class: 'money',
    answer: z.looseObject({}),
    refusals: [],
    meaning: 'Breaks.',
    body: z.strictObject({}),
    run: async () => {
      throw new TypeError('a defect of ours, with a secret in it');
    },
    ...refusal,
  });

test('a defect over HTTP reveals no internals, and says that it is unknown whether money moved', async () => {
  const commands = new Map([
    ['move', broken({ refusal: { money_moved: 'no', transfer_id: null } })],
    ['look', broken({})],
  ]);
  const app = await createPrivateApp({
    services: servicesWith({ commands }),
    adminToken: 'token',
    config: privateConfig,
    clock: systemClock,
    log: silentLog,
    webDirectory: '/nowhere',
  });
  const ask = async (name: string) => {
    const headers = { authorization: 'Bearer token', host: '127.0.0.1' };
    const answer = await app.inject({ method: 'POST', url: `/api/commands/${name}`, headers, payload: {} });
    assert.doesNotMatch(answer.body, /secret/);
    assert.match(answer.body, /not known how far the command had come/);
    const { status, code, ...rest } = answer.json<Readonly<Record<string, unknown>>>();
    return [status, code, rest['money_moved'], rest['transfer_id']];
  };
  assert.deepEqual(await ask('move'), [500, 'internal', 'unknown', null]);
  assert.deepEqual(await ask('look'), [500, 'internal', undefined, undefined]);
  await app.close();
});
