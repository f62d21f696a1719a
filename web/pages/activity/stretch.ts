import type { Page } from '../../api/client.ts';

/** A row of a log: its place only ever grows, and what it says never changes. */
export interface Placed {
  readonly seq: number;
}

/** Rows that follow each other without a gap, the newest first, and where the older ones begin. */
export type Stretch<Row extends Placed> = Page<Row>;

/** The stretch with the rows below it. */
export function continued<Row extends Placed>(upper: Stretch<Row>, lower: Stretch<Row>): Stretch<Row> {
  return { items: [...upper.items, ...lower.items], next: lower.next };
}

/** Whether nothing can lie between the newest rows and those that are held. */
export function touches<Row extends Placed>(held: Stretch<Row>, newest: Stretch<Row>): boolean {
  const oldest = newest.items.at(-1);
  const top = held.items[0];
  return newest.next === null || oldest === undefined || (top !== undefined && top.seq >= oldest.seq);
}

/** What is held with the newest rows on top; where something may be missing between them, the newest alone. */
export function withNewest<Row extends Placed>(held: Stretch<Row>, newest: Stretch<Row>): Stretch<Row> {
  if (!touches(held, newest)) return newest;
  const bySeq = new Map([...held.items, ...newest.items].map((row) => [row.seq, row]));
  const items = [...bySeq.values()].toSorted((one, other) => other.seq - one.seq);
  return { items, next: newest.next === null ? null : held.next };
}
