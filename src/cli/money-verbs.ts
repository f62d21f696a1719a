import { z } from 'zod';
import type { Command } from 'commander';
import { auditListSchema, transferDetailSchema, transferListSchema } from '../contract/money-data.ts';
import { askCommand } from './command-verbs.ts';
import { CommandFailure } from './failure.ts';
import { auditTable, outcomeSchema, outcomeText, transferLines, transferTable } from './money-render.ts';
import { show, type Session } from './session.ts';
import { printable } from './terminal.ts';

export interface Verbs {
  readonly program: Command;
  readonly run: (act: (session: Session) => Promise<void>) => Promise<void>;
  /** Lets the run end with the exit code that says: nobody knows yet. */
  readonly finish: () => void;
}

/** The verbs that move money and write to the bank, and those that show what was moved. */
export function addMoneyVerbs(verbs: Verbs): void {
  addTransferVerb(verbs);
  addTransfersVerb(verbs);
  addAuditVerb(verbs);
  addFeedVerb(verbs);
  addNoteVerb(verbs);
}

interface TransferOptions {
  readonly account?: string;
  readonly requestId?: string;
  readonly eventId?: string;
  readonly dryRun?: true;
}

const exitCodes =
  '\nExit codes: 0 moved (or, with --dry-run, would be), 1 not moved, 2 not understood,\n3 not confirmed: repeat it only with the same --request-id.';

function addTransferVerb({ program, run, finish }: Verbs): void {
  program
    .command('transfer <direction> <amount> <pot>')
    .description('move money: deposit into a pot (id or name), or withdraw from it')
    .option('--account <account>', 'the account of the pot, where several pots have its name')
    .option('--request-id <id>', 'your name for this move: repeating it moves nothing more, for ever')
    .option('--event-id <id>', 'the event that this move answers to, in place of a request id')
    .option('--dry-run', 'only say what would be')
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

/** The bridge may have gone on without us. */
function neverAnswered(thrown: unknown): never {
  if (!(thrown instanceof CommandFailure) || thrown.code !== 'no_answer') throw thrown;
  const sentence = `${thrown.message} Nobody knows whether money moved: look at monzo-bridge transfers before you repeat it.`;
  const details = { money_moved: 'unknown', transfer_id: null };
  throw new CommandFailure(thrown.code, sentence, { details, exitCode: 3 });
}

function addTransfersVerb({ program, run }: Verbs): void {
  const transfers = program
    .command('transfers [id]')
    .description('every move that was acted on, the newest first, or one of them with its evidence')
    .option('--state <state>', 'only those that are open, moved, not_moved, unresolved or not_sent')
    .option('--limit <count>', 'how many at most (1 to 500)')
    .option('--cursor <cursor>', 'the next page, as the page before named it')
    .action((id: string | undefined, query: Readonly<Record<string, string>>) =>
      run((session) => (id === undefined ? listTransfers(session, query) : showTransfer(session, id))),
    );
  transfers
    .command('decide <id> <moved>')
    .description('say whether an unresolved move took place: yes or no, as the Monzo app shows it')
    .action((id: string, moved: string) =>
      run(async (session) => {
        const body = { transfer_id: id, money_moved: moved };
        const text = await askCommand(session, 'decide_transfer', body);
        show(session, text, () => saidBy(text));
      }),
    );
}

async function listTransfers(session: Session, query: Readonly<Record<string, string>>): Promise<void> {
  const text = await session.client.text({ path: '/api/transfers', query });
  show(session, text, () => transferTable(transferListSchema.parse(JSON.parse(text))));
}

async function showTransfer(session: Session, id: string): Promise<void> {
  const text = await session.client.text({ path: `/api/transfers/${encodeURIComponent(id)}` });
  show(session, text, () => transferLines(transferDetailSchema.parse(JSON.parse(text))));
}

interface AuditOptions extends Readonly<Record<string, string | undefined>> {
  readonly export?: string;
}

function addAuditVerb({ program, run }: Verbs): void {
  program
    .command('audit')
    .description('who asked for what and what came of it, the newest first')
    .option('--transfer <id>', 'only what belongs to this transfer')
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

interface FeedOptions {
  readonly body?: string;
  readonly imageUrl?: string;
  readonly link?: string;
}

function addFeedVerb({ program, run, finish }: Verbs): void {
  program
    .command('feed <account> <title>')
    .description('show an item in the feed of the Monzo app')
    .option('--body <text>', 'what stands below the title')
    .option('--image-url <address>', 'its picture')
    .option('--link <address>', 'what a tap opens')
    .action((account: string, title: string, { body, imageUrl, link }: FeedOptions) =>
      run(async (session) => {
        const item = { account, title, body, image_url: imageUrl, url: link };
        const text = await askCommand(session, 'feed_item', item);
        show(session, text, () => saidBy(text));
        if (answerSchema.parse(JSON.parse(text)).status === 'unknown') finish();
      }),
    );
}

function addNoteVerb({ program, run }: Verbs): void {
  program
    .command('note <transaction> <text>')
    .description('set the notes of a transaction; an empty text takes them away')
    .action((id: string, notes: string) =>
      run(async (session) => {
        const text = await askCommand(session, 'annotate', { transaction_id: id, notes });
        show(session, text, () => 'Done.');
      }),
    );
}

const answerSchema = z.looseObject({ status: z.string(), sentence: z.string().nullish() });

/** The sentence of an answer, where it has one. */
function saidBy(text: string): string {
  return printable(answerSchema.parse(JSON.parse(text)).sentence ?? 'Done.');
}
