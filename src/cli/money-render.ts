import { z } from 'zod';
import type {
  auditListSchema,
  RailsDocument,
  transferDetailSchema,
  transferListSchema,
} from '../contract/money-data.ts';
import { money, table } from './render.ts';
import { printable } from './terminal.ts';

const amount = z.int().nullish();

/** What `pot_transfer` answers, as far as a person is told. */
export const outcomeSchema = z.looseObject({
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

/** The sentence, and both balances: before and after where this very call moved or would move something. */
export function outcomeText(outcome: Outcome): string {
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

export function transferTable({ items, next }: Transfers): string {
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

export function transferLines({ evidence, ...transfer }: z.output<typeof transferDetailSchema>): string {
  const lines = Object.entries(transfer)
    .filter(([, value]) => value !== null)
    .map(([key, value]) => printable(`${key}: ${String(value)}`));
  return [...lines, '', auditTable({ items: evidence, next: null })].join('\n');
}

export function auditTable({ items, next }: AuditRows): string {
  if (items.length === 0) return 'Nobody has asked for anything yet.';
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

type Limits = Readonly<Record<string, string>>;

/** The three limits of all accounts or of one, as far as they are set. */
export type LimitSet = {
  readonly [Name in 'per_move' | 'per_day' | 'floor']?: Limits | undefined;
};

/** The rails as a person reads them, in the order in which a move meets them. */
export function railsText(rails: RailsDocument): string {
  const { accounts, pots, cooldown_seconds: cooldown, dry_run: dryRun } = rails;
  const own = Object.entries(accounts).flatMap(([id, set]) => limitRows(set, id));
  const lines = [
    table(['', 'FOR', 'LIMIT'], [...limitRows(rails, 'all accounts'), ...own]),
    pots === null ? 'Every pot may be moved.' : `Only these pots may be moved: ${pots.join(', ') || 'none'}.`,
    `The same move without a request id is refused for ${cooldown} s.`,
    ...(dryRun ? ['Every move is only tried out: no money moves (dry run).'] : []),
  ];
  return lines.map((line, index) => (index === 0 ? line : printable(line))).join('\n');
}

const limitNames = [
  ['per_move', 'one move at most'],
  ['per_day', 'a day at most'],
  ['floor', 'account keeps'],
] as const;

function limitRows(set: LimitSet, whose: string): readonly (readonly string[])[] {
  return limitNames.flatMap(([name, shown]) =>
    Object.entries(set[name] ?? {}).map(([currency, amount], _index, all) => [
      shown,
      whose,
      `${amount} ${currency === '*' ? `in any ${all.length > 1 ? 'other ' : ''}currency` : currency}`,
    ]),
  );
}
