import { settlesWithin } from '../async.ts';
import type { Clock } from '../clock.ts';
import type { TransactionFilterQuery } from '../contract/bank-data.ts';
import { commandShapes, type TransactionRead } from '../contract/command-data.ts';
import { categoryName, type Names } from '../domain/names.ts';
import { tagText } from '../domain/tags.ts';
import { momentIn } from '../domain/time.ts';
import { displayName, kindOf, statusOf } from '../domain/transaction.ts';
import {
  instantText,
  placesOf,
  toMajorNumber,
  type Currency,
  type Instant,
  type Minor,
} from '../domain/values.ts';
import {
  isGoalReached,
  type PartHealth,
  type PotView,
  type ShownAccount,
  type ShownView,
} from '../domain/view.ts';
import { momentRule } from '../refusals/mistakes.ts';
import { badRequest } from '../refusals/refuse.ts';
import type { Store } from '../store/store.ts';
import type { ListedRow, TransactionFilter } from '../store/transaction-pages.ts';
import { accountRefusals, categoryRefusals, potRefusals, readingRefusals } from '../refusals/refusal-sets.ts';
import { command, done, type Command } from './command.ts';
import type { MoneyPause } from './rails-store.ts';
import { narrowedTo, type NarrowedTo, type Narrowing, type NarrowingTools } from './targets.ts';

/** What is asked of the ledger: transactions, and how things stand. */

export interface ReadTools extends NarrowingTools {
  readonly clock: Clock;
  readonly timeZone: string;
  readonly store: Pick<Store, 'names' | 'ledger'>;
  readonly shownView: () => ShownView;
  readonly moneyPause: Pick<MoneyPause, 'isPaused'>;
  readonly health: () => readonly PartHealth[];
  /** Home Assistant's device ids by Monzo's ids. Throws where it does not tell them. */
  readonly homeAssistantDevices: () => Promise<Devices>;
}

type Devices = ReadonlyMap<string, string>;

const longest = { name: 60, notes: 200 } as const;

/** The reader's filter for what a caller asked for. `instantOf` throws `bad_request` for what is no moment. Throws that for a period that ends before it begins. */
export function filterOf(
  { since, before, min, max, flow, tag, ...others }: Omit<TransactionFilterQuery, keyof Narrowing>,
  narrowed: NarrowedTo & Pick<TransactionFilter, 'category'>,
  instantOf: (field: 'since' | 'before', text: string | undefined) => Instant | undefined,
): TransactionFilter {
  const period = { since: instantOf('since', since), before: instantOf('before', before) };
  mustBeInOrder(period);
  return {
    ...others,
    ...narrowed,
    ...period,
    flows: flow,
    tag: tag === undefined ? undefined : tagText(tag),
    least: min,
    most: max,
  };
}

/** A period that ends before it begins would find nothing, as if there were nothing. Throws `bad_request`. */
export function mustBeInOrder<Time extends string | number>(period: {
  readonly since: Time | undefined;
  readonly before: Time | undefined;
}): void {
  const { since, before } = period;
  if (since !== undefined && before !== undefined && before < since)
    throw badRequest([{ field: 'before', rule: 'must not be earlier than since' }]);
}

/** Transactions, the newest first; accounts and pots may be named as in every command. */
export function transactions(tools: ReadTools): Command {
  const { reader, store, clock, timeZone, view } = tools;
  const moment = (field: string, text: string | undefined) => {
    if (text === undefined) return undefined;
    const instant = momentIn(text, timeZone);
    if (instant === null) throw badRequest([{ field, rule: momentRule }]);
    return instant;
  };
  return command({
    class: 'read',
    showsMoney: true,
    meaning: 'Answers with transactions, the newest first.',
    ...commandShapes.transactions,
    refusals: [
      ...accountRefusals,
      ...potRefusals,
      ...categoryRefusals,
      ...readingRefusals,
      'bad_amount',
      'bad_cursor',
    ],
    run: async ({ limit, cursor, account, pot, category, ...asked }) => {
      const narrowed = await narrowedTo(tools, { account, pot, category });
      const filter = filterOf(asked, narrowed, moment);
      const { rows, next } = await reader.ask('page', { ...filter, limit, cursor });
      const accounts = new Map(view().accounts.map(({ id, name }) => [id, name]));
      const shown = { now: clock.now(), accounts, categories: store.names.given() };
      return done({ items: rows.map((row) => itemOf(row, shown)), next });
    },
  });
}

interface Shown {
  readonly now: Instant;
  readonly accounts: Names;
  readonly categories: Names;
}

function itemOf(
  { transaction, status, potName }: ListedRow,
  { now, accounts, categories }: Shown,
): TransactionRead {
  const { accountId, amount, currency, localAmount, localCurrency, category, notes } = transaction;
  const isForeign = localCurrency !== currency;
  return {
    id: transaction.id,
    account_id: accountId,
    account_name: accounts.get(accountId) ?? null,
    created: instantText(transaction.created),
    name: shortened(displayName(transaction, potName), longest.name),
    amount: toMajorNumber(amount, currency),
    amount_minor: amount,
    currency,
    ...(isForeign && {
      local_amount: toMajorNumber(localAmount, localCurrency),
      local_currency: localCurrency,
    }),
    kind: kindOf(transaction),
    status: status === 'pending' ? statusOf(transaction, now) : status,
    category,
    category_name: categoryName(category, categories),
    notes: shortened(notes, longest.notes),
    pot_id: transaction.potId,
    pot_name: potName,
  };
}

/** A longer text ends with an ellipsis, and never inside a letter. */
function shortened(text: string, most: number): string {
  const letters = Array.from(text);
  return letters.length <= most ? text : `${letters.slice(0, most - 1).join('')}…`;
}

/** Balances, what was spent today and this month, what may still be moved today, and what needs a person. */
export function summary(tools: ReadTools): Command {
  return command({
    class: 'read',
    showsMoney: true,
    meaning: 'Answers with balances, what was spent today and this month, and what needs attention.',
    ...commandShapes.summary,
    refusals: [],
    run: async () => {
      const devices = await devicesKnown(tools);
      const { accounts, pots, logins } = tools.shownView();
      const deviceOf = (id: string) => ({ device_id: devices.get(id) ?? null });
      const troubles = tools.health().filter(({ state }) => state === 'needs_user');
      return done({
        accounts: accounts.map((account) => ({ ...accountOf(account), ...deviceOf(account.id) })),
        pots: pots.map((pot) => ({ ...potOf(pot), ...deviceOf(pot.id) })),
        paused: tools.moneyPause.isPaused(),
        logins: logins.map(({ name, state, needs }) => ({ name, state, needs })),
        needs_attention: troubles.map(({ part, sentence }) => ({ part, sentence })),
      });
    },
  });
}

/** An answer without devices is better than a late one, in milliseconds. */
const devicesWithin = 2_000;

async function devicesKnown({ clock, homeAssistantDevices }: ReadTools): Promise<Devices> {
  const none: Devices = new Map();
  const asked = homeAssistantDevices().catch(() => none);
  return (await settlesWithin(clock, devicesWithin, asked)) ? asked : none;
}

function accountOf(account: ShownAccount) {
  const { id, name, type, currency, balance, totalBalance, spentToday, available } = account;
  const money = <Name extends string>(what: Name, amount: Minor | null) => moneyOf(what, amount, currency);
  return {
    id,
    name,
    type,
    currency,
    decimal_places: placesOf(currency),
    available,
    ...money('balance', balance),
    ...money('total_balance', totalBalance),
    ...money('spent_today', spentToday),
    ...money('spent_this_month', account.spentThisMonth),
    ...money('left_to_move_today', account.leftToMoveToday),
    low_balance: account.lowBalance?.isLow ?? null,
  };
}

function potOf(pot: PotView) {
  const { id, accountId, name, currency, balance, goal, locked, available } = pot;
  return {
    id,
    account_id: accountId,
    name,
    currency,
    decimal_places: placesOf(currency),
    available,
    locked,
    ...moneyOf('balance', balance, currency),
    ...moneyOf('goal', goal, currency),
    goal_reached: isGoalReached(pot),
  };
}

function moneyOf<Name extends string>(what: Name, amount: Minor | null, currency: Currency) {
  const major = amount === null ? null : toMajorNumber(amount, currency);
  return { [what]: major, [`${what}_minor`]: amount } as Record<Name | `${Name}_minor`, number | null>;
}
