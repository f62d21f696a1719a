import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createBank } from '../../sim/bank.ts';
import { seededRandom } from '../../sim/fake-clock.ts';
import { alex } from '../../sim/household.ts';
import { holiday, isMove, move, stateOf, transferOf, worldWithAlex } from '../support/money.ts';
import { createWorld, start } from '../support/world.ts';

const day = 24 * 3_600_000;

/** One person with two accounts, a pot in each. */
function twoAccounts(now: () => number) {
  const bank = createBank({ now, random: seededRandom(3) });
  bank.addPerson({ id: alex.userId, name: 'Alex Green' });
  bank.addClient({ id: alex.clientId, secret: alex.clientSecret, collaborators: [alex.userId] });
  for (const type of ['uk_retail', 'uk_business']) {
    const createdMs = start - 400 * day;
    const account = bank.openAccount({ type, owners: [alex.userId], balance: 50_000, createdMs });
    bank.openPot(account, { name: `Savings of ${type}`, createdMs });
    bank.addHistory(account, { days: 30, perDay: 1 });
  }
  return bank;
}

test('two idle accounts with pots cost the bank at most 2,000 calls a day without webhooks', async () => {
  await using world = await createWorld({ bank: twoAccounts });
  await world.connect('alex');
  await world.clock.advance(10 * 60_000);
  const before = world.bank.calls.length;
  await world.clock.advance(day);
  const calls = world.bank.calls.length - before;
  assert.ok(calls <= 2_000, `${calls} calls`);
  assert.ok(calls >= 1_000, `${calls} calls: so few means that nothing was read`);
});

test('a move that is answered at once costs at most five calls, and leaves nothing to be read', async () => {
  await using world = await worldWithAlex();
  for (const transfer_type of ['deposit', 'withdraw']) {
    await world.clock.advance(20 * 60_000);
    const before = world.bank.calls.length;
    const told = await move(world, { request_id: transfer_type, transfer_type });
    const calls = world.bank.calls.slice(before).map(({ method, path }) => `${method} ${path}`);
    assert.ok(calls.length <= 5, calls.join(', '));
    const { balance } = world.bank.account(alex.current);
    const pot = world.bank.pot(holiday).balance;
    assert.deepEqual(
      [told['money_moved'], told['account_balance_minor'], told['pot_balance_minor']],
      ['yes', balance, pot],
    );
    const { accounts, pots } = world.app().view();
    assert.equal(accounts.find(({ id }) => id === alex.current)?.balance, balance);
    assert.equal(pots.find(({ id }) => id === holiday)?.balance, pot);
    assert.notEqual(transferOf(world, told)?.transactionId, null);
  }
});

test('what else has changed meanwhile is read, and not calculated', async () => {
  await using world = await worldWithAlex();
  const arrived = Promise.withResolvers<void>();
  world.faults.add({ kind: 'held', until: arrived.promise, match: isMove });
  const asked = move(world, { request_id: 'r' });
  await world.until('it is on its way', () => stateOf(world) === 'open');
  world.bank.purchase(alex.current, { amount: 250, merchant: 'Corner Shop' });
  arrived.resolve();
  const told = await asked;
  const { balance } = world.bank.account(alex.current);
  assert.deepEqual([told['money_moved'], told['account_balance_minor']], ['yes', balance]);
});
