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

/** Which of the periods is chosen: null for any time, and `own` for days that a person has set. */
export function chosenPeriod(query: URLSearchParams, today: string): PeriodName | 'own' | null {
  const [since, before] = [query.get('since') ?? '', query.get('before') ?? ''];
  if (since === '' && before === '') return null;
  const periods = periodsOn(today);
  const found = periodNames.find((name) => periods[name].since === since && periods[name].before === before);
  return found ?? 'own';
}
