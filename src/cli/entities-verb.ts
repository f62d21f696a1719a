import {
  optionalEntitiesSchema,
  type OptionalEntitiesChange,
  type OptionalEntitiesDocument,
} from '../contract/home-assistant-data.ts';
import type { CliSession } from './cli-session.ts';
import type { Household } from './household.ts';
import { prose, table, type Shown } from './layout.ts';
import { asking, isOn, wordsIn, type Given, type RouteVerb } from './route-verb.ts';
import { CommandFailure } from './terminal.ts';

const path = '/api/optional-entities';

const shownEntities = {
  answer: optionalEntitiesSchema,
  shown: async (entities: OptionalEntitiesDocument, session: CliSession) =>
    entitiesText(entities, (await session.household()).nameOf),
};

/** `monzo-bridge entities`: shows and changes which optional entities Home Assistant has. */
export const entitiesVerbs: readonly RouteVerb[] = [
  asking({
    verb: 'entities',
    meaning: 'show the entities in Home Assistant that are absent until you ask for them',
    call: () => ({ path }),
    ...shownEntities,
  }),
  asking({
    verb: 'entities set',
    meaning: 'ask for such entities, or take them away; those not named stay as they are',
    example: '--low-balance "Current account=50"',
    options: [
      [
        '--low-balance <thresholds...>',
        'below which balance an account warns: "Current account=50", or =none',
      ],
      ['--feed-posts <on|off>', 'whether Home Assistant may post to the feed of the Monzo app'],
      ['--update-check <on|off>', 'whether the package registry is asked once a day for a new version'],
    ],
    call: async ({ options }, session) => ({ method: 'PUT', path, body: await changeIn(options, session) }),
    ...shownEntities,
  }),
];

async function changeIn(
  { lowBalance, feedPosts, updateCheck }: Given['options'],
  session: CliSession,
): Promise<OptionalEntitiesChange> {
  if ([lowBalance, feedPosts, updateCheck].every((given) => given === undefined))
    throw new CommandFailure('bad_request', 'Name what to change, such as --feed-posts on.');
  return {
    ...(lowBalance === undefined ? {} : { low_balance: await thresholdsIn(session, wordsIn(lowBalance)) }),
    ...(feedPosts === undefined ? {} : { feed_posts: isOn('--feed-posts', feedPosts) }),
    ...(updateCheck === undefined ? {} : { update_check: isOn('--update-check', updateCheck) }),
  };
}

/** The bridge checks the amounts. */
async function thresholdsIn(session: CliSession, words: readonly string[]) {
  const pairs = words.map((word) => /^(.*)=(.*)$/.exec(word));
  if (pairs.includes(null))
    throw new CommandFailure(
      'bad_request',
      '--low-balance takes an account and an amount: "Current account=50"',
    );
  const { accountId } = await session.household();
  return Object.fromEntries(
    pairs.map((pair) => [accountId(pair?.[1] ?? ''), pair?.[2] === 'none' ? null : (pair?.[2] ?? '')]),
  );
}

function entitiesText(entities: OptionalEntitiesDocument, nameOf: Household['nameOf']): Shown {
  const { low_balance: thresholds, feed_posts: feedPosts, update_check: updateCheck } = entities;
  const rows = Object.entries(thresholds).map(([id, amount]) => [nameOf(id), `below ${amount}`]);
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
    rows.length === 0 ? 'No account warns of a low balance.' : table([prose('ACCOUNT'), 'LOW'], rows);
  return [warnings, ...lines];
}
