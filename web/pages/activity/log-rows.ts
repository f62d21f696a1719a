import type { Page } from '../../api/client.ts';

/** A row of a log: positions only grow, and rows never change. */
export interface Placed {
  readonly seq: number;
}

/** Consecutive rows, newest first, and where the older ones begin. */
export type LogRows<Row extends Placed> = Page<Row>;

/** The rows with older ones below. */
export function continued<Row extends Placed>(upper: LogRows<Row>, lower: LogRows<Row>): LogRows<Row> {
  return { items: [...upper.items, ...lower.items], next: lower.next };
}

/** Whether no row can be missing between the newest rows and those held. */
export function touches<Row extends Placed>(held: LogRows<Row>, newest: LogRows<Row>): boolean {
  const oldest = newest.items.at(-1);
  const top = held.items[0];
  return newest.next === null || oldest === undefined || (top !== undefined && top.seq >= oldest.seq);
}

/** The held rows with the newest on top; only the newest if rows may be missing between them. */
export function withNewest<Row extends Placed>(held: LogRows<Row>, newest: LogRows<Row>): LogRows<Row> {
  if (!touches(held, newest)) return newest;
  const bySeq = new Map([...held.items, ...newest.items].map((row) => [row.seq, row]));
  const items = [...bySeq.values()].toSorted((one, other) => other.seq - one.seq);
  return { items, next: newest.next === null ? null : held.next };
}
