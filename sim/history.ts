import { directDebit, incomingPayment, purchase } from './happenings.ts';
import { newId, type Account, type Books } from './model.ts';
import { movePotMoney, potsOf } from './pots.ts';
import { days } from './wire-time.ts';

const shops = [
  ['Corner Shop', 'groceries', 850],
  ['Blue Door Coffee', 'eating_out', 340],
  ['Transport for Town', 'transport', 280],
  ['Green Grocer', 'groceries', 2_450],
  ['Night Cinema', 'entertainment', 1_150],
] as const;

/** Lets everything that is in an account's pots have been paid in so many days ago; today's balances stay what they are. */
export function addPotHistory(books: Books, account: Account, daysAgo: number): void {
  const createdMs = books.now() - daysAgo * days;
  const today = account.balance;
  for (const pot of potsOf(books, account).filter(({ balance }) => balance > 0)) {
    const amount = pot.balance;
    pot.balance = 0;
    const [userId = ''] = account.ownerIds;
    const key = newId(books, 'app');
    movePotMoney(books, { pot, direction: 'deposit', amount, userId, key, trigger: 'user', createdMs });
  }
  account.balance = today;
}

/**
 * Fills an account's past with settled rows, oldest first, quietly; answers how many. Today's balance stays
 * what it is: the past is already in it.
 */
export function addHistory(
  books: Books,
  account: Account,
  history: { readonly days: number; readonly perDay: number },
): number {
  const start = books.now() - history.days * days;
  const total = history.days * history.perDay;
  const step = days / history.perDay;
  const today = account.balance;
  for (let number = 0; number < total; number += 1) {
    const createdMs = Math.floor(start + number * step + books.random() * step * 0.9);
    const quiet = true;
    if (number % (history.perDay * 30) === 0) {
      const amount = 200_000;
      incomingPayment(books, account, { amount, name: 'Acme Ltd', category: 'income', createdMs, quiet });
    } else if (number % (history.perDay * 15) === 0) {
      directDebit(books, account, { amount: 4_500, name: 'Power Company', createdMs, quiet });
    } else {
      const [merchant, category, usual] = shops[Math.floor(books.random() * shops.length)] ?? shops[0];
      const amount = Math.ceil(usual * (0.5 + books.random()));
      const settledMs = Math.min(createdMs + days, books.now());
      const row = purchase(books, account, { amount, merchant, category, createdMs, settledMs, quiet });
      row.metadata['mastercard_clearing_message_id'] = `mcclearingmsg_${row.id.slice(3)}`;
    }
  }
  account.balance = today;
  return total;
}
