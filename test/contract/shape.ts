/** What JSON knows. */
export type JsonType = 'null' | 'boolean' | 'number' | 'string' | 'array' | 'object' | 'absent';

/**
 * Where the bank is documented or recorded to write more than one type under a key. `absent` means that the
 * key may be missing. A key not listed here must be there, with the recorded type.
 */
const alternatives: Readonly<Record<string, readonly JsonType[]>> = {
  merchant: ['null', 'string', 'object'],
  categories: ['null', 'object', 'absent'],
  attachments: ['null', 'array'],
  labels: ['null', 'array'],
  international: ['null', 'object'],
  atm_fees_detailed: ['null', 'object'],
  round_up_multiplier: ['null', 'number'],
  // Gone from the bank's documentation since 2020; only older recordings still carry it, always as 0.
  account_balance: ['number', 'absent'],
  goal_amount: ['number', 'absent'],
  decline_reason: ['string', 'absent'],
};

/** Keys whose objects are free maps: not the keys count, only the type of every value. */
const freeMaps: Readonly<Record<string, JsonType>> = {
  metadata: 'string',
  counterparty: 'string',
  categories: 'number',
  fees: 'number',
};

function typeOf(value: unknown): JsonType {
  if (value === undefined) return 'absent';
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  return typeof value as JsonType;
}

const lastKey = (path: string) => /([^.[\]]*)(\[\])?$/.exec(path)?.[1] ?? '';

function compareMaps(path: string, ours: object, wanted: JsonType): readonly string[] {
  return Object.entries(ours).flatMap(([key, value]) =>
    typeOf(value) === wanted ? [] : [`${path}.${key}: ${typeOf(value)} instead of ${wanted}`],
  );
}

/** Each recorded row is held against the row of ours that comes nearest. */
function compareRows(
  path: string,
  recorded: readonly unknown[],
  ours: readonly unknown[],
): readonly string[] {
  return recorded.flatMap((row) => {
    const found = ours.map((own) => shapeDifferences(row, own, `${path}[]`));
    return (
      found.toSorted((one, other) => one.length - other.length)[0] ?? [`${path}: no row to compare with`]
    );
  });
}

/**
 * How the shape of `ours` departs from what was recorded: one line per missing key or wrong JSON type, empty
 * where it does not. Keys only we have are no departure: the recordings are older than the bank.
 */
export function shapeDifferences(recorded: unknown, ours: unknown, path = '$'): readonly string[] {
  const [wanted, found] = [typeOf(recorded), typeOf(ours)];
  const allowed = alternatives[lastKey(path)] ?? [wanted];
  if (!allowed.includes(found) && found !== wanted) return [`${path}: ${found} instead of ${wanted}`];
  if (wanted !== found) return [];
  if (Array.isArray(recorded) && Array.isArray(ours)) return compareRows(path, recorded, ours);
  if (typeof recorded !== 'object' || typeof ours !== 'object' || !recorded || !ours) return [];
  const mapped = freeMaps[lastKey(path)];
  if (mapped) return compareMaps(path, ours, mapped);
  const own = new Map<string, unknown>(Object.entries(ours));
  return Object.entries(recorded).flatMap(([key, value]) =>
    shapeDifferences(value, own.get(key), `${path}.${key}`),
  );
}
