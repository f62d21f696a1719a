import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { connectionTroubles, type CallFault } from '../../sim/faults.ts';
import {
  isMove,
  move,
  movesAt,
  outcomesTold,
  sends,
  setRails,
  transfersOf,
  worldWithAlex,
} from '../support/money.ts';

const minute = 60_000;
const hour = 60 * minute;
type After = Extract<CallFault, { kind: 'status_after' }>;
type Answer = Omit<After, 'kind' | 'match' | 'times'>;

const label = ({ status, code = 'its own code', body = 'json' }: Answer) => `${status}, ${code}, ${body}`;

describe('the bank moves the money and then answers as if it had not', () => {
  const undecided: readonly Answer[] = [
    ...[301, 402, 405, 406, 408, 409, 410, 412, 418, 429, 500].map((status) => ({ status })),
    ...(['no_code', 'html', 'empty'] as const).flatMap((body) =>
      [400, 401, 403, 404, 422].map((status) => ({ status, body })),
    ),
    ...['precondition_failed', 'bad_response', 'timeout', 'internal_service.x', 'rate_limited'].map(
      (code) => ({
        status: 400,
        code,
      }),
    ),
    { status: 200, code: 'bad_request' },
    { status: 200, body: 'empty' },
  ];
  test('nobody is told that nothing moved, unless the bank refused in its own words', async () => {
    await using world = await worldWithAlex();
    setRails(world, { per_day: { '*': '1000' } });
    for (const answer of undecided) {
      const repair = world.faults.add({ kind: 'status_after', match: isMove, ...answer });
      const told = await move(world, { request_id: label(answer) });
      assert.notEqual(told['money_moved'], 'no', label(answer));
      repair();
      await world.until('the outcome is known', () => transfersOf(world).at(-1)?.state === 'moved', hour);
      // After a 429 calls are spread for a while.
      await world.clock.advance(6 * minute);
    }
    assert.equal(movesAt(world).length, undecided.length);
  });

  test('a refusal in the bank’s own words is told, and taken back where a list shows the move', async () => {
    await using world = await worldWithAlex();
    for (const status of [400, 401, 403, 404, 422]) {
      world.faults.add({ kind: 'status_after', match: isMove, status, times: 1 });
      assert.equal((await move(world, { request_id: `r${status}` }))['money_moved'], 'no');
      await world.until('a list shows it', () => transfersOf(world).at(-1)?.state === 'moved', hour);
      const again = await move(world, { request_id: `r${status}` });
      assert.deepEqual([again['money_moved'], again['repeated']], ['yes', true]);
    }
    assert.deepEqual(
      await outcomesTold(world),
      Array.from({ length: 5 }, () => 'transfer_completed:yes'),
    );
    assert.deepEqual([movesAt(world).length, sends(world).length], [5, 5]);
  });
});

describe('no connection to the bank comes about', () => {
  for (const kind of connectionTroubles)
    test(`nothing left this machine, so nothing moved and the request can be repeated (${kind})`, async () => {
      await using world = await worldWithAlex();
      const repair = world.faults.add({ kind, match: isMove });
      const told = await move(world, { request_id: 'r' });
      assert.deepEqual([told.http, told['money_moved']], [503, 'no']);
      assert.equal(transfersOf(world)[0]?.state, 'not_sent');
      repair();
      assert.equal((await move(world, { request_id: 'r' }))['money_moved'], 'yes');
      assert.equal(movesAt(world).length, 1);
    });
});
