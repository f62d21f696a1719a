import type { Direction, Transfer } from '../domain/transfer.ts';
import { amountText, instantText, type Currency, type Instant, type Minor } from '../domain/values.ts';
import { sentence, sentenceBy, type RefusalGroup } from './sentence.ts';

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

/** How much goes which way, such as "5.00 GBP into"; which pot it is comes behind. */
export function moveText({
  amount,
  currency,
  direction,
}: Pick<Transfer, 'amount' | 'currency' | 'direction'>): string {
  return `${amountText(amount, currency)} ${direction === 'deposit' ? 'into' : 'out of'}`;
}

const mostTimes = 3;

/** Which transactions fit a transfer: one, several or none, with amount, pot and times (UTC). */
export function evidenceSentence({ amount, currency, direction, times, declinedAt }: EvidenceFacts): string {
  const what = `${moveText({ amount, currency, direction })} the pot`;
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

const checkThenRecord =
  'Check the Monzo app, then record it on the bridge’s page; until then it counts as made.';

/** What was found out about a transfer that was sent. Each sentence says itself whether the money moved. */
export const outcomes = {
  not_at_bank: {
    status: 409,
    says: 'Monzo does not show this move fifteen minutes after it was last sent, so it did not take place.',
    next: 'Check in the Monzo app that the pot has not changed before you make the move again.',
    help: 'check the pot in the Monzo app; if it has not changed, the move can be made anew',
  },
  accepted_not_seen: {
    status: 202,
    says: sentenceBy('by', {
      bridge: 'Monzo accepted this move, but neither the pot nor Monzo’s list shows it yet.',
      person: sentence<EvidenceFacts>`Monzo accepted this move, but neither the pot nor Monzo’s list shows it. ${evidenceSentence}`,
    }),
    next: sentenceBy('by', {
      bridge: 'The bridge looks for it and notifies you.',
      person: checkThenRecord,
    }),
    help: 'Monzo may make it later, or wait for an approval in its app: look there, then record the outcome on the page or with `monzo-bridge transfers decide`',
  },
  not_shown: {
    status: 202,
    says: sentence<EvidenceFacts>`Monzo’s list does not show this move under its id, which does not prove that it did not take place. ${evidenceSentence}`,
    next: checkThenRecord,
    help: 'a list proves something only once Monzo was seen to show moves of the bridge by their id, and nothing else could be the move: look in the Monzo app, then record the outcome on the page or with `monzo-bridge transfers decide`',
  },
  undecidable: {
    status: 202,
    says: 'The bridge could not find out from Monzo whether this move took place.',
    next: checkThenRecord,
    help: 'check the Monzo app, then record the outcome on the page or with `monzo-bridge transfers decide`',
  },
  decided: {
    status: 409,
    says: sentenceBy('moved', {
      yes: 'A person checked and recorded that the money moved.',
      no: 'A person checked and recorded that the money did not move.',
    }),
    help: 'nothing to do: the request id stands for this outcome',
  },
} as const satisfies RefusalGroup;

/** Instead of a sentence whose facts are not there. */
export const unrecorded = sentenceBy('moved', {
  yes: 'The money moved. An earlier version recorded the reason; the audit shows it.',
  no: 'Nothing was moved. An earlier version recorded the reason; the audit shows it.',
  unknown:
    'It is not known whether the money moved. An earlier version recorded the reason; the audit shows it. Check the Monzo app.',
});
