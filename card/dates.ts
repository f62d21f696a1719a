import type { Hass } from './hass.ts';

/** The zone in which the person wants to read times; undefined is the browser's. */
export function timeZoneOf({ locale, config }: Pick<Hass, 'locale' | 'config'>): string | undefined {
  return locale.time_zone === 'server' ? config.time_zone : undefined;
}

/** The calendar day of an instant (RFC 3339), in words, such as 3 March 2027. */
export function dayText(hass: Pick<Hass, 'locale' | 'config'>, instant: string): string {
  const format = new Intl.DateTimeFormat(hass.locale.language, {
    dateStyle: 'long',
    timeZone: timeZoneOf(hass),
  });
  return format.format(new Date(instant));
}

/**
 * An instant (RFC 3339) as day and time of day, such as 3 Mar 2027, 14:05. It is isolated, because from right to left the figures
 * beside it would mix with its own.
 */
export function momentText(hass: Pick<Hass, 'locale' | 'config'>, instant: string): string {
  const { language, time_format: hours } = hass.locale;
  const timeZone = timeZoneOf(hass);
  const key = [language, hours, timeZone].join();
  const format =
    formats.get(key) ??
    new Intl.DateTimeFormat(language, {
      dateStyle: 'medium',
      timeStyle: 'short',
      timeZone,
      // Any other choice leaves it to the language.
      hour12: { 12: true, 24: false }[hours],
    });
  formats.set(key, format);
  return `\u2068${format.format(new Date(instant))}\u2069`;
}

/** A format is slow to make, and a list needs a thousand. */
const formats = new Map<string, Intl.DateTimeFormat>();
