import { timeZoneOf } from '../dates.ts';
import type { Hass } from '../hass.ts';

/** Days and times as the person's profile in Home Assistant has them. Formats are slow to make: once for each profile. */
export function rowDates(hass: Pick<Hass, 'locale' | 'config'>) {
  const { language, time_format: clock } = hass.locale;
  const timeZone = timeZoneOf(hass);
  const hourCycle = clock === '24' ? 'h23' : clock === '12' ? 'h12' : undefined;
  const time = new Intl.DateTimeFormat(clock === 'system' ? undefined : language, {
    hour: 'numeric',
    minute: '2-digit',
    hourCycle,
    timeZone,
  });
  const day = new Intl.DateTimeFormat(language, { dateStyle: 'full', timeZone });
  const relative = new Intl.RelativeTimeFormat(language, { numeric: 'auto' });
  return {
    timeOf: (instant: string) => time.format(new Date(instant)),
    /** Such as “today”, “yesterday” and “Friday, 27 November 2026”. */
    dayOf: (instant: string, now: number) => {
      const text = day.format(new Date(instant));
      const back = [0, 1].find((days) => text === day.format(now - days * 86_400_000));
      return back === undefined ? text : relative.format(-back, 'day');
    },
  };
}
