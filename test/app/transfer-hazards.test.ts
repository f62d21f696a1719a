import assert from 'node:assert/strict';
import { test } from 'node:test';
import { connectPerson } from '../../sim/demo/connect.ts';
import { seededRandom } from '../../sim/fake-clock.ts';
import { alex, household, joint } from '../../sim/household.ts';
import { departures } from '../../sim/switches.ts';
import { backup } from '../support/backup.ts';
import {
  ask,
  auditOf,
  holiday,
  isList,
  isMove,
  move,
  movesAt,
  setRails,
  transfersOf,
  worldWithAlex,
} from '../support/money.ts';
import { createWorld, type World } from '../support/world.ts';

const minutes = 60_000;
const days = 24 * 60 * minutes;

const outcome = ({ http, ...told }: Awaited<ReturnType<typeof move>>) => [
  http,
  told['code'] ?? told['money_moved'],
  told['repeated'] ?? false,
];

for (const [label, switches] of [
  ['as Monzo is taken to be', {}] as const,
  ...departures(['repeatedDedupe', 'dedupeMemory']),
])
  test(`a database from before the last ten transfers moves none of them again (${label})`, async (t) => {
    await using world = await worldWithAlex({ switches });
    setRails(world, { per_day: { '*': '100' } });
    assert.deepEqual(outcome(await move(world, { request_id: 'before' })), [200, 'yes', false]);
    await world.clock.advance(5 * minutes);
    const restore = await backup(t, world);
    const requests = Array.from({ length: 10 }, (_, index) => ({
      request_id: `r${index}`,
      amount: `${index + 1}.50`,
      transfer_type: index % 3 === 0 ? 'withdraw' : 'deposit',
    }));
    for (const request of requests) assert.equal((await move(world, request)).http, 200);
    await world.clock.advance(2 * 60 * minutes);
    const total = movesAt(world).length;
    await restore();
    for (const request of requests) assert.deepEqual(outcome(await move(world, request)), [200, 'yes', true]);
    assert.deepEqual(outcome(await move(world, { request_id: 'before' })), [200, 'yes', true]);
    assert.deepEqual(outcome(await move(world, { ...requests[0], amount: '9' })), [
      409,
      'request_id_reused',
      false,
    ]);
    assert.equal(movesAt(world).length, total);
    const refused = await move(world, { request_id: 'new' });
    assert.deepEqual(outcome(refused), [409, 'paused', false]);
    assert.match(String(refused['detail']), /old copy.*resume/);
    await ask(world, 'resume');
    // What was moved before counts, although only the bank remembers it.
    assert.deepEqual(outcome(await move(world, { request_id: 'new', amount: '35.01' })), [
      403,
      'per_day_cap',
      false,
    ]);
    assert.deepEqual(outcome(await move(world, { request_id: 'new', amount: '35' })), [200, 'yes', false]);
  });

test('what only the bank remembers is found before the first send, although no list was had since the start', async (t) => {
  await using world = await worldWithAlex({ switches: { dedupeMemory: 'one_day' } });
  const restore = await backup(t, world);
  assert.equal((await move(world, { request_id: 'r' })).http, 200);
  await world.clock.advance(26 * 60 * minutes);
  const hidden = world.faults.add({ kind: 'status', status: 400, match: isList });
  await restore();
  await world.clock.advance(1_000);
  hidden();
  assert.deepEqual(outcome(await move(world, { request_id: 'r' })), [200, 'yes', true]);
  assert.equal(movesAt(world).length, 1);
});

test('moves of an earlier installation are the past, and no reason to stop', async () => {
  await using world = await createWorld();
  const old = { amount: 700, key: 'mb-0123456789abcdef0123456789abcdef' };
  world.bank.potMove(holiday, 'deposit', old);
  await world.clock.advance(10 * minutes);
  await world.connect('alex');
  await world.clock.advance(minutes);
  assert.equal((await move(world)).http, 200);
  world.bank.potMove(holiday, 'deposit', { ...old, key: `mb-${'a'.repeat(32)}` });
  assert.deepEqual(outcome(await move(world, { amount: '6' })), [409, 'paused', false]);
  const health = world
    .app()
    .health()
    .find(({ part }) => part === 'money');
  assert.equal(health?.state, 'needs_user');
  assert.ok(
    auditOf(world).some(
      ({ action, door, transactionId }) => action === 'pause' && door === 'bridge' && transactionId !== null,
    ),
  );
});

interface Pair extends AsyncDisposable {
  readonly first: World;
  readonly second: World;
  /** Both bridges live at the same time. */
  readonly pass: (ms: number) => Promise<void>;
}

/** Two bridges at one bank, both with a login of Alex's. */
async function twoBridges(): Promise<Pair> {
  const first = await worldWithAlex();
  const second = await createWorld({ bank: () => first.bank });
  const { id: clientId, secret: clientSecret } = first.bank.addClient({
    id: 'oauth2client_0000Second',
    collaborators: [alex.userId],
  });
  const pass = async (ms: number) => {
    const until = Math.max(first.clock.now(), second.clock.now()) + ms;
    for (const { clock } of [first, second]) await clock.advance(Math.max(0, until - clock.now()));
  };
  await pass(0);
  const { uiUrl, adminToken } = second.app();
  await connectPerson(
    first.bank,
    { uiUrl, adminToken, fetch: second.fetchFromOutside },
    { ...alex, name: 'Alex', clientId, clientSecret },
  );
  await second.until('the second one is connected', () => second.app().view().logins[0]?.state === 'active');
  await pass(minutes);
  return {
    first,
    second,
    pass,
    async [Symbol.asyncDispose]() {
      await second[Symbol.asyncDispose]();
      await first[Symbol.asyncDispose]();
    },
  };
}

test('two bridges that are asked the same at the same moment move it once', async () => {
  await using pair = await twoBridges();
  const { first, second } = pair;
  const told = await Promise.all([first, second].map((world) => move(world, { request_id: 'r' })));
  for (const one of told) assert.equal(one['money_moved'], 'yes');
  assert.equal(movesAt(first).length, 1);
});

test('of two bridges each knows what the other has moved, and stops', async () => {
  await using pair = await twoBridges();
  const { first, second, pass } = pair;
  assert.deepEqual(outcome(await move(first, { request_id: 'r' })), [200, 'yes', false]);
  await pass(minutes);
  assert.deepEqual(outcome(await move(second, { request_id: 'r' })), [200, 'yes', true]);
  await pass(minutes);
  assert.deepEqual(outcome(await move(second, { request_id: 'another' })), [409, 'paused', false]);
  await ask(second, 'resume');
  assert.deepEqual(outcome(await move(second, { request_id: 'another' })), [200, 'yes', false]);
  await pass(minutes);
  assert.deepEqual(outcome(await move(first, { request_id: 'third' })), [409, 'paused', false]);
  assert.equal(movesAt(first).length, 2);
});

test('a clock that goes back a day opens no cap again, and moves nothing until it is right', async () => {
  let ahead = 0;
  await using world = await worldWithAlex({
    bank: (now) => household({ now: () => now() + ahead, random: seededRandom(1) }),
  });
  setRails(world, { per_day: { '*': '20' } });
  await world.clock.advance(16 * 60 * minutes);
  assert.deepEqual(outcome(await move(world, { request_id: 'r', amount: '15' })), [200, 'yes', false]);
  await world.stop();
  world.clock.jump(-days);
  ahead = days;
  await world.restart();
  await world.clock.advance(1_000);
  assert.deepEqual(outcome(await move(world, { request_id: 'wrong', amount: '1' })), [
    409,
    'clock_differs',
    false,
  ]);
  // Somebody without a clock of their own: the bank's word alone would let it through.
  ahead = 0;
  await world.clock.advance(3 * minutes);
  assert.deepEqual(outcome(await move(world, { request_id: 'again', amount: '6' })), [
    403,
    'per_day_cap',
    false,
  ]);
  assert.deepEqual(outcome(await move(world, { request_id: 'again', amount: '5' })), [200, 'yes', false]);
  assert.deepEqual(outcome(await move(world, { request_id: 'r', amount: '15' })), [200, 'yes', true]);
  const dated = transfersOf(world).find(({ requestId }) => requestId === 'again')?.created ?? 0;
  assert.ok(Math.abs(dated - world.clock.now()) < minutes, 'a clock that was ahead dates nothing any more');
});

test('what is open while the clock goes back is not declared dead by it', async () => {
  let ahead = 0;
  await using world = await worldWithAlex({
    bank: (now) => household({ now: () => now() + ahead, random: seededRandom(1) }),
  });
  const lost = world.faults.add({ kind: 'timeout_before', match: isMove });
  assert.equal((await move(world, { request_id: 'r' }))['money_moved'], 'unknown');
  await world.stop();
  world.clock.jump(days);
  ahead = -days;
  await world.restart();
  await world.clock.advance(10 * minutes);
  assert.equal(transfersOf(world)[0]?.state, 'open', 'a list proves nothing while the clock is wrong');
  lost();
});

for (const [label, switches] of departures(['dedupeScope', 'repeatedDedupe', 'moveChecks']))
  test(`a joint account moves once through whichever partner, and again through the same one (${label})`, async () => {
    await using world = await worldWithAlex({ switches });
    await world.connect('sam');
    world.faults.add({ kind: 'timeout_after', match: isMove, times: 2 });
    const body = { pot: joint.pots.bills, request_id: 'r' };
    const told = await move(world, body);
    await world.until('the outcome is known', () => transfersOf(world)[0]?.state === 'moved', 40 * minutes);
    assert.notEqual(told['money_moved'], 'no');
    assert.equal((await move(world, body))['money_moved'], 'yes');
    assert.equal(movesAt(world).length, 1);
    const senders = world.bank.calls.filter(({ method }) => method === 'PUT').map(({ userId }) => userId);
    assert.equal(new Set(senders).size, 1);
  });

test('an account in another currency moves its own coins, inside the limits of that currency', async () => {
  await using world = await createWorld({
    bank: (now) => {
      const bank = household({ now, random: seededRandom(1) });
      const yen = bank.openAccount({
        type: 'uk_foreign_currency',
        owners: [alex.userId],
        currency: 'JPY',
        balance: 90_000,
      });
      bank.openPot(yen, { id: 'pot_0000Yen', name: 'Tokyo', balance: 10 });
      bank.openPot(alex.euro, { id: 'pot_0000Euro', name: 'Lisbon' });
      return bank;
    },
  });
  await world.connect('alex');
  await world.clock.advance(1_000);
  setRails(world, { per_move: { '*': '100', JPY: '5000' }, per_day: { '*': '10', JPY: '5500' } });
  const yen = { pot: 'Tokyo', amount: 5000 };
  assert.equal((await move(world, { ...yen, amount: '4999.5' }))['code'], 'bad_amount');
  assert.deepEqual(outcome(await move(world, yen)), [200, 'yes', false]);
  assert.equal(world.bank.pot('pot_0000Yen').balance, 5_010);
  assert.equal((await move(world, { ...yen, amount: '501' }))['code'], 'per_day_cap');
  assert.deepEqual(outcome(await move(world, { pot: 'Lisbon', amount: '9.99' })), [200, 'yes', false]);
  assert.equal(world.bank.pot('pot_0000Euro').balance, 999);
  assert.deepEqual(outcome(await move(world, { amount: '10' })), [200, 'yes', false]);
});

test('a retry loop without a request id around a bank that times out moves the money once', async () => {
  await using world = await worldWithAlex();
  world.faults.add({ kind: 'timeout_after', match: isMove, times: 3 });
  world.faults.add({ kind: 'timeout_before', match: isMove, times: 2 });
  const told = [];
  for (let attempt = 0; attempt < 12; attempt += 1) {
    told.push((await move(world))['money_moved']);
    await world.clock.advance(4_000);
  }
  assert.equal(movesAt(world).length, 1);
  assert.ok(told.every((word) => word !== 'yes') || told.indexOf('yes') === told.lastIndexOf('yes'));
});
