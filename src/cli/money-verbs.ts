import { z } from 'zod';
import { auditListSchema, transferDetailSchema, transferListSchema } from '../contract/money-data.ts';
import { show, type CliSession, type Verbs } from './cli-session.ts';
import { askCommand, saidBy } from './command-verbs.ts';
import { CommandFailure, money, printable, table } from './terminal.ts';

/** The verbs that move money, and those that show what was moved and who requested it. */
export function addMoneyVerbs(verbs: Verbs): void {
  addTransferVerb(verbs);
  addTransfersVerb(verbs);
  addAuditVerb(verbs);
}

interface TransferOptions {
  readonly account?: string;
  readonly requestId?: string;
  readonly eventId?: string;
  readonly dryRun?: true;
}

const exitCodes =
  '\nExit codes: 0 moved (with --dry-run: would be), 1 not moved, 2 not understood,\n3 not confirmed: repeat it only with the same --request-id.';

function addTransferVerb({ program, run, finish }: Verbs): void {
  program
    .command('transfer <direction> <amount> <pot>')
    .description('move money: deposit into a pot (id or name), or withdraw from it')
    .option('--account <account>', 'the account of the pot, where several pots have its name')
    .option('--request-id <id>', 'your name for this move: repeating it moves nothing more, for ever')
    .option('--event-id <id>', 'the event that this move answers to, in place of a request id')
    .option('--dry-run', 'only show what the move would do')
    .addHelpText('after', exitCodes)
    .action((...[direction, amount, pot, given]: [string, string, string, TransferOptions]) =>
      run(async (session) => {
        const { account, requestId, eventId, dryRun } = given;
        const body = {
          pot,
          amount,
          transfer_type: direction,
          account,
          request_id: requestId,
          event_id: eventId,
          dry_run: dryRun,
        };
        const text = await askCommand(session, 'pot_transfer', body).catch(neverAnswered);
        const outcome = outcomeSchema.parse(JSON.parse(text));
        show(session, text, () => outcomeText(outcome));
        if (outcome.status === 'unknown') finish();
      }),
    );
}

/** Without an answer the bridge may have moved the money all the same. */
function neverAnswered(thrown: unknown): never {
  if (!(thrown instanceof CommandFailure) || thrown.code !== 'no_answer') throw thrown;
  const sentence = `${thrown.message} It is not known whether money moved: check monzo-bridge transfers before you repeat it.`;
  const details = { money_moved: 'unknown', transfer_id: null };
  throw new CommandFailure(thrown.code, sentence, { details, exitCode: 3 });
}

function addTransfersVerb({ program, run }: Verbs): void {
  const transfers = program
    .command('transfers [id]')
    .description('every move that was sent, the newest first, or one of them with its audit rows')
    .option('--state <state>', 'only those that are open, moved, not_moved, unresolved or not_sent')
    .option('--limit <count>', 'how many at most (1 to 500)')
    .option('--cursor <cursor>', 'the next page, as the page before named it')
    .action((id: string | undefined, query: Readonly<Record<string, string>>) =>
      run((session) => (id === undefined ? listTransfers(session, query) : showTransfer(session, id))),
    );
  transfers
    .command('decide <id> <moved>')
    .description('record whether an unresolved move took place: yes or no, as the Monzo app shows it')
    .action((id: string, moved: string) =>
      run(async (session) => {
        const body = { transfer_id: id, money_moved: moved };
        const text = await askCommand(session, 'decide_transfer', body);
        show(session, text, () => saidBy(text));
      }),
    );
}

async function listTransfers(session: CliSession, query: Readonly<Record<string, string>>): Promise<void> {
  const text = await session.client.text({ path: '/api/transfers', query });
  show(session, text, () => transferTable(transferListSchema.parse(JSON.parse(text))));
}

async function showTransfer(session: CliSession, id: string): Promise<void> {
  const text = await session.client.text({ path: `/api/transfers/${encodeURIComponent(id)}` });
  show(session, text, () => transferLines(transferDetailSchema.parse(JSON.parse(text))));
}

interface AuditOptions extends Readonly<Record<string, string | undefined>> {
  readonly export?: string;
}

function addAuditVerb({ program, run }: Verbs): void {
  program
    .command('audit')
    .description('who requested what, and the outcome, the newest first')
    .option('--transfer <id>', 'only rows of this transfer')
    .option('--limit <count>', 'how many at most (1 to 500)')
    .option('--cursor <cursor>', 'the next page, as the page before named it')
    .option('--export <format>', 'all of it, as csv or json')
    .action(({ export: format, ...query }: AuditOptions) =>
      run(async (session) => {
        if (format !== undefined) {
          const file = await session.client.text({ path: '/api/audit/export', query: { format } });
          session.terminal.say(file.trimEnd());
          return;
        }
        const text = await session.client.text({ path: '/api/audit', query });
        show(session, text, () => auditTable(auditListSchema.parse(JSON.parse(text))));
      }),
    );
}

const amount = z.int().nullish();

/** What the command line shows of the answer of `pot_transfer`. */
const outcomeSchema = z.looseObject({
  status: z.enum(['done', 'unknown']),
  money_moved: z.enum(['yes', 'no', 'unknown']),
  transfer_id: z.string().nullable(),
  sentence: z.string(),
  transfer_type: z.enum(['deposit', 'withdraw']),
  amount_minor: z.int(),
  currency: z.string(),
  account_balance_minor: amount,
  pot_balance_minor: amount,
  account_balance_after_minor: amount,
  pot_balance_after_minor: amount,
  repeated: z.boolean().optional(),
});

type Outcome = z.output<typeof outcomeSchema>;

/** The sentence and both balances: before and after where this call moved money or, in a trial, would move it. */
function outcomeText(outcome: Outcome): string {
  const { sentence, transfer_id: id } = outcome;
  const lines = [printable(sentence), balances(outcome)];
  return [...lines, ...(id === null ? [] : [printable(`Transfer id: ${id}`)])].join('\n');
}

function balances(outcome: Outcome): string {
  const { currency, money_moved: moved, repeated = false } = outcome;
  const { account_balance_minor: account = null, pot_balance_minor: pot = null } = outcome;
  const into = outcome.transfer_type === 'deposit' ? outcome.amount_minor : -outcome.amount_minor;
  const shown = (minor: number | null) => money(minor, currency) || 'not known';
  if (moved === 'no') {
    const { account_balance_after_minor: accountAfter = null, pot_balance_after_minor: potAfter = null } =
      outcome;
    return table(
      ['', 'NOW', 'WOULD BE'],
      [
        ['account', shown(account), shown(accountAfter)],
        ['pot', shown(pot), shown(potAfter)],
      ],
    );
  }
  if (moved === 'unknown' || repeated)
    return table(
      ['', 'LAST READ'],
      [
        ['account', shown(account)],
        ['pot', shown(pot)],
      ],
    );
  const before = (minor: number | null, change: number) => shown(minor === null ? null : minor - change);
  return table(
    ['', 'BEFORE', 'AFTER'],
    [
      ['account', before(account, -into), shown(account)],
      ['pot', before(pot, into), shown(pot)],
    ],
  );
}

type Transfers = z.output<typeof transferListSchema>;
type AuditRows = z.output<typeof auditListSchema>;

function transferTable({ items, next }: Transfers): string {
  if (items.length === 0) return 'No money was moved through this bridge yet.';
  const rows = items.map((transfer) => [
    transfer.id,
    transfer.created,
    transfer.state,
    transfer.transfer_type,
    money(transfer.amount_minor, transfer.currency),
    transfer.pot,
    transfer.request_id ?? '',
  ]);
  return table(['ID', 'CREATED', 'STATE', 'DIRECTION', 'AMOUNT', 'POT', 'REQUEST ID'], rows) + more(next);
}

function transferLines({
  evidence,
  fitting_transactions: fitting,
  ...transfer
}: z.output<typeof transferDetailSchema>): string {
  const lines = Object.entries(transfer)
    .filter(([, value]) => value !== null)
    .map(([key, value]) => printable(`${key}: ${String(value)}`));
  const rows = fitting.map(({ transaction_id: id, created, amount_minor: minor, currency }) =>
    printable(`may be it: ${id}, ${money(minor, currency)}, ${created}`),
  );
  return [...lines, ...rows, '', auditTable({ items: evidence, next: null })].join('\n');
}

function auditTable({ items, next }: AuditRows): string {
  if (items.length === 0) return 'Nothing has been requested yet.';
  const rows = items.map((row) => [
    row.at,
    row.user === null ? row.door : `${row.door} (${row.user})`,
    row.action,
    row.decision,
    row.transfer_id ?? '',
    row.sentence ?? row.code ?? '',
  ]);
  return table(['AT', 'WHO', 'ACTION', 'DECISION', 'TRANSFER', 'WHY'], rows) + more(next);
}

function more(next: string | null): string {
  return next === null ? '' : `\nThere is more: add --cursor ${next}`;
}
