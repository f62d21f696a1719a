import { directDebit, incomingPayment, purchase } from './happenings.ts';
import type { Account, Books } from './model.ts';
import { days } from './wire-time.ts';

const shops = [
  ['Corner Shop', 'groceries', 850],
  ['Blue Door Coffee', 'eating_out', 340],
  ['Transport for Town', 'transport', 280],
  ['Green Grocer', 'groceries', 2_450],
  ['Night Cinema', 'entertainment', 1_150],
] as const;

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
