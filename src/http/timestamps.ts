import { dayStart } from '../domain/time.ts';
import { parseInstant, type Instant } from '../domain/values.ts';
import { badRequest } from '../refusals/refuse.ts';

/** The instant that a query's field names; a day stands for its first instant in the time zone. Throws `bad_request`. */
export function instantIn(field: string, text: string | undefined, timeZone: string): Instant | undefined {
  if (text === undefined) return undefined;
  const instant = text.includes('T') ? parseInstant(text) : dayStartOrNull(text, timeZone);
  if (instant !== null) return instant;
  const rule = 'must be a time: a day such as 2026-03-01, or 2026-03-01T12:00:00Z';
  throw badRequest([{ field: `${field} in the query`, rule }]);
}

function dayStartOrNull(day: string, timeZone: string): Instant | null {
  try {
    return dayStart(day, timeZone);
  } catch {
    return null;
  }
}
