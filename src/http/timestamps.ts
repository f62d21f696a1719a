import { dayStart } from '../domain/day.ts';
import { parseInstant, type Instant } from '../domain/values.ts';
import { BridgeError } from '../errors.ts';

/** The instant that a query's field names; a day stands for its first instant in the time zone. Throws `bad_request`. */
export function instantIn(field: string, text: string | undefined, timeZone: string): Instant | undefined {
  if (text === undefined) return undefined;
  const instant = text.includes('T') ? parseInstant(text) : dayStartOrNull(text, timeZone);
  if (instant !== null) return instant;
  const sentence = `${field} in the query is not a time; use a day such as 2026-03-01, or 2026-03-01T12:00:00Z.`;
  throw new BridgeError('bad_request', sentence);
}

function dayStartOrNull(day: string, timeZone: string): Instant | null {
  try {
    return dayStart(day, timeZone);
  } catch {
    return null;
  }
}
