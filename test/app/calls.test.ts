import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createBank } from '../../sim/bank.ts';
import { seededRandom } from '../../sim/fake-clock.ts';
import { alex } from '../../sim/household.ts';
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
