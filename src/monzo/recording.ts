import type { Clock } from '../clock.ts';
import { instantText } from '../domain/values.ts';
import { durations, recording as limits } from '../limits.ts';
import type { Sum } from './anonymous-amounts.ts';
import { createAnonymiser, type Anonymiser, type KeptWords } from './anonymise.ts';
import { BankError } from './bank-error.ts';
import type { BankRequest, HeardAnswer } from './exchange.ts';
import { bankJsonText, isBankId, isJsonObject, parseBankJson } from './shape.ts';
import type { BankAnswer } from './transport.ts';

/** A recording of what the bank answers to one login, without anything in it that says something about a person. */

export interface RecordingOptions {
  /** Sends with an access token of the login. */
  readonly send: (request: Omit<BankRequest, 'token'>, signal?: AbortSignal) => Promise<BankAnswer>;
  readonly clock: Clock;
  /** Random, for this recording alone. */
  readonly key: Uint8Array;
  /** How many days of transactions. */
  readonly days: number;
  readonly version: string;
  readonly signal?: AbortSignal | undefined;
}

export interface Recording {
  /** A YAML file as programs that replay HTTP keep theirs. */
  readonly text: string;
  readonly answers: number;
  /** Whether everything was asked for: not where the bank stopped answering on the way. */
  readonly isComplete: boolean;
}

type Query = Readonly<Record<string, string>>;

interface Recorded {
  readonly path: string;
  readonly query: Query;
  readonly answer: HeardAnswer;
}

/**
 * Asks the bank, reading only, for what is asked every day, behind moves of money and rings. Throws what
 * the list of accounts is refused with; later refusals are part of the recording.
 */
export async function recordAnswers(options: RecordingOptions): Promise<Recording> {
  const asker = createAsker(options);
  const { ask, recorded } = asker;
  await ask('/ping/whoami');
  const accounts = rowsIn(await ask('/accounts'), 'accounts').filter((row) => row['closed'] !== true);
  const refused = asker.failure();
  if (refused !== null) throw refused;
  const sums: Sum[] = [];
  const since = instantText(options.clock.now() - options.days * durations.day);
  for (const { id } of accounts.filter(({ id }) => isBankId(id)).slice(0, limits.accounts)) {
    const account = { account_id: String(id) };
    const balance = await ask('/balance', account);
    const pots = await ask('/pots', { current_account_id: account.account_id });
    sums.push(...totalOf(balance, pots));
    await ask('/webhooks', account);
    const list = { ...account, since };
    const rows = rowsIn(
      await ask('/transactions', { ...list, ...expanded, limit: limits.rows }),
      'transactions',
    );
    await ask('/transactions', { ...list, limit: limits.bareRows });
    const newest = rows.at(-1)?.['id'];
    if (isBankId(newest)) await ask(`/transactions/${newest}`, expanded);
  }
  const anonymiser = createAnonymiser({ key: options.key, values: valuesIn(recorded), sums });
  const text = cassette(recorded, anonymiser, options.version);
  return { text, answers: recorded.length, isComplete: asker.failure() === null };
}

const expanded = { 'expand[]': 'merchant' };

/** Asks one call after the other, until one fails in a way in which the next would too. */
function createAsker({ send, clock, signal }: RecordingOptions) {
  const recorded: Recorded[] = [];
  const end = clock.monotonic() + limits.within;
  let failure: BankError | null = null;
  const ask = async (path: string, query: Query = {}): Promise<unknown> => {
    if (failure === null && clock.monotonic() > end) failure = new BankError('timeout', { effect: 'none' });
    if (failure !== null) return undefined;
    const onAnswer = (answer: HeardAnswer) => void recorded.push({ path, query, answer });
    try {
      return (await send({ method: 'GET', path, query, priority: 'poll', onAnswer }, signal)).body;
    } catch (thrown) {
      if (!(thrown instanceof BankError)) throw thrown;
      if (thrown.retryable || path === '/accounts') failure = thrown;
      return undefined;
    }
  };
  return { ask, recorded, failure: (): BankError | null => failure };
}

type Row = Readonly<Record<string, unknown>>;

function rowsIn(body: unknown, key: string): readonly Row[] {
  const rows = isJsonObject(body) ? body[key] : null;
  return Array.isArray(rows) ? (rows as readonly unknown[]).filter(isJsonObject) : [];
}

/** The account's total as the sum of its balance and its pots, where it is. */
function totalOf(balance: unknown, pots: unknown): readonly Sum[] {
  const own = isJsonObject(balance) ? balance : {};
  const inPots = rowsIn(pots, 'pots')
    .filter(({ deleted }) => deleted !== true)
    .map((pot) => pot['balance']);
  const parts = [own['balance'], ...inPots].filter((amount): amount is number =>
    Number.isSafeInteger(amount),
  );
  const total = parts.reduce((sum, amount) => sum + amount, 0);
  return total !== 0 && own['total_balance'] === total ? [{ total, parts }] : [];
}

function valuesIn(recorded: readonly Recorded[]): readonly unknown[] {
  return recorded.flatMap(({ path, query, answer }) => [path, query, bodyOf(answer)]);
}

/** The JSON of the answer, else its text. */
function bodyOf({ text }: HeardAnswer): unknown {
  try {
    return parseBankJson(text ?? '');
  } catch {
    return text ?? '';
  }
}

const apiAddress = 'https://api.monzo.com';

/** As vcr writes its cassettes, with how long after the first each answer was asked for, and how long it took. */
function cassette(recorded: readonly Recorded[], anonymiser: Anonymiser, version: string): string {
  const begin = recorded[0]?.answer.at ?? 0;
  const written = recorded.map((one) => interaction(one, anonymiser, begin));
  return [...heading(anonymiser.kept(), version), 'version: 1', 'interactions:', ...written.flat(), ''].join(
    '\n',
  );
}

function heading(kept: KeptWords, version: string): readonly string[] {
  const words = [...kept].map(([key, all]) => `#   ${key}: ${[...all].toSorted().join(', ')}`);
  return [
    `# What Monzo answered to one login, recorded by monzo-bridge ${version}.`,
    '# Read it before you share it. Names, texts, ids, numbers and amounts are stand-ins. The times of transactions and pots',
    '# are moved by the same number of seconds, all other dates are drawn, and when it was recorded is not in here. Kept as',
    '# they were: the order and the number of everything, the time between transactions, true and false, roughly how large',
    '# an amount is beside the others, the names of fields that Monzo is known to use, and these words:',
    ...words.toSorted(),
  ];
}

function interaction(one: Recorded, anonymiser: Anonymiser, begin: number): readonly string[] {
  const { answer } = one;
  const shown = headerLines(answer);
  return [
    '- request:',
    '    method: GET',
    `    uri: ${JSON.stringify(apiAddress + addressOf(one, anonymiser))}`,
    '  response:',
    `    status_code: ${answer.status}`,
    ...(shown.length === 0 ? ['    headers: {}'] : ['    headers:', ...shown]),
    ...contentLines(bodyOf(answer), anonymiser),
    `  after_milliseconds: ${answer.at - begin}`,
    `  milliseconds: ${answer.ms}`,
  ];
}

const ownPath = /^\/transactions\/(?<id>.+)$/;

function addressOf({ path, query, answer }: Recorded, anonymiser: Anonymiser): string {
  const id = ownPath.exec(path)?.groups?.['id'];
  const shown = (key: string, value: string) => {
    if (isPlain(value)) return value;
    return key === 'since' ? beginOf(answer, anonymiser) : anonymiser.text(value);
  };
  const pairs = Object.entries(query).map(([key, value]): [string, string] => [key, shown(key, value)]);
  const search = new URLSearchParams(pairs).toString();
  return `${id === undefined ? path : `/transactions/${anonymiser.text(id)}`}${search === '' ? '' : `?${search}`}`;
}

/** Where a list begins was counted from the time of the recording, which would tell by how much all times were moved. */
function beginOf(answer: HeardAnswer, { timeBefore }: Anonymiser): string {
  const times = rowsIn(bodyOf(answer), 'transactions').flatMap(({ created }) =>
    typeof created === 'string' ? [created] : [],
  );
  return timeBefore(times.toSorted()[0] ?? '');
}

/** What the bridge itself asks for. */
const isPlain = (value: string) =>
  value === expanded['expand[]'] || value === limits.rows || value === limits.bareRows;

/** The types of content that say nothing about a person; for any other only that it is another. */
const contentTypes: ReadonlySet<string> = new Set(
  ['application/json', 'text/html', 'text/plain'].flatMap((type) => [type, `${type}; charset=utf-8`]),
);
/** In the place of a date. */
const someDate = 'Thu, 01 Jan 1970 00:00:00 GMT';

/** The headers that say something about the bank's ways and nothing about a person, nor about when it was. */
function headerLines({ headers }: HeardAnswer): readonly string[] {
  const [type, pause] = [headers['content-type'], headers['retry-after']];
  const shown = [
    ...(typeof type === 'string'
      ? [['content-type', contentTypes.has(type.toLowerCase()) ? type : 'another']]
      : []),
    ...(typeof pause === 'string' ? [['retry-after', /^\d{1,6}$/.test(pause) ? pause : someDate]] : []),
  ];
  return shown.flatMap(([name, value]) => [`      ${name}:`, `      - ${JSON.stringify(value)}`]);
}

/** JSON over several lines, for reading. */
function contentLines(body: unknown, anonymiser: Anonymiser): readonly string[] {
  if (typeof body === 'string') return [`    content: ${JSON.stringify(anonymiser.text(body))}`];
  const text = JSON.stringify(anonymiser.json(body), null, 2) ?? bankJsonText(null);
  return ['    content: |', ...text.split('\n').map((line) => `      ${line}`)];
}
