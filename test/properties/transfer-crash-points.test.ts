import assert from 'node:assert/strict';
import { test } from 'node:test';
import { alex } from '../../sim/household.ts';
import { assertReached, createCrashes } from '../support/crash.ts';
import type { Talk } from '../support/money-happenings.ts';
import { moneyIn } from '../support/money-life.ts';
import { assertMoneyIsRight } from '../support/money-oracle.ts';
import { hasUndecided, isList, isMove, move, setRails, worldWithAlex } from '../support/money.ts';
import type { World } from '../support/world.ts';

/** Where a bridge can crash between a command and the word on its outcome. */
const expected = [
  'bank GET /balance',
  'bank GET /pots',
  'bank GET /transactions',
  'bank PUT /pots/:id/deposit',
  'bank PUT /pots/:id/withdraw',
]
  .flatMap((call) => [`${call} unsent`, `${call} unanswered`])
  .concat(
    'wait commands/transfer/outcome-resolver.ts',
    'wait commands/transfer/gateway.ts',
    'write BEGIN IMMEDIATE',
    'write COMMIT after INSERT INTO audit',
    'write COMMIT after INSERT INTO balance_day',
    'write INSERT INTO audit',
    'write INSERT INTO bank_transaction',
    'write INSERT INTO event',
    'write INSERT INTO reading',
    'write INSERT INTO transfer',
  );

interface Round {
  readonly world: World;
  readonly number: number;
  readonly talks: Talk[];
}

const kinds = {
  plain: () => {},
  lost: ({ faults }: World) => faults.add({ kind: 'timeout_after', match: isMove, times: 1 }),
  unsent: ({ faults }: World) => {
    faults.add({ kind: 'reset_before', match: isMove, times: 2 });
    faults.add({ kind: 'status', status: 500, match: isList, times: 1 });
  },
} as const;

/** One move of every kind, each asked for until somebody says that it was made. */
async function aRound({ world, number, talks }: Round): Promise<void> {
  for (const [name, trouble] of Object.entries(kinds)) {
    const wish = {
      pot: alex.pots.holiday,
      transfer_type: number % 2 === 0 ? 'deposit' : 'withdraw',
      amount: '5',
      request_id: `${number}-${name}`,
    } as const;
    trouble(world);
    const ask = async () => {
      const askedAt = world.clock.now();
      const told = await move(world, wish).catch(() => null);
      talks.push({ door: 'http', wish, askedAt, toldAt: world.clock.now(), told });
      await world.revived();
      return told?.['money_moved'];
    };
    // Asked for twice at once, and once more by somebody who was left without an answer.
    await Promise.all([ask(), ask()]);
    world.faults.clear();
    if (name === 'unsent') await world.restart();
    for (let tries = 0; (await ask()) !== 'yes'; tries += 1) {
      assert.ok(tries < 20, `${wish.request_id} is forgotten`);
      await world.clock.advance(15_000);
    }
  }
}

test('wherever the bridge crashes, once at each point, a move is made once and nobody is told otherwise', async () => {
  const crashes = createCrashes();
  await using world = await worldWithAlex({ crashes });
  setRails(world, { per_day: { '*': '100000' } });
  const total = moneyIn(world);
  const talks: Round['talks'] = [];
  const before = new Map(crashes.reached);
  let number = 0;
  const round = () => aRound({ world, number: (number += 1), talks });
  await round();
  await round();
  const tried = new Set<string>();
  const next = () => {
    const others = [...crashes.reached].filter(([point, times]) => before.get(point) !== times);
    return [...expected, ...others.map(([point]) => point)].find((point) => !tried.has(point));
  };
  for (let point = next(); point !== undefined; point = next()) {
    tried.add(point);
    crashes.arm((at) => at === point);
    for (let rounds = 0; rounds < 2 && crashes.happened.at(-1) !== point; rounds += 1) await round();
  }
  crashes.arm(null);
  const missed = expected.filter((point) => !crashes.happened.includes(point));
  assert.deepEqual(missed, [], 'points at which it never crashed');
  assertReached(crashes, expected);
  console.log(`one crash at each of ${crashes.happened.length} points, among ${number * 3} moves`);
  await world.until('every outcome is known', () => !hasUndecided(world));
  await assertMoneyIsRight(world, talks, null);
  assert.equal(moneyIn(world), total);
  const asked = new Set(talks.map(({ wish }) => wish.request_id));
  const heard = talks.filter(({ told }) => told?.['money_moved'] === 'yes');
  const made = new Set(heard.map(({ wish }) => wish.request_id));
  assert.deepEqual(
    [...asked].filter((id) => !made.has(id)),
    [],
  );
});
