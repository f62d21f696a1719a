import type { Instant } from '../domain/values.ts';
import { durations } from '../limits.ts';
import { createSettings, type Settings } from './bridge-records.ts';
import type { Database } from './database.ts';
import { integerOrNull } from './rows.ts';

/**
 * When a database was last in use: a copy that was made by hand and is put back says nothing else of itself, and may come from
 * any time (ADR 0020).
 */

const usedKey = 'used';

/** When a bridge last ran with a database, as far as is known by what is in it; null for a new one. */
export function lastUseIn(database: Database): Instant | null {
  const sql = 'SELECT max(at) AS at FROM (SELECT at FROM reading UNION ALL SELECT last_success FROM login)';
  const known = database.get(sql, [], (row) => integerOrNull(row, 'at')) ?? null;
  const used = createSettings(database).get(usedKey);
  const times = [known, used].filter((time) => typeof time === 'number');
  return times.length === 0 ? null : Math.max(...times);
}

/** Notes that a bridge runs with the database. */
export function noteUse(settings: Pick<Settings, 'set'>, now: Instant): void {
  settings.set(usedKey, now);
}

/** So many places are left free behind the newest event of an old copy: clients that have read further miss none that comes. */
const placesLeft = 1_000_000;

export function leavePlaces(database: Database): void {
  const moved = database.run("UPDATE sqlite_sequence SET seq = seq + ? WHERE name = 'event'", [placesLeft]);
  if (moved === 0) database.run("INSERT INTO sqlite_sequence (name, seq) VALUES ('event', ?)", [placesLeft]);
}

/** In milliseconds. What runs is noted more often, as long as the bank answers. */
const leastGap = durations.hour;

/** Leaves places where the database was not in use for a while: it may be a copy, which another one has run ahead of. */
export function leavePlacesAfterGap(database: Database, now: Instant): void {
  const last = lastUseIn(database);
  if (last !== null && now - last >= leastGap) leavePlaces(database);
}
