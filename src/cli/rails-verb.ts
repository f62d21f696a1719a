import type { Command } from 'commander';
import { railsSchema, type RailsDocument } from '../contract/money-data.ts';
import type { Call } from './api-client.ts';
import { show, type Run, type CliSession } from './cli-session.ts';
import type { Household } from './household.ts';
import { printable, prose, table, type Shown } from './layout.ts';
import { exampleText } from './route-verb.ts';
import { CommandFailure } from './terminal.ts';

const path = '/api/rails';

interface SetOptions {
  readonly perMove?: readonly string[];
  readonly perDay?: readonly string[];
  readonly floor?: readonly string[];
  readonly account?: string;
  readonly pots?: string;
  readonly cooldown?: string;
  readonly dryRun?: string;
}

/** `monzo-bridge rails`: shows and changes the limits that every move must stay inside. */
export function addRailsVerb(program: Command, run: Run): void {
  const rails = program
    .command('rails')
    .description('show the limits that every move must stay inside')
    .addHelpText('after', exampleText('rails'))
    .action(() => run((session) => print(session, { path })));
  rails
    .command('set')
    .description('change limits; those not named stay as they are')
    .addHelpText('after', exampleText('rails set', '--per-move 50 --per-day GBP=200'))
    .option(
      '--per-move <limits...>',
      'most that one move may be: 100 in any currency, EUR=50 in one, EUR=none',
    )
    .option('--per-day <limits...>', 'most that may move in a day, deposits and withdrawals together')
    .option('--floor <limits...>', 'what an account must keep')
    .option('--account <account>', 'set these three for one account, in addition to those for all')
    .option('--pots <pots>', 'the pots that may be moved, with commas between; all lets every pot be moved')
    .option('--cooldown <seconds>', 'how long the same move without a request id is refused')
    .option('--dry-run <on|off>', 'whether every move is only a trial')
    .action((given: SetOptions) => run((session) => set(session, given)));
}

async function print(session: CliSession, call: Call): Promise<void> {
  const { text, value } = await session.client.read(railsSchema, call);
  const household = session.asJson ? null : await session.household();
  show(session, text, () => railsText(value, household?.nameOf ?? String));
}

async function set(session: CliSession, given: SetOptions): Promise<void> {
  const { account, pots, cooldown, dryRun } = given;
  const { account: _account, ...limits } = given;
  if (Object.keys(limits).length === 0)
    throw new CommandFailure('bad_request', 'Name a limit to change, such as --per-move 50.');
  const now = await session.client.json(railsSchema, { path });
  // A limit for an account that does not exist would protect nothing, and no one would notice.
  const id = account === undefined ? null : (await session.household()).idOf('account', account);
  const body = {
    ...(id === null
      ? limitsIn(now, given)
      : { accounts: { ...now.accounts, [id]: limitsIn(now.accounts[id] ?? {}, given) } }),
    ...(pots === undefined ? {} : { pots: pots === 'all' ? null : await potsIn(session, pots) }),
    ...(cooldown === undefined ? {} : { cooldown_seconds: Number(cooldown) }),
    ...(dryRun === undefined ? {} : { dry_run: isOn(dryRun) }),
  };
  await print(session, { method: 'PUT', path, body });
}

/** The three limits with the named ones changed. */
function limitsIn({ per_move, per_day, floor }: LimitSet, given: SetOptions): LimitSet {
  const sets = [
    ['per_move', changed(per_move, given.perMove)],
    ['per_day', changed(per_day, given.perDay)],
    ['floor', changed(floor, given.floor)],
  ] as const;
  return Object.fromEntries(sets.filter(([, limits]) => limits !== undefined));
}

/** `100` is for every currency, `EUR=50` for one; `EUR=none` removes one. The bridge checks the amounts. */
function changed(limits: Limits | undefined, words: readonly string[] | undefined): Limits | undefined {
  if (words === undefined) return limits;
  const next = new Map(Object.entries(limits ?? {}));
  for (const word of words) {
    const [, currency = '*', amount = ''] = /^(?:([^=]*)=)?(.*)$/.exec(word) ?? [];
    if (amount === 'none') next.delete(currency);
    else next.set(currency, amount);
  }
  return Object.fromEntries(next);
}

/** An empty text is no pot at all. */
async function potsIn(session: CliSession, named: string): Promise<readonly string[]> {
  const names = named.split(',').filter((name) => name.trim() !== '');
  const { idOf } = await session.household();
  return names.map((name) => idOf('pot', name));
}

function isOn(word: string): boolean {
  if (word !== 'on' && word !== 'off') throw new CommandFailure('bad_request', '--dry-run takes on or off.');
  return word === 'on';
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
