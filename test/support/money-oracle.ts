import assert from 'node:assert/strict';
import { dayStart, localDay } from '../../src/domain/day.ts';
import { dedupeIdOf, type Transfer } from '../../src/domain/transfer.ts';
import type { Transaction } from '../../sim/model.ts';
import type { Talk } from './money-life.ts';
import { movesAt, outcomesOf, transfersOf } from './money.ts';
import type { World } from './world.ts';

/** Everything that must be true of a bridge's money once all outcomes are known; `perDay` is the cap, in minor units. */
export async function assertMoneyIsRight(
  world: World,
  talks: readonly Talk[],
  perDay: number | null,
): Promise<void> {
  const transfers = transfersOf(world);
  const moves = movesById(world);
  assertAtMostOnce(transfers, moves);
  assertRequestsMeanOneMove(talks, moves);
  if (perDay !== null)
    assertRails(
      transfers.filter(({ found }) => !found),
      perDay,
    );
  const told = await outcomesOf(world);
  for (const talk of talks) assertTruth(talk, { transfers, moves, told });
}

/** The bank's moves of bridges, by the id they were asked for with. */
function movesById(world: World): ReadonlyMap<string, readonly Transaction[]> {
  return Map.groupBy(movesAt(world), ({ metadata }) => metadata['external_id']?.split(':').at(-1) ?? '');
}

type Moves = ReturnType<typeof movesById>;

function assertAtMostOnce(transfers: readonly Transfer[], moves: Moves): void {
  const rows = new Map(
    transfers.filter(({ state }) => state !== 'not_sent').map((row) => [row.dedupeId, row]),
  );
  for (const [dedupeId, made] of moves) {
    assert.equal(made.length, 1, `moved ${made.length} times: ${dedupeId}`);
    assert.equal(rows.get(dedupeId)?.state, 'moved', 'a move at the bank that the bridge does not know of');
    assert.equal(Math.abs(made[0]?.amount ?? 0), rows.get(dedupeId)?.amount);
  }
  for (const { dedupeId, state } of rows.values())
    assert.equal(moves.has(dedupeId), state === 'moved', `${state}, and the bank says otherwise`);
}

/** A request id means one move, whatever pot and direction it came with. */
function assertRequestsMeanOneMove(talks: readonly Talk[], moves: Moves): void {
  const ids = talks.flatMap(({ wish }) => {
    const { request_id: requestId, pot: potId, transfer_type: direction } = wish;
    return requestId === undefined
      ? []
      : [{ requestId, dedupeId: dedupeIdOf({ potId, direction, requestId }) }];
  });
  for (const [requestId, all] of Map.groupBy(ids, (id) => id.requestId)) {
    const made = new Set(all.map(({ dedupeId }) => dedupeId).filter((id) => moves.has(id)));
    assert.ok(made.size <= 1, `${requestId} moved ${made.size} times`);
  }
}

function assertRails(transfers: readonly Transfer[], perDay: number): void {
  const moved = transfers.filter(({ state }) => state === 'moved');
  for (const { amount } of moved) assert.ok(amount <= 10_000, 'the cap of one move');
  const zone = 'Europe/London';
  for (const day of Map.groupBy(moved, ({ created }) => dayStart(localDay(created, zone), zone)).values()) {
    const sum = day.reduce((all, { amount }) => all + amount, 0);
    assert.ok(sum <= perDay, `moved ${sum} in a day`);
  }
  const unnamed = moved.filter(({ requestId }) => requestId === null);
  const alike = ({ potId, direction, amount }: Transfer) => `${potId} ${direction} ${amount}`;
  for (const same of Map.groupBy(unnamed, alike).values())
    for (const [index, { created }] of same.entries()) {
      const before = same[index - 1];
      assert.ok(!before || created - before.created >= 60_000, 'the cooldown');
    }
}

interface Facts {
  readonly transfers: readonly Transfer[];
  readonly moves: Moves;
  /** The outcomes that were told by events, by transfer. */
  readonly told: ReadonlyMap<string, readonly string[]>;
}

/** What a caller was told has to be true for ever; where it was left open, the outcome must have been told since. */
function assertTruth({ wish, told }: Talk, { transfers, moves, told: events }: Facts): void {
  if (told === null) return;
  const said = JSON.stringify({ wish, told });
  assert.ok(
    ['yes', 'no', 'unknown'].includes(String(told['money_moved'])),
    `nothing is said of the money: ${said}`,
  );
  const id = told['transfer_id'];
  if (told['money_moved'] !== 'no') assert.equal(typeof id, 'string', said);
  if (typeof id !== 'string') return;
  const row = transfers.find((transfer) => transfer.id === id);
  assert.ok(row, `a transfer that is not there: ${said}`);
  const isMoved = row.state !== 'not_sent' && moves.has(row.dedupeId);
  if (told['money_moved'] === 'yes') assert.ok(isMoved, `it did not move: ${said}`);
  if (told['money_moved'] === 'no') assert.ok(!isMoved, `it did move: ${said}`);
  if (told['money_moved'] === 'unknown')
    assert.deepEqual(events.get(id), [isMoved ? 'yes' : 'no'], `the outcome was not told: ${said}`);
}
