import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createFakeClock, settled } from '../../sim/fake-clock.ts';
import {
  answer,
  get,
  json,
  never,
  ok,
  scripted,
  start,
  type Script,
} from '../../test/support/scripted-bank.ts';
import { createCallCounts } from './transport.ts';

const minute = 60_000;

test('an answer carries its body and its time, and leaves no timer', async () => {
  const { clock, transport } = scripted(() => json(200, { a: 1 }));
  assert.deepEqual(await transport.send(get), { status: 200, body: { a: 1 }, at: start });
  assert.equal(clock.sleepers(), 0);
  assert.equal(transport.health().lastAnswerAt, start);
});

test('every answer that says so tells the bank’s time, a refusal too', async () => {
  const date = 'Thu, 01 Jan 2026 00:00:03 GMT';
  for (const status of [200, 403, 500]) {
    const { clock, transport, times } = scripted(async () => {
      await clock.advance(200);
      return json(status, {}, { date });
    });
    await clock.advance(50);
    await transport.send(get).catch(() => null);
    assert.deepEqual(times, [{ date: Date.parse(date), asked: 50.25, answered: 250.25 }]);
  }
  for (const headers of [{ date: 'soon' }, { date, age: '90' }] as const) {
    const { transport, times } = scripted(() => json(200, {}, headers));
    await transport.send(get);
    assert.equal(times[0]?.date, null);
  }
});

test('a request is written as the bank wants it', async () => {
  const { transport, seen } = scripted(ok);
  const query = { 'expand[]': ['merchant', 'b'], since: '2026-01-01T00:00:00.000Z' };
  await transport.send({ ...get, query });
  const form = { amount: '5', 'metadata[notes]': 'a & b' };
  await transport.send({ method: 'PUT', path: '/pots/pot_1/deposit', form, token: 't', priority: 'money' });
  const [read, write] = seen;
  assert.ok(read && write);
  const url = new URL(read.url);
  assert.equal(url.origin + url.pathname, 'https://bank.example/accounts');
  assert.deepEqual(url.searchParams.getAll('expand[]'), ['merchant', 'b']);
  assert.equal(url.searchParams.get('since'), query.since);
  assert.equal(read.headers['authorization'], 'Bearer secret-token');
  assert.equal(read.headers['user-agent'], 'monzo-bridge');
  assert.equal(read.body, undefined);
  assert.equal(write.headers['content-type'], 'application/x-www-form-urlencoded');
  assert.deepEqual(Object.fromEntries(new URLSearchParams(write.body)), form);
});

test('the token endpoint never sees an access token', async () => {
  const { transport, seen } = scripted(ok);
  await transport.send({ ...get, method: 'POST', path: '/oauth2/token', form: {} });
  assert.ok(seen[0] && !('authorization' in seen[0].headers));
});

test('an error holds neither token nor body', async () => {
  const body = { code: 'not_found <b>secret-code</b>', message: 'secret-message' };
  const { fault } = scripted(() => json(404, body, { 'trace-id': 'abc-1' }));
  const thrown = await fault();
  assert.equal(thrown.traceId, 'abc-1');
  assert.equal(thrown.bankCode, null);
  assert.doesNotMatch(`${thrown.stack} ${JSON.stringify(thrown)}`, /secret/);
});

test('an empty good answer is an empty object', async () => {
  const { transport } = scripted(() => answer(204, ''));
  assert.deepEqual((await transport.send(get)).body, {});
});

test('a call that did not leave had no effect; any other may have had one', async () => {
  const broken = () => {
    throw Object.assign(new Error('ECONNRESET'), { code: 'ECONNRESET' });
  };
  for (const [isReached, effect] of [
    [false, 'none'],
    [true, 'unknown'],
  ] as const) {
    const thrown = await scripted(broken, { isReached }).fault();
    assert.deepEqual([thrown.fault, thrown.effect, thrown.retryable], ['unreachable', effect, true]);
  }
});

test('a call is cut off after twenty seconds, also while its body arrives', async () => {
  const slowBody: Script = ({ signal }) => ({
    ...ok(),
    body: (async function* () {
      yield Buffer.from('{');
      await new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason as Error));
      });
    })(),
  });
  for (const script of [never, slowBody, () => new Promise<never>(() => undefined)]) {
    const { clock, fault, seen, calls } = scripted(script);
    const failing = fault();
    await clock.advance(19_999);
    assert.equal(seen[0]?.signal.aborted, false);
    await clock.advance(1);
    const thrown = await failing;
    assert.deepEqual([thrown.fault, thrown.effect], ['timeout', 'unknown']);
    assert.equal(seen[0]?.signal.aborted, true);
    assert.equal(clock.sleepers(), 0);
    assert.equal(calls[0]?.ms, 20_000);
  }
});

test('a caller who gives up gets their own reason, and the breaker does not count it', async () => {
  const { clock, transport, calls } = scripted(never);
  for (let call = 0; call < 6; call += 1) {
    const gone = new AbortController();
    const sent = assert.rejects(transport.send(get, gone.signal), /never mind/);
    await settled(8);
    gone.abort(new Error('never mind'));
    await sent;
  }
  assert.equal(transport.health().breaker, 'closed');
  assert.equal(clock.sleepers(), 0);
  assert.deepEqual([calls[0]?.status, calls[0]?.fault], [null, null]);
});

test('calls are counted by path without ids', async () => {
  const { transport, calls } = scripted(ok);
  for (const path of [
    '/transactions/tx_1',
    '/pots/pot_1/deposit',
    '/oauth2/token',
    '/ping/whoami',
    '/webhooks/deposit2',
  ])
    await transport.send({ ...get, path });
  assert.deepEqual(
    calls.map((call) => call.path),
    ['/transactions/:id', '/pots/:id/deposit', '/oauth2/token', '/ping/whoami', '/webhooks/:id'],
  );
  assert.deepEqual(calls[0], {
    at: start,
    method: 'GET',
    path: '/transactions/:id',
    status: 200,
    fault: null,
    ms: 0,
  });
  assert.equal(transport.health().calls.total, 5);
});

test('calls are counted in all, for an hour and for a day', async () => {
  const clock = createFakeClock(Date.parse('2026-03-10T12:00:00Z'));
  const counts = createCallCounts(clock);
  assert.deepEqual(counts.read(), { total: 0, lastHour: 0, lastDay: 0 });
  counts.count();
  counts.count();
  await clock.advance(50 * minute);
  counts.count();
  assert.deepEqual(counts.read(), { total: 3, lastHour: 3, lastDay: 3 });
  await clock.advance(10 * minute);
  assert.deepEqual(counts.read(), { total: 3, lastHour: 1, lastDay: 3 });
  await clock.advance(23 * 60 * minute);
  counts.count();
  assert.deepEqual(counts.read(), { total: 4, lastHour: 1, lastDay: 2 });
});
