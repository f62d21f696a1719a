import { directDebit, incomingPayment, purchase } from './payments.ts';
import { newId, type Account, type Model } from './model.ts';
import { movePotMoney, potsOf } from './pots.ts';
import { days } from './wire-time.ts';

const shops = [
  ['Corner Shop', 'groceries', 850],
  ['Blue Door Coffee', 'eating_out', 340],
  ['Transport for Town', 'transport', 280],
  ['Green Grocer', 'groceries', 2_450],
  ['Night Cinema', 'entertainment', 1_150],
] as const;

/** Adds deposits of all pots' balances so many days ago, without changing today's balances. */
export function addPotHistory(model: Model, account: Account, daysAgo: number): void {
  const createdMs = model.now() - daysAgo * days;
  const today = account.balance;
  for (const pot of potsOf(model, account).filter(({ balance }) => balance > 0)) {
    const amount = pot.balance;
    pot.balance = 0;
    const [userId = ''] = account.ownerIds;
    const key = newId(model, 'app');
    movePotMoney(model, { pot, direction: 'deposit', amount, userId, key, trigger: 'user', createdMs });
  }
  account.balance = today;
  model.pastBalances.delete(account.id);
}

/**
 * Adds settled transactions of the past to an account, oldest first, without announcing them. Returns how many. Today's
 * balance stays unchanged, because it includes the past.
 */
export function addHistory(
  model: Model,
  account: Account,
  history: { readonly days: number; readonly perDay: number },
): number {
  const start = model.now() - history.days * days;
  const total = history.days * history.perDay;
  const step = days / history.perDay;
  const today = account.balance;
  for (let number = 0; number < total; number += 1) {
    const createdMs = Math.floor(start + number * step + model.random() * step * 0.9);
    const quiet = true;
    if (number % (history.perDay * 30) === 0) {
      const amount = 200_000;
      incomingPayment(model, account, { amount, name: 'Acme Ltd', category: 'income', createdMs, quiet });
    } else if (number % (history.perDay * 15) === 0) {
      directDebit(model, account, { amount: 4_500, name: 'Power Company', createdMs, quiet });
    } else {
      const [merchant, category, usual] = shops[Math.floor(model.random() * shops.length)] ?? shops[0];
      const amount = Math.ceil(usual * (0.5 + model.random()));
      const settledMs = Math.min(createdMs + days, model.now());
      const row = purchase(model, account, { amount, merchant, category, createdMs, settledMs, quiet });
      row.metadata['mastercard_clearing_message_id'] = `mcclearingmsg_${row.id.slice(3)}`;
    }
  }
  account.balance = today;
  model.pastBalances.delete(account.id);
  return total;
}
