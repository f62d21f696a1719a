import type { Clock, Monotonic } from '../clock.ts';
import type { DeliveryRecords, ParkedEvent, SettledEvent } from '../domain/delivery.ts';
import type { Instant } from '../domain/values.ts';
import type { Database } from './database.ts';
import { lastPlace, readEvent } from './event-log.ts';
import { integer, text } from './rows.ts';

/** Events that a sink has not confirmed, and when each sink was last in use: an unused one holds nothing back. */
export const deliveriesSchema = `
CREATE TABLE delivery (
  sink TEXT NOT NULL REFERENCES sink (name) ON DELETE CASCADE,
  seq INTEGER NOT NULL REFERENCES event (seq),
  state TEXT NOT NULL CHECK (state IN ('unproven', 'due', 'parked')),
  at INTEGER NOT NULL,
  why TEXT,
  PRIMARY KEY (sink, seq)
) STRICT, WITHOUT ROWID;
CREATE INDEX delivery_by_state ON delivery (sink, state, seq);
CREATE INDEX delivery_by_event ON delivery (seq);

ALTER TABLE sink ADD COLUMN seen INTEGER NOT NULL DEFAULT 0;
UPDATE sink SET seen = max(created, (SELECT coalesce(max(at), 0) FROM event));
`;

/** Counts what a sink that is far behind has still to receive. */
export const toldEventsSchema = `
CREATE INDEX event_told ON event (seq) WHERE detail IS NOT NULL;
`;

/** What each sink has received, and which events are unconfirmed. */
export interface Deliveries extends DeliveryRecords {
  /** Counts unconfirmed events that were sent then as delivered, except those that certainly nobody received. */
  trust(sink: string, sent: LongSent): void;
  /** Marks all unconfirmed events to be sent again. Returns how many there are. */
  sendAgain(sink: string): number;
  /**
   * Marks events that nobody received to be sent again: those that went where the events at these places were heard, or
   * without places the oldest of each account, as a trial. Returns how many there are.
   */
  sendUnheardAgain(sink: string, heard: readonly number[] | null): number;
}

/** Events that were sent at least so many milliseconds ago. */
export interface LongSent {
  readonly ago: number;
  /** Only those that this process sent at this moment or later. */
  readonly since?: Monotonic;
  /** Whether our clock is right, so that instants on the disk, of an earlier process, can be compared with it. */
  readonly isTimeKnown: boolean;
}

export function createDeliveries(database: Database, clock: Clock): Deliveries {
  const queue = createQueue(database, clock);
  /** When this process sent what, by sink: no clock that is set tells how long ago that was. */
  const sent = new Map<string, Map<number, Monotonic>>();
  /** The sinks for which nothing is unconfirmed any more that an earlier process sent. */
  const withoutEarlier = new Set<string>();
  const sentTo = (sink: string) => sent.getOrInsertComputed(sink, () => new Map<number, Monotonic>());
  return {
    ...queue,
    parked: (sink, limit) => readParked(database, sink, limit),
    settle: (sink, settled) => {
      queue.settle(sink, settled);
      for (const { seq, outcome } of settled)
        if (outcome === 'unproven') sentTo(sink).set(seq, clock.monotonic());
        else sentTo(sink).delete(seq);
    },
    trust: (sink, { ago, since = Number.NEGATIVE_INFINITY, isTimeKnown }) => {
      const own = sentTo(sink);
      const trusted = "FROM delivery WHERE sink = ? AND state = 'unproven' AND why IS NULL";
      const isOfAll = since === Number.NEGATIVE_INFINITY && isTimeKnown;
      if (isOfAll && !withoutEarlier.has(sink)) {
        const earlier = `${trusted} AND seq NOT IN (SELECT value FROM json_each(?))`;
        const sentHere = JSON.stringify([...own.keys()]);
        database.run(`DELETE ${earlier} AND at < ?`, [sink, sentHere, clock.now() - ago]);
        const left = database.get(`SELECT 1 ${earlier} LIMIT 1`, [sink, sentHere], () => true);
        if (left === undefined) withoutEarlier.add(sink);
      }
      const before = clock.monotonic() - ago;
      for (const [seq, at] of own)
        if (at >= since && at < before) {
          database.run(`DELETE ${trusted} AND seq = ?`, [sink, seq]);
          own.delete(seq);
        }
    },
    prune: (before, atMost) => database.atomically(() => prune(database, before, atMost)),
  };
}

type Queue = Pick<
  Deliveries,
  'attend' | 'knows' | 'next' | 'settle' | 'position' | 'sendAgain' | 'sendUnheardAgain' | 'retry'
>;

function createQueue(database: Database, clock: Clock): Queue {
  /** The sinks for which nothing was due when it was last looked for, and nothing has become so since. */
  const withoutDue = new Set<string>();
  const cursor = (sink: string) =>
    database.get('SELECT cursor FROM sink WHERE name = ?', [sink], (row) => integer(row, 'cursor')) ?? 0;
  return {
    knows: (sink) => database.get('SELECT 1 FROM sink WHERE name = ?', [sink], () => true) === true,
    attend: (sink) => {
      const now = clock.now();
      const sql = `INSERT INTO sink (name, cursor, created, seen) VALUES (?, ?, ?, ?)
        ON CONFLICT DO UPDATE SET seen = excluded.seen`;
      database.run(sql, [sink, lastPlace(database), now, now]);
    },
    next: (sink, limit, underway = []) => {
      const due = `SELECT event.* FROM delivery JOIN event USING (seq) WHERE sink = ? AND state = 'due' AND data IS NOT NULL
        AND delivery.seq NOT IN (SELECT value FROM json_each(?)) ORDER BY delivery.seq LIMIT ?`;
      const isDue = !withoutDue.has(sink);
      const again = isDue ? database.all(due, [sink, JSON.stringify(underway), limit], readEvent) : [];
      if (again.length > 0) return again;
      if (underway.length === 0) withoutDue.add(sink);
      const fresh = 'SELECT * FROM event WHERE seq > ? AND data IS NOT NULL ORDER BY seq LIMIT ?';
      return database.all(fresh, [Math.max(cursor(sink), ...underway), limit], readEvent);
    },
    settle: (sink, settled) =>
      database.atomically(() => {
        for (const one of settled) note(database, { ...one, sink, at: clock.now() });
        const furthest = Math.max(0, ...settled.map(({ seq }) => seq));
        database.run('UPDATE sink SET cursor = ? WHERE name = ? AND cursor < ?', [furthest, sink, furthest]);
      }),
    sendAgain: (sink) => {
      withoutDue.clear();
      return database.run("UPDATE delivery SET state = 'due' WHERE sink = ? AND state = 'unproven'", [sink]);
    },
    sendUnheardAgain: (sink, heard) => {
      const [chosen, places] =
        heard === null ? [oldestUnheard, []] : [unheardBeside, [JSON.stringify(heard)]];
      const sql = `UPDATE delivery SET state = 'due' WHERE sink = ? AND seq IN (${chosen})`;
      const marked = database.run(sql, [sink, sink, ...places]);
      if (marked > 0) withoutDue.clear();
      return marked;
    },
    retry: ({ sink = null, eventId = null }) => {
      withoutDue.clear();
      const sql = `UPDATE delivery SET state = 'due', why = NULL WHERE state = 'parked' AND sink = coalesce(?, sink)
        AND (? IS NULL OR seq = (SELECT seq FROM event WHERE id = ?))`;
      return database.run(sql, [sink, eventId, eventId]);
    },
    position: (sink) => {
      const found = database.get(positionOf, [sink, sink], (row) => ({
        cursor: integer(row, 'cursor'),
        undelivered: integer(row, 'undelivered'),
        unproven: integer(row, 'unproven'),
        parkedCount: integer(row, 'parked'),
      }));
      return found ?? { cursor: 0, undelivered: 0, unproven: 0, parkedCount: 0 };
    },
  };
}

/** The events of one account go to the same topics, except the outcomes of transfers. */
const addressee = "account_id, kind = 'transfer'";
const unheard = `FROM delivery CROSS JOIN event USING (seq) WHERE sink = ? AND state = 'unproven' AND why = 'unheard'`;
const oldestUnheard = `SELECT min(seq) ${unheard} GROUP BY ${addressee}`;
const unheardBeside = `SELECT seq ${unheard} AND (${addressee}) IN (
  SELECT ${addressee} FROM event WHERE seq IN (SELECT value FROM json_each(?)))`;

/** Always one row, also of a sink that is not known. */
const positionOf = `
WITH place AS (SELECT coalesce(max(cursor), 0) AS cursor FROM sink WHERE name = ?)
SELECT cursor,
  count(*) FILTER (WHERE state = 'due') + (
    SELECT count(*) FROM event INDEXED BY event_told WHERE seq > cursor AND detail IS NOT NULL
  ) AS undelivered,
  count(*) FILTER (WHERE state = 'unproven') AS unproven,
  count(*) FILTER (WHERE state = 'parked') AS parked
FROM place LEFT JOIN delivery ON sink = ?`;

/** The events that a sink refused. */
function readParked(database: Database, sink: string, limit: number): readonly ParkedEvent[] {
  const sql = `SELECT seq, event.id, delivery.at, why FROM delivery JOIN event USING (seq)
    WHERE sink = ? AND state = 'parked' ORDER BY seq LIMIT ?`;
  return database.all(sql, [sink, limit], (row) => ({
    seq: integer(row, 'seq'),
    eventId: text(row, 'id'),
    at: integer(row, 'at'),
    why: text(row, 'why'),
  }));
}

function note(
  database: Database,
  { sink, seq, outcome, at }: SettledEvent & { sink: string; at: Instant },
): void {
  if (outcome === 'delivered') {
    database.run('DELETE FROM delivery WHERE sink = ? AND seq = ?', [sink, seq]);
    return;
  }
  const [state, why] =
    typeof outcome === 'object'
      ? ['parked', outcome.refused]
      : ['unproven', outcome === 'unheard' ? outcome : null];
  const sql = `INSERT INTO delivery (sink, seq, state, at, why) VALUES (?, ?, ?, ?, ?)
    ON CONFLICT DO UPDATE SET state = excluded.state, at = excluded.at, why = excluded.why`;
  database.run(sql, [sink, seq, state, at, why]);
}

function prune(database: Database, before: Instant, atMost: number): number {
  database.run('DELETE FROM sink WHERE seen < ?', [before]);
  database.run("DELETE FROM delivery WHERE state = 'unproven' AND at < ?", [before]);
  const sql = `UPDATE event SET detail = NULL, data = NULL WHERE seq IN (
      SELECT seq FROM event WHERE at < ? AND data IS NOT NULL
        AND seq <= coalesce((SELECT min(cursor) FROM sink), seq)
        AND seq NOT IN (SELECT seq FROM delivery) LIMIT ?)`;
  return database.run(sql, [before, atMost]);
}
