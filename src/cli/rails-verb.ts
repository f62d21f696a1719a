import { readDigits } from '../contract/elements.ts';
import { railsSchema, type RailsDocument } from '../contract/money-data.ts';
import type { CliSession } from './cli-session.ts';
import type { Household } from './household.ts';
import { printable, prose, table, type Shown } from './layout.ts';
import { asking, isOn, wordsIn, type Given, type RouteVerb } from './route-verb.ts';
import { CommandFailure } from './terminal.ts';

const path = '/api/rails';

const shownRails = {
  answer: railsSchema,
  shown: async (rails: RailsDocument, session: CliSession) =>
    railsText(rails, (await session.household()).nameOf),
};

/** `monzo-bridge rails`: shows and changes the limits that every move must stay inside. */
export const railsVerbs: readonly RouteVerb[] = [
  asking({
    verb: 'rails',
    meaning: 'show the limits that every move must stay inside',
    call: () => ({ path }),
    ...shownRails,
  }),
  asking({
    verb: 'rails set',
    meaning: 'change limits; those not named stay as they are',
    example: '--per-move 50 --per-day GBP=200',
    options: [
      ['--per-move <limits...>', 'most that one move may be: 100 in any currency, EUR=50 in one, EUR=none'],
      ['--per-day <limits...>', 'most that may move in a day, deposits and withdrawals together'],
      ['--floor <limits...>', 'what an account must keep'],
      ['--account <account>', 'set these three for one account, in addition to those for all'],
      ['--pots <pots>', 'the pots that may be moved, with commas between; all lets every pot be moved'],
      ['--cooldown <seconds>', 'how long the same move without a request id is refused'],
      ['--dry-run <on|off>', 'whether every move is only a trial'],
    ],
    call: async ({ options }, session) => ({ method: 'PUT', path, body: await changesIn(options, session) }),
    ...shownRails,
  }),
];

async function changesIn(options: Given['options'], session: CliSession): Promise<object> {
  const { account, ...limits } = options;
  if (Object.keys(limits).length === 0)
    throw new CommandFailure('bad_request', 'Name a limit to change, such as --per-move 50.');
  const { pots, cooldown, dryRun } = limits;
  const now = await session.client.json(railsSchema, { path });
  const id = account === undefined ? null : await limitedAccount(session, now, String(account));
  return {
    ...(id === null
      ? limitsIn(now, limits)
      : { accounts: { ...now.accounts, [id]: limitsIn(now.accounts[id] ?? {}, limits) } }),
    ...(pots === undefined ? {} : { pots: pots === 'all' ? null : potsIn(String(pots)) }),
    ...(cooldown === undefined ? {} : { cooldown_seconds: readDigits(cooldown) }),
    ...(dryRun === undefined ? {} : { dry_run: isOn('--dry-run', dryRun) }),
  };
}

/** The three limits with the named ones changed. */
function limitsIn({ per_move, per_day, floor }: LimitSet, given: Given['options']): LimitSet {
  const sets = [
    ['per_move', changed(per_move, given['perMove'])],
    ['per_day', changed(per_day, given['perDay'])],
    ['floor', changed(floor, given['floor'])],
  ] as const;
  return Object.fromEntries(sets.filter(([, limits]) => limits !== undefined));
}

/** `100` is for every currency, `EUR=50` for one; `EUR=none` removes one. The bridge checks the amounts. */
function changed(limits: Limits | undefined, words: Given['options'][string]): Limits | undefined {
  if (words === undefined) return limits;
  const next = new Map(Object.entries(limits ?? {}));
  for (const word of wordsIn(words)) {
    const [, currency = '*', amount = ''] = /^(?:([^=]*)=)?(.*)$/.exec(word) ?? [];
    if (amount === 'none') next.delete(currency);
    else next.set(currency, amount);
  }
  return Object.fromEntries(next);
}

/** Its id. One that has limits already need not be known any more. */
async function limitedAccount(
  session: CliSession,
  { accounts }: RailsDocument,
  named: string,
): Promise<string> {
  return Object.hasOwn(accounts, named) ? named : (await session.household()).accountId(named);
}

/** An empty text is no pot at all. The bridge knows the names. */
function potsIn(named: string): readonly string[] {
  return named.split(',').filter((name) => name.trim() !== '');
}

type Limits = Readonly<Record<string, string>>;

/** The three limits of all accounts or of one; unset ones are left out. */
type LimitSet = {
  readonly [Name in 'per_move' | 'per_day' | 'floor']?: Limits | undefined;
};

/** The limits as a person reads them, in the order in which a move is checked. */
function railsText(rails: RailsDocument, nameOf: Household['nameOf']): Shown {
  const { accounts, pots, cooldown_seconds: cooldown, dry_run: dryRun } = rails;
  const own = Object.entries(accounts).flatMap(([id, set]) => limitRows(set, nameOf(id)));
  return [
    table(['', prose('FOR'), prose('LIMIT')], [...limitRows(rails, 'all accounts'), ...own]),
    pots === null
      ? 'Every pot may be moved.'
      : printable(`Only these pots may be moved: ${pots.map(nameOf).join(', ') || 'none'}.`),
    `The same move without a request id is refused for ${cooldown} s.`,
    ...(dryRun ? ['Every move is only a trial: no money moves (dry run).'] : []),
  ];
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
