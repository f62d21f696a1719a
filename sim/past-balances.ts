import type { Account, Model, Pot } from './model.ts';

/** Adds an amount to what an account or a pot holds, and remembers what it held before. */
export function changeBalance(model: Model, holder: Account | Pot, amount: number): void {
  const before = model.pastBalances.get(holder.id) ?? [];
  before.push({ untilMs: model.now(), balance: holder.balance });
  model.pastBalances.set(holder.id, before);
  holder.balance += amount;
}

/** What an account or a pot held so many milliseconds ago, in minor units: services behind the bank’s answers lag. */
export function balanceBehind({ pastBalances, now }: Model, holder: Account | Pot, ms: number): number {
  const instant = now() - ms;
  const later = pastBalances.get(holder.id)?.find(({ untilMs }) => untilMs > instant);
  return later?.balance ?? holder.balance;
}
