import { spendDayStart } from '../../domain/time.ts';
import type { Instant } from '../../domain/values.ts';
import { durations } from '../../limits.ts';
import { createRecent } from '../../memo.ts';
import type { BankError } from '../bank-error.ts';
import type { JudgedAnswer } from '../exchange.ts';
import { isJsonObject, jsonTypeOf } from '../shape.ts';
import {
  accountIn,
  compared,
  callOf,
  remembered,
  rowsIn,
  textOf,
  type Row,
  type Watch,
  type WatchTools,
} from './heard.ts';

const { minute, day } = durations;

/** What is listed under which key. */
const listKeys: Readonly<Partial<Record<string, string>>> = {
  'GET /accounts': 'accounts',
  'GET /pots': 'pots',
  'GET /webhooks': 'webhooks',
  'GET /transactions': 'transactions',
};

/** Whether lists are complete, and how an empty one is written. */
export function watchLists({ note }: WatchTools): Watch {
  const lists = remembered(() => ({
    shown: new Set<string>(),
    gap: null as 'empty' | 'null' | 'one_left_out' | 'several_left_out' | null,
    gaps: 0,
  }));
  return (answer, loginId) => {
    const { body, refusal } = answer;
    const key = listKeys[callOf(answer)];
    if (key === undefined || refusal !== null || !isJsonObject(body)) return;
    const written = emptyAs(body, key);
    if (key === 'transactions') {
      if (written !== null) note('empty_list', written);
      return;
    }
    const list = lists(`${loginId} ${key} ${accountIn(answer)}`);
    if (written !== null && list.shown.size === 0) note('empty_list', written);
    const ids = new Set((rowsIn(answer, key) ?? []).map(({ id }) => textOf(id)));
    const missing = [...list.shown].filter((id) => !ids.has(id));
    list.gaps = missing.length === 0 ? 0 : list.gaps + 1;
    // What is left out again and again is gone.
    if (missing.length > 0 && list.gaps < 3) {
      const some = missing.length === 1 ? 'one_left_out' : 'several_left_out';
      list.gap = written === null ? some : written === 'null' ? 'null' : 'empty';
      return;
    }
    if (missing.length === 0 && list.gap !== null) note('lists', list.gap);
    list.gap = null;
    list.shown = ids;
  };
}

function emptyAs(body: Row, key: string) {
  const rows = body[key];
  if (rows === null) return 'null';
  if (rows === undefined) return Object.keys(body).length === 0 ? 'left_out' : null;
  return Array.isArray(rows) && rows.length === 0 ? 'brackets' : null;
}

const parts: Readonly<Partial<Record<string, string>>> = {
  'GET /balance': 'balance',
  'GET /pots': 'pots',
  'GET /transactions': 'transactions',
  'POST /webhooks': 'webhook',
};

/** Faults that say something of one account, while the login works. */
const ofOneAccount: ReadonlySet<string> = new Set(['no_permission', 'not_found', 'bad_request', 'bank_down']);

/** A webhook may also be refused for its address, or as one too many. */
function isOfAccount({ fault, bankCode }: BankError): boolean {
  return ofOneAccount.has(fault) && !/url|many|limit/.test(bankCode ?? '');
}

/** What each type of account has, and whether single parts are refused now and then. */
export function watchAccounts({ note }: WatchTools): Watch {
  const types = createRecent<string>(compared.others);
  /** What a login was refused of single accounts, until it is clear whether the login itself works. */
  const refused = remembered(() => new Map<string, { readonly position: string; isApart: boolean }>());
  const answered = remembered(() => ({ ever: false }), compared.rows);
  return (answer, loginId) => {
    const { refusal, status } = answer;
    const call = callOf(answer);
    for (const { id, type } of call === 'GET /accounts' ? (rowsIn(answer, 'accounts') ?? []) : []) {
      note('account_types', textOf(type));
      types.set(textOf(id), textOf(type));
    }
    const part = parts[call];
    const account = accountIn(answer);
    const own = refused(loginId);
    if (call === 'GET /accounts' && refusal !== null) own.clear();
    if (refusal === null) for (const [key, one] of own) if (key !== `${call} ${account}`) one.isApart = true;
    if (part === undefined) return;
    const position = `${types.get(account) ?? 'unknown'} ${part} ${status}`;
    const key = `${call} ${account}`;
    const known = answered(`${loginId} ${key}`);
    const before = own.get(key);
    if (refusal === null) {
      if (before?.isApart === true && known.ever) note('account_refusal', 'now_and_then');
      own.delete(key);
      known.ever = true;
      note('account_parts', position);
    } else if (isOfAccount(refusal) && part !== 'transactions') {
      if (before?.isApart === true) note('account_parts', before.position);
      else if (part === 'webhook') note('account_parts', position);
      if (own.size < compared.others && before === undefined) own.set(key, { position, isApart: false });
    }
  };
}

/** The members of each kind of row as they were recorded, by JSON type; those that may be absent are not looked at. */
const recorded: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  account: {
    id: 'string',
    closed: 'boolean',
    created: 'string',
    description: 'string',
    type: 'string',
    currency: 'string',
    owners: 'array',
  },
  pot: {
    id: 'string',
    name: 'string',
    balance: 'number',
    currency: 'string',
    type: 'string',
    created: 'string',
    updated: 'string',
    deleted: 'boolean',
    locked: 'boolean',
  },
  balance: { balance: 'number', total_balance: 'number', currency: 'string', spend_today: 'number' },
  transaction: {
    id: 'string',
    created: 'string',
    description: 'string',
    amount: 'number',
    currency: 'string',
    merchant: 'null object',
    notes: 'string',
    metadata: 'object',
    category: 'string',
    settled: 'string',
    local_amount: 'number',
    local_currency: 'string',
    updated: 'string',
    account_id: 'string',
    counterparty: 'object',
    scheme: 'string',
    is_load: 'boolean',
    include_in_spending: 'boolean',
    amount_is_pending: 'boolean',
  },
};

const listed: Readonly<Partial<Record<string, readonly [key: string, row: string]>>> = {
  'GET /accounts': ['accounts', 'account'],
  'GET /pots': ['pots', 'pot'],
  'GET /transactions': ['transactions', 'transaction'],
};

/** Where the rows of an answer differ from those that were recorded. */
export function watchShapes({ note }: WatchTools): Watch {
  const look = (kind: string, row: Row) => {
    for (const [member, type] of Object.entries(recorded[kind] ?? {})) {
      const found = jsonTypeOf(row[member]);
      if (!type.split(' ').includes(found)) note('rows', `${kind} ${member} ${found}`);
    }
  };
  return (answer) => {
    const call = callOf(answer);
    const [key = '', kind = ''] = listed[call] ?? [];
    for (const row of rowsIn(answer, key) ?? []) look(kind, row);
    if (call === 'GET /balance' && answer.refusal === null && isJsonObject(answer.body))
      look('balance', answer.body);
  };
}

interface SpendRead {
  readonly at: Instant;
  readonly spent: number;
}

/** When the amount spent today falls back: seen between the last reading of the old day and the first of the new one. */
export function watchSpending({ note }: WatchTools): Watch {
  const accounts = remembered(() => ({ old: null as SpendRead | null, lateBy: 0 }));
  return (answer: JudgedAnswer) => {
    const { body, refusal, at } = answer;
    if (callOf(answer) !== 'GET /balance' || refusal !== null || !isJsonObject(body)) return;
    const spent = body['spend_today'];
    if (typeof spent !== 'number') return;
    const account = accounts(accountIn(answer));
    const start = spendDayStart(at);
    const { old } = account;
    if (old !== null && old.at < start && old.at >= start - day && old.spent !== 0) {
      // More may as well have been spent since on a day that has begun.
      if (spent === old.spent) {
        account.lateBy = at - start;
        return;
      }
      const isKnown = at - start - account.lateBy <= 5 * minute;
      // A refund makes it smaller too.
      if (isKnown && spent === 0) note('spend_reset', resetAfter(account.lateBy));
    }
    account.old = { at, spent };
    account.lateBy = 0;
  };
}

function resetAfter(lateBy: number) {
  if (lateBy <= minute) return 'at_04';
  if (lateBy < 20 * minute) return 'minutes_later';
  return lateBy <= 75 * minute ? 'about_an_hour_later' : 'hours_later';
}
