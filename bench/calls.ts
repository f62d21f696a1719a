import { join } from 'node:path';
import type * as bankModule from '../sim/bank.ts';
import type * as clockModule from '../sim/fake-clock.ts';
import { alex } from '../sim/household.ts';
import type * as worldModule from '../test/support/world.ts';
import type { Line } from './measure.ts';
import type { Program } from './program.ts';

const hour = 3_600_000;
const day = 24 * hour;
const accounts = 5;

/** The composition of a checkout with its own simulated bank: a fake clock cannot be given to the packed program. */
async function modulesOf(checkout: string) {
  const { createBank } = (await import(join(checkout, 'sim/bank.ts'))) as typeof bankModule;
  const { seededRandom } = (await import(join(checkout, 'sim/fake-clock.ts'))) as typeof clockModule;
  const { createWorld, start } = (await import(
    join(checkout, 'test/support/world.ts')
  )) as typeof worldModule;
  /** One person with five accounts and three pots in each. */
  const bank = (now: () => number): bankModule.Bank => {
    const opened = createBank({ now, random: seededRandom(5) });
    opened.addPerson({ id: alex.userId, name: 'Alex Green' });
    opened.addClient({ id: alex.clientId, secret: alex.clientSecret, collaborators: [alex.userId] });
    const createdMs = start - 200 * day;
    for (let number = 0; number < accounts; number += 1) {
      const type = 'uk_retail';
      const id = opened.openAccount({ type, owners: [alex.userId], balance: 900_000, createdMs });
      for (const name of ['Holiday', 'Bills', 'Rainy day']) opened.openPot(id, { name, createdMs });
      opened.addHistory(id, { days: 60, perDay: 3 });
    }
    return opened;
  };
  return (settings: Readonly<Record<string, string>>) => createWorld({ bank, settings });
}

interface Day {
  readonly settings?: Readonly<Record<string, string>>;
  readonly purchases?: number;
}

/** The calls in the bank's log of a day of the fake clock. */
async function callsPerDay(
  create: Awaited<ReturnType<typeof modulesOf>>,
  { settings = {}, purchases = 0 }: Day,
): Promise<number> {
  await using world = await create(settings);
  await world.connect('alex');
  await world.clock.advance(hour);
  const before = world.bank.calls.length;
  const ids = [...world.bank.model.accounts.keys()];
  for (let passed = 0; passed < day; passed += hour) {
    for (const id of ids)
      for (let number = 0; number < purchases / 24; number += 1)
        world.bank.purchase(id, { amount: 120 + number, merchant: 'Corner Shop' });
    await world.clock.advance(hour);
  }
  return world.bank.calls.length - before;
}

const reachable = { MONZO_BRIDGE_PUBLIC_URL: 'https://bank.home.example' };

const days: Readonly<Record<string, Day & { readonly goal?: string }>> = {
  'idle, with webhooks': { settings: reachable, goal: '1,600 calls' },
  'idle, without webhooks': { goal: '4,700 calls' },
  '24 purchases in each, without webhooks': { purchases: 24 },
};

/** The calls that a person with five accounts costs in a day. */
export async function callsADay({ checkout }: Program): Promise<readonly Line[]> {
  const what = `calls a day, ${accounts} accounts`;
  if (checkout === null) return [{ what, figures: 'not measured: a fake clock needs a checkout' }];
  const create = await modulesOf(checkout);
  const lines: Line[] = [];
  for (const [name, { goal, ...each }] of Object.entries(days)) {
    const value = await callsPerDay(create, each);
    lines.push({ what: `${what}, ${name}`, goal, figures: [{ value, unit: 'calls' }] });
  }
  return lines;
}
