import { z } from 'zod';
import type { Account, Balance, Pot } from '../domain/account.ts';
import { allReadable, type Unreadable } from '../domain/absence.ts';
import { spendDayStart } from '../domain/time.ts';
import type { Transaction } from '../domain/transaction.ts';
import type { Instant } from '../domain/values.ts';
import { BridgeError } from '../errors.ts';
import {
  createRowReader,
  currency,
  flag,
  id,
  instant,
  isBankId,
  isJsonObject,
  minor,
  once,
  optional,
  orNull,
  shapeAt,
  text,
  type RowKind,
  type ShapePlace,
  type ShapeReport,
} from './shape.ts';
import { transactionOf } from './wire-transaction.ts';

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

const kind = z.string('text').min(1, 'text');

/** The bank's oldest accounts name no currency: theirs is sterling. */
const currencyOrSterling = optional(currency, 'GBP');

const owner = z
  .object(
    { user_id: optional(text, ''), preferred_first_name: orNull(text), preferred_name: orNull(text) },
    'an object',
  )
  .transform(({ user_id, preferred_first_name, preferred_name }) => ({
    userId: user_id,
    firstName: preferred_first_name ?? preferred_name ?? '',
  }));

const accountRow: RowKind<Account> = {
  where: 'account',
  essentials: ['id', 'type'],
  schema: z.object(
    {
      id,
      type: kind,
      currency: currencyOrSterling,
      closed: optional(flag, false),
      created: optional(instant, 0),
      owners: optional(z.array(owner, 'a list'), []),
    },
    'an object',
  ),
};

/** The account is the one that was asked for; the row's own field is not read. */
const potRow: RowKind<Omit<Pot, 'accountId'>> = {
  where: 'pot',
  essentials: ['id', 'balance'],
  schema: z
    .object(
      {
        id,
        name: optional(text, ''),
        type: optional(text, 'default'),
        currency: currencyOrSterling,
        balance: minor,
        goal_amount: orNull(minor),
        locked: optional(flag, false),
        deleted: optional(flag, false),
        created: optional(instant, 0),
      },
      'an object',
    )
    .transform(({ goal_amount, ...pot }) => ({ ...pot, goal: goal_amount })),
};

const balanceRow: RowKind<Omit<Balance, 'spendSince'>> = {
  where: 'balance',
  essentials: ['balance', 'currency'],
  schema: z
    .object(
      { balance: minor, currency, total_balance: orNull(minor), spend_today: optional(minor, 0) },
      'an object',
    )
    .transform(({ total_balance, spend_today, ...balance }) => ({
      ...balance,
      totalBalance: total_balance,
      spendToday: spend_today,
    })),
};

const webhookRow: RowKind<Webhook> = {
  where: 'webhook',
  essentials: ['id', 'account_id', 'url'],
  schema: z
    .object({ id, account_id: id, url: text }, 'an object')
    .transform(({ account_id, ...webhook }) => ({ ...webhook, accountId: account_id })),
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
  essentials: ['authenticated'],
  schema: z
    .object({ authenticated: flag, user_id: orNull(text), client_id: orNull(text) }, 'an object')
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
}

interface BalanceContext {
  readonly at: Instant;
  readonly timeZone: string;
}

/** Readers of parts of an answer. Each throws `unknown_shape` where the answer as a whole is not what was asked for. */
function createAnswers(report: ShapeReport) {
  const reportOnce = once(report);
  const read = createRowReader(reportOnce);
  const refuse = (where: ShapePlace, body: unknown, key: string): never => {
    const path = isJsonObject(body) ? [key] : [];
    reportOnce({ where, ...shapeAt(body, { path, looked: body, expected: `${key} in an object` }) });
    throw unknownShape(where);
  };
  const refuseRow = (where: ShapePlace): never => {
    throw unknownShape(where);
  };
  const list = (key: string, body: unknown, where: ShapePlace): readonly unknown[] => {
    const found = isJsonObject(body) ? body[key] : undefined;
    if (found === null) return [];
    return Array.isArray(found) ? (found as readonly unknown[]) : refuse(where, body, key);
  };
  return {
    read,
    list,
    refuseRow,
    single: <Row>(kind: RowKind<Row>, value: unknown): Row => read(kind, value) ?? refuseRow(kind.where),
    under: (key: string, body: unknown, where: ShapePlace): unknown =>
      isJsonObject(body) && isJsonObject(body[key]) ? body[key] : refuse(where, body, key),
    rows: <Row>(kind: RowKind<Row>, key: string, body: unknown): readonly Row[] =>
      list(key, body, kind.where)
        .map((value) => read(kind, value))
        .filter((row) => row !== null),
  };
}

/**
 * The readers of every answer. All of them throw `unknown_shape` (retryable) where the answer as a whole is not what
 * was asked for; lists leave out the rows they cannot read, and only those; null is an empty list.
 */
export function createWire(report: ShapeReport) {
  const { read, list, rows, single, under, refuseRow } = createAnswers(report);
  const readTransactionPage = (body: unknown, accountId?: string): TransactionPage => {
    const values = list('transactions', body, 'transaction');
    const last = values.at(-1);
    const lastId = isJsonObject(last) ? last['id'] : null;
    const transactions = values
      .map((value) => transactionOf(read, value, accountId))
      .filter((transaction) => transaction !== null);
    // Null is an empty list, but proves nothing about money: it counts as a row that could not be read.
    const count = isJsonObject(body) && body['transactions'] === null ? 1 : values.length;
    return { transactions, count, lastId: isBankId(lastId) ? lastId : null };
  };

  return {
    readAccounts: (body: unknown): readonly Account[] => rows(accountRow, 'accounts', body),

    /** `spendSince` is the latest 04:00 before `at`. */
    readBalance: (body: unknown, { at, timeZone }: BalanceContext): Balance => ({
      ...single(balanceRow, body),
      spendSince: spendDayStart(at, timeZone),
    }),

    /** All pots belong to the account that was asked for, whatever `current_account_id` says. */
    readPots: (body: unknown, accountId: string): readonly Pot[] =>
      rows(potRow, 'pots', body).map((pot) => ({ ...pot, accountId })),

    /** A pot as the answer to a transfer, where it is not wrapped in an object. */
    readPot: (body: unknown, accountId: string): Pot => ({ ...single(potRow, body), accountId }),

    readTransactionPage,

    readTransactions: (body: unknown, accountId?: string): readonly Transaction[] =>
      readTransactionPage(body, accountId).transactions,

    readTransaction: (body: unknown, accountId?: string): Transaction =>
      transactionOf(read, under('transaction', body, 'transaction'), accountId) ?? refuseRow('transaction'),

    readWebhooks: (body: unknown): readonly Webhook[] => rows(webhookRow, 'webhooks', body),

    readWebhook: (body: unknown): Webhook => single(webhookRow, under('webhook', body, 'webhook')),

    /** `at` is when the answer arrived: the bank says how long after that the token expires. */
    readToken(body: unknown, at: Instant): Tokens {
      const { lifetime, ...tokens } = single(tokenRow, body);
      return { ...tokens, expiresAt: at + lifetime };
    },

    readWhoami: (body: unknown): Whoami => single(whoamiRow, body),
  };
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
