import type { PaceItem } from '../../src/contract/report-data.ts';
import type { Call } from './client.ts';
import { listOf, orNull, partOf, text, whole, type Guarded } from './guards.ts';

/** How fast money is spent this month and how fast pots fill; amounts are whole minor units. */

const isSpendingPace = partOf<PaceItem['spending'][number]>()({
  currency: text,
  spent_minor: orNull(whole),
  usual_minor: orNull(whole),
  usual_month_minor: orNull(whole),
  usual_months: listOf(text),
});
const isPotPace = partOf<PaceItem['pots'][number]>()({
  id: text,
  currency: text,
  per_month_minor: whole,
  months: whole,
  goal_reached_in: text,
});
const isPace = partOf<PaceItem>()({
  month: text,
  spending: listOf(isSpendingPace),
  pots: listOf(isPotPace),
});

export type Pace = Guarded<typeof isPace>;
export type SpendingPace = Pace['spending'][number];

export function pace(call: Call, signal: AbortSignal): Promise<Pace> {
  return call('api/pace', { answer: isPace, signal });
}
