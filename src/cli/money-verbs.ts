import { z } from 'zod';
import { commandCall } from './command-verbs.ts';
import { money, printable, table, type Shown } from './layout.ts';
import { asking, type RouteVerb } from './route-verb.ts';
import { CommandFailure } from './terminal.ts';

const exitCodeNotes =
  '\nExit codes: 0 moved (with --dry-run: would be), 1 not moved, 2 not understood,\n3 not confirmed: repeat it only with the same --request-id.\n';

/** Without an answer the bridge may have moved the money all the same. */
function neverAnswered(thrown: unknown): never {
  if (!(thrown instanceof CommandFailure) || thrown.code !== 'no_answer') throw thrown;
  const sentence = `${thrown.message} It is not known whether money moved: check monzo-bridge transfers before you repeat it.`;
  const details = { money_moved: 'unknown', transfer_id: null };
  throw new CommandFailure(thrown.code, sentence, { details, exitCode: 3 });
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

const move = asking({
  verb: 'transfer',
  words: '<direction> <amount> <pot>',
  meaning: 'move money: deposit into a pot (id or name), or withdraw from it',
  example: 'deposit 25.00 Holiday --request-id holiday-2026-03',
  notes: exitCodeNotes,
  options: [
    ['--account <account>', 'the account of the pot, where several pots have its name'],
    ['--request-id <id>', 'your name for this move: repeating it moves nothing more, for ever'],
    ['--event-id <id>', 'the event that this move answers to, in place of a request id'],
    ['--dry-run', 'only show what the move would do'],
  ],
  call: ({ words: [direction, amountWord, pot], options: { account, requestId, eventId, dryRun } }) =>
    commandCall('pot_transfer', {
      pot,
      amount: amountWord,
      transfer_type: direction,
      account,
      request_id: requestId,
      event_id: eventId,
      dry_run: dryRun,
    }),
  answer: outcomeSchema,
  shown: outcomeText,
  isOpen: ({ status }) => status === 'unknown',
});

/** `monzo-bridge transfer`: the verb that moves money. */
export const moveVerb: RouteVerb = {
  ...move,
  act: (session, given) => move.act(session, given).catch(neverAnswered),
};

/** The sentence and both balances: before and after where this call moved money or, in a trial, would move it. */
function outcomeText(outcome: Outcome): Shown {
  const { sentence, transfer_id: id } = outcome;
  const lines = [printable(sentence), balances(outcome)];
  return [...lines, ...(id === null ? [] : [printable(`Transfer id: ${id}`)])];
}

function balances(outcome: Outcome): Shown {
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
