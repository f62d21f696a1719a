import type { Command } from 'commander';
import { z } from 'zod';
import {
  accountSchema,
  potSchema,
  transactionDetailSchema,
  transactionSchema,
} from '../contract/bank-data.ts';
import { healthSchema } from '../contract/bridge-data.ts';
import { listOf } from '../contract/elements.ts';
import { eventListSchema } from '../contract/event-data.ts';
import type { AccountItem, PotItem, TransactionItem } from '../contract/bank-data.ts';
import type { HealthItem } from '../contract/bridge-data.ts';
import type { EventItem } from '../contract/event-data.ts';
import { show, type Run, type CliSession } from './cli-session.ts';
import { checkLine, money, printable, table } from './terminal.ts';

type Query = Readonly<Record<string, string | undefined>>;

const filters = [
  ['--account <id>', 'of this account'],
  ['--pot <id>', 'moves in and out of this pot'],
  ['--since <when>', 'created then or later: 2026-03-01, or with time and zone'],
  ['--before <when>', 'created earlier'],
  ['--q <words>', 'words in merchant, counterparty, description or notes'],
  ['--category <category>', 'with this Monzo category'],
  ['--kind <kind>', 'such as card_payment or direct_debit'],
  ['--limit <count>', 'how many at most (1 to 500)'],
  ['--cursor <cursor>', 'the next page, as the page before named it'],
] as const;

/** The verbs that only read. */
export function addReadVerbs(program: Command, run: Run): void {
  program
    .command('accounts')
    .description('every account with its balance')
    .action(() => run(accounts));
  program
    .command('pots')
    .description('every pot with its balance')
    .action(() => run(pots));
  const listing = program
    .command('transactions [id]')
    .description('transactions, the newest first, or one of them');
  for (const [flags, description] of filters) listing.option(flags, description);
  listing.action((id: string | undefined, query: Query) =>
    run((session) => (id === undefined ? transactions(session, query) : transaction(session, id))),
  );
  program
    .command('summary')
    .description('balances, what was spent today and this month, and what needs attention')
    .action(() => run(summary));
  program
    .command('events')
    .description('the event log, and the position of each receiver')
    .option('--after <place>', 'only events after this place')
    .option('--limit <count>', 'how many at most (1 to 500)')
    .action((query: Query) => run((session) => events(session, query)));
  program
    .command('health')
    .description('the status of each part of the running bridge')
    .action(() => run(health));
}

async function accounts(session: CliSession): Promise<void> {
  const text = await session.client.text({ path: '/api/accounts' });
  show(session, text, () => accountTable(listOf(accountSchema).parse(JSON.parse(text)).items));
}

async function pots(session: CliSession): Promise<void> {
  const text = await session.client.text({ path: '/api/pots' });
  show(session, text, () => potTable(listOf(potSchema).parse(JSON.parse(text)).items));
}

const summarySchema = z.object({
  accounts: z.array(
    z.object({
      name: z.string(),
      currency: z.string(),
      balance_minor: z.number().nullable(),
      spent_today_minor: z.number().nullable(),
      spent_this_month_minor: z.number().nullable(),
      left_to_move_today_minor: z.number().nullable(),
    }),
  ),
  needs_attention: z.array(z.object({ sentence: z.string().nullable() })),
});

async function summary(session: CliSession): Promise<void> {
  const text = await session.client.text({ method: 'POST', path: '/api/commands/summary', body: {} });
  show(session, text, () => {
    const { accounts: all, needs_attention: troubles } = summarySchema.parse(JSON.parse(text));
    const rows = all.map(({ name, currency, ...minor }) => [
      name,
      money(minor.balance_minor, currency),
      money(minor.spent_today_minor, currency),
      money(minor.spent_this_month_minor, currency),
      money(minor.left_to_move_today_minor, currency),
    ]);
    const sentences = troubles.map(({ sentence }) => printable(sentence ?? ''));
    return [
      table(['NAME', 'BALANCE', 'SPENT TODAY', 'SPENT THIS MONTH', 'LEFT TO MOVE TODAY'], rows),
      ...(sentences.length === 0 ? ['Nothing needs attention.'] : sentences),
    ].join('\n');
  });
}

async function transactions(session: CliSession, query: Query): Promise<void> {
  const text = await session.client.text({ path: '/api/transactions', query });
  show(session, text, () => {
    const { items, next } = listOf(transactionSchema).parse(JSON.parse(text));
    const more = next === null ? '' : `\nThere is more: add --cursor ${next}`;
    return transactionTable(items) + more;
  });
}

async function transaction(session: CliSession, id: string): Promise<void> {
  const text = await session.client.text({ path: `/api/transactions/${encodeURIComponent(id)}` });
  show(session, text, () => {
    const { raw: _raw, ...shown } = transactionDetailSchema.parse(JSON.parse(text));
    return Object.entries(shown)
      .map(([key, value]) => printable(`${key}: ${valueText(value)}`))
      .join('\n');
  });
}

function valueText(value: unknown): string {
  return value === null ? '' : typeof value === 'string' ? value : JSON.stringify(value);
}

async function events(session: CliSession, query: Query): Promise<void> {
  const text = await session.client.text({ path: '/api/events', query });
  show(session, text, () => {
    const { items, next, sinks } = eventListSchema.parse(JSON.parse(text));
    const received = sinks.flatMap(({ name, cursor, undelivered, parked_count: parked, sentence }) => [
      printable(
        `${name} has received everything up to ${cursor}; ${undelivered} to go, ${parked} put aside.`,
      ),
      ...(sentence === null ? [] : [printable(sentence)]),
    ]);
    const more = next === null ? [] : [`There is more: add --after ${next}`];
    return [eventTable(items), ...received, ...more].join('\n');
  });
}

async function health(session: CliSession): Promise<void> {
  const text = await session.client.text({ path: '/api/health' });
  show(session, text, () => healthLines(healthSchema.parse(JSON.parse(text))));
}

function accountTable(accounts: readonly AccountItem[]): string {
  return table(
    ['ID', 'NAME', 'BALANCE', 'WITH POTS', 'SPENT TODAY', ''],
    accounts.map((account) => [
      account.id,
      account.name,
      money(account.balance_minor, account.currency),
      money(account.total_balance_minor, account.currency),
      money(account.spent_today_minor, account.currency),
      notes({
        'out of date': !account.available,
        missing: account.missing,
        [`as of ${account.figures_from}`]: account.figures_from !== null,
      }),
    ]),
  );
}

function potTable(pots: readonly PotItem[]): string {
  return table(
    ['ID', 'NAME', 'BALANCE', 'GOAL', ''],
    pots.map((pot) => [
      pot.id,
      pot.name,
      money(pot.balance_minor, pot.currency),
      money(pot.goal_minor, pot.currency),
      notes({
        locked: pot.locked,
        'out of date': !pot.available,
        missing: pot.missing,
        [`as of ${pot.figures_from}`]: pot.figures_from !== null,
      }),
    ]),
  );
}

function notes(which: Readonly<Record<string, boolean>>): string {
  return Object.keys(which)
    .filter((note) => which[note])
    .join(', ');
}

function transactionTable(transactions: readonly TransactionItem[]): string {
  return table(
    ['ID', 'CREATED', 'AMOUNT', 'KIND', 'STATUS', 'NAME'],
    transactions.map((transaction) => [
      transaction.id,
      transaction.created,
      money(transaction.amount_minor, transaction.currency),
      transaction.kind,
      transaction.status,
      transaction.name,
    ]),
  );
}

function eventTable(events: readonly EventItem[]): string {
  return table(
    ['PLACE', 'AT', 'TYPE', 'KIND', 'AMOUNT', 'TRANSACTION'],
    events.map((event) => [String(event.seq), event.at, event.type, ...whatHappened(event)]),
  );
}

function whatHappened(event: EventItem): readonly string[] {
  if ('transfer_id' in event) return [`money moved: ${event.money_moved}`, '', event.transfer_id];
  return [event.kind, money(event.amount_minor, event.currency), event.transaction_id];
}

function healthLines({ state, version, parts }: HealthItem): string {
  const lines = parts.map((part) => checkLine(part.state, part.part, part.sentence ?? ''));
  return [checkLine(state, 'bridge', `version ${version}`), ...lines].join('\n');
}
