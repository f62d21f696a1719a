import type { Account, Balance, Pot } from '../domain/bank.ts';
import { spendDayStart } from '../domain/day.ts';
import type { Transaction } from '../domain/transaction.ts';
import type { Instant } from '../domain/values.ts';
import { BridgeError } from '../errors.ts';
import { isJsonObject } from './json.ts';
import { createRowReader, once, shapeAt, type RowKind } from './rows.ts';
import { isBankId, type ShapePlace, type ShapeReport } from './shape.ts';
import { transactionOf } from './wire-transaction.ts';
import {
  accountRow,
  balanceRow,
  potRow,
  tokenRow,
  webhookRow,
  whoamiRow,
  type Tokens,
  type Webhook,
  type Whoami,
} from './wire-rows.ts';

/** Tells the bank's JSON apart. Amounts stay minor units; every surprise is reported once, see `UnknownShape`. */
export type Wire = ReturnType<typeof createWire>;

/** One page of a list, with what is needed to ask for the next one even where rows of it could not be read. */
export interface TransactionPage {
  readonly transactions: readonly Transaction[];
  /** Rows on the page, readable or not. */
  readonly count: number;
  /** Id of the page's last row. */
  readonly lastId: string | null;
}

interface BalanceMoment {
  readonly at: Instant;
  readonly timeZone: string;
}

/** The ways into an answer. Each throws `unknown_shape` where the answer as a whole is not what was asked for. */
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
 * was asked for; lists leave out the rows they cannot read, and only those.
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
    return { transactions, count: values.length, lastId: isBankId(lastId) ? lastId : null };
  };

  return {
    readAccounts: (body: unknown): readonly Account[] => rows(accountRow, 'accounts', body),

    /** `spendSince` is the latest 04:00 before `at`. */
    readBalance: (body: unknown, { at, timeZone }: BalanceMoment): Balance => ({
      ...single(balanceRow, body),
      spendSince: spendDayStart(at, timeZone),
    }),

    /** All of them belong to the account they were asked for with, whatever `current_account_id` says. */
    readPots: (body: unknown, accountId: string): readonly Pot[] =>
      rows(potRow, 'pots', body).map((pot) => ({ ...pot, accountId })),

    /** A pot as a transfer answers with it: not wrapped. */
    readPot: (body: unknown, accountId: string): Pot => ({ ...single(potRow, body), accountId }),

    readTransactionPage,

    readTransactions: (body: unknown, accountId?: string): readonly Transaction[] =>
      readTransactionPage(body, accountId).transactions,

    readTransaction: (body: unknown, accountId?: string): Transaction =>
      transactionOf(read, under('transaction', body, 'transaction'), accountId) ?? refuseRow('transaction'),

    readWebhooks: (body: unknown): readonly Webhook[] => rows(webhookRow, 'webhooks', body),

    readWebhook: (body: unknown): Webhook => single(webhookRow, under('webhook', body, 'webhook')),

    /** `at` is when the answer arrived: tokens end that long after it, and only the bank says how long. */
    readToken(body: unknown, at: Instant): Tokens {
      const { lifetime, ...tokens } = single(tokenRow, body);
      return { ...tokens, expiresAt: at + lifetime };
    },

    readWhoami: (body: unknown): Whoami => single(whoamiRow, body),
  };
}

/** For an answer that is not what was asked for, such as an error object where a list belongs. */
export function unknownShape(where: string): BridgeError {
  return new BridgeError(
    'unknown_shape',
    `Monzo answered with something else than the ${where} data that was asked for; the bridge will ask again.`,
    { retryable: true },
  );
}
