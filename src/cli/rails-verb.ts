import type { Command } from 'commander';
import { railsSchema } from '../contract/money-data.ts';
import { accountSchema } from '../contract/bank-data.ts';
import { listOf } from '../contract/elements.ts';
import { CommandFailure } from './failure.ts';
import { railsText, type LimitSet } from './money-render.ts';
import { show, type Session } from './session.ts';

type Run = (act: (session: Session) => Promise<void>) => Promise<void>;

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

/** `monzo-bridge rails`: the limits that every move must stay inside. */
export function addRailsVerb(program: Command, run: Run): void {
  const rails = program
    .command('rails')
    .description('show the limits that every move must stay inside')
    .action(() => run(async (session) => print(session, await session.client.text({ path }))));
  rails
    .command('set')
    .description('change limits; what is not named stays as it is')
    .option(
      '--per-move <limits...>',
      'most that one move may be: 100 in any currency, EUR=50 in one, EUR=none',
    )
    .option('--per-day <limits...>', 'most that may move in a day, deposits and withdrawals alike')
    .option('--floor <limits...>', 'what an account must keep')
    .option('--account <id>', 'means these three for one account, in addition to those for all')
    .option(
      '--pots <ids>',
      'the pots that may be moved, by id with commas between; all lets every pot be moved',
    )
    .option('--cooldown <seconds>', 'how long the same move without a request id is refused')
    .option('--dry-run <on|off>', 'whether every move is only tried out')
    .action((given: SetOptions) => run((session) => set(session, given)));
}

function print(session: Session, text: string): void {
  show(session, text, () => railsText(railsSchema.parse(JSON.parse(text))));
}

async function set(session: Session, given: SetOptions): Promise<void> {
  const { account, pots, cooldown, dryRun } = given;
  const now = await session.client.json(railsSchema, { path });
  const id = account === undefined ? null : await knownAccount(session, account);
  const body = {
    ...(id === null
      ? limitsIn(now, given)
      : { accounts: { ...now.accounts, [id]: limitsIn(now.accounts[id] ?? {}, given) } }),
    ...(pots === undefined ? {} : { pots: pots === 'all' ? null : pots.split(',') }),
    ...(cooldown === undefined ? {} : { cooldown_seconds: Number(cooldown) }),
    ...(dryRun === undefined ? {} : { dry_run: isOn(dryRun) }),
  };
  print(session, await session.client.text({ method: 'PUT', path, body }));
}

/** The three limits with those changed that were named; what is not there and not named stays away. */
function limitsIn({ per_move, per_day, floor }: LimitSet, given: SetOptions): LimitSet {
  const sets = [
    ['per_move', changed(per_move, given.perMove)],
    ['per_day', changed(per_day, given.perDay)],
    ['floor', changed(floor, given.floor)],
  ] as const;
  return Object.fromEntries(sets.filter(([, limits]) => limits !== undefined));
}

type Limits = Readonly<Record<string, string>>;

/** `100` is for every currency, `EUR=50` for one; `EUR=none` takes one away. What an amount is the bridge judges. */
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

/** A limit for an account that does not exist would protect nothing and be noticed by nobody. */
async function knownAccount({ client }: Session, named: string): Promise<string> {
  const { items } = await client.json(listOf(accountSchema), { path: '/api/accounts' });
  const found = items.filter(({ id, name }) => id === named || name.toLowerCase() === named.toLowerCase());
  if (found[0] && found.length === 1) return found[0].id;
  const choice = items.map(({ id, name }) => `${name} (${id})`).join(', ');
  throw new CommandFailure(
    'unknown_account',
    `There is no such account. There are: ${choice || 'none yet'}.`,
  );
}

function isOn(word: string): boolean {
  if (word !== 'on' && word !== 'off') throw new CommandFailure('bad_request', '--dry-run takes on or off.');
  return word === 'on';
}
