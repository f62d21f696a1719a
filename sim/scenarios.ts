import type { Clock } from '../src/clock.ts';
import type { Bank } from './bank.ts';
import type { Faults } from './faults.ts';
import { alex, joint, sam } from './household.ts';
import { days, hours, minutes } from './wire-time.ts';

/** What a scenario acts on: a household's bank, its faults, a clock, and `fetch` for webhooks. */
export interface ScenarioContext {
  readonly bank: Bank;
  readonly faults: Faults;
  readonly clock: Clock;
  readonly fetch: typeof globalThis.fetch;
}

/** What happened at the bank: transaction ids in order. */
export interface Tally {
  readonly created: readonly string[];
  readonly settled: readonly string[];
  readonly reversed: readonly string[];
}

export interface Scenario {
  readonly about: string;
  /** Runs on the clock of the context. */
  play(context: ScenarioContext): Promise<void>;
}

async function quietDay({ bank, clock }: ScenarioContext): Promise<void> {
  const coffee = bank.purchase(alex.current, {
    amount: 350,
    merchant: 'Blue Door Coffee',
    category: 'eating_out',
  });
  await clock.wait(5 * hours);
  bank.purchase(sam.current, { amount: 1_240, merchant: 'Corner Shop', category: 'groceries' });
  await clock.wait(19 * hours);
  bank.settle(coffee);
}

async function payday({ bank, clock }: ScenarioContext): Promise<void> {
  bank.salary(alex.current, { amount: 245_000, settledMs: clock.now() + 7 * hours, reference: 'WAGES' });
  await clock.wait(minutes);
  bank.potMove(alex.pots.holiday, 'deposit', { amount: 20_000, trigger: 'ifttt' });
  bank.outgoingPayment(alex.current, { amount: 80_000, name: 'Joint account', reference: 'RENT SHARE' });
  bank.incomingPayment(joint.account, { amount: 80_000, name: 'Alex Green', reference: 'RENT SHARE' });
  await clock.wait(hours);
  bank.directDebit(joint.account, { amount: 95_000, name: 'Landlord Ltd', reference: 'RENT' });
}

async function holidayAbroad({ bank, clock }: ScenarioContext): Promise<void> {
  const dinner = bank.foreignPurchase(alex.current, {
    amount: 4_210,
    localAmount: 4_900,
    localCurrency: 'EUR',
    merchant: 'Trattoria Invented',
    category: 'holidays',
  });
  bank.decline(alex.current, { amount: 9_000, merchant: 'Hotel Nowhere', reason: 'INVALID_PIN' });
  bank.cashWithdrawal(alex.current, { amount: 10_000 });
  bank.cardCheck(alex.current, 'Car hire');
  await clock.wait(2 * days);
  bank.settle(dinner, { amount: 4_243 });
  bank.refund(alex.current, { amount: 4_243, merchant: 'Trattoria Invented' });
  bank.comeHome(alex.current);
}

async function outage({ bank, faults, clock }: ScenarioContext): Promise<void> {
  const repairs = [
    faults.add({ kind: 'status', status: 503 }),
    faults.add({ kind: 'html', status: 502, times: 3 }),
    faults.add({ kind: 'hook_dropped' }),
  ];
  for (let hour = 0; hour < 3; hour += 1) {
    bank.purchase(alex.current, { amount: 500 + hour, merchant: 'Corner Shop' });
    bank.purchase(joint.account, { amount: 700 + hour, merchant: 'Green Grocer', userId: sam.userId });
    await clock.wait(hours);
  }
  for (const repair of repairs) repair();
  bank.purchase(alex.current, { amount: 600, merchant: 'Corner Shop' });
}

async function evicted({ bank, clock }: ScenarioContext): Promise<void> {
  bank.evict(alex.clientId, alex.userId);
  await clock.wait(10 * minutes);
  bank.purchase(alex.current, { amount: 250, merchant: 'Corner Shop' });
}

async function lapsedApproval({ bank, clock }: ScenarioContext): Promise<void> {
  bank.lapseApproval(alex.userId);
  bank.purchase(alex.current, { amount: 250, merchant: 'Corner Shop' });
  await clock.wait(hours);
  bank.approve(alex.userId);
}

async function jointPair({ bank, clock }: ScenarioContext): Promise<void> {
  const card = { merchant: 'Green Grocer', category: 'groceries' };
  const first = bank.purchase(joint.account, { amount: 3_100, userId: alex.userId, ...card });
  const second = bank.purchase(joint.account, { amount: 4_700, userId: sam.userId, ...card });
  await clock.wait(minutes);
  bank.potMove(joint.pots.bills, 'deposit', { amount: 5_000, userId: sam.userId });
  await clock.wait(days);
  bank.settle(second);
  bank.reverse(first);
}

/** Bodies that are not from the bank: unknown ids, another person's account, no JSON. */
const forgeries = [
  JSON.stringify({
    type: 'transaction.created',
    data: { id: 'tx_0000Forged', account_id: alex.current, amount: 99_999_999 },
  }),
  JSON.stringify({
    type: 'transaction.created',
    data: { id: '../../oauth2/logout', account_id: 'acc_0000Stranger' },
  }),
  JSON.stringify({ type: 'balance.updated', data: null }),
  '<html>not JSON</html>',
  '',
];

async function forgedRings({ bank, clock, fetch }: ScenarioContext): Promise<void> {
  bank.purchase(alex.current, { amount: 410, merchant: 'Blue Door Coffee' });
  for (const { url } of bank.model.webhooks.values()) {
    for (const body of forgeries) {
      const response = await fetch(url, { method: 'POST', body });
      await response.body?.cancel();
    }
  }
  await clock.wait(minutes);
}

/** The events of a month, by the hour from its start. Card payments that are not settled stay pending. */
const month: readonly (readonly [hour: number, happens: (bank: Bank) => void])[] = [
  [0, (bank) => bank.salary(alex.current, { amount: 245_000, reference: 'WAGES' })],
  [
    1,
    (bank) =>
      bank.purchase(alex.current, { amount: 350, merchant: 'Blue Door Coffee', category: 'eating_out' }),
  ],
  [24, (bank) => bank.potMove(alex.pots.holiday, 'deposit', { amount: 20_000 })],
  [
    60.5,
    (bank) => bank.purchase(alex.current, { amount: 1_240, merchant: 'Corner Shop', category: 'groceries' }),
  ],
  [72, (bank) => bank.refund(alex.current, { amount: 240, merchant: 'Corner Shop' })],
  [120, (bank) => bank.decline(alex.current, { amount: 9_000, merchant: 'Hotel Nowhere' })],
  [121, (bank) => bank.cardCheck(alex.current, 'Car hire')],
  [216, (bank) => bank.cashWithdrawal(alex.current, { amount: 10_000 })],
  [240, (bank) => bank.directDebit(alex.current, { amount: 4_500, name: 'Power Company' })],
  [
    264,
    (bank) => bank.outgoingPayment(alex.current, { amount: 80_000, name: 'Landlord Ltd', reference: 'RENT' }),
  ],
  [288, (bank) => shareRent(bank)],
  [
    312,
    (bank) => bank.purchase(alex.current, { amount: 2_500, merchant: 'Night Cinema', inSpending: false }),
  ],
  [
    336,
    (bank) => bank.purchase(sam.current, { amount: 2_000, merchant: 'Green Grocer', category: 'groceries' }),
  ],
  [
    360,
    (bank) =>
      bank.purchase(joint.account, { amount: 3_100, merchant: 'Green Grocer', category: 'groceries' }),
  ],
  [
    384,
    (bank) =>
      bank.purchase(alex.euro, { amount: 1_000, merchant: 'Blue Door Coffee', category: 'eating_out' }),
  ],
  [408, (bank) => bank.interest(alex.current, 123)],
  [409, (bank) => bank.fee(alex.current, 300)],
  [432, (bank) => bank.potMove(alex.pots.holiday, 'withdraw', { amount: 5_000 })],
  [
    686.5,
    (bank) => bank.purchase(alex.current, { amount: 100, merchant: 'Corner Shop', category: 'groceries' }),
  ],
  [
    697,
    (bank) => bank.purchase(alex.current, { amount: 700, merchant: 'Corner Shop', category: 'groceries' }),
  ],
];

function shareRent(bank: Bank): void {
  const share = { amount: 30_000, reference: 'SHARE' };
  bank.outgoingPayment(alex.current, { ...share, name: 'Joint account', counterpartyAccount: joint.account });
  bank.incomingPayment(joint.account, { ...share, name: 'Alex Green', counterpartyAccount: alex.current });
}

async function wholeMonth({ bank, clock }: ScenarioContext): Promise<void> {
  const start = clock.now();
  for (const [hour, happens] of month) {
    await clock.wait(Math.max(0, start + hour * hours - clock.now()));
    happens(bank);
    if (hour === 72) await holidayWithin(bank, clock);
  }
}

/** A final amount other than the held one, and a hold that is reversed. */
async function holidayWithin(bank: Bank, clock: Clock): Promise<void> {
  const local = { localAmount: 4_900, localCurrency: 'EUR' };
  const meal = { amount: 4_210, merchant: 'Trattoria Invented', category: 'holidays' };
  const dinner = bank.foreignPurchase(alex.current, { ...meal, ...local });
  const room = bank.purchase(alex.current, { amount: 6_000, merchant: 'Hotel Nowhere' });
  await clock.wait(days);
  bank.settle(dinner, { amount: 4_243 });
  bank.reverse(room);
  bank.comeHome(alex.current);
}

export const scenarios = {
  quietDay: { about: 'Two purchases; one settles a day later.', play: quietDay },
  payday: { about: 'A salary dated tomorrow, a pot filled, the rent shared and paid.', play: payday },
  holidayAbroad: {
    about: 'Foreign currency, a declined card, cash, a different final amount, a refund.',
    play: holidayAbroad,
  },
  outage: { about: 'Three hours without API and webhooks while purchases continue.', play: outage },
  evicted: { about: 'Another program uses the OAuth client; the tokens stop working.', play: evicted },
  lapsedApproval: { about: 'The approval lapses and is given again an hour later.', play: lapsedApproval },
  wholeMonth: {
    about: 'A month with every kind of transaction, for the spending figures.',
    play: wholeMonth,
  },
  jointPair: { about: 'Both owners use the joint account.', play: jointPair },
  forgedRings: { about: 'A real webhook call among forged ones.', play: forgedRings },
} as const satisfies Readonly<Record<string, Scenario>>;

export type ScenarioName = keyof typeof scenarios;

/** Plays a scenario and returns what happened at the bank meanwhile. */
export async function playScenario(name: ScenarioName, context: ScenarioContext): Promise<Tally> {
  const tally = { created: [] as string[], settled: [] as string[], reversed: [] as string[] };
  const stop = context.bank.listen(({ what, transaction }) => {
    if (what !== 'changed') tally[what].push(transaction.id);
  });
  try {
    await scenarios[name].play(context);
  } finally {
    stop();
  }
  return tally;
}
