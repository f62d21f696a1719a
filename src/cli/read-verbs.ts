import type { Command } from 'commander';
import {
  accountSchema,
  potSchema,
  transactionDetailSchema,
  transactionSchema,
} from '../contract/bank-data.ts';
import { healthSchema } from '../contract/bridge-data.ts';
import { listOf } from '../contract/elements.ts';
import { eventListSchema } from '../contract/event-data.ts';
import { accountTable, eventTable, healthLines, potTable, transactionTable } from './render.ts';
import { show, type Session } from './session.ts';
import { printable } from './terminal.ts';

type Run = (act: (session: Session) => Promise<void>) => Promise<void>;
type Query = Readonly<Record<string, string | undefined>>;

const filters = [
  ['--account <id>', 'of this account'],
  ['--pot <id>', 'moves in and out of this pot'],
  ['--since <when>', 'created then or later: 2026-03-01, or with time and zone'],
  ['--before <when>', 'created earlier'],
  ['--q <words>', 'words in merchant, counterparty, description or notes'],
  ['--category <category>', "of this category of Monzo's"],
  ['--kind <kind>', 'such as card_payment or direct_debit'],
  ['--limit <count>', 'how many at most (1 to 500)'],
  ['--cursor <cursor>', 'the next page, as the page before named it'],
] as const;

/** The verbs that only look. */
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
    .command('events')
    .description('the event log, and how far each receiver has come')
    .option('--after <place>', 'only what is behind this place')
    .option('--limit <count>', 'how many at most (1 to 500)')
    .action((query: Query) => run((session) => events(session, query)));
  program
    .command('health')
    .description('how each part of the running bridge does')
    .action(() => run(health));
}

async function accounts(session: Session): Promise<void> {
  const text = await session.client.text({ path: '/api/accounts' });
  show(session, text, () => accountTable(listOf(accountSchema).parse(JSON.parse(text)).items));
}

async function pots(session: Session): Promise<void> {
  const text = await session.client.text({ path: '/api/pots' });
  show(session, text, () => potTable(listOf(potSchema).parse(JSON.parse(text)).items));
}

async function transactions(session: Session, query: Query): Promise<void> {
  const text = await session.client.text({ path: '/api/transactions', query });
  show(session, text, () => {
    const { items, next } = listOf(transactionSchema).parse(JSON.parse(text));
    const more = next === null ? '' : `\nThere is more: add --cursor ${next}`;
    return transactionTable(items) + more;
  });
}

async function transaction(session: Session, id: string): Promise<void> {
  const text = await session.client.text({ path: `/api/transactions/${encodeURIComponent(id)}` });
  show(session, text, () => {
    const { raw: _raw, ...shown } = transactionDetailSchema.parse(JSON.parse(text));
    return Object.entries(shown)
      .map(([key, value]) => printable(`${key}: ${value === null ? '' : String(value)}`))
      .join('\n');
  });
}

async function events(session: Session, query: Query): Promise<void> {
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

async function health(session: Session): Promise<void> {
  const text = await session.client.text({ path: '/api/health' });
  show(session, text, () => healthLines(healthSchema.parse(JSON.parse(text))));
}
