import assert from 'node:assert/strict';
import { localDay } from '../../src/domain/time.ts';
import { mostClockDifference } from '../../src/domain/moment.ts';
import { dedupeIdOf, isUndecided, mayTryAnew, type Transfer } from '../../src/domain/transfer.ts';
import type { Transaction } from '../../sim/model.ts';
import type { Talk } from './money-happenings.ts';
import { movesAt, outcomesOf, transfersOf } from './money.ts';
import type { World } from './world.ts';

/** Everything that must be true of a bridge's money once all outcomes are known or left to a person; `perDay` is the cap, in minor units. */
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
      moves,
      perDay,
    );
  const told = await outcomesOf(world);
  const isTimeTold = world.bank.switches.answerDate === 'true';
  for (const talk of talks) assertTruth(talk, { transfers, moves, told, isTimeTold });
}

/** The bank's moves of bridges, by the id they were asked for with. */
function movesById(world: World): ReadonlyMap<string, readonly Transaction[]> {
  return Map.groupBy(movesAt(world), ({ metadata }) => metadata['external_id']?.split(':').at(-1) ?? '');
}

type Moves = ReturnType<typeof movesById>;

/** All tries of one request together: the bank moved once at most, and the try that says so is the only one that does. */
function assertAtMostOnce(transfers: readonly Transfer[], moves: Moves): void {
  const tries = Map.groupBy(transfers.filter(isSent), ({ dedupeId }) => dedupeId);
  for (const dedupeId of moves.keys()) assert.ok(tries.has(dedupeId), 'moved, and unknown to the bridge');
  for (const [dedupeId, rows] of tries) {
    const made = moves.get(dedupeId) ?? [];
    assert.ok(made.length <= 1, `moved ${made.length} times: ${dedupeId}`);
    const told = JSON.stringify(rows);
    const doubted = rows.filter(({ state }) => state !== 'not_moved');
    assert.ok(doubted.length <= 1, `two tries that may have moved: ${told}`);
    const [one] = doubted;
    if (one?.state !== 'unresolved')
      assert.equal(made.length === 1, one?.state === 'moved', `the bank says otherwise: ${told}`);
    for (const { amount, requestId, potId, accountId } of rows) {
      assert.deepEqual([requestId, potId, accountId], [one ?? rows[0]].flatMap(identity), told);
      if (made[0]) assert.equal(Math.abs(made[0].amount), amount, told);
    }
    for (const earlier of rows.slice(0, -1))
      assert.ok(earlier === one || mayTryAnew(earlier), `asked for anew, and no refusal: ${told}`);
  }
}

const isSent = ({ state }: Transfer) => state !== 'not_sent';
const identity = (row: Transfer | undefined) => [row?.requestId, row?.potId, row?.accountId];

/** The try of a request that moved money, or may have. */
function moverOf(transfers: readonly Transfer[], dedupeId: string): Transfer | undefined {
  return transfers.find((row) => row.dedupeId === dedupeId && (row.state === 'moved' || isUndecided(row)));
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

/** By the bank's own books, whatever the bridge took for the time. */
function assertRails(transfers: readonly Transfer[], moves: Moves, perDay: number): void {
  const moved = [...moves].flatMap(([dedupeId, [move]]) => {
    const mover = moverOf(transfers, dedupeId);
    return move && mover ? [{ ...move, requestId: mover.requestId }] : [];
  });
  const zone = 'Europe/London';
  for (const { amount } of moved) assert.ok(Math.abs(amount) <= 10_000, 'the cap of one move');
  for (const [day, made] of Map.groupBy(moved, ({ createdMs }) => localDay(createdMs, zone))) {
    const sum = made.reduce((all, { amount }) => all + Math.abs(amount), 0);
    assert.ok(sum <= perDay, `moved ${sum} on ${day}`);
  }
  const unnamed = moved.filter(({ requestId }) => requestId === null);
  for (const same of Map.groupBy(unnamed, ({ description, amount }) => `${description} ${amount}`).values())
    for (const [index, { createdMs }] of same.entries()) {
      const before = same[index - 1];
      assert.ok(!before || createdMs - before.createdMs >= 60_000, 'the cooldown');
    }
}

interface Facts {
  readonly isTimeTold: boolean;
  readonly transfers: readonly Transfer[];
  readonly moves: Moves;
  /** The outcomes that were told by events, by transfer. */
  readonly told: ReadonlyMap<string, readonly string[]>;
}

/** What a caller was told has to be true for ever; where it was left open, the outcome must have been told since. */
function assertTruth(talk: Talk, facts: Facts): void {
  const { wish, told, toldAt } = talk;
  if (told === null || told['code'] === brokeOff) return;
  const said = JSON.stringify(talk);
  const { money_moved: moved, transfer_id: id } = told;
  assert.ok(['yes', 'no', 'unknown'].includes(String(moved)), `nothing is said of the money: ${said}`);
  // Where the bank never tells the time, a wrong clock dates what is settled.
  if (facts.isTimeTold && facts.transfers.some((row) => isDoneBefore(row, talk)))
    assert.equal(moved, 'yes', `it had moved before: ${said}`);
  if (moved !== 'no') assert.equal(typeof id, 'string', said);
  if (typeof id !== 'string') return;
  const row = facts.transfers.find((transfer) => transfer.id === id);
  assert.ok(row, `a transfer that is not there: ${said}`);
  assert.equal(row.requestId, wish.request_id ?? null, `not what was asked for: ${said}`);
  const [move] = facts.moves.get(row.dedupeId) ?? [];
  const isMoved = move !== undefined && moverOf(facts.transfers, row.dedupeId) === row;
  if (moved === 'yes') assert.ok(isMoved && move.createdMs <= toldAt, `it did not move: ${said}`);
  if (moved === 'no') {
    assert.ok(!isMoved, `it did move: ${said}`);
    assert.ok(move === undefined || move.createdMs >= talk.askedAt, `another try had moved it: ${said}`);
  }
  if (moved === 'unknown' && row.state === 'unresolved') {
    assert.equal(facts.told.get(id), undefined, `told, and left to a person: ${said}`);
    assert.ok(row.reason !== null, `left to a person without a reason: ${said}`);
  } else if (moved === 'unknown')
    assert.deepEqual(facts.told.get(id), [isMoved ? 'yes' : 'no'], `the outcome was not told: ${said}`);
}

/** What the command line says by itself, where the bridge was gone before it had said anything. */
const brokeOff = 'no_answer';

/** Whether somebody asked for what had been moved, and was known to be moved, before. */
function isDoneBefore({ state, settledAt, ...row }: Transfer, { wish, askedAt }: Talk): boolean {
  const isSame =
    row.requestId === wish.request_id &&
    row.potId === wish.pot &&
    row.direction === wish.transfer_type &&
    row.amount === Number(wish.amount) * 100;
  return isSame && state === 'moved' && settledAt !== null && settledAt < askedAt - mostClockDifference;
}
