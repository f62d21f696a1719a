import assert from 'node:assert/strict';
import { test } from 'node:test';
import { alex } from '../../sim/household.ts';
import { BridgeError } from '../../src/errors.ts';
import { refuse } from '../../src/refusals/refuse.ts';
import { move, movesAt, sends, worldWithAlex } from '../support/money.ts';

const minute = 60_000;
const refusals = {
  'a file system that became read-only': {
    http: 503,
    thrown: () => refuse('disk_read_only', { when: 'running', path: '/data/monzo-bridge.sqlite' }),
  },
  'a disk that fails for a while': {
    http: 500,
    thrown: () => new BridgeError('disk_error', 'The disk refused to write.', { needsPerson: true }),
  },
};

for (const [name, { http, thrown }] of Object.entries(refusals))
  test(`${name} stops writing and money, and is recovered from by itself`, async () => {
    let refused = false;
    await using world = await worldWithAlex({ diskRefusal: () => (refused ? thrown() : null) });
    const ledger = () =>
      world
        .app()
        .health()
        .find(({ part }) => part === 'ledger');
    refused = true;
    const ids = [1, 2, 3].map((pounds) =>
      world.bank.purchase(alex.current, { amount: pounds * 100, merchant: 'Corner Shop' }),
    );
    await world.until('it is told', () => ledger()?.state === 'down');
    assert.equal(ledger()?.sentence, thrown().message);
    const answer = await move(world, { request_id: 'r' });
    assert.deepEqual([answer.http, answer['code'], answer['money_moved']], [http, thrown().code, 'no']);
    assert.match(String(answer['detail']), /Nothing was moved\./);
    assert.equal(sends(world).length, 0, 'nothing is sent');
    await world.clock.advance(30 * minute);
    refused = false;
    await world.until('it recovers', () => ledger()?.state === 'ok');
    await world.clock.advance(minute);
    const { items } = (await (await world.api('/api/events?limit=500')).json()) as {
      readonly items: readonly { readonly transaction_id: string }[];
    };
    const told = items.map(({ transaction_id: id }) => id);
    assert.deepEqual(told.toSorted(), ids.toSorted(), 'each purchase is one event');
    assert.equal((await move(world, { request_id: 'r' }))['money_moved'], 'yes');
    assert.equal(movesAt(world).length, 1);
  });
