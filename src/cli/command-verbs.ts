import { z } from 'zod';
import { sleep } from '../async.ts';
import { addressTestSchema } from '../contract/bank-data.ts';
import { linkSchema } from '../contract/login-data.ts';
import { commandAnswerSchema } from '../contract/money-data.ts';
import type { Call } from './api-client.ts';
import { loginNamed } from './household.ts';
import { exitCodes, show, type CliSession } from './cli-session.ts';
import { printable, prose, table } from './layout.ts';
import { asking, type RouteVerb } from './route-verb.ts';
import { CommandFailure, qrPicture } from './terminal.ts';

const webhooksSchema = z.looseObject({
  webhooks: z.array(
    z.object({ account: z.string(), registered: z.boolean(), trouble: z.string().nullable() }),
  ),
});

const refreshedSchema = z.object({
  not_read: z.array(z.object({ name: z.string(), sentence: z.string() })).default([]),
});

const answer = commandAnswerSchema;

/** Verbs that run one command of the bridge's table, or ask it for a link to its page. */
export const commandVerbs: readonly RouteVerb[] = [
  asking({
    verb: 'refresh',
    words: '[login]',
    meaning: 'read accounts, balances, pots and new transactions at once',
    example: 'Alex',
    call: async ({ words: [login] }, { client }) =>
      commandCall('refresh', login === undefined ? {} : { login: (await loginNamed(client, login)).id }),
    answer: refreshedSchema,
    // What was not read is told, beside that the rest was.
    shown: ({ not_read: notRead }) => [
      'Done.',
      ...notRead.map(({ name, sentence }) => printable(`${name}: ${sentence}`)),
    ],
  }),
  changeWebhooks('register'),
  changeWebhooks('unregister'),
  {
    verb: 'webhook test',
    meaning: 'call the address that Monzo calls, and say whether that reaches the bridge',
    act: testAddress,
  },
  asking({
    verb: 'pause',
    meaning: 'stop every money move until it is resumed',
    call: () => commandCall('pause', {}),
    answer,
    shown: () => 'Done.',
  }),
  asking({
    verb: 'resume',
    meaning: 'let money move again',
    call: () => commandCall('resume', {}),
    answer,
    shown: () => 'Done.',
  }),
  asking({
    verb: 'feed',
    words: '<account> <title>',
    meaning: 'show an item in the feed of the Monzo app',
    example: '"Current account" "Pocket money is due" --body "5 GBP each"',
    options: [
      ['--body <text>', 'text below the title'],
      ['--image-url <address>', 'address of its image'],
      ['--link <address>', 'address that a tap opens'],
    ],
    call: ({ words: [account, title], options: { body, imageUrl, link } }) =>
      commandCall('feed_item', { account, title, body, image_url: imageUrl, url: link }),
    answer,
    shown: ({ sentence }) => printable(typeof sentence === 'string' ? sentence : 'Done.'),
    isOpen: ({ status }) => status === 'unknown',
  }),
  asking({
    verb: 'note',
    words: '<transaction> <text>',
    meaning: 'set the notes of a transaction; an empty text removes them',
    example: 'tx_0000ABC "Present for Sam"',
    call: ({ words: [id, notes] }) => commandCall('annotate', { transaction_id: id, notes }),
    answer,
    shown: () => 'Done.',
  }),
  {
    verb: 'link',
    meaning: 'print a link that signs one browser in to the page, once, within ten minutes',
    act: printLink,
  },
];

/** The call that runs a command of the bridge's table. */
export function commandCall(name: string, body: Readonly<Record<string, unknown>>): Call {
  return { method: 'POST', path: `/api/commands/${name}`, body };
}

/** Shows the webhook of each account that was named. */
function changeWebhooks(what: 'register' | 'unregister'): RouteVerb {
  return asking({
    verb: `webhook ${what}`,
    words: '[account]',
    meaning: `${what} the webhook of an account (id or name), or of all of them`,
    example: '"Current account"',
    call: ({ words: [account] }) => commandCall(`${what}_webhook`, account === undefined ? {} : { account }),
    answer: webhooksSchema,
    shown: async ({ webhooks }, session) => {
      const { nameOf } = await session.household();
      return table(
        [prose('ACCOUNT'), 'AT MONZO', prose('NOTE')],
        webhooks.map(({ account, registered, trouble }) => [
          nameOf(account),
          registered ? 'yes' : 'no',
          trouble ?? '',
        ]),
      );
    },
  });
}

/** Fails where the address does not lead to the bridge, and is not known where it was tested from inside only. */
async function testAddress(session: CliSession): Promise<void> {
  const call = { method: 'POST', path: '/api/webhooks/test' } as const;
  const { text, value } = await session.client.read(addressTestSchema, call);
  const { outcome, sentence } = value;
  if (outcome !== 'reached' && outcome !== 'reached_inside') throw new CommandFailure(outcome, sentence);
  show(session, text, () => printable(sentence));
  if (outcome === 'reached_inside') session.finish(exitCodes.unknown);
}

/** A way into the page for a browser that has none. */
async function printLink(session: CliSession): Promise<void> {
  const call = { method: 'POST', path: '/api/session/link' } as const;
  const { text, value } = await onceStarted(session, () => session.client.read(linkSchema, call));
  const { links, qr, advice } = value;
  show(session, text, () => links.map(printable));
  if (session.asJson) return;
  // Beside the links, so that a program can read these alone.
  if (advice !== null) session.terminal.warn(printable(advice));
  if (qr !== null) session.terminal.warn(await qrPicture(qr));
}

/** The link is often asked for right after the start, which takes seconds; the key is made by the very first one. */
const startPatience = 30_000;
const startRest = 250;
const notStarted: ReadonlySet<string> = new Set(['not_running', 'no_admin_token']);

/** Tries again while no bridge answers. Throws what the last try threw. */
async function onceStarted<T>({ options: { clock, signal }, terminal }: CliSession, ask: () => Promise<T>) {
  const end = clock.monotonic() + startPatience;
  for (let isFirst = true; ; isFirst = false) {
    try {
      return await ask();
    } catch (thrown) {
      const isEarly = thrown instanceof CommandFailure && notStarted.has(thrown.code);
      if (!isEarly || clock.monotonic() >= end || signal?.aborted === true) throw thrown;
      if (isFirst) terminal.warn('No bridge answers yet; waiting half a minute for one that is starting …');
      await sleep(clock, startRest, signal);
    }
  }
}
