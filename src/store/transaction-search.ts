import { tagsOf } from '../domain/tags.ts';
import { amountsMeant, writtenAmount, type WrittenAmount } from '../domain/written-amount.ts';
import { compareText } from '../domain/values.ts';
import type { Database, Value } from './database.ts';
import { integer, text } from './rows.ts';

/**
 * Amounts and tags are searched for by index: the amounts of other currencies, and of what has none of its own, only where
 * they are others; notes only where they may have a tag. What a shop took is added up by month from its index alone.
 */
export const searchSchema = `
CREATE INDEX transaction_by_amount ON bank_transaction (amount, currency);
CREATE INDEX transaction_by_local_amount ON bank_transaction (local_amount, local_currency)
  WHERE local_amount <> amount OR local_currency <> currency;
CREATE INDEX transaction_tagged ON bank_transaction (created, id, notes) WHERE instr(notes, '#') > 0;
DROP INDEX transaction_by_merchant;
CREATE INDEX transaction_by_merchant ON bank_transaction (spent_at, currency, flow, created, account_id, amount, day)
  WHERE flow IN ('spending', 'refund', 'income');
`;

const textColumns = ['merchant_name', 'counterparty', 'description', 'notes'];

/** Whether a text has other characters than those of ASCII. */
const isBeyondAscii = `(${textColumns.map((column) => `octet_length(${column}) > length(${column})`).join(' OR ')})`;

/** The text index knows no symbols, and takes what is written without spaces for one word. Few rows have either. */
export const beyondAsciiSchema = `
CREATE INDEX transaction_beyond_ascii ON bank_transaction (created, id) WHERE ${isBeyondAscii};
`;

/** A condition on rows of `bank_transaction`. */
export interface Condition {
  readonly sql: string;
  readonly values: readonly Value[];
}

export const isPotMove = "kind IN ('pot_deposit', 'pot_withdrawal')";

/** Asks the index of notes that may have a tag. Takes a tag. */
export const isTagged = "(instr(notes, '#') > 0 AND has_tag(notes, ?))";

/** A search with at least so many matches counts as one for common words. */
const commonFrom = 2_000;

/** Text without any word, such as "&", is searched for literally, in all rows. */
export function searchCondition(database: Database, q: string): Condition {
  const found = rowsFound(database, q);
  if (found === null) return literalCondition(q.trim());
  // Few matches are looked up and sorted; with many, scanning from the newest row fills a page sooner.
  const number = isCommon(database, found) ? '+number' : 'number';
  return { sql: `${number} IN (${found.sql})`, values: found.values };
}

function literalCondition(q: string): Condition {
  const { sql, values } = holding(q);
  const pots = 'SELECT kept_name.id FROM kept_name WHERE instr(kept_name.name, ?) > 0';
  return { sql: `(${sql} OR (${isPotMove} AND pot_id IN (${pots})))`, values: [...values, q] };
}

/** One of the texts holds this one to the letter. */
function holding(q: string): Condition {
  const sql = textColumns.map((column) => `instr(coalesce(${column}, ''), ?) > 0`);
  return { sql: `(${sql.join(' OR ')})`, values: sql.map(() => q) };
}

/** A range of the numbers of rows, both ends included. */
export interface NumberRange {
  readonly first: number;
  readonly last: number;
}

/**
 * A query for the numbers of the rows with all of the words, where a word that may be an amount also finds rows with that
 * amount, and one beside it that may be a currency finds those in that currency. Null where the text has no word. Without a
 * range it finds all; with one it reads no others.
 */
export function rowsFound(database: Database, q: string, range?: NumberRange): Condition | null {
  const words = q
    .replaceAll('\0', ' ')
    .split(/\s+/)
    .filter((word) => isWritten(word) || isUnindexed(word));
  if (words.length === 0) return null;
  const within = (key: string, condition: Condition): Condition =>
    range === undefined
      ? condition
      : {
          sql: `${condition.sql} AND ${key} BETWEEN ? AND ?`,
          values: [...condition.values, range.first, range.last],
        };
  const inCurrencies = currenciesIn(words).map((currency) => {
    const others = words.filter((word) => word !== currency);
    return allOf(database, others, { within, currency: currency.toUpperCase() });
  });
  return union([allOf(database, words, { within, currency: null }), ...inCurrencies]);
}

interface Bounds {
  readonly within: Within;
  /** Of the amounts; null for any, and for texts that hold what looks like an amount. */
  readonly currency: string | null;
}

/** The rows with all of the words. */
function allOf(database: Database, words: readonly string[], { within, currency }: Bounds): Condition {
  const amounts = words.map(writtenAmount);
  const textual = words.filter((word, index) => amounts[index] === null && !isUnindexed(word));
  const sets = [
    ...(textual.length === 0 ? [] : [textSet(database, textual, within)]),
    ...words.filter(isUnindexed).map((word) => literalSet(database, word, within)),
    ...words.flatMap((word, index) => {
      const amount = amounts[index] ?? null;
      if (amount === null) return [];
      const texts = currency === null ? [textSet(database, [word], within)] : [];
      return [union([...texts, ...amountSets(amount, { within, currency })])];
    }),
  ];
  return joined(sets, 'INTERSECT');
}

/** So many words are tried as currencies; more than one is rare. */
const mostCurrencies = 2;

/** Words beside an amount that may be the code of its currency, as in "49.99 EUR". */
function currenciesIn(words: readonly string[]): readonly string[] {
  const isAmount = words.map((word) => writtenAmount(word) !== null);
  const beside = words.filter(
    (word, place) =>
      /^[a-z]{3}$/i.test(word) && (isAmount[place - 1] === true || isAmount[place + 1] === true),
  );
  return [...new Set(beside)].slice(0, mostCurrencies);
}

const isWritten = (word: string) => /[\p{L}\p{N}]/u.test(word);

/** Whether the text index does not know this as a word: a symbol, or a script that is written without spaces. */
function isUnindexed(word: string): boolean {
  return (isWritten(word) ? unspaced : /[\p{So}\p{Extended_Pictographic}]/u).test(word);
}

const unspaced =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]/u;

/** The rows with a text that holds this one anywhere, and moves of pots whose names do. */
function literalSet(database: Database, word: string, within: Within): Condition {
  // Some write ☕ with a selector of its form behind, and some without.
  const sought = word.replace(/\u{fe0f}$/u, '');
  const { sql, values } = holding(sought);
  const rows = `SELECT number FROM bank_transaction INDEXED BY transaction_beyond_ascii WHERE ${isBeyondAscii} AND ${sql}`;
  const pots = namedPots(database).filter(({ name }) => name.includes(sought));
  const found = withMoves(within('number', { sql: rows, values }), pots, within);
  return isWritten(word) ? union([found, textSet(database, [word], within)]) : found;
}

type Within = (key: 'rowid' | 'number', condition: Condition) => Condition;

/** The rows whose texts have words that begin so, and moves of pots whose names have. */
function textSet(database: Database, words: readonly string[], within: Within): Condition {
  const match = words.map((word) => `"${word.replaceAll('"', '""')}"*`).join(' ');
  const sql = 'SELECT rowid AS number FROM transaction_text WHERE transaction_text MATCH ?';
  const texts = within('rowid', { sql, values: [match] });
  return withMoves(texts, potsNamed(database, words), within);
}

/** These rows and the moves of the pots. */
function withMoves(texts: Condition, pots: readonly NamedPot[], within: Within): Condition {
  if (pots.length === 0) return texts;
  const moves = `SELECT number FROM bank_transaction WHERE ${isPotMove} AND pot_id IN (${listOf(pots)})`;
  return union([texts, within('number', { sql: moves, values: pots.map(({ id }) => id) })]);
}

/** Rows with one of the amounts, in their own currency or in that of the shop; a declined one has only that. */
function amountSets(amount: WrittenAmount, { within, currency }: Bounds): readonly Condition[] {
  const meant = amountsMeant(amount);
  const unusual = meant.flatMap(({ currencies }) => currencies ?? []);
  const setIn = (prefix: '' | 'local_', only: string) =>
    meant
      .filter(({ amounts }) => amounts.length > 0)
      .map(({ amounts, currencies }) => {
        const isIn = currencies === null ? 'NOT IN' : 'IN';
        const codes = currencies ?? unusual;
        const sql = `SELECT number FROM bank_transaction WHERE ${prefix}amount IN (${listOf(amounts)})
          AND ${prefix}currency ${isIn} (${listOf(codes)}) AND ${prefix}currency = coalesce(?, ${prefix}currency)${only}`;
        return within('number', { sql, values: [...amounts, ...codes, currency] });
      });
  const isOther = ' AND (local_amount <> amount OR local_currency <> currency)';
  return [...setIn('', ''), ...setIn('local_', isOther)];
}

function listOf(values: readonly unknown[]): string {
  return values.map(() => '?').join(', ');
}

const union = (sets: readonly Condition[]) => joined(sets, 'UNION');

/** Each part in brackets of its own: SQLite reads chains of such words from left to right. */
function joined(sets: readonly Condition[], how: 'UNION' | 'INTERSECT'): Condition {
  const [only] = sets;
  if (only !== undefined && sets.length === 1) return only;
  return {
    sql: sets.map(({ sql }) => `SELECT number FROM (${sql})`).join(` ${how} `),
    values: sets.flatMap(({ values }) => values),
  };
}

interface NamedPot {
  readonly id: string;
  readonly name: string;
}

function namedPots(database: Database): readonly NamedPot[] {
  const sql = 'SELECT id, name FROM kept_name WHERE id <> account_id';
  return database.all(sql, [], (row) => ({ id: text(row, 'id'), name: text(row, 'name') }));
}

/** The pots whose names have all of these words, or words that begin so. */
function potsNamed(database: Database, words: readonly string[]): readonly NamedPot[] {
  const wordsOf = (written: string) => plain(written).split(/[^\p{L}\p{N}]+/u);
  const wanted = words.flatMap(wordsOf).filter((word) => word !== '');
  return namedPots(database).filter(({ name }) => {
    const own = wordsOf(name);
    return wanted.every((word) => own.some((one) => one.startsWith(word)));
  });
}

function plain(written: string): string {
  return written
    .normalize('NFKD')
    .replaceAll(/\p{Mark}/gu, '')
    .toLowerCase();
}

function isCommon(database: Database, { sql, values }: Condition): boolean {
  const counting = `SELECT count(*) AS count FROM (SELECT 1 FROM (${sql}) LIMIT ?)`;
  return database.get(counting, [...values, commonFrom], (row) => integer(row, 'count')) === commonFrom;
}

/** So many of the newest notes that may have a tag are read. */
const notesForTags = 50_000;

/** The tags in notes with how often they stand there, the most frequent first. */
export function readTags(database: Database): readonly (readonly [tag: string, count: number])[] {
  const sql = `SELECT notes FROM bank_transaction WHERE instr(notes, '#') > 0 ORDER BY created DESC, id DESC LIMIT ?`;
  const counts = new Map<string, number>();
  for (const notes of database.all(sql, [notesForTags], (row) => text(row, 'notes')))
    for (const tag of tagsOf(notes)) counts.set(tag, (counts.get(tag) ?? 0) + 1);
  return [...counts].toSorted(([a, many], [b, more]) => more - many || compareText(a, b));
}
