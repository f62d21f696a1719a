import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createFakeClock, settled } from '../../sim/fake-clock.ts';
import { get, html, json, never, ok, refused, scripted, start } from '../../test/support/scripted-bank.ts';
import type { IncomingAnswer } from './bank-connection.ts';
import { createBreaker } from './gate.ts';

test('Retry-After is respected: calls are refused until it is over', async () => {
  const inSeconds = { 'retry-after': '120' };
  const asDate = { date: 'Thu, 01 Jan 2026 10:00:00 GMT', 'retry-after': 'Thu, 01 Jan 2026 10:02:00 GMT' };
  for (const headers of [inSeconds, asDate]) {
    const { clock, transport, fault, seen } = scripted((_request, call) =>
      call === 1 ? json(429, {}, headers) : ok(),
    );
    assert.equal((await fault()).retryAfter, 120_000);
    assert.equal(transport.health().pausedUntil, start + 120_000);
    await clock.advance(100_000);
    const refusal = await fault({ ...get, priority: 'money' });
    assert.deepEqual([refusal.fault, refusal.effect, refusal.retryAfter], ['rate_limited', 'none', 20_000]);
    await clock.advance(19_999);
    assert.equal((await fault()).retryAfter, 1);
    assert.equal(seen.length, 1);
    await clock.advance(1);
    await transport.send(get);
    assert.equal(transport.health().pausedUntil, null);
  }
});

/** How long a call rests after each of so many in a row, in seconds; the bank answers those that are named. */
async function restsOf(calls: number, answered: readonly number[], headers: Record<string, string> = {}) {
  const { clock, transport, fault } = scripted((_request, call) =>
    answered.includes(call) ? ok() : json(429, {}, headers),
  );
  const rests: number[] = [];
  for (let call = 1; call <= calls; call += 1) {
    if (answered.includes(call)) await transport.send(get);
    else {
      const { retryAfter } = await fault();
      assert.equal((transport.health().pausedUntil ?? 0) - clock.now(), retryAfter);
      rests.push((retryAfter ?? 0) / 1_000);
      await clock.advance((retryAfter ?? 0) + 1);
    }
  }
  return rests;
}

test('without Retry-After the pauses double from ten seconds to a quarter of an hour', async () => {
  assert.deepEqual(await restsOf(11, [10]), [10, 20, 40, 80, 160, 320, 640, 900, 900, 10]);
});

test('a Retry-After that was not enough is not believed to be enough the next time', async () => {
  assert.deepEqual(await restsOf(6, [5], { 'retry-after': '3' }), [3, 10, 20, 40, 3]);
  assert.deepEqual(await restsOf(4, [], { 'retry-after': '0' }), [1, 10, 20, 40]);
  assert.deepEqual(await restsOf(3, [], { 'retry-after': '600' }), [600, 600, 600]);
});

test('a kind of call that the bank refuses alone waits ever longer, while the others go on', async () => {
  const { clock, transport, fault } = scripted(({ url }) =>
    url.endsWith('/balance') ? json(429, {}) : ok(),
  );
  const rests: number[] = [];
  for (let call = 0; call < 4; call += 1) {
    const { retryAfter } = await fault({ ...get, path: '/balance' });
    rests.push((retryAfter ?? 0) / 1_000);
    await clock.advance(9_999);
    assert.equal((await fault()).retryAfter, 1);
    await clock.advance(1);
    await transport.send(get);
    await clock.advance((retryAfter ?? 0) - 10_000);
  }
  assert.deepEqual(rests, [10, 20, 40, 80]);
  transport.askAtOnce();
  await transport.send(get);
});

test('who was held back is told, whether the bank or the pause refused the call', async () => {
  const { clock, transport, fault } = scripted(() => json(429, {}, { 'retry-after': '3' }));
  const told: unknown[] = [];
  transport.onHeldBack((call) => told.push(call));
  await fault({ ...get, path: '/transactions/tx_1' });
  await clock.advance(1_000);
  await fault();
  assert.deepEqual(told, [
    { path: '/transactions/:id', rest: 3_000 },
    { path: '/accounts', rest: 2_000 },
  ]);
});

test('several calls refused together count as one', async () => {
  const { transport, fault } = scripted(async () => json(429, {}));
  await Promise.all([fault(), fault(), fault()]);
  assert.equal(transport.health().pausedUntil, start + 10_000);
});

test('calls in line are refused as soon as the bank asks for a pause', async () => {
  let answer: (response: IncomingAnswer) => void = () => undefined;
  const { transport, fault, clock } = scripted((_request, call) =>
    call === 1 ? new Promise((resolve) => (answer = resolve)) : ok(),
  );
  const first = fault();
  for (let call = 0; call < 299; call += 1) await transport.send(get);
  const waiting = [fault(), fault({ ...get, priority: 'money' })];
  await settled(8);
  answer(json(429, {}));
  await first;
  for (const thrown of await Promise.all(waiting)) assert.equal(thrown.fault, 'rate_limited');
  assert.equal(clock.sleepers(), 0);
});

test('the breaker opens after five failures in a row and closes at any answer', async () => {
  let isDown = true;
  const { clock, transport, fault, seen } = scripted(() => (isDown ? html(503) : refused(404, 'not_found')));
  for (let call = 0; call < 5; call += 1) assert.equal((await fault()).fault, 'bank_down');
  assert.equal(transport.health().breaker, 'open');
  for (const rest of [10_000, 20_000, 40_000, 60_000, 60_000]) {
    const sent = seen.length;
    await clock.advance(rest - 1);
    const refusal = await fault();
    assert.deepEqual([refusal.fault, refusal.effect, refusal.retryAfter], ['breaker_open', 'none', 1]);
    assert.equal(seen.length, sent);
    await clock.advance(1);
    assert.equal(transport.health().breaker, 'half_open');
    assert.equal((await fault()).fault, 'bank_down');
    assert.equal(seen.length, sent + 1);
  }
  isDown = false;
  await clock.advance(60_000);
  assert.equal((await fault()).fault, 'not_found');
  assert.equal(transport.health().breaker, 'closed');
});

test('failures between answers never open the breaker', async () => {
  const { transport, fault } = scripted((_request, call) => (call % 5 === 0 ? ok() : html(502)));
  for (let call = 1; call <= 20; call += 1) {
    if (call % 5 === 0) await transport.send(get);
    else await fault();
  }
  assert.equal(transport.health().breaker, 'closed');
});

test('a half-open breaker lets one call through; once it is given up, the next one', async () => {
  const { clock, transport, fault } = scripted((request, call) =>
    call === 6 ? never(request, 6) : call < 6 ? html(500) : ok(),
  );
  for (let call = 0; call < 5; call += 1) await fault();
  await clock.advance(10_000);
  const gone = new AbortController();
  const looking = assert.rejects(transport.send(get, gone.signal), /gone/);
  await settled(8);
  assert.equal((await fault()).fault, 'breaker_open');
  gone.abort(new Error('gone'));
  await looking;
  assert.equal((await transport.send(get)).status, 200);
  assert.equal(transport.health().breaker, 'closed');
});

test('of calls that come together at a half-open breaker one is sent; the others fail as while it is open', async () => {
  const { clock, transport, fault, seen } = scripted((_request, call) => (call < 6 ? html(500) : ok()));
  for (let call = 0; call < 5; call += 1) await fault();
  await clock.advance(10_000);
  assert.equal(transport.health().breaker, 'half_open');
  const together = await Promise.allSettled([1, 2, 3].map(() => transport.send(get)));
  assert.equal(seen.length, 6);
  assert.deepEqual(
    together.map(({ status }) => status),
    ['fulfilled', 'rejected', 'rejected'],
  );
  for (const outcome of together)
    if (outcome.status === 'rejected')
      assert.deepEqual(
        [outcome.reason.fault, outcome.reason.effect, outcome.reason.retryAfter],
        ['breaker_open', 'none', 1_000],
      );
  assert.equal((await transport.send(get)).status, 200, 'the one that looked has closed it');
});

test('a half-open breaker begins one call at a time, and none while it is open', async () => {
  const clock = createFakeClock(start);
  const breaker = createBreaker({ clock, random: () => 0 });
  for (let call = 0; call < 5; call += 1) breaker.begin()?.failed();
  assert.deepEqual([breaker.state(), breaker.begin()], ['open', null]);
  await clock.advance(10_000);
  const probe = breaker.begin();
  assert.ok(probe);
  assert.deepEqual([breaker.begin(), breaker.closedFor()], [null, 1_000]);
  probe.abandoned();
  const next = breaker.begin();
  assert.ok(next);
  assert.equal(breaker.begin(), null);
  next.failed();
  assert.deepEqual([breaker.state(), breaker.closedFor()], ['open', 20_000]);
  await clock.advance(20_000);
  breaker.begin()?.answered();
  assert.equal(breaker.state(), 'closed');
  assert.ok(breaker.begin() && breaker.begin());
});
