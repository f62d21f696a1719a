import type { Readable } from 'node:stream';
import {
  activitySchema,
  diagnosticsSchema,
  healthSchema,
  snapshotSchema,
  type ActivityItem,
} from '../contract/bridge-data.ts';
import {
  eventListSchema,
  eventQuerySchema,
  retriedSchema,
  type EventItem,
  type SinkItem,
} from '../contract/event-data.ts';
import { pageSessionsSchema } from '../contract/login-data.ts';
import { pauseSchema } from '../contract/money-data.ts';
import { parsedJson } from './api-client.ts';
import { show, type CliSession } from './cli-session.ts';
import type { Household } from './household.ts';
import { checkLine, money, printable, table, prose, type Shown } from './layout.ts';
import { asking, part, withMore, type Given, type RouteVerb } from './route-verb.ts';
import { CommandFailure } from './terminal.ts';

const eventList = asking({
  verb: 'events',
  meaning: 'the event log, and the position of each receiver',
  example: '--before 500 --limit 20',
  query: eventQuerySchema,
  call: ({ query }) => ({ path: '/api/events', query }),
  answer: eventListSchema,
  shown: async ({ items, next, sinks }, session, { query }) => {
    const { nameOf } = await session.household();
    const rows = items.map((event) => [
      String(event.seq),
      session.local(event.at),
      event.type,
      ...whatHappened(event),
      nameOf(event.account_id),
    ]);
    return withMore(
      [
        table(['PLACE', 'AT', 'TYPE', 'KIND', 'AMOUNT', 'TRANSACTION', prose('ACCOUNT')], rows),
        ...sinks.flatMap(sinkLines),
      ],
      next,
      query['before'] === undefined ? '--after' : '--before',
    );
  },
});

/** The verbs that show the bridge itself, and what it does all day. */
export const bridgeVerbs: readonly RouteVerb[] = [
  {
    ...eventList,
    options: [['--follow', 'show events as they happen, from now on or --after a place, until Ctrl-C']],
    act: (session, given) => (given.options['follow'] ? follow : eventList.act)(session, given),
  },
  asking({
    verb: 'events retry',
    words: '[event]',
    meaning: 'send events again that were put aside: all of them, or one by its id',
    example: 'tx_0000ABC:created --sink mqtt',
    options: [['--sink <name>', 'only to this receiver']],
    call: ({ words: [event], options: { sink } }) => ({
      method: 'POST',
      path: '/api/events/retry',
      body: { event_id: event, sink },
    }),
    answer: retriedSchema,
    shown: ({ retried }) =>
      retried === 0
        ? 'No event was put aside.'
        : `${retried === 1 ? 'One event is' : `${retried} events are`} sent again.`,
  }),
  asking({
    verb: 'health',
    meaning: 'the status of each part of the running bridge',
    call: () => ({ path: '/api/health' }),
    answer: healthSchema,
    shown: ({ state, version, parts }) => [
      checkLine(state, 'bridge', `version ${version}`),
      ...parts.map((one) => checkLine(one.state, one.part, one.sentence ?? '')),
    ],
  }),
  asking({
    verb: 'activity',
    meaning: 'calls to Monzo and their budget, webhook calls, deliveries and the size of the ledger',
    call: () => ({ path: '/api/activity' }),
    answer: activitySchema,
    shown: (activity, session) => activityLines(activity, session),
  }),
  asking({
    verb: 'diagnostics',
    meaning: 'what to share when you ask for help: no name, id, balance or secret is in it',
    example: '> diagnostics.json',
    call: () => ({ path: '/api/diagnostics' }),
    answer: diagnosticsSchema,
    shown: (diagnostics) => JSON.stringify(diagnostics, null, 2).split('\n').map(printable),
  }),
  asking({
    verb: 'pause show',
    meaning: 'show whether money moves are paused, and why',
    call: () => ({ path: '/api/pause' }),
    answer: pauseSchema,
    shown: ({ paused, why }) =>
      paused
        ? printable(why ?? 'Money moves are paused. Resume with: monzo-bridge resume')
        : 'Money may be moved.',
  }),
  asking({
    verb: 'sessions',
    meaning: 'the browsers that are signed in to the page, the last used first',
    call: () => ({ path: '/api/sessions' }),
    answer: pageSessionsSchema,
    shown: ({ items }, { local }) =>
      items.length === 0
        ? 'No browser is signed in. Print a link for one with: monzo-bridge link'
        : table(
            ['ID', prose('BROWSER'), 'SIGNED IN', 'LAST USED'],
            items.map(({ id, browser, created, last_used: used }) => [
              id,
              browser,
              local(created),
              local(used),
            ]),
          ),
  }),
  {
    verb: 'sessions end',
    words: '[id]',
    meaning: 'sign one browser out, such as that of a lost phone, or all of them',
    example: '--all',
    options: [['--all', 'sign every browser out']],
    act: endSessions,
  },
];

/**
 * Shows events as they happen: the bridge's live stream says when there are more. With JSON each answer is a line. Ends where
 * nobody reads any more. Throws `broken_off` where the bridge ends.
 */
async function follow(session: CliSession, { query }: Given): Promise<void> {
  const { client, options, terminal, asJson } = session;
  const call = (after: number | string) => ({
    path: '/api/events',
    query: { after: String(after), limit: '500' },
  });
  const { after: asked } = query;
  // What is no place is refused here, in the bridge's words.
  const { last: newest } = await client.json(eventListSchema, call(asked ?? Number.MAX_SAFE_INTEGER));
  let place = asked === undefined ? newest : Number(asked);
  const stream = await client.download({ path: '/api/live' });
  const isOver = endsWith(stream, options);
  try {
    for await (const last of placesIn(stream))
      while (last > place) {
        const { text, value } = await client.read(eventListSchema, call(place));
        const { nameOf } = await session.household();
        terminal.say(asJson ? text : value.items.map((event) => eventLine(event, session, nameOf)));
        place = value.items.at(-1)?.seq ?? last;
      }
  } catch (thrown) {
    if (!isOver() && thrown instanceof CommandFailure) throw thrown;
  }
  if (!isOver())
    throw new CommandFailure('broken_off', 'The bridge has stopped. Follow it again once it runs.');
}

/** Ends a stream when nobody reads the output any more, or when the run is to end; says whether that has happened. */
function endsWith(stream: Readable, { stdout, signal }: CliSession['options']): () => boolean {
  let isOver = signal?.aborted === true;
  const end = () => {
    isOver = true;
    stream.destroy();
  };
  for (const event of ['close', 'error']) stdout.once(event, end);
  signal?.addEventListener('abort', end, { once: true });
  return () => isOver;
}

/** The place of the newest event, as each snapshot of the live stream tells it. Throws what the stream throws. */
async function* placesIn(stream: Readable): AsyncGenerator<number> {
  let rest = '';
  for await (const chunk of stream.setEncoding('utf8')) {
    const lines = `${rest}${String(chunk)}`.split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      const snapshot = liveSchema.safeParse(parsedJson(line.replace(/^data: /, '')));
      if (snapshot.success) yield snapshot.data.last_event;
    }
  }
}

const liveSchema = snapshotSchema.pick({ last_event: true });

function eventLine(event: EventItem, { local }: CliSession, nameOf: Household['nameOf']): string {
  const what = 'transfer_id' in event ? '' : (event.merchant ?? event.description);
  const [kind, amount] = whatHappened(event);
  const words = [local(event.at), event.type, kind, amount, what, nameOf(event.account_id)];
  return printable(words.filter((word) => word !== '').join('  '));
}

async function endSessions(session: CliSession, { words: [id], options: { all } }: Given): Promise<void> {
  if ((id === undefined) === (all === undefined))
    throw new CommandFailure('bad_request', 'Name one browser by its id, or all of them with --all.');
  await session.client.text({
    method: 'DELETE',
    path: id === undefined ? '/api/sessions' : `/api/sessions/${part(id)}`,
  });
  show(session, JSON.stringify({ ended: id ?? 'all' }), () => 'Signed out.');
}

function sinkLines(sink: SinkItem): readonly string[] {
  const { name, cursor, undelivered, parked_count: parked, sentence } = sink;
  const received = `${name} has received everything up to ${cursor}; ${undelivered} to go, ${parked} put aside.`;
  return [printable(received), ...(sentence === null ? [] : [printable(sentence)])];
}

function whatHappened(event: EventItem): readonly string[] {
  if ('transfer_id' in event) return [`money moved: ${event.money_moved}`, '', event.transfer_id];
  return [event.kind, money(event.amount_minor, event.currency), event.transaction_id];
}

function activityLines(activity: ActivityItem, { local }: CliSession): Shown {
  const { logins, doorbells, calls, sinks, ledger, since } = activity;
  const last = doorbells.last_ring === null ? 'none yet' : `the last at ${local(doorbells.last_ring)}`;
  return [
    `Counted since ${local(since)}, when the bridge started.`,
    '',
    table(
      [prose('LOGIN'), 'STATE', 'CALLS', 'LAST HOUR', 'LAST DAY', 'LEFT NOW', 'MONZO', 'LAST SUCCESS'],
      logins.map(({ name, state, calls: made, budget, bank, last_success: success }) => [
        name,
        state,
        String(made.total),
        String(made.last_hour),
        String(made.last_day),
        `${budget.available} of ${budget.capacity}`,
        bank,
        local(success),
      ]),
    ),
    '',
    table(
      ['CALLS', 'METHOD', prose('PATH'), 'OUTCOME'],
      calls.map(({ count, method, path, outcome }) => [String(count), method, path, outcome]),
    ),
    '',
    `Webhook calls: ${doorbells.rings}, ${last}; ${doorbells.awaited} name a transaction that no list shows yet, ${doorbells.unconfirmed} one that Monzo does not know.`,
    ...sinks.flatMap(sinkLines),
    `The ledger holds ${ledger.transactions} transactions and takes ${(ledger.bytes / 1_000_000).toFixed(1)} MB on the disk.`,
  ];
}
