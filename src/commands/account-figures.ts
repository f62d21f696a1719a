import type { Clock } from '../clock.ts';
import { mayHavePots } from '../domain/account.ts';
import { isReadSince } from '../domain/history.ts';
import type { Login } from '../domain/login.ts';
import { leftToday, type Rails } from '../domain/rails.ts';
import { dayStart, localDay } from '../domain/time.ts';
import type { Instant, Minor } from '../domain/values.ts';
import type { AccountFigures, AccountView, ShownView, View } from '../domain/view.ts';
import type { Store } from '../store/store.ts';
import type { OptionalEntities } from './optional-entities.ts';
import type { MoneyPause, RailsStore } from './rails-store.ts';
import { movedToday, type DayOptions } from './transfer/today.ts';

/** What the bridge itself works out of an account, beside what the bank says of it. */

export interface FigureTools extends DayOptions {
  readonly clock: Pick<Clock, 'now'>;
  readonly store: Pick<Store, 'ledger' | 'transfers'>;
  readonly rails: Pick<RailsStore, 'rails'>;
  readonly moneyPause: Pick<MoneyPause, 'isPaused'>;
  readonly registry: { all(): readonly Login[] };
  readonly optionalEntities: Pick<OptionalEntities, 'lowBalanceOf'>;
}

/** Returns what adds the figures to a view, as they are now: the same ones for MQTT, the API and the summary. */
export function createFigures(tools: FigureTools): (view: View) => ShownView {
  const { clock, store, rails, registry, timeZone } = tools;
  return (view) => {
    const firstDay = `${localDay(clock.now(), timeZone).slice(0, 7)}-01`;
    const month: Month = {
      since: dayStart(firstDay, timeZone),
      spent: store.ledger.spentSince(firstDay),
      logins: registry.all(),
    };
    const limits = rails.rails();
    const figuresOf = (account: AccountView): AccountFigures => ({
      spentThisMonth: spentIn(month, account),
      monthSince: month.since,
      leftToMoveToday: leftToMove(tools, account, limits),
      lowBalance: tools.optionalEntities.lowBalanceOf(account),
    });
    return { ...view, accounts: view.accounts.map((account) => ({ ...account, ...figuresOf(account) })) };
  };
}

interface Month {
  readonly since: Instant;
  readonly spent: ReturnType<Store['ledger']['spentSince']>;
  readonly logins: readonly Login[];
}

/** Spending less refunds, as the charts have it; null until all of the month was read. */
function spentIn({ since, spent, logins }: Month, { id, currency, loginIds }: AccountView): Minor | null {
  const seeing = logins.filter((login) => loginIds.includes(login.id));
  if (!seeing.some(({ history }) => isReadSince(history, id, since))) return null;
  return spent.find((sum) => sum.accountId === id && sum.currency === currency)?.amount ?? 0;
}

/** What the day's limits still allow; nothing while money moves are paused or only tried, null where there are no pots. */
function leftToMove(tools: FigureTools, account: AccountView, limits: Rails): Minor | null {
  const { id: accountId, currency } = account;
  if (!mayHavePots(account)) return null;
  if (tools.moneyPause.isPaused() || limits.dryRun) return 0;
  const query = { accountId, currency, isDayKnown: tools.moneyClock.agrees() };
  return leftToday(limits, { accountId, currency, movedToday: movedToday(tools, query) });
}
