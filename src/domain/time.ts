import { parseInstant, type Instant } from './values.ts';

/** The local time at which Monzo resets `spend_today`. */
const spendingDayStarts = Temporal.PlainTime.from('04:00');

/** The calendar day of an instant in the time zone, as `YYYY-MM-DD`. */
export function localDay(at: Instant, timeZone: string): string {
  return zoned(at, timeZone).toPlainDate().toString();
}

/** In every time zone, days begin at a quarter of an hour. */
const quarter = 15 * 60_000;
const mostQuarters = 50_000;

/** `localDay` for many instants of one time zone: computes the day of each quarter of an hour once. */
export function createDayFinder(timeZone: string): (at: Instant) => string {
  const days = new Map<number, string>();
  return (at) => {
    const slot = Math.floor(at / quarter);
    const known = days.get(slot);
    if (known !== undefined) return known;
    if (days.size >= mostQuarters) days.clear();
    const day = localDay(at, timeZone);
    days.set(slot, day);
    return day;
  };
}

/** The calendar day after a day (`YYYY-MM-DD`). */
export function dayAfter(day: string): string {
  return Temporal.PlainDate.from(day).add({ days: 1 }).toString();
}

/** The calendar month (`YYYY-MM`) so many months after another, or before it. */
export function monthAfter(month: string, months: number): string {
  return Temporal.PlainYearMonth.from(month).add({ months }).toString();
}

export function firstDayOf(month: string): string {
  return `${month}-01`;
}

/** Every day from `first` to the day before `end`, in order. */
export function daysBetween(first: string, end: string): readonly string[] {
  const days: string[] = [];
  // Calendar days have no time zone, so counting them in UTC is exact, and a hundred times faster.
  for (let at = Date.parse(first); at < Date.parse(end); at += 86_400_000)
    days.push(new Date(at).toISOString().slice(0, 10));
  return days;
}

/** The first instant of a day (`YYYY-MM-DD`) in the time zone; later than midnight if the clocks skip it. */
export function dayStart(day: string, timeZone: string): Instant {
  return Temporal.PlainDate.from(day).toZonedDateTime(timeZone).epochMilliseconds;
}

/** The instant that a text names: a time, or a day's first instant in the time zone. Null for any other text. */
export function momentIn(text: string, timeZone: string): Instant | null {
  if (text.includes('T')) return parseInstant(text);
  try {
    return dayStart(text, timeZone);
  } catch {
    return null;
  }
}

// Written here and not by `Intl`, whose first formatter takes 8 MB.
const months = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
] as const;

/** Such as “3 September 2026”. */
export function dateText(at: Instant, timeZone: string): string {
  const { day, month, year } = zoned(at, timeZone);
  return `${day} ${months[month - 1]} ${year}`;
}

/** Such as “3 September 2026 at 09:05”. */
export function dateTimeText(at: Instant, timeZone: string): string {
  const time = zoned(at, timeZone).toPlainTime().toString({ smallestUnit: 'minute' });
  return `${dateText(at, timeZone)} at ${time}`;
}

/** Such as “2026-09-03 09:05:00”: in order as text, and read by other programs. */
export function localTimeText(at: Instant, timeZone: string): string {
  return zoned(at, timeZone).toPlainDateTime().toString({ smallestUnit: 'second' }).replace('T', ' ');
}

/** Such as “3 Sept 2026”. */
export function shortDateText(at: Instant, timeZone: string): string {
  return dateText(at, timeZone).replace(/[A-Z]\w+/, (month) => month.slice(0, month === 'September' ? 4 : 3));
}

/** Monzo's own, wherever the household lives. */
export const bankZone = 'Europe/London';

/** The latest 04:00 of the bank at or before `at`, when Monzo's spending day starts. */
export function spendDayStart(at: Instant): Instant {
  const today = zoned(at, bankZone).toPlainDate();
  const start = spendingDayOn(today);
  return start <= at ? start : spendingDayOn(today.subtract({ days: 1 }));
}

function spendingDayOn(day: Temporal.PlainDate): Instant {
  return day.toZonedDateTime({ timeZone: bankZone, plainTime: spendingDayStarts }).epochMilliseconds;
}

function zoned(at: Instant, timeZone: string): Temporal.ZonedDateTime {
  return Temporal.Instant.fromEpochMilliseconds(Math.floor(at)).toZonedDateTimeISO(timeZone);
}

const second = 1_000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;

/** A duration in milliseconds as text, in the largest unit of which it has at least two: “90 minutes”. */
export function spanText(span: number): string {
  const units = [
    [day, 'day'],
    [hour, 'hour'],
    [minute, 'minute'],
    [second, 'second'],
  ] as const;
  const [size, unit] = units.find(([one]) => span >= 2 * one) ?? ([second, 'second'] as const);
  const count = Math.round(span / size);
  return `${count} ${unit}${count === 1 ? '' : 's'}`;
}
