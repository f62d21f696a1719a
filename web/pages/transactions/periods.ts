import { filtersIn, type Filters } from '../../api/ledger.ts';

/** Days of the calendar, such as 2026-11-25. */
export interface Period {
  readonly since: string;
  /** The day after the last one; an empty text where it does not end. */
  readonly before: string;
}

/** The periods to choose from, in this order. */
export const periodNames = ['today', 'week', 'days', 'month', 'before', 'year', 'lastYear'] as const;
export type PeriodName = (typeof periodNames)[number];

/** The periods as they are on a day. Those that reach until today do not end: what is dated ahead belongs to them. */
export function periodsOn(today: string): Readonly<Record<PeriodName, Period>> {
  const [year = 0, month = 0, day = 0] = today.split('-').map(Number);
  const on = (years: number, months: number, days: number) =>
    new Date(Date.UTC(years, months - 1, days)).toISOString().slice(0, 10);
  const from = (since: string, before = '') => ({ since, before });
  return {
    today: from(today),
    week: from(on(year, month, day - 6)),
    days: from(on(year, month, day - 29)),
    month: from(on(year, month, 1)),
    before: from(on(year, month - 1, 1), on(year, month, 1)),
    year: from(on(year, 1, 1)),
    lastYear: from(on(year - 1, 1, 1), on(year, 1, 1)),
  };
}

/** The period that an address names: its days move on with the calendar. */
export function periodIn(query: URLSearchParams): PeriodName | null {
  const named = query.get('period');
  return periodNames.find((name) => name === named) ?? null;
}

/** The filters that an address stands for on a day: a period is asked for by its days. */
export function filtersOn(today: string, query: URLSearchParams): Filters {
  const period = periodIn(query);
  if (period === null) return filtersIn(query);
  return filtersIn(new URLSearchParams({ ...Object.fromEntries(query), ...periodsOn(today)[period] }));
}
