import assert from 'node:assert/strict';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test, type TestContext } from 'node:test';
import { createGzip } from 'node:zlib';
import { createFakeClock, settled } from '../../sim/fake-clock.ts';
import { createBankConnections } from '../../src/monzo/bank-connection.ts';
import { BankError, createTransport } from '../../src/monzo/transport.ts';
import { answered, loginOf, post, reload, stateOf } from '../support/people.ts';
import { get } from '../support/scripted-bank.ts';
import { holiday, move, transfersOf, worldWithAlex } from '../support/money.ts';
import { until } from '../support/until.ts';
import { createWorld, type World } from '../support/world.ts';

const minute = 60_000;
const isData = ({ path }: { readonly path: string }) => !path.startsWith('/oauth2/');

/** How often the bank is asked while the clock moves. */
async function callsWithin(world: World, ms: number): Promise<number> {
  const before = world.bank.calls.length;
  for (let passed = 0; passed < ms; passed += minute / 2) await world.clock.advance(minute / 2);
  return world.bank.calls.length - before;
}

for (const how of ['large', 'deep'] as const)
  test(`an answer that is too ${how} is refused and said, and the next good one heals the login`, async () => {
    await using world = await createWorld();
    const id = await world.connect('alex');
    world.faults.add({ kind: 'oversized', how, match: isData });
    await reload(world, id);
    const { state, fault, remedy } = loginOf(world, id);
    assert.deepEqual({ state, fault, remedy }, { state: 'active', fault: 'oversized', remedy: 'wait' });
    world.faults.clear();
    await world.until('the login is well', () => loginOf(world, id).needs === null);
  });

test('a move that is answered with too much is moved once, and told as moved', async () => {
  await using world = await worldWithAlex();
  const before = world.bank.model.pots.get(holiday)?.balance ?? 0;
  world.faults.add({ kind: 'oversized', match: ({ method }) => method === 'PUT' });
  const told = await move(world, { request_id: 'r', amount: 5 });
  assert.notEqual(told['money_moved'], 'no');
  world.faults.clear();
  await world.until('it is seen', () => transfersOf(world)[0]?.state === 'moved');
  assert.equal(world.bank.model.pots.get(holiday)?.balance, before + 500);
});

const retryAfters = {
  'of years': '999999999',
  'that no number holds': '9'.repeat(400),
  'as a date in years': 'Fri, 01 Jan 2100 00:00:00 GMT',
  'as a date in the past': 'Fri, 01 Jan 2010 00:00:00 GMT',
  negative: '-5',
  'that is no time': 'NaN',
};
for (const [name, retryAfter] of Object.entries(retryAfters))
  test(`a Retry-After ${name} is kept to for minutes at most`, async () => {
    await using world = await createWorld();
    const id = await world.connect('alex');
    await world.clock.advance(2 * minute);
    const repair = world.faults.add({ kind: 'status', status: 429, retryAfter });
    await world.until('the bank has asked for it', () => loginOf(world, id).fault === 'rate_limited');
    repair();
    assert.ok((await callsWithin(world, 17 * minute)) > 0);
    assert.equal(loginOf(world, id).needs, null);
  });

test('a date in Retry-After is measured by the bank’s own clock, and by no wrong one of ours', async () => {
  await using world = await createWorld();
  const id = await world.connect('alex');
  world.bridgeClock.setAhead(-30 * 24 * 60 * minute);
  const retryAfter = new Date(world.clock.now() + 5 * minute).toUTCString();
  const repair = world.faults.add({ kind: 'status', status: 429, retryAfter, match: isData });
  await reload(world, id);
  repair();
  assert.ok((await callsWithin(world, 17 * minute)) > 0);
});

test('Reload asks at once in spite of a Retry-After, and not again within ten seconds', async () => {
  await using world = await createWorld();
  const id = await world.connect('alex');
  const repair = world.faults.add({ kind: 'status', status: 429, retryAfter: 999_999_999, match: isData });
  await world.until('the bank has asked for it', () => loginOf(world, id).fault === 'rate_limited');
  const callsOf = async (act: () => Promise<unknown>) => {
    const before = world.bank.calls.length;
    await act();
    return world.bank.calls.length - before;
  };
  await world.clock.advance(minute);
  assert.equal(loginOf(world, id).fault, 'rate_limited');
  repair();
  assert.ok((await callsOf(() => reload(world, id))) > 0);
  assert.equal(loginOf(world, id).needs, null);

  world.faults.add({ kind: 'status', status: 429, retryAfter: 999_999_999, match: isData, times: 1 });
  await reload(world, id);
  assert.equal(loginOf(world, id).fault, 'rate_limited');
  assert.equal(await callsOf(() => reload(world, id)), 0);
  await world.clock.advance(10_000);
  assert.ok((await callsOf(() => answered(world, world.api('/api/commands/refresh', post({}))))) > 0);
  assert.equal(stateOf(world, id), 'active');
});

/** A bank on a real socket that answers everything in one way, and how it is seen by the bridge. */
async function hostileBank(t: TestContext, answer: (response: ServerResponse) => void) {
  let open = 0;
  const server = createServer((_request, response) => {
    open += 1;
    response.once('close', () => (open -= 1));
    response.on('error', () => {});
    answer(response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  t.after(() => server.closeAllConnections());
  const clock = createFakeClock(0);
  const apiUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const transport = createTransport({
    clock,
    callBank: createBankConnections(clock),
    apiUrl,
    random: () => 0,
  });
  const fault = async (): Promise<string> => {
    const thrown = await transport.send(get).then(
      () => null,
      (thrown: unknown) => thrown,
    );
    return thrown instanceof BankError ? thrown.fault : String(thrown);
  };
  return { clock, fault, isGone: () => until('the connection is closed', () => open === 0) };
}

test('a body that unpacks to gigabytes is refused after megabytes, and its connection closed', async (t) => {
  let written = 0;
  const { fault, isGone } = await hostileBank(t, (response) => {
    response.writeHead(200, { 'content-encoding': 'gzip', 'content-type': 'application/json' });
    const gzip = createGzip();
    gzip.pipe(response);
    const blanks = Buffer.alloc(1_000_000, 0x20);
    const more = () => {
      written += blanks.length;
      if (!response.closed && written < 4e9) gzip.write(blanks, () => setImmediate(more));
    };
    more();
  });
  assert.equal(await fault(), 'oversized');
  await isGone();
  assert.ok(written < 1e9, `${written}`);
});

test('a body that comes drop by drop is given up after twenty seconds, and its connection closed', async (t) => {
  const { clock, fault, isGone } = await hostileBank(t, (response) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    response.write('{"accounts": [');
    const drops = setInterval(() => response.write(' '), 5);
    response.once('close', () => clearInterval(drops));
  });
  const seen = fault();
  await until('the call waits', () => clock.sleepers() > 0);
  await settled(50);
  await clock.advance(20_000);
  assert.equal(await seen, 'timeout');
  await isGone();
});

test('a body shorter than it says is no answer', async (t) => {
  const { fault } = await hostileBank(t, (response) => {
    response.writeHead(200, { 'content-length': '500', 'content-type': 'application/json' });
    response.write('{"accounts": []}');
    setImmediate(() => response.destroy());
  });
  assert.equal(await fault(), 'unreachable');
});

test('a body packed in a way that it is not is no answer', async (t) => {
  const { fault } = await hostileBank(t, (response) => {
    response.writeHead(200, { 'content-encoding': 'gzip', 'content-type': 'application/json' });
    response.end('{"accounts": []}');
  });
  assert.equal(await fault(), 'unreachable');
});
