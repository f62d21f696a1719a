import { z } from 'zod';
import type { Account, Pot } from '../domain/account.ts';
import { allReadable, type Unreadable } from '../domain/absence.ts';
import type { SeenBalance, Sighting } from '../domain/sighting.ts';
import { spendDayStart } from '../domain/time.ts';
import type { Transaction } from '../domain/transaction.ts';
import type { Instant } from '../domain/values.ts';
import { BridgeError } from '../errors.ts';
import {
  createFieldReader,
  flag,
  id,
  isBankId,
  isJsonObject,
  once,
  optional,
  orNull,
  shapeAt,
  text,
  type RowKind,
  type ReadFields,
  type ShapePlace,
  type ShapeReport,
} from './shape.ts';
import { accountOf, accountRow, balanceRow, potOf, potRow, type MovedPot } from './wire-household.ts';
import { createTransactionReader } from './wire-transaction.ts';

/** A webhook as the bank has it registered. */
export interface Webhook {
  readonly id: string;
  readonly accountId: string;
  readonly url: string;
}

/** A pair of OAuth tokens. Without a refresh token the client is not confidential and the login ends by itself. */
export interface Tokens {
  readonly accessToken: string;
  readonly refreshToken: string | null;
  readonly expiresAt: Instant;
  /** Empty where a renewal did not name the person. */
  readonly userId: string;
  readonly clientId: string | null;
  readonly scope: string | null;
}

export interface Whoami {
  readonly authenticated: boolean;
  readonly userId: string | null;
  readonly clientId: string | null;
}

const webhookRow: RowKind<{ readonly id: string; readonly account_id: string | null; readonly url: string }> =
  {
    where: 'webhook',
    essentials: ['id', 'url'],
    schema: z.object({ id, account_id: orNull(id), url: text }, 'an object'),
  };

/** Tokens go into a header, so only printable characters are allowed. */
const secret = z.string('a token').regex(/^[\u{21}-\u{7e}]{1,16384}$/u, 'a token');
const seconds = z.custom<number>(
  (value) => Number.isSafeInteger(value) && Number(value) > 0,
  'a number of seconds',
);

/** Used where the bank does not say how long a token is valid: short, so that it is renewed soon. */
const unknownLifetime = 3_600;
const longestLifetime = 400 * 24 * 3_600;

/** Read leniently: to reject a renewal would lose the login, because the old pair no longer works. */
const tokenRow: RowKind<Omit<Tokens, 'expiresAt'> & { readonly lifetime: number }> = {
  where: 'token',
  essentials: ['access_token'],
  schema: z
    .object(
      {
        access_token: secret,
        refresh_token: orNull(secret),
        expires_in: optional(seconds, unknownLifetime),
        user_id: optional(text, ''),
        client_id: orNull(text),
        scope: orNull(text),
      },
      'an object',
    )
    .transform((row) => ({
      accessToken: row.access_token,
      refreshToken: row.refresh_token,
      lifetime: Math.min(row.expires_in, longestLifetime) * 1_000,
      userId: row.user_id,
      clientId: row.client_id,
      scope: row.scope,
    })),
};

const whoamiRow: RowKind<Whoami> = {
  where: 'token',
  essentials: [],
  schema: z
    .object(
      { authenticated: optional(flag, true), user_id: orNull(text), client_id: orNull(text) },
      'an object',
    )
    .transform((row) => ({
      authenticated: row.authenticated,
      userId: row.user_id,
      clientId: row.client_id,
    })),
};

/** Reads the bank's JSON. Amounts stay in minor units. Every unknown shape is reported once, see `UnknownShape`. */
export type Wire = ReturnType<typeof createWire>;

/** One page of a list, with what is needed to ask for the next one even where rows could not be read. */
export interface TransactionPage {
  readonly transactions: readonly Transaction[];
  /** Rows on the page, readable or not. */
  readonly count: number;
  /** Id of the page's last row. */
  readonly lastId: string | null;
  /** The ids of those that could not be read, where these could. */
  readonly unreadable: readonly string[];
}

/** Readers of parts of an answer. Each throws `unknown_shape` where the answer as a whole is not what was asked for. */
function createAnswers(report: ShapeReport) {
  const reportOnce = once(report);
  const readFields = createFieldReader(reportOnce);
  const read = <Row>(kind: RowKind<Row>, value: unknown) => readFields(kind, value)?.row ?? null;
  const refuse = (where: ShapePlace, body: unknown, key: string): never => {
    const path = isJsonObject(body) ? [key] : [];
    reportOnce({ where, ...shapeAt(body, { path, looked: body, expected: `${key} in an object` }) });
    throw unknownShape(where);
  };
  const refuseRow = (where: ShapePlace): never => {
    throw unknownShape(where);
  };
  const list = (key: string, body: unknown, where: ShapePlace): readonly unknown[] => {
    if (isEmptyList(body, key)) return [];
    const found = isJsonObject(body) ? body[key] : undefined;
    return Array.isArray(found) ? (found as readonly unknown[]) : refuse(where, body, key);
  };
  return {
    read,
    list,
    refuseRow,
    single: <Row>(kind: RowKind<Row>, value: unknown): Row => read(kind, value) ?? refuseRow(kind.where),
    under: (key: string, body: unknown, where: ShapePlace): unknown =>
      isJsonObject(body) && isJsonObject(body[key]) ? body[key] : refuse(where, body, key),
    rows: <Row>(kind: RowKind<Row>, key: string, body: unknown): readonly ReadFields<Row>[] =>
      list(key, body, kind.where)
        .map((value) => readFields(kind, value))
        .filter((row) => row !== null),
  };
}

/** Null is an empty list, and so is an answer without anything in it. An answer with something else is none. */
function isEmptyList(body: unknown, key: string): boolean {
  return isJsonObject(body) && (body[key] === null || Object.keys(body).length === 0);
}

/**
 * The readers of every answer. All of them throw `unknown_shape` (retryable) where the answer as a whole is not what
 * was asked for; lists leave out the rows they cannot read, and only those; null is an empty list.
 */
export function createWire(report: ShapeReport) {
  const { read, list, rows, single, under, refuseRow } = createAnswers(report);
  const transactionOf = createTransactionReader(read);
  const readTransactionPage = (body: unknown, accountId?: string): TransactionPage => {
    const values = list('transactions', body, 'transaction');
    const last = values.at(-1);
    const lastId = isJsonObject(last) ? last['id'] : null;
    const transactions = values
      .map((value) => transactionOf(value, accountId))
      .filter((transaction) => transaction !== null);
    // Null is an empty list, but proves nothing about money: it counts as a row that could not be read.
    const count = isEmptyList(body, 'transactions') ? 1 : values.length;
    const { ids: unreadable } = unreadableIn(body, 'transactions', transactions);
    return { transactions, count, lastId: isBankId(lastId) ? lastId : null, unreadable };
  };

  return {
    readAccounts: (body: unknown): readonly Sighting<Account>[] =>
      rows(accountRow, 'accounts', body).map(accountOf),

    /** `spendSince` is the bank’s latest 04:00 before `at`. */
    readBalance: (body: unknown, at: Instant): SeenBalance => ({
      ...single(balanceRow, body),
      spendSince: spendDayStart(at),
    }),

    /** All pots belong to the account that was asked for, whatever `current_account_id` says. */
    readPots: (body: unknown, accountId: string): readonly Sighting<Pot>[] =>
      rows(potRow, 'pots', body).map((found) => ({ ...potOf(found), accountId })),

    /** A pot as the answer to a transfer, where it is not wrapped in an object. */
    readPot(body: unknown, accountId: string): MovedPot {
      const { balance, ...pot } = single(potRow, body);
      return balance === undefined ? refuseRow('pot') : { ...pot, balance, accountId };
    },

    readTransactionPage,

    readTransactions: (body: unknown, accountId?: string): readonly Transaction[] =>
      readTransactionPage(body, accountId).transactions,

    readTransaction: (body: unknown, accountId?: string): Transaction =>
      transactionOf(under('transaction', body, 'transaction'), accountId) ?? refuseRow('transaction'),

    readWebhooks: (body: unknown, accountId: string): readonly Webhook[] =>
      rows(webhookRow, 'webhooks', body).map(({ row }) => webhookOf(row, accountId)),

    readWebhook: (body: unknown, accountId: string): Webhook =>
      webhookOf(single(webhookRow, under('webhook', body, 'webhook')), accountId),

    /** `at` is when the answer arrived: the bank says how long after that the token expires. */
    readToken(body: unknown, at: Instant): Tokens {
      const { lifetime, ...tokens } = single(tokenRow, body);
      return { ...tokens, expiresAt: at + lifetime };
    },

    readWhoami: (body: unknown): Whoami => single(whoamiRow, body),
  };
}

/** A list need not say which account it is of: it is the one that was asked for. */
function webhookOf(
  { id: webhookId, account_id, url }: z.output<typeof webhookRow.schema>,
  accountId: string,
): Webhook {
  return { id: webhookId, accountId: account_id ?? accountId, url };
}

/** Which rows under `key` in the bank's answer are not among those that could be read. */
export function unreadableIn(
  body: unknown,
  key: string,
  rows: readonly { readonly id: string }[],
): Unreadable {
  const values = isJsonObject(body) ? body[key] : null;
  if (!Array.isArray(values) || values.length === rows.length) return allReadable;
  const ids = (values as readonly unknown[]).map((value) => (isJsonObject(value) ? value['id'] : null));
  const read = new Set(rows.map(({ id }) => id));
  return {
    ids: ids.filter(isBankId).filter((id) => !read.has(id)),
    unnamed: ids.filter((id) => !isBankId(id)).length,
  };
}

/** The error of an answer that is not what was asked for, such as an object where a list was expected. */
export function unknownShape(where: string): BridgeError {
  return new BridgeError(
    'unknown_shape',
    `Monzo returned an unexpected format instead of the ${where} data. The bridge will try again.`,
    { retryable: true },
  );
}
