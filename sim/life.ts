import type { Clock } from '../src/clock.ts';
import type { Bank } from './bank.ts';
import { alex, joint, sam } from './household.ts';

export interface LifeOptions {
  readonly bank: Bank;
  readonly clock: Clock;
  /** Uniform in [0, 1); seeded, the same life happens again. */
  readonly random: () => number;
  /** Mean pause between two happenings, in ms. */
  readonly pace: number;
  /** Told, in a few words, what just happened. */
  readonly say?: (what: string) => void;
}

export interface Life {
  /** Resolves once the last happening is over. */
  stop(): Promise<void>;
}

interface Living {
  readonly bank: Bank;
  readonly random: () => number;
  readonly pending: string[];
}

const shops = [
  ['Blue Door Coffee', 'eating_out', 260, 720],
  ['Corner Shop', 'groceries', 180, 1_900],
  ['Green Grocer', 'groceries', 900, 6_400],
  ['Transport for Town', 'transport', 175, 820],
  ['Night Cinema', 'entertainment', 900, 2_400],
  ['Paper & Ink', 'shopping', 450, 3_800],
] as const;

const currents = [alex.current, sam.current, joint.account] as const;
const pots = [alex.pots.holiday, alex.pots.savings, sam.pots.bike, joint.pots.bills] as const;

function pick<Things extends readonly [unknown, ...unknown[]]>(
  living: Living,
  things: Things,
): Things[number] {
  return things[Math.floor(living.random() * things.length)] ?? things[0];
}

const between = (living: Living, least: number, most: number) =>
  least + Math.floor(living.random() * (most - least + 1));

function shop(living: Living): string {
  const [merchant, category, least, most] = pick(living, shops);
  const account = pick(living, currents);
  const amount = between(living, least, most);
  if (amount > living.bank.account(account).balance) {
    living.bank.decline(account, { amount, merchant, category });
    return `declined at ${merchant}`;
  }
  living.pending.push(living.bank.purchase(account, { amount, merchant, category }));
  return `paid at ${merchant}`;
}

function finish(living: Living): string {
  const id = living.pending.shift();
  if (id === undefined) return shop(living);
  const fate = living.random();
  if (fate < 0.07) {
    living.bank.reverse(id);
    return 'a payment was given up';
  }
  living.bank.settle(id);
  return 'a payment settled';
}

function movePot(living: Living): string {
  const pot = living.bank.pot(pick(living, pots));
  const amount = between(living, 1, 20) * 100;
  const into = living.random() < 0.5;
  const available = into ? living.bank.account(pot.accountId).balance : pot.balance;
  if (pot.deleted || available < amount) return 'nothing to move';
  living.bank.potMove(pot.id, into ? 'deposit' : 'withdraw', { amount });
  return `${into ? 'into' : 'out of'} ${pot.name}`;
}

/** Weight and deed. Incomes are rare and large, so that the household neither starves nor grows rich. */
const deeds: readonly (readonly [number, (living: Living) => string])[] = [
  [40, shop],
  [30, finish],
  [10, movePot],
  [
    4,
    (living) => {
      living.bank.salary(pick(living, [alex.current, sam.current] as const), { amount: 24_000 });
      return 'wages';
    },
  ],
  [
    4,
    (living) => {
      living.bank.incomingPayment(joint.account, { amount: 6_000, name: 'Jo Lodger', reference: 'RENT' });
      return 'rent from the lodger';
    },
  ],
  [
    4,
    (living) => {
      living.bank.directDebit(joint.account, { amount: 2_900, name: 'Power Company', reference: 'POWER' });
      return 'direct debit';
    },
  ],
  [
    3,
    (living) => {
      living.bank.refund(alex.current, { amount: between(living, 200, 2_000), merchant: 'Paper & Ink' });
      return 'a refund';
    },
  ],
  [
    2,
    (living) => {
      living.bank.cardCheck(sam.current);
      return 'a card check';
    },
  ],
  [
    2,
    (living) => {
      living.bank.cashWithdrawal(pick(living, currents), { amount: 2_000 });
      return 'cash';
    },
  ],
  [
    1,
    (living) => {
      living.bank.interest(alex.current, between(living, 1, 90));
      return 'interest';
    },
  ],
];

const weights = deeds.reduce((sum, [weight]) => sum + weight, 0);

/** Lets one thing happen and answers what it was. */
function happen(living: Living): string {
  let lot = living.random() * weights;
  for (const [weight, deed] of deeds) {
    lot -= weight;
    if (lot < 0) return deed(living);
  }
  return shop(living);
}

async function live(options: LifeOptions, signal: AbortSignal): Promise<void> {
  const { bank, clock, random, pace, say } = options;
  const living: Living = { bank, random, pending: [] };
  while (!signal.aborted) {
    await clock.wait(Math.ceil(pace * (0.5 + random())), signal);
    const what = happen(living);
    say?.(what);
  }
}

/** Alex and Sam go about their days: purchases, settlements, pot moves, wages, by themselves until stopped. */
export function liveHousehold(options: LifeOptions): Life {
  const over = new AbortController();
  const life = live(options, over.signal).catch((error: unknown) => {
    if (!over.signal.aborted) throw error;
  });
  return {
    stop() {
      over.abort(new Error('The household went to sleep.'));
      return life;
    },
  };
}
