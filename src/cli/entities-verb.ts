import type { Command } from 'commander';
import {
  optionalEntitiesSchema,
  type OptionalEntitiesChange,
  type OptionalEntitiesDocument,
} from '../contract/home-assistant-data.ts';
import { show, type CliSession, type Run } from './cli-session.ts';
import { CommandFailure, printable, table } from './terminal.ts';

const path = '/api/optional-entities';

interface SetOptions {
  readonly lowBalance?: readonly string[];
  readonly feedPosts?: string;
  readonly updateCheck?: string;
}

/** `monzo-bridge entities`: shows and changes which optional entities Home Assistant has. */
export function addEntitiesVerb(program: Command, run: Run): void {
  const entities = program
    .command('entities')
    .description('show the entities in Home Assistant that are absent until you ask for them')
    .action(() => run(async (session) => print(session, await session.client.text({ path }))));
  entities
    .command('set')
    .description('ask for such entities, or take them away; those not named stay as they are')
    .option(
      '--low-balance <thresholds...>',
      'below which balance an account warns, by its id: acc_…=50, or acc_…=none',
    )
    .option('--feed-posts <on|off>', 'whether Home Assistant may post to the feed of the Monzo app')
    .option('--update-check <on|off>', 'whether the package registry is asked once a day for a new version')
    .action((given: SetOptions) =>
      run(async (session) =>
        print(session, await session.client.text({ method: 'PUT', path, body: changeIn(given) })),
      ),
    );
}

function changeIn({ lowBalance, feedPosts, updateCheck }: SetOptions): OptionalEntitiesChange {
  return {
    ...(lowBalance === undefined ? {} : { low_balance: Object.fromEntries(lowBalance.map(thresholdIn)) }),
    ...(feedPosts === undefined ? {} : { feed_posts: isOn('--feed-posts', feedPosts) }),
    ...(updateCheck === undefined ? {} : { update_check: isOn('--update-check', updateCheck) }),
  };
}

/** The bridge checks account and amount. */
function thresholdIn(word: string): readonly [string, string | null] {
  const [account = '', amount] = word.split('=');
  if (amount === undefined)
    throw new CommandFailure('bad_request', '--low-balance takes an account and an amount: acc_…=50');
  return [account, amount === 'none' ? null : amount];
}

function isOn(option: string, word: string): boolean {
  if (word !== 'on' && word !== 'off') throw new CommandFailure('bad_request', `${option} takes on or off.`);
  return word === 'on';
}

function print(session: CliSession, text: string): void {
  show(session, text, () => entitiesText(optionalEntitiesSchema.parse(JSON.parse(text))));
}

function entitiesText(entities: OptionalEntitiesDocument): string {
  const { low_balance: thresholds, feed_posts: feedPosts, update_check: updateCheck } = entities;
  const rows = Object.entries(thresholds).map(([id, amount]) => [id, `below ${amount}`]);
  const lines = [
    feedPosts
      ? 'Home Assistant may post to the feed of the Monzo app.'
      : 'Home Assistant may not post to the feed of the Monzo app.',
    updateCheck === true
      ? 'The package registry is asked once a day for a new version.'
      : updateCheck === false
        ? 'The package registry is not asked for new versions.'
        : 'Home Assistant tells of new versions of this app.',
  ];
  const warnings =
    rows.length === 0 ? printable('No account warns of a low balance.') : table(['ACCOUNT', 'LOW'], rows);
  return [warnings, ...lines].join('\n');
}
