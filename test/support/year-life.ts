import { alex, joint, sam } from '../../sim/household.ts';
import { startWebhookSender } from '../../sim/webhooks.ts';
import { acknowledgement, durations } from '../../src/limits.ts';
import { startTestBroker, type TestBroker } from './broker.ts';
import { createCrashes, type Crashes } from './crash.ts';
import { createHome, type Home } from './home.ts';
import { ask, isMove, setRails } from './money.ts';
import { answered, comeBack } from './people.ts';
import type { Talk, Wish } from './money-happenings.ts';
import { pairBank } from './pair.ts';
import { quiet } from './until.ts';
import { createWorld, type World } from './world.ts';

const { minute, hour, day } = durations;

/** What was sent must be answered before the clock says that it never will be. */
const step = acknowledgement / 2;

/** The first day of the year: summer time begins in its fourth week, and ends in its thirty-fifth. */
export const begin = Date.parse('2026-03-02T06:00:00Z');

export const accounts = [alex.current, joint.account, sam.current] as const;

/** A year of two people: what they earn, spend and put aside, and the trouble that comes with it. */
export interface YearLife extends AsyncDisposable {
  readonly world: World;
  readonly broker: TestBroker;
  readonly home: Home;
  /** Counts what the bridge does: every write, call and message is a point of it. */
  readonly crashes: Crashes;
  readonly talks: readonly Talk[];
  /** The ids of all transactions since both people are connected. */
  readonly transactions: readonly string[];
  readonly isDiskFull: { now: boolean };
  pass(ms: number): Promise<void>;
  /** One day, with so many transactions and moves. */
  live(howMuch: { readonly transactions: number; readonly moves: number }): Promise<void>;
  /** Everybody whose approval has lapsed approves again. */
  approve(): Promise<void>;
}

type Random = () => number;

const shops = ['Corner Shop', 'Blue Door Coffee', 'Transport for Town', 'Green Grocer', 'Night Cinema'];

/** What may happen to an account, by how often in a hundred. */
const rows: readonly (readonly [number, (life: Living, accountId: string) => string])[] = [
  [
    62,
    ({ world, random, amount }, id) =>
      world.bank.purchase(id, { amount: amount(), merchant: oneOf(shops, random) }),
  ],
  [
    8,
    ({ world, amount }, id) => world.bank.incomingPayment(id, { amount: amount() * 25, name: 'Jo Bloggs' }),
  ],
  [6, ({ world, amount }, id) => world.bank.directDebit(id, { amount: amount(), name: 'Power & Light' })],
  [6, ({ world, amount }, id) => world.bank.decline(id, { amount: amount(), merchant: 'Cinema' })],
  [6, ({ world, amount }, id) => world.bank.refund(id, { amount: amount(), merchant: 'Corner Shop' })],
  [
    6,
    ({ world, amount }, id) =>
      world.bank.foreignPurchase(id, {
        amount: amount(),
        localAmount: amount(),
        localCurrency: 'EUR',
        merchant: 'Café',
      }),
  ],
  [4, ({ world, amount }, id) => world.bank.outgoingPayment(id, { amount: amount(), name: 'Landlord' })],
  [2, ({ world }, id) => world.bank.interest(id, 17)],
];

/** What later becomes of a purchase, by how often in a hundred. */
const ends: readonly (readonly [number, (life: Living, id: string) => void])[] = [
  [86, ({ world }, id) => world.bank.settle(id)],
  [8, ({ world, amount }, id) => world.bank.settle(id, { amount: amount() })],
  [4, ({ world }, id) => world.bank.reverse(id)],
  [2, ({ world }, id) => world.bank.annotate(id, 'shared with Sam')],
];

interface Living {
  readonly world: World;
  readonly random: Random;
  readonly amount: () => number;
}

function oneOf<T>(items: readonly [T, ...T[]] | readonly T[], random: Random): T {
  const found = items[Math.floor(random() * items.length)];
  if (found === undefined) throw new Error('nothing to choose from');
  return found;
}

function drawn<Act>(table: readonly (readonly [number, Act])[], random: Random): Act {
  let left = random() * table.reduce((all, [share]) => all + share, 0);
  for (const [share, act] of table) if ((left -= share) < 0) return act;
  throw new Error('the table is empty');
}

export async function startYear(random: Random): Promise<YearLife> {
  const broker = await startTestBroker();
  const home = createHome(broker);
  const crashes = createCrashes();
  const isDiskFull = { now: false };
  const world = await createWorld({
    at: begin,
    bank: (now, ways) => withPots(pairBank(now, ways)),
    broker,
    crashes,
    isDiskFull: () => isDiskFull.now,
    settings: {
      MONZO_BRIDGE_MQTT_URL: broker.url,
      MONZO_BRIDGE_PUBLIC_URL: 'http://bridge.invalid',
    },
  });
  const { bank, clock, faults } = world;
  await world.connect('alex');
  await world.connect('sam');
  setRails(world, { per_day: { '*': '1000' }, cooldown_seconds: 0 });
  const transactions: string[] = [];
  bank.listen(({ what, transaction }) => {
    if (what === 'created') transactions.push(transaction.id);
  });
  const sender = startWebhookSender({ bank, faults, clock, fetch: world.fetchFromOutside });
  const pass = async (ms: number) => {
    for (let left = ms; left > 0; left -= step) {
      await quiet();
      await world.revived();
      await clock.advance(Math.min(left, step));
    }
    await quiet();
  };
  await home.come();
  await pass(minute);
  const talks: Talk[] = [];
  const amount = () => 100 + Math.floor(random() * 4_000);
  const living = { world, random, amount };
  const open: { readonly id: string; readonly at: number }[] = [];
  const move = async () => {
    const wish: Wish = {
      pot: oneOf(
        pots.filter((id) => !bank.pot(id).deleted),
        random,
      ),
      transfer_type: random() < 0.55 ? 'deposit' : 'withdraw',
      amount: (1 + Math.floor(random() * 900) / 100).toFixed(2),
      ...(random() < 0.8 && { request_id: `r${talks.length - (random() < 0.1 ? 1 : 0)}` }),
    };
    const stop =
      random() < 0.1 ? faults.add({ ...oneOf(moveFaults, random), match: isMove, times: 1 }) : null;
    const askedAt = clock.now();
    const told = await ask(world, 'pot_transfer', wish);
    talks.push({ door: 'http', wish, askedAt, toldAt: clock.now(), told });
    stop?.();
  };
  return {
    world,
    broker,
    home,
    crashes,
    talks,
    transactions,
    isDiskFull,
    pass,
    live: async ({ transactions: count, moves }) => {
      const times = [...Array(count).fill('row'), ...Array(moves).fill('move')].map((what: string) => ({
        what,
        at: Math.floor(random() * 20 * hour),
      }));
      let at = 0;
      for (const next of times.toSorted((a, b) => a.at - b.at)) {
        await pass(next.at - at);
        at = next.at;
        if (next.what === 'move') await move();
        else {
          const id = drawn(rows, random)(living, oneOf(accounts, random));
          if (bank.model.transactions.get(id)?.state === 'pending') open.push({ id, at: clock.now() });
          if (random() < 0.03) bank.showLate(id, 20 * minute);
        }
      }
      while (open[0] && clock.now() - open[0].at > (1 + random()) * day) {
        const [{ id } = { id: '' }] = open.splice(0, 1);
        if (bank.model.transactions.get(id)?.state === 'pending') drawn(ends, random)(living, id);
      }
      await pass(day - at);
    },
    approve: () => comeBack(world, pass),
    async [Symbol.asyncDispose]() {
      sender.stop();
      await answered(world, world[Symbol.asyncDispose]());
      await home[Symbol.asyncDispose]();
      await broker.stop();
    },
  };
}

const moveFaults = [
  { kind: 'timeout_after' },
  { kind: 'timeout_before' },
  { kind: 'reset_after' },
  { kind: 'status', status: 500 },
  { kind: 'refused' },
] as const;

const pots = [alex.pots.holiday, alex.pots.savings, sam.pots.bike, joint.pots.bills] as const;

function withPots(bank: World['bank']): World['bank'] {
  const open = (id: string, account: string, name: string) =>
    bank.openPot(account, { id, name, balance: 50_000 });
  open(alex.pots.holiday, alex.current, 'Holiday');
  open(alex.pots.savings, alex.current, 'Savings');
  open(sam.pots.bike, sam.current, 'Bike');
  open(joint.pots.bills, joint.account, 'Bills');
  return bank;
}
