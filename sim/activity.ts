import type { Clock } from '../src/clock.ts';
import type { Bank } from './bank.ts';
import { alex, joint, sam } from './household.ts';

export interface ActivityOptions {
  readonly bank: Bank;
  readonly clock: Clock;
  /** Uniform in [0, 1). The same seed gives the same activity. */
  readonly random: () => number;
  /** The mean pause between two events, in milliseconds. */
  readonly pace: number;
  /** Called with a short description of each event. */
  readonly onEvent?: (what: string) => void;
}

export interface Activity {
  /** Resolves once the last event is over. */
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
    return 'a payment was reversed';
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

/** Weights and actions. Incomes are rare and large, so that the balances stay about the same. */
const actions: readonly (readonly [number, (household: Household) => string])[] = [
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

const weights = actions.reduce((sum, [weight]) => sum + weight, 0);

/** Carries out a random action and returns its description. */
function act(household: Household): string {
  let lot = household.random() * weights;
  for (const [weight, action] of actions) {
    lot -= weight;
    if (lot < 0) return action(household);
  }
  return shop(household);
}

async function run(options: ActivityOptions, signal: AbortSignal): Promise<void> {
  const { bank, clock, random, pace, onEvent } = options;
  const household: Household = { bank, random, pending: [] };
  while (!signal.aborted) {
    await clock.wait(Math.ceil(pace * (0.5 + random())), signal);
    const what = act(household);
    onEvent?.(what);
  }
}

/** Simulates the household's purchases, settlements, pot transfers and incomes until it is stopped. */
export function startActivity(options: ActivityOptions): Activity {
  const over = new AbortController();
  const running = run(options, over.signal).catch((error: unknown) => {
    if (!over.signal.aborted) throw error;
  });
  return {
    stop() {
      over.abort(new Error('The activity was stopped.'));
      return running;
    },
  };
}
