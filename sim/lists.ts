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

type Shapeless = Switches['shapelessPot'] | Switches['shapelessAccount'];
type Row = Readonly<Record<string, unknown>>;

function without(field: string): (row: Row) => Row {
  return (row) => Object.fromEntries(Object.entries(row).filter(([key]) => key !== field));
}

/** Every field but the id with another type: numbers become text, everything else becomes a number. */
export function withWrongTypes(row: Row): Row {
  const turned = (value: unknown) => (typeof value === 'number' ? String(value) : 42);
  return Object.fromEntries(
    Object.entries(row).map(([key, value]) => [key, key === 'id' ? value : turned(value)]),
  );
}

const shapes: Readonly<Record<Shapeless, (row: Row) => unknown>> = {
  as_recorded: (row) => row,
  no_balance: without('balance'),
  no_type: without('type'),
  bare: ({ id }) => ({ id }),
  texts: withWrongTypes,
  unnamed: without('id'),
};

const shapedBy: Readonly<Record<string, 'shapelessPot' | 'shapelessAccount'>> = {
  pots: 'shapelessPot',
  accounts: 'shapelessAccount',
};

/** The first lists of a kind and caller are as recorded: of what nobody could ever read there is no promise. */
const recordedLists = 1;

/** The row in the middle of a list has the shape of its switch, and a list without rows is written as its switch says. */
function asWritten({ switches, listsAnswered }: Model, list: string, body: unknown): unknown {
  if (typeof body !== 'object' || body === null) return body;
  return Object.fromEntries(
    Object.entries(body).flatMap(([key, rows]: [string, unknown]) => {
      if (!Array.isArray(rows)) return [[key, rows]];
      if (rows.length === 0 && switches.emptyList === 'left_out') return [];
      if (rows.length === 0 && switches.emptyList === 'null') return [[key, null]];
      const count = (listsAnswered.get(`shape ${list}`) ?? 0) + 1;
      if (key in shapedBy) listsAnswered.set(`shape ${list}`, count);
      if (count <= recordedLists) return [[key, rows]];
      const shape = shapes[switches[shapedBy[key] ?? 'shapelessPot']];
      const odd = key in shapedBy ? Math.floor(rows.length / 2) : -1;
      return [[key, rows.map((row: Row, index) => (index === odd ? shape(row) : row))]];
    }),
  );
}

/** The answer to a list as the switches have it; `list` tells lists of one kind and caller from others. */
export function asListed(model: Model, list: string, body: unknown): unknown {
  return asWritten(model, list, withGaps(model, list, body));
}

function withGaps(model: Model, list: string, body: unknown): unknown {
  const habit = habits[model.switches.lists];
  if (habit === null) return body;
  const count = (model.listsAnswered.get(list) ?? 0) + 1;
  model.listsAnswered.set(list, count);
  return count % habit.every === 0 ? withGap(body, habit.gap) : body;
}
