import type { Command } from 'commander';
import { z } from 'zod';
import { sleep } from '../async.ts';
import { addressTestSchema } from '../contract/bank-data.ts';
import { linkSchema } from '../contract/login-data.ts';
import { loginNamed } from './household.ts';
import { show, type CliSession, type Verbs } from './cli-session.ts';
import { printable, prose, table } from './layout.ts';
import { exampleText } from './route-verb.ts';
import { CommandFailure, qrPicture } from './terminal.ts';

type Body = Readonly<Record<string, unknown>>;

/** Verbs that run one command of the bridge's table, or ask it for a link to its page. */
export function addCommandVerbs(verbs: Verbs): void {
  const { program, run } = verbs;
  program
    .command('refresh [login]')
    .description('read accounts, balances, pots and new transactions at once')
    .addHelpText('after', exampleText('refresh', 'Alex'))
    .action((login?: string) =>
      run(async (session) => {
        const body = login === undefined ? {} : { login: (await loginNamed(session.client, login)).id };
        const text = await askCommand(session, 'refresh', body);
        show(session, text, () => refreshedText(text));
      }),
    );
  const webhook = program
    .command('webhook')
    .description('register or remove the webhooks of accounts at Monzo, or test their address');
  for (const what of ['register', 'unregister'] as const)
    webhook
      .command(`${what} [account]`)
      .description(`${what} the webhook of an account (id or name), or of all of them`)
      .addHelpText('after', exampleText(`webhook ${what}`, '"Current account"'))
      .action((account?: string) => run((session) => changeWebhooks(session, `${what}_webhook`, account)));
  addAddressTest(webhook, verbs);
  for (const [name, description] of [
    ['pause', 'stop every money move until it is resumed'],
    ['resume', 'let money move again'],
  ] as const)
    program
      .command(name)
      .description(description)
      .addHelpText('after', exampleText(name))
      .action(() => run((session) => command(session, name, {})));
  addFeedVerb(verbs);
  addNoteVerb(verbs);
  addLinkVerb(verbs);
}

/** Fails where the address does not lead to the bridge, and is not known where it was tested from inside only. */
function addAddressTest(webhook: Command, { run, finish }: Verbs): void {
  webhook
    .command('test')
    .description('call the address that Monzo calls, and say whether that reaches the bridge')
    .addHelpText('after', exampleText('webhook test'))
    .action(() =>
      run(async (session) => {
        const text = await session.client.text({ method: 'POST', path: '/api/webhooks/test' });
        const { outcome, sentence } = addressTestSchema.parse(JSON.parse(text));
        if (outcome !== 'reached' && outcome !== 'reached_inside')
          throw new CommandFailure(outcome, sentence);
        show(session, text, () => printable(sentence));
        if (outcome === 'reached_inside') finish();
      }),
    );
}

const webhooksSchema = z.looseObject({
  webhooks: z.array(
    z.object({ account: z.string(), registered: z.boolean(), trouble: z.string().nullable() }),
  ),
});

/** Shows the webhook of each account that was named. */
async function changeWebhooks(session: CliSession, name: string, account: string | undefined): Promise<void> {
  const text = await askCommand(session, name, account === undefined ? {} : { account });
  const household = session.asJson ? null : await session.household();
  show(session, text, () =>
    table(
      [prose('ACCOUNT'), 'AT MONZO', prose('NOTE')],
      webhooksSchema
        .parse(JSON.parse(text))
        .webhooks.map(({ account: id, registered, trouble }) => [
          household?.nameOf(id) ?? id,
          registered ? 'yes' : 'no',
          trouble ?? '',
        ]),
    ),
  );
}

const refreshedSchema = z.object({
  not_read: z.array(z.object({ name: z.string(), sentence: z.string() })).default([]),
});

/** What was not read is told, beside that the rest was. */
function refreshedText(text: string): string {
  const { not_read: notRead } = refreshedSchema.parse(JSON.parse(text));
  return ['Done.', ...notRead.map(({ name, sentence }) => printable(`${name}: ${sentence}`))].join('\n');
}

async function command(session: CliSession, name: string, body: Body): Promise<void> {
  show(session, await askCommand(session, name, body), () => 'Done.');
}

/** Runs a command of the table. Resolves with the JSON text of the answer, unchanged. */
export function askCommand({ client }: CliSession, name: string, body: Body): Promise<string> {
  return client.text({ method: 'POST', path: `/api/commands/${name}`, body });
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
    .option('--body <text>', 'text below the title')
    .option('--image-url <address>', 'address of its image')
    .option('--link <address>', 'address that a tap opens')
    .addHelpText('after', exampleText('feed', '"Current account" "Pocket money is due" --body "5 GBP each"'))
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
    .description('set the notes of a transaction; an empty text removes them')
    .addHelpText('after', exampleText('note', 'tx_0000ABC "Present for Sam"'))
    .action((id: string, notes: string) =>
      run(async (session) => {
        const text = await askCommand(session, 'annotate', { transaction_id: id, notes });
        show(session, text, () => 'Done.');
      }),
    );
}

/** A way into the page for a browser that has none. */
function addLinkVerb({ program, run }: Verbs): void {
  program
    .command('link')
    .description('print a link that signs one browser in to the page, once, within ten minutes')
    .addHelpText('after', exampleText('link'))
    .action(() =>
      run(async (session) => {
        const text = await onceStarted(session, () =>
          session.client.text({ method: 'POST', path: '/api/session/link' }),
        );
        const { links, qr, advice } = linkSchema.parse(JSON.parse(text));
        show(session, text, () => links.map(printable).join('\n'));
        if (session.asJson) return;
        // Beside the links, so that a program can read these alone.
        if (advice !== null) session.terminal.warn(printable(advice));
        if (qr !== null) session.terminal.warn(await qrPicture(qr));
      }),
    );
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

const answerSchema = z.looseObject({ status: z.string(), sentence: z.string().nullish() });

/** The sentence of an answer, where it has one. */
export function saidBy(text: string): string {
  return printable(answerSchema.parse(JSON.parse(text)).sentence ?? 'Done.');
}
