import type { Clock } from '../clock.ts';

/** How many calls were sent, altogether and lately. */
export interface CallCounts {
  readonly total: number;
  /** In the last hour and the last day, to ten minutes. */
  readonly lastHour: number;
  readonly lastDay: number;
}

const slot = 10 * 60_000;
const hour = 6;
const day = 24 * hour;

/** Counts calls in slots of ten minutes, of which a day is kept. */
export function createCallCounts(clock: Clock): { count(): void; read(): CallCounts } {
  const slots = new Map<number, number>();
  let total = 0;
  const now = () => Math.floor(clock.now() / slot);
  const lately = (reach: number) =>
    [...slots].reduce((sum, [at, calls]) => (at > now() - reach ? sum + calls : sum), 0);
  return {
    count() {
      total += 1;
      slots.set(now(), (slots.get(now()) ?? 0) + 1);
      for (const at of slots.keys()) if (at <= now() - day) slots.delete(at);
    },
    read: () => ({ total, lastHour: lately(hour), lastDay: lately(day) }),
  };
}
