import { must, type Account, type Model, type Transaction } from './model.ts';
import { changeBalance } from './past-balances.ts';
import { merchantNamed, record, type Entry } from './payments.ts';

/** A row of any scheme, with whatever it is to carry; settled at once. */
export interface OtherRow extends Partial<
  Pick<Entry, 'description' | 'category' | 'metadata' | 'counterparty' | 'isLoad' | 'inSpending' | 'split'>
> {
  readonly amount: number;
  readonly scheme: string;
  /** A merchant's name. */
  readonly merchant?: string;
}

export function otherRow(model: Model, account: Account, row: OtherRow): Transaction {
  const { merchant, ...entry } = row;
  const kind = { category: row.category ?? 'general', online: false, atm: false };
  return record(model, {
    description: merchant ?? row.scheme,
    category: 'general',
    ...entry,
    account,
    settledMs: model.now(),
    merchantId: merchant === undefined ? null : merchantNamed(model, merchant, kind).id,
  });
}

/** Another amount for a row in any state, and a balance that agrees; announced to nobody. */
export function changeAmount(model: Model, row: Transaction, amount: number): void {
  changeBalance(model, must(model.accounts, row.accountId), amount - row.amount);
  if (row.localCurrency === row.currency && amount !== 0) row.localAmount = amount;
  row.amount = amount;
  row.updatedMs = Math.max(model.now(), row.updatedMs + 1);
}
