import { money } from '../../format.ts';
import type { Knowledge } from '../../store.ts';
import { texts } from '../../texts/moves.ts';

/** A move of money as it was asked for, such as “£12.00 into Holiday”; null for what is none. */
export function orderInWords(
  { pots }: Pick<Knowledge, 'pots'>,
  order: Readonly<Record<string, unknown>> | null,
): string | null {
  const { pot, amount_minor: minor, currency, transfer_type: type } = order ?? {};
  if (typeof pot !== 'string' || typeof minor !== 'number' || typeof currency !== 'string') return null;
  const name = pots.find(({ id }) => id === pot)?.name ?? pot;
  const amount = money(minor, currency);
  return type === 'withdraw' ? texts.outOf(amount, name) : texts.into(amount, name);
}
