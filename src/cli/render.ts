import { toMajorText } from '../domain/values.ts';
import type { AccountItem, PotItem, TransactionItem } from '../contract/bank-data.ts';
import type { HealthItem } from '../contract/bridge-data.ts';
import type { EventItem } from '../contract/event-data.ts';
import type { LoginItem } from '../contract/login-data.ts';
import { printable } from './terminal.ts';

type Row = readonly string[];

/** Columns of equal width; every cell is made printable here, whoever wrote it. */
export function table(header: Row, rows: readonly Row[]): string {
  const lines = [header, ...rows].map((row) => row.map(printable));
  const widths = header.map((_, column) => Math.max(...lines.map((row) => widthOf(row[column] ?? ''))));
  return lines
    .map((row) =>
      row
        .map((cell, column) => padded(cell, widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

export function loginTable(logins: readonly LoginItem[]): string {
  if (logins.length === 0) return 'No one is connected yet. Connect a person with: monzo-bridge login add';
  return table(
    ['ID', 'NAME', 'STATE', 'NEEDS'],
    logins.map(({ id, name, state, needs }) => [id, name, state, needs ?? '']),
  );
}

export function accountTable(accounts: readonly AccountItem[]): string {
  return table(
    ['ID', 'NAME', 'BALANCE', 'WITH POTS', 'SPENT TODAY', ''],
    accounts.map((account) => [
      account.id,
      account.name,
      money(account.balance_minor, account.currency),
      money(account.total_balance_minor, account.currency),
      money(account.spent_today_minor, account.currency),
      account.available ? '' : 'out of date',
    ]),
  );
}

export function potTable(pots: readonly PotItem[]): string {
  return table(
    ['ID', 'NAME', 'BALANCE', 'GOAL', ''],
    pots.map((pot) => [
      pot.id,
      pot.name,
      money(pot.balance_minor, pot.currency),
      money(pot.goal_minor, pot.currency),
      [pot.locked ? 'locked' : '', pot.available ? '' : 'out of date'].filter(Boolean).join(', '),
    ]),
  );
}

export function transactionTable(transactions: readonly TransactionItem[]): string {
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

export function eventTable(events: readonly EventItem[]): string {
  return table(
    ['PLACE', 'AT', 'TYPE', 'KIND', 'AMOUNT', 'TRANSACTION'],
    events.map((event) => [String(event.seq), event.at, event.type, ...whatHappened(event)]),
  );
}

function whatHappened(event: EventItem): readonly string[] {
  if ('transfer_id' in event) return [`money moved: ${event.money_moved}`, '', event.transfer_id];
  return [event.kind, money(event.amount_minor, event.currency), event.transaction_id];
}

export function healthLines({ state, version, parts }: HealthItem): string {
  const lines = parts.map((part) => checkLine(part.state, part.part, part.sentence ?? ''));
  return [checkLine(state, 'bridge', `version ${version}`), ...lines].join('\n');
}

/** One line of a report: the verdict first, so that it can be looked for. */
export function checkLine(state: string, part: string, sentence: string): string {
  return printable(`${state.padEnd(10)} ${part}${sentence === '' ? '' : `: ${sentence}`}`);
}

export function money(minor: number | null, currency: string): string {
  return minor === null ? '' : `${toMajorText(minor, currency)} ${currency}`;
}

function padded(cell: string, width: number): string {
  return cell + ' '.repeat(width - widthOf(cell));
}

/** Characters as a person counts them; terminals that give some of them two columns shift a little. */
function widthOf(text: string): number {
  return [...graphemes.segment(text)].length;
}

const graphemes = new Intl.Segmenter('en');
