import type { RailsContext } from '../../domain/rails.ts';
import { dayStart, localDay } from '../../domain/time.ts';
import { moneyMovedIn, type Transfer } from '../../domain/transfer.ts';
import type { Currency } from '../../domain/values.ts';
import type { Store } from '../../store/store.ts';
import type { MoneyClock } from './money-clock.ts';

export interface DayOptions {
  readonly store: Pick<Store, 'transfers'>;
  readonly moneyClock: MoneyClock;
  readonly timeZone: string;
}

export interface DayQuery {
  readonly currency: Currency;
  readonly accountId: string;
  /** False where neither the bank nor a clock that was right by it says which day it is. */
  readonly isDayKnown: boolean;
}

/** The amounts that count towards the caps of today, in minor units. */
export function movedToday(
  { store: { transfers }, moneyClock, timeZone }: DayOptions,
  { currency, accountId, isDayKnown }: DayQuery,
): RailsContext['movedToday'] {
  const since = isDayKnown ? beginOfDay(moneyClock, timeZone) : moneyClock.hasRunForADay() ? null : 0;
  if (since !== null)
    return {
      inAll: transfers.moved({ currency, since }),
      byAccount: transfers.moved({ currency, since, accountId }),
    };
  const ids = new Set([...moneyClock.sentWithinADay(), ...transfers.undecided().map(({ id }) => id)]);
  const counted = [...ids]
    .flatMap((id) => transfers.byId(id) ?? [])
    .filter((transfer) => transfer.currency === currency && moneyMovedIn[transfer.state] !== 'no');
  return {
    inAll: sumOf(counted),
    byAccount: sumOf(counted.filter((transfer) => transfer.accountId === accountId)),
  };
}

/** Around midnight our clock and the bank's may be in different days: what moved since the earlier one began counts. */
function beginOfDay(moneyClock: MoneyClock, timeZone: string): number {
  const { wall, bank } = moneyClock.moment();
  return dayStart(localDay(Math.min(wall, bank ?? wall), timeZone), timeZone);
}

function sumOf(transfers: readonly Transfer[]): number {
  return transfers.reduce((sum, { amount }) => sum + amount, 0);
}
