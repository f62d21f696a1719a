import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { alex } from '../../sim/household.ts';
import { ask, isMove, move, movesAt, sends, setRails, transfersOf, worldWithAlex } from '../support/money.ts';
import { events } from '../support/scenario.ts';
import { createWorld, type World } from '../support/world.ts';

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

const silent = { switches: { answerDate: 'absent' } } as const;
const clockHealthOf = (world: World) =>
  world
    .app()
    .health()
    .find(({ part }) => part === 'clock');
const code = async (world: World, amount: string, id: string) => {
  const told = await move(world, { amount, request_id: id });
  return told['code'] ?? told['money_moved'];
};

describe('a bank that does not tell the time', () => {
  test('moves money within the limits, which end by what monotonic time proves', async () => {
    await using world = await worldWithAlex(silent);
    setRails(world, { per_day: { '*': '20' } });
    assert.equal(await code(world, '15', 'a'), 'yes');
    assert.equal(await code(world, '6', 'b'), 'bank_time_unknown');
    assert.equal(await code(world, '5', 'c'), 'yes');
    await world.clock.advance(26 * hour);
    assert.equal(await code(world, '15', 'd'), 'yes');
    assert.equal(movesAt(world).length, 3);
  });

  test('opens no limit a second time, whether the clock is set, the machine sleeps or the bridge starts again', async () => {
    await using world = await worldWithAlex(silent);
    setRails(world, { per_day: { '*': '20' } });
    assert.equal(await code(world, '15', 'a'), 'yes');
    world.bridgeClock.setAhead(3 * day);
    await world.clock.advance(minute);
    assert.equal(await code(world, '6', 'b'), 'bank_time_unknown');
    world.bridgeClock.setAhead(0);
    world.clock.jump(3 * day);
    await world.clock.advance(minute);
    assert.equal(await code(world, '6', 'b'), 'bank_time_unknown');
    await world.restart();
    await world.clock.advance(minute);
    assert.equal(await code(world, '6', 'b'), 'bank_time_unknown');
    assert.equal(await code(world, '5', 'c'), 'yes');
    assert.equal(movesAt(world).length, 2);
  });

  test('is not taken for one that says that the clock is right', async () => {
    await using world = await worldWithAlex(silent);
    assert.equal(clockHealthOf(world)?.state, 'degraded');
    assert.match(clockHealthOf(world)?.sentence ?? '', /do not say what time it is/);
    world.bank.turn({ answerDate: 'true' });
    await world.clock.advance(5 * minute);
    assert.equal(clockHealthOf(world)?.state, 'ok');
  });

  test('leaves a clock right that was right before', async () => {
    await using world = await worldWithAlex();
    await world.clock.advance(5 * minute);
    setRails(world, { per_day: { '*': '20' } });
    world.bank.turn(silent.switches);
    assert.equal(await code(world, '15', 'a'), 'yes');
    assert.equal(await code(world, '6', 'b'), 'per_day_cap');
    await world.clock.advance(16 * hour);
    assert.equal(await code(world, '6', 'b'), 'yes');
  });

  test('is sent no move a second time, and a list ends one that never arrived', async () => {
    await using world = await worldWithAlex(silent);
    assert.equal(await code(world, '7', 'before'), 'yes');
    await world.clock.advance(5 * minute);
    const lost = world.faults.add({ kind: 'timeout_before', match: isMove });
    assert.equal(await code(world, '5', 'r'), 'unknown');
    lost();
    await world.clock.advance(hour);
    assert.equal(transfersOf(world).at(-1)?.state, 'not_moved');
    assert.equal(sends(world).length, 2);
  });

  test('keeps the cooldown of a repetition, and lets it end', async () => {
    await using world = await worldWithAlex(silent);
    const once = async () => {
      const told = await ask(world, 'pot_transfer', {
        pot: 'Holiday',
        transfer_type: 'deposit',
        amount: '5',
      });
      return told['code'] ?? told['money_moved'];
    };
    assert.equal(await once(), 'yes');
    assert.equal(await once(), 'cooldown');
    await world.clock.advance(2 * minute);
    assert.equal(await once(), 'yes');
  });
});

describe('something on the way repeats an old time', () => {
  for (const age of [false, true])
    test(`it is not believed, and the clock is not put back (${age ? 'with' : 'without'} an Age)`, async () => {
      await using world = await worldWithAlex();
      await world.clock.advance(2 * minute);
      world.faults.add({ kind: 'cached_date', at: world.clock.now() - hour, age });
      await world.restart();
      await world.clock.advance(5 * minute);
      assert.equal(clockHealthOf(world)?.state, 'degraded');
      assert.match(clockHealthOf(world)?.sentence ?? '', /repeat an old time/);
      assert.equal(await code(world, '5', 'r'), 'yes');
      const dated = transfersOf(world)[0]?.created ?? 0;
      assert.ok(Math.abs(dated - world.clock.now()) < minute, 'dated by the clock that nobody contradicts');
      world.faults.clear();
      await world.clock.advance(10 * minute);
      assert.equal(clockHealthOf(world)?.state, 'ok');
    });

  test('a time that was proven before goes on, until the clock is set or the machine sleeps', async () => {
    await using world = await worldWithAlex();
    await world.clock.advance(10 * minute);
    world.bank.turn({ answerDate: 'kept_for_an_hour' });
    await world.clock.advance(20 * minute);
    assert.equal(await code(world, '5', 'r'), 'yes');
    world.bank.turn({ answerDate: 'absent' });
    world.clock.jump(30 * hour);
    assert.equal(await code(world, '5', 's'), 'bank_time_unknown');
  });
});

describe('where events begin, while the bank does not tell the time', () => {
  const created = async (world: World) =>
    (await events(world))
      .filter(({ type }) => type === 'transaction.created')
      .map((one) => one.transaction_id);
  const buy = async (world: World) => {
    const id = world.bank.purchase(alex.current, { amount: 350, merchant: 'Corner Shop' });
    await world.clock.advance(20 * minute);
    return id;
  };

  for (const ahead of [3 * day, -3 * day, 0])
    test(`every purchase after the sign-in is one event, and none before it (clock ${ahead / day} days ahead)`, async () => {
      await using world = await createWorld({ ...silent, ahead });
      world.bank.addHistory(alex.current, { days: 60, perDay: 1 });
      await world.connect('alex');
      await world.clock.advance(minute);
      const bought = [await buy(world)];
      world.bridgeClock.setAhead(0);
      bought.push(await buy(world));
      world.bridgeClock.setAhead(-5 * day);
      bought.push(await buy(world));
      world.bridgeClock.setAhead(0);
      world.bank.turn({ answerDate: 'true' });
      bought.push(await buy(world));
      await world.clock.advance(13 * hour);
      assert.deepEqual((await created(world)).toSorted(), bought.toSorted());
    });
});
