import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startWebhookSender } from '../../sim/webhooks.ts';
import { openDoors, type Doors } from '../support/doors.ts';
import { holiday, isList, isMove, move, movesAt, setRails, worldWithAlex } from '../support/money.ts';
import { answered, post } from '../support/people.ts';
import { quiet, until } from '../support/until.ts';

const second = 1_000;

/** A bridge that the bank can ring at, and that lists nothing by its schedule for as long as a test takes. */
async function openRung(): Promise<Doors> {
  const settings = {
    MONZO_BRIDGE_PUBLIC_URL: 'https://bank.home.example',
    MONZO_BRIDGE_POLL_SECONDS: '86400',
  };
  const doors = await openDoors({ settings });
  const { world } = doors;
  const { bank, faults, clock } = world;
  startWebhookSender({ bank, faults, clock, fetch: world.fetchFromOutside });
  setRails(world, { per_day: { '*': '1000' } });
  await pass(doors, 60 * second);
  // The first list after a start goes back far, and has to find out where it ends.
  await doors.ask('http', 'pot_transfer', { pot: holiday, transfer_type: 'deposit', amount: '1' });
  await pass(doors, 5 * second);
  return doors;
}

async function pass({ world }: Doors, ms: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += second) {
    await world.clock.advance(second);
    await quiet(3);
  }
}

/** When the bank's ring for the move comes. */
const rings = ['at_once', 'before_the_answer', 'after_the_answer', 'never'] as const;

interface Move {
  readonly ring: (typeof rings)[number];
  readonly door: 'http' | 'mqtt' | 'cli';
  readonly transfer_type: 'deposit' | 'withdraw';
}

/** Asks for a move, and lets the bank ring for it. */
async function makeMove({ world, call }: Doors, { ring, door, ...wish }: Move) {
  const { faults } = world;
  const answer = Promise.withResolvers<void>();
  faults.clear();
  if (ring === 'before_the_answer') faults.add({ kind: 'answer_held', until: answer.promise, match: isMove });
  if (ring === 'after_the_answer') faults.add({ kind: 'hook_delayed', ms: 300 });
  if (ring === 'never') faults.add({ kind: 'hook_dropped' });
  const before = movesAt(world).length;
  const body = { pot: holiday, amount: '1', request_id: `move ${before}`, ...wish };
  const asked = call(door, { command: 'pot_transfer', body });
  await until('it is made', () => movesAt(world).length > before);
  if (ring === 'before_the_answer') await quiet(20);
  answer.resolve();
  const [told] = await answered(world, asked);
  return told?.said ?? assert.fail('nobody answered');
}

test('a move costs at most five calls, all that follows from it included, whenever the bank rings for it', async () => {
  await using doors = await openRung();
  const { world } = doors;
  const begin = world.bank.calls.length;
  let moves = 0;
  for (const door of ['http', 'mqtt', 'cli'] as const)
    for (const transfer_type of ['deposit', 'withdraw'] as const)
      for (const ring of door === 'http' ? rings : rings.slice(0, 3)) {
        const before = world.bank.calls.length;
        const told = await makeMove(doors, { ring, door, transfer_type });
        await pass(doors, 4 * second);
        const calls = world.bank.calls.slice(before).map(({ method, path }) => `${method} ${path}`);
        assert.equal(told['money_moved'], 'yes');
        assert.ok(calls.length <= 5, `${door} ${transfer_type} ${ring}: ${calls.join(', ')}`);
        moves += 1;
      }
  await pass(doors, 65 * second);
  assert.ok(world.bank.calls.length - begin <= 5 * moves, 'nothing follows later');
});

test('the first list before money after each start goes back far, later ones begin with a known row', async () => {
  await using world = await worldWithAlex({ settings: { MONZO_BRIDGE_POLL_SECONDS: '86400' } });
  const { bank, clock } = world;
  const begins = async (requestId: string) => {
    const before = bank.calls.length;
    assert.equal((await move(world, { request_id: requestId }))['money_moved'], 'yes');
    const lists = bank.calls.slice(before).filter(isList);
    const since = lists.map(({ query }) => new URLSearchParams(query).get('since') ?? '');
    await clock.advance(60 * second);
    return since.map((text) => (text.startsWith('tx_') ? 'row' : 'time'));
  };
  assert.equal((await begins('r1'))[0], 'time');
  assert.deepEqual(await begins('r2'), ['row', 'row']);
  await world.restart();
  assert.equal((await begins('r3'))[0], 'time');
});

test('a hundred moves, one every 300 ms, begin with a full budget, and none of them waits', async () => {
  await using world = await worldWithAlex({ settings: { MONZO_BRIDGE_POLL_SECONDS: '86400' } });
  const { bank, clock } = world;
  setRails(world, { per_day: { '*': '1000' } });
  await clock.advance(60 * second);
  const moveOnce = async (number: number) => {
    const transfer_type = number % 2 === 0 ? 'deposit' : 'withdraw';
    const body = { pot: holiday, transfer_type, amount: '1', request_id: `move ${number}` };
    let http = 0;
    void world.api('/api/commands/pot_transfer', post(body)).then(({ status }) => (http = status));
    await until(`move ${number} is answered while the clock stands`, () => http !== 0, {
      patience: 30 * second,
      between: () => quiet(),
    });
    assert.equal(http, 200);
    await clock.advance(300);
  };
  await moveOnce(0);
  await clock.advance(60 * second);
  const before = bank.calls.length;
  for (let number = 1; number <= 100; number += 1) await moveOnce(number);
  assert.ok(bank.calls.length - before <= 500, `${bank.calls.length - before} calls`);
});
