import type { Model } from './model.ts';
import type { Switches } from './switches.ts';

/** What may be wrong with a list although the bank answers 200: a service behind it is slow, or a replica is behind. */
export type Gap = 'all' | 'half' | 'one' | 'null';

const gaps: Readonly<Record<Gap, (rows: readonly unknown[]) => readonly unknown[] | null>> = {
  all: () => [],
  half: (rows) => rows.slice(Math.ceil(rows.length / 2)),
  one: (rows) => rows.toSpliced(Math.floor(rows.length / 2), 1),
  null: () => null,
};

const listed = new Set(['accounts', 'pots', 'webhooks']);

/** An answer in which the lists of accounts, pots and webhooks have a gap. */
export function withGap(body: unknown, gap: Gap): unknown {
  if (typeof body !== 'object' || body === null) return body;
  return Object.fromEntries(
    Object.entries(body).map(([key, value]) => [
      key,
      listed.has(key) && Array.isArray(value) ? gaps[gap](value) : value,
    ]),
  );
}

interface Habit {
  readonly gap: Gap;
  /** Every so many-th list of one kind has it; the first one never does. */
  readonly every: number;
}

const habits: Readonly<Record<Switches['lists'], Habit | null>> = {
  whole: null,
  now_and_then_empty: { gap: 'all', every: 3 },
  now_and_then_null: { gap: 'null', every: 3 },
  now_and_then_half: { gap: 'half', every: 3 },
  now_and_then_less_one: { gap: 'one', every: 3 },
  every_other_empty: { gap: 'all', every: 2 },
};

/** The answer to a list as the switch has it; `list` tells lists of one kind and caller from others. */
export function asListed(model: Model, list: string, body: unknown): unknown {
  const habit = habits[model.switches.lists];
  if (habit === null) return body;
  const count = (model.listsAnswered.get(list) ?? 0) + 1;
  model.listsAnswered.set(list, count);
  return count % habit.every === 0 ? withGap(body, habit.gap) : body;
}
