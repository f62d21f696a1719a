import type { z } from 'zod';
import {
  auditListSchema,
  auditQuerySchema,
  commandAnswerSchema,
  transferDetailSchema,
  transferListSchema,
  transferQuerySchema,
  type AuditRowItem,
} from '../contract/money-data.ts';
import type { CliSession } from './cli-session.ts';
import { download } from './download.ts';
import type { Household } from './household.ts';
import { labelled, money, printable, prose, table, type Shown } from './layout.ts';
import { asking, part, withMore, type RouteVerb } from './route-verb.ts';

const audit = asking({
  verb: 'audit',
  meaning: 'who requested what, and the outcome, the newest first',
  example: '--export csv > audit.csv',
  query: auditQuerySchema,
  options: [['--export <format>', 'all of it, as csv or json, to standard output']],
  call: ({ query }) => ({ path: '/api/audit', query }),
  answer: auditListSchema,
  shown: async ({ items, next }, session) =>
    withMore(auditTable(items, session, await session.household()), next),
});

/** The verbs that show what was moved and who requested it, and that record what a person found out. */
export const transferVerbs: readonly RouteVerb[] = [
  {
    ...transferList(),
    act: (session, given) =>
      (given.words[0] === undefined ? transferList() : oneTransfer()).act(session, given),
  },
  asking({
    verb: 'transfers decide',
    words: '<id> <moved:yes|no>',
    meaning: 'record whether an unresolved move took place: yes or no, as the Monzo app shows it',
    example: 'transfer_0000ABC yes',
    call: ({ words: [id, moved] }) => ({
      method: 'POST',
      path: '/api/commands/decide_transfer',
      body: { transfer_id: id, money_moved: moved },
    }),
    answer: commandAnswerSchema,
    shown: ({ sentence }) => printable(typeof sentence === 'string' ? sentence : 'Done.'),
  }),
  {
    ...audit,
    act: (session, given) => {
      const { export: format } = given.options;
      if (format === undefined) return audit.act(session, given);
      const call = { path: '/api/audit/export', query: { format: String(format) } };
      return download(session, { call, file: undefined });
    },
  },
];

function transferList(): RouteVerb {
  return asking({
    verb: 'transfers',
    words: '[id]',
    meaning: 'every move that was sent, the newest first, or one of them with its audit rows',
    example: '--state unresolved',
    query: transferQuerySchema,
    call: ({ query }) => ({ path: '/api/transfers', query }),
    answer: transferListSchema,
    shown: async ({ items, next }, session) => {
      if (items.length === 0) return 'No money was moved through this bridge yet.';
      const { nameOf } = await session.household();
      const rows = items.map((transfer) => [
        transfer.id,
        session.local(transfer.created),
        transfer.state,
        transfer.transfer_type,
        money(transfer.amount_minor, transfer.currency),
        nameOf(transfer.pot),
        transfer.request_id ?? '',
      ]);
      const header = ['ID', 'CREATED', 'STATE', 'DIRECTION', 'AMOUNT', prose('POT'), 'REQUEST ID'];
      return withMore(table(header, rows), next);
    },
  });
}

function oneTransfer(): RouteVerb {
  return asking({
    verb: 'transfers',
    meaning: 'one move',
    call: ({ words: [id] }) => ({ path: `/api/transfers/${part(id)}` }),
    answer: transferDetailSchema,
    shown: async (transfer, session) => transferLines(transfer, session, await session.household()),
  });
}

function transferLines(
  { evidence, fitting_transactions: fitting, ...one }: z.output<typeof transferDetailSchema>,
  session: CliSession,
  household: Household,
): Shown {
  const { local } = session;
  const { nameOf } = household;
  const values: readonly (readonly [string, string | null])[] = [
    ['id', one.id],
    ['state', one.state.replaceAll('_', ' ')],
    ['money moved', one.money_moved],
    ['direction', one.transfer_type],
    ['amount', money(one.amount_minor, one.currency)],
    ['pot', nameOf(one.pot)],
    ['account', nameOf(one.account)],
    ['request id', one.request_id],
    ['created', local(one.created)],
    ['sends', String(one.sends)],
    ['first sent', local(one.first_sent_at)],
    ['last sent', local(one.last_sent_at)],
    ['settled', local(one.settled_at)],
    ['transaction', one.transaction_id],
    ['code', one.code],
    ['why', one.sentence],
    ['asked by', whoOf(one)],
    ['found', one.found ? 'at the bank, without a request that this bridge knows of' : null],
    ...fitting.map(
      ({ transaction_id: id, created, amount_minor: minor, currency }) =>
        ['may be it', `${id}, ${money(minor, currency)}, ${local(created)}`] as const,
    ),
  ];
  return [...labelled(values), '', auditTable(evidence, session, household)];
}

function whoOf({ door, user }: Pick<AuditRowItem, 'door' | 'user'>): string {
  return user === null ? door : `${door} (${user})`;
}

function auditTable(items: readonly AuditRowItem[], { local }: CliSession, household: Household): Shown {
  if (items.length === 0) return 'Nothing has been requested yet.';
  return table(
    ['AT', prose('WHO'), 'ACTION', prose('WHAT'), 'DECISION', 'TRANSFER', prose('WHY')],
    items.map((row) => [
      local(row.at),
      whoOf(row),
      row.action,
      moveIn(row, household),
      row.decision,
      row.transfer_id ?? '',
      row.sentence ?? row.code ?? '',
    ]),
  );
}

/** The move that was asked for, such as "5.00 GBP into Holiday"; empty for other requests. */
function moveIn({ asked }: AuditRowItem, { nameOf }: Household): string {
  const { pot, amount_minor: minor, currency, transfer_type: type } = asked ?? {};
  if (typeof pot !== 'string' || typeof minor !== 'number' || typeof currency !== 'string') return '';
  return `${money(minor, currency)} ${type === 'withdraw' ? 'out of' : 'into'} ${nameOf(pot)}`;
}
