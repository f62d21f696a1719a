/** An instant (ms since the epoch) in the bank's format: RFC 3339 UTC without trailing zeros of the fraction. */
export function wireTime(instant: number): string {
  return new Date(instant).toISOString().replace(/\.?0+Z$/, 'Z');
}

/** Reads an RFC 3339 timestamp; undefined if the text is none. */
export function readTime(text: string): number | undefined {
  // A plus sign that was not percent-encoded arrives as a space.
  const instant = Date.parse(text.replace(/ (\d\d:\d\d)$/, '+$1'));
  return Number.isNaN(instant) ? undefined : instant;
}

/** The latest 04:00 in London, in ms since the epoch, when the bank's day starts. */
export function bankDayStart(instant: number): number {
  const local = Temporal.Instant.fromEpochMilliseconds(instant).toZonedDateTimeISO('Europe/London');
  const four = local.toPlainDate().toZonedDateTime({ timeZone: 'Europe/London', plainTime: '04:00' });
  const start = four.epochMilliseconds <= instant ? four : four.subtract({ days: 1 });
  return start.epochMilliseconds;
}

export const minutes = 60_000;
export const hours = 3_600_000;
export const days = 86_400_000;
