import { money } from '../../format.ts';
import { nameIn, type Knowledge } from '../../store.ts';
import { texts } from '../../texts/moves.ts';

/** A requested money move in words, such as “£12.00 into Holiday”; null if it is not a move. */
export function moveInWords(
  knowledge: Pick<Knowledge, 'accounts' | 'pots' | 'former'>,
  request: Readonly<Record<string, unknown>> | null,
): string | null {
  const { pot, amount_minor: minor, currency, transfer_type: type } = request ?? {};
  if (typeof pot !== 'string' || typeof minor !== 'number' || typeof currency !== 'string') return null;
  const name = nameIn(knowledge, pot) ?? texts.gonePot;
  const amount = money(minor, currency);
  return type === 'withdraw' ? texts.outOf(amount, name) : texts.into(amount, name);
}
