import type { Direction } from '../domain/transfer.ts';
import { instantText, toMajorText, type Currency, type Instant, type Minor } from '../domain/values.ts';

/** What Monzo shows that may be a transfer whose outcome is unknown. The amount is in minor units. */
export interface EvidenceFacts {
  readonly by: 'person';
  readonly amount: Minor;
  readonly currency: Currency;
  readonly direction: Direction;
  /** When the transactions are dated that have the same account, pot, direction and amount, and are no other move's. */
  readonly times: readonly Instant[];
  /** When a transaction of it was declined; null if none was. */
  readonly declinedAt: Instant | null;
}

const mostTimes = 3;

/** Which transactions fit a transfer: one, several or none, with amount, pot and times (UTC). */
export function evidenceSentence({ amount, currency, direction, times, declinedAt }: EvidenceFacts): string {
  const what = `${toMajorText(amount, currency)} ${currency} ${direction === 'deposit' ? 'into' : 'out of'} the pot`;
  const declined =
    declinedAt === null ? '' : ` Monzo shows a declined transaction of it, at ${timeText(declinedAt)}.`;
  return `${fittingText(what, times)}${declined}`;
}

function fittingText(what: string, times: readonly Instant[]): string {
  const [only] = times;
  if (only === undefined) return `No transaction of ${what} was found that could be it.`;
  if (times.length === 1) return `One transaction could be it: ${what}, at ${timeText(only)}.`;
  const shown = times.slice(-mostTimes).map(timeText).join(', ');
  const which = times.length > mostTimes ? 'the last ones ' : '';
  return `${times.length} transactions could be it: ${what}, ${which}at ${shown}.`;
}

function timeText(at: Instant): string {
  return `${instantText(at).slice(0, 19).replace('T', ' ')} UTC`;
}
