import assert from 'node:assert/strict';
import { test } from 'node:test';
import { alex } from '../../sim/household.ts';
import { answered, post } from '../support/people.ts';
import {
  ask,
  auditOf,
  isList,
  isMove,
  learnIds,
  loseMoves,
  move,
  movesAt,
  onceSent,
  outcomesTold,
  worldWithAlex,
  stateOf,
} from '../support/money.ts';
import type { World } from '../support/world.ts';

const second = 1_000;
const minute = 60 * second;
const hour = 60 * minute;

/** Makes every row of a list that holds one of our moves unreadable. */
function withoutOurRows(body: unknown): unknown {
  const { transactions = [] } = body as { readonly transactions?: readonly Row[] };
  const rows = transactions.map((row) =>
    row.metadata?.['external_id']?.includes('mb-') ? { ...row, amount: 'five pounds' } : row,
  );
  return { transactions: rows };
}

interface Row {
  readonly metadata?: Readonly<Record<string, string>>;
}

test('a list with a row that cannot be read does not prove that the money did not move', async () => {
  await using world = await worldWithAlex();
  world.faults.add({ kind: 'timeout_after', match: isMove });
  world.faults.add({ kind: 'wrong_shape', match: isList, rewrite: withoutOurRows });
  assert.equal((await move(world, { request_id: 'r' }))['money_moved'], 'unknown');
  await world.clock.advance(hour);
  assert.notEqual(stateOf(world), 'not_moved');
  world.faults.clear();
  await world.until('the row is read', () => stateOf(world) === 'moved', hour);
  assert.equal(movesAt(world).length, 1);
});

for (const rows of ['all', 'null'] as const)
  test(`an empty list (${rows}) does not prove that the money did not move, where an earlier one had rows`, async () => {
    await using world = await worldWithAlex();
    world.bank.purchase(alex.current, { amount: 350, merchant: 'Blue Door Coffee' });
    await ask(world, 'refresh');
    await world.clock.advance(3 * hour);
    world.faults.add({ kind: 'timeout_after', match: isMove });
    const isAfterMove = onceSent(world, isList);
    world.faults.add({
      kind: 'wrong_shape',
      match: isAfterMove,
      rewrite: () => ({ transactions: rows === 'all' ? [] : null }),
    });
    assert.equal((await move(world, { request_id: 'r' }))['money_moved'], 'unknown');
    await world.clock.advance(hour);
    assert.notEqual(stateOf(world), 'not_moved');
    world.faults.clear();
    await world.until('a list shows it', () => stateOf(world) === 'moved', hour);
    assert.equal(movesAt(world).length, 1);
  });

test('a complete list without the move still proves that no money moved', async () => {
  await using world = await worldWithAlex();
  learnIds(world);
  world.bank.purchase(alex.current, { amount: 350, merchant: 'Blue Door Coffee' });
  await ask(world, 'refresh');
  await world.clock.advance(3 * hour);
  world.faults.add({ kind: 'timeout_before', match: isMove });
  assert.equal((await move(world, { request_id: 'r' }))['money_moved'], 'unknown');
  await world.until('a list proves it', () => stateOf(world) === 'not_moved', hour);
  assert.equal(movesAt(world).length, 0);
});

const shortLived = {
  switches: { tokenLifetime: 21_600 },
  settings: { MONZO_BRIDGE_POLL_SECONDS: '3600' },
} as const;
const isRenewal = ({ path }: { readonly path: string }) => path === '/oauth2/token';
const isSend = ({ method, path }: { readonly method: string; readonly path: string }) =>
  method === 'PUT' && path.startsWith('/pots/');
const sends = (world: World) => world.bank.calls.filter(isSend).length;

/** A move whose first answer is lost, and whose second send waits for new tokens until `renewed` is resolved. */
async function waitingForTokens(world: World, lost: 'timeout_before' | 'timeout_after') {
  const renewed = Promise.withResolvers<void>();
  const isDue = () => world.bank.calls.some(isSend);
  const since = world.bank.calls.findLast(isRenewal)?.at ?? 0;
  await world.clock.advance(since + 6 * hour - 10 * minute - 3 * second - world.clock.now());
  world.faults.add({ kind: 'held', until: renewed.promise, match: (call) => isRenewal(call) && isDue() });
  world.faults.add({ kind: lost, match: isMove, times: 1 });
  const asked = world.bank.calls.length;
  const answer = move(world, { request_id: 'r' });
  const isRenewing = () => world.bank.calls.length > asked && isDue();
  await world.until('the move was sent', isRenewing);
  return { answer, renewed };
}

for (const [label, halt] of [
  ['a pause', async (world: World) => void (await world.api('/api/commands/pause', post({})))],
  [
    'a dry run',
    async (world: World) =>
      void (await world.api('/api/rails', { ...post({ dry_run: true }), method: 'PUT' })),
  ],
] as const)
  test(`${label} while the tokens are renewed keeps a move from being sent again`, async () => {
    await using world = await worldWithAlex(shortLived);
    const { answer, renewed } = await waitingForTokens(world, 'timeout_before');
    // The first send times out after eight seconds; the next one then waits for the tokens.
    await world.clock.advance(9 * second);
    await halt(world);
    renewed.resolve();
    await world.clock.advance(minute);
    await answer;
    assert.equal(sends(world), 1);
    await world.clock.advance(10 * minute);
    assert.equal(sends(world), 1);
  });

test('a move that a list shows while the tokens are renewed is not sent again', async () => {
  await using world = await worldWithAlex(shortLived);
  const listed = Promise.withResolvers<void>();
  const { answer, renewed } = await waitingForTokens(world, 'timeout_after');
  world.faults.add({ kind: 'held', until: listed.promise, match: isList, times: 1 });
  const reading = answered(world, world.api('/api/commands/refresh', post({})));
  await world.clock.advance(second);
  await world.clock.advance(8 * second);
  assert.equal(stateOf(world), 'open');
  listed.resolve();
  await world.until('the list shows it', () => stateOf(world) === 'moved');
  renewed.resolve();
  await world.clock.advance(minute);
  await Promise.all([answer, reading]);
  assert.equal(sends(world), 1);
});

test('a caller whose bridge was restarted is told the outcome, although another caller waits for it too', async () => {
  await using world = await worldWithAlex();
  loseMoves(world);
  const first = move(world, { request_id: 'r' }).catch(() => null);
  await world.until('it was sent', () => sends(world) > 0);
  await world.crash();
  await first;
  assert.deepEqual(await outcomesTold(world), []);
  const second = move(world, { request_id: 'r' });
  await world.clock.advance(2_000);
  world.faults.clear();
  assert.equal((await second)['money_moved'], 'yes');
  assert.deepEqual(await outcomesTold(world), ['transfer_completed:yes']);
});

test('a person’s pause does not erase the bridge’s own reason for one', async () => {
  await using world = await worldWithAlex();
  assert.equal((await move(world, { request_id: 'r' })).http, 200);
  world.bank.potMove(alex.pots.holiday, 'deposit', { amount: 700, key: `mb-${'a'.repeat(32)}` });
  await world.clock.advance(5 * minute);
  const why = async () =>
    (await (await world.api('/api/pause')).json()) as {
      readonly paused: boolean;
      readonly why: string | null;
    };
  const before = await why();
  assert.match(before.why ?? '', /another bridge/);
  const audited = auditOf(world).find(({ action, door }) => action === 'pause' && door === 'bridge');
  assert.equal(audited?.sentence, before.why);
  await ask(world, 'pause');
  assert.deepEqual(await why(), before);
  await world.restart();
  assert.deepEqual(await why(), before);
  // Pausing what is paused changes nothing, so there is nothing to write down.
  assert.equal(auditOf(world).filter(({ action }) => action === 'pause').length, 1);
});
