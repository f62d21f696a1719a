import { dateIn } from '../../format.ts';
import type { Page } from '../../page.ts';
import { route as routeTo, type Route } from '../../route.ts';
import { monthsUpTo } from './months.ts';

/** What the charts show; it is in the address. */
export interface ChartsView {
  /** Null for all of them. */
  readonly account: string | null;
  readonly currency: string;
  /** All currencies there are, the one of most accounts first. */
  readonly currencies: readonly string[];
  /** Today in the household's time zone. */
  readonly today: string;
  /** The last months up to the current one, oldest first. */
  readonly months: readonly string[];
  /** The selected month. */
  readonly month: string;
  readonly change: Page['change'];
}

const shownMonths = 13;

export function viewOf({ route, knowledge, timeZone, change }: Page, now: Date): ChartsView {
  const { query } = route;
  const today = dateIn(now.toISOString(), timeZone);
  const months = monthsUpTo(today.slice(0, 7), shownMonths);
  const account = knowledge.accounts.find(({ id }) => id === query.get('account')) ?? null;
  const currencies = [...Map.groupBy(knowledge.accounts, ({ currency }) => currency)]
    .toSorted(([, some], [, others]) => others.length - some.length)
    .map(([currency]) => currency);
  const asked = query.get('currency') ?? '';
  const currency = account?.currency ?? (currencies.includes(asked) ? asked : (currencies[0] ?? 'GBP'));
  const month = query.get('month') ?? '';
  return {
    account: account?.id ?? null,
    currency,
    currencies,
    today,
    months,
    month: /^\d{4}-\d{2}$/.test(month) ? month : today.slice(0, 7),
    change,
  };
}

/** The report of a month. */
export function reportOf({ account }: Pick<ChartsView, 'account'>, month: string): Route {
  return routeTo('report', { month, ...(account !== null && { account }) });
}
