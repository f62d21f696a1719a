import { createBank } from '../sim/bank.ts';
import { seededRandom } from '../sim/fake-clock.ts';
import { alex } from '../sim/household.ts';
import { createWorld, start } from '../test/support/world.ts';
import { count, print } from './measure.ts';

const hour = 3_600_000;
const day = 24 * hour;

/** One person with so many accounts and three pots in each. */
function bankWith(accounts: number) {
  return (now: () => number) => {
    const bank = createBank({ now, random: seededRandom(5) });
    bank.addPerson({ id: alex.userId, name: 'Alex Green' });
    bank.addClient({ id: alex.clientId, secret: alex.clientSecret, collaborators: [alex.userId] });
    const createdMs = start - 200 * day;
    for (let number = 0; number < accounts; number += 1) {
      const id = bank.openAccount({ type: 'uk_retail', owners: [alex.userId], balance: 900_000, createdMs });
      for (const name of ['Holiday', 'Bills', 'Rainy day']) bank.openPot(id, { name, createdMs });
      bank.addHistory(id, { days: 60, perDay: 3 });
    }
    return bank;
  };
}

/** The number of calls in a day of the fake clock, from the simulated bank's log. */
async function callsPerDay(accounts: number, purchasesPerDay: number): Promise<number> {
  await using world = await createWorld({ bank: bankWith(accounts) });
  await world.connect('alex');
  await world.clock.advance(hour);
  const before = world.bank.calls.length;
  const ids = world
    .app()
    .view()
    .accounts.map(({ id }) => id);
  for (let passed = 0; passed < day; passed += hour) {
    for (const id of ids)
      for (let number = 0; number < purchasesPerDay / 24; number += 1) {
        world.bank.purchase(id, { amount: 120 + number, merchant: 'Corner Shop' });
        await world.clock.advance(1_000);
      }
    await world.clock.advance(hour);
  }
  return world.bank.calls.length - before;
}

export async function benchCalls(): Promise<void> {
  for (const accounts of [1, 2, 5]) {
    const idle = await callsPerDay(accounts, 0);
    const busy = await callsPerDay(accounts, 24);
    print(
      `calls to the bank a day, ${accounts} account(s) with pots, no webhooks`,
      `${count(idle)} idle, ${count(busy)} with 24 purchases each`,
    );
  }
}
