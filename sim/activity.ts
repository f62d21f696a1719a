import type { Clock } from '../src/clock.ts';
import type { Bank } from './bank.ts';
import { alex, joint, sam } from './household.ts';

export interface ActivityOptions {
  readonly bank: Bank;
  readonly clock: Clock;
  /** Uniform in [0, 1); seeded, the same life happens again. */
  readonly random: () => number;
  /** Mean pause between two happenings, in ms. */
  readonly pace: number;
  /** Told, in a few words, what just happened. */
  readonly say?: (what: string) => void;
}

export interface Activity {
  /** Resolves once the last happening is over. */
  stop(): Promise<void>;
}

interface Household {
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
  household: Household,
  things: Things,
): Things[number] {
  return things[Math.floor(household.random() * things.length)] ?? things[0];
}

const between = (household: Household, least: number, most: number) =>
  least + Math.floor(household.random() * (most - least + 1));

function shop(household: Household): string {
  const [merchant, category, least, most] = pick(household, shops);
  const account = pick(household, currents);
  const amount = between(household, least, most);
  if (amount > household.bank.account(account).balance) {
    household.bank.decline(account, { amount, merchant, category });
    return `declined at ${merchant}`;
  }
  household.pending.push(household.bank.purchase(account, { amount, merchant, category }));
  return `paid at ${merchant}`;
}

function finish(household: Household): string {
  const id = household.pending.shift();
  if (id === undefined) return shop(household);
  const fate = household.random();
  if (fate < 0.07) {
    household.bank.reverse(id);
    return 'a payment was given up';
  }
  household.bank.settle(id);
  return 'a payment settled';
}

function movePot(household: Household): string {
  const pot = household.bank.pot(pick(household, pots));
  const amount = between(household, 1, 20) * 100;
  const into = household.random() < 0.5;
  const available = into ? household.bank.account(pot.accountId).balance : pot.balance;
  if (pot.deleted || available < amount) return 'nothing to move';
  household.bank.potMove(pot.id, into ? 'deposit' : 'withdraw', { amount });
  return `${into ? 'into' : 'out of'} ${pot.name}`;
}

/** Weight and deed. Incomes are rare and large, so that the household neither starves nor grows rich. */
const deeds: readonly (readonly [number, (household: Household) => string])[] = [
  [40, shop],
  [30, finish],
  [10, movePot],
  [
    4,
    (household) => {
      household.bank.salary(pick(household, [alex.current, sam.current] as const), { amount: 24_000 });
      return 'wages';
    },
  ],
  [
    4,
    (household) => {
      household.bank.incomingPayment(joint.account, { amount: 6_000, name: 'Jo Lodger', reference: 'RENT' });
      return 'rent from the lodger';
    },
  ],
  [
    4,
    (household) => {
      household.bank.directDebit(joint.account, { amount: 2_900, name: 'Power Company', reference: 'POWER' });
      return 'direct debit';
    },
  ],
  [
    3,
    (household) => {
      household.bank.refund(alex.current, {
        amount: between(household, 200, 2_000),
        merchant: 'Paper & Ink',
      });
      return 'a refund';
    },
  ],
  [
    2,
    (household) => {
      household.bank.cardCheck(sam.current);
      return 'a card check';
    },
  ],
  [
    2,
    (household) => {
      household.bank.cashWithdrawal(pick(household, currents), { amount: 2_000 });
      return 'cash';
    },
  ],
  [
    1,
    (household) => {
      household.bank.interest(alex.current, between(household, 1, 90));
      return 'interest';
    },
  ],
];

const weights = deeds.reduce((sum, [weight]) => sum + weight, 0);

/** Lets one thing happen and answers what it was. */
function happen(household: Household): string {
  let lot = household.random() * weights;
  for (const [weight, deed] of deeds) {
    lot -= weight;
    if (lot < 0) return deed(household);
  }
  return shop(household);
}

async function live(options: ActivityOptions, signal: AbortSignal): Promise<void> {
  const { bank, clock, random, pace, say } = options;
  const household: Household = { bank, random, pending: [] };
  while (!signal.aborted) {
    await clock.wait(Math.ceil(pace * (0.5 + random())), signal);
    const what = happen(household);
    say?.(what);
  }
}

/** Alex and Sam go about their days: purchases, settlements, pot moves, wages, by themselves until stopped. */
export function startActivity(options: ActivityOptions): Activity {
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
