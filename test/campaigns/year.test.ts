import assert from 'node:assert/strict';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { seededRandom } from '../../sim/fake-clock.ts';
import { alex, joint, sam } from '../../sim/household.ts';
import { durations } from '../../src/limits.ts';
import { openDatabase } from '../../src/store/database.ts';
import {
  assertDelivered,
  assertRecorded,
  eventLog,
  isAllDelivered,
  type Arrival,
  type LoggedItem,
} from '../support/event-oracle.ts';
import { hasUndecided, movesAt } from '../support/money.ts';
import { assertMoneyIsRight } from '../support/money-oracle.ts';
import { answered } from '../support/people.ts';
import { seedOf, sizeOf } from '../support/size.ts';
import { quiet } from '../support/until.ts';
import { startYear, type YearLife } from '../support/year-life.ts';

const { second, minute, hour } = durations;

/** What comes at some parts of the time, from 0 to 1; `over` ends it on a later morning. */
interface Trouble {
  readonly parts: readonly number[];
  readonly comes: (life: YearLife) => unknown;
  readonly over?: (life: YearLife) => unknown;
  /** In days; one where it is left out. */
  readonly lasts?: number;
}

const troubles: readonly Trouble[] = [
  {
    parts: [0.055, 0.301, 0.548, 0.795],
    comes: ({ world }) => world.faults.add({ kind: 'status', status: 503 }),
    over: ({ world }) => world.faults.clear(),
  },
  {
    parts: [0.137, 0.384, 0.63, 0.877],
    comes: async ({ broker, home }) => {
      await home.vanish();
      await broker.stop();
    },
    lasts: 2,
    over: async ({ broker, home }) => {
      await broker.start();
      await home.come();
    },
  },
  {
    parts: [0.219, 0.466, 0.712, 0.959],
    comes: ({ home }) => home.vanish(),
    over: ({ home }) => home.come(),
  },
  {
    parts: [0.178, 0.836],
    comes: ({ world }) => world.bridgeClock.setAhead(3 * hour),
    over: ({ world }) => world.bridgeClock.setAhead(0),
  },
  {
    parts: [0.74],
    comes: ({ world }) => world.bridgeClock.setAhead(-5 * hour),
    over: ({ world }) => world.bridgeClock.setAhead(0),
  },
  {
    parts: [0.411],
    comes: ({ isDiskFull }) => (isDiskFull.now = true),
    over: ({ isDiskFull }) => (isDiskFull.now = false),
  },
  { parts: [0.096, 0.589], comes: ({ world }) => world.bank.evict(alex.clientId, alex.userId) },
  // Where the year is short, no approval lapses by itself.
  { parts: [0.24], comes: ({ world }) => world.bank.lapseApproval(sam.userId) },
  { parts: [0.274], comes: ({ world }) => world.bank.renamePot(joint.pots.bills, 'Bills & rent') },
  { parts: [0.329], comes: ({ world }) => world.bank.closePot(alex.pots.savings) },
  {
    parts: [0.332],
    comes: ({ world }) => world.bank.openPot(alex.current, { name: 'Savings', goal: 90_000 }),
  },
  {
    parts: [0.493],
    comes: ({ world }) => world.bank.openAccount({ type: 'uk_rewards', owners: [alex.userId], balance: 50 }),
    lasts: 20,
    over: ({ world }) => closeNewest(world.bank),
  },
  { parts: [0.658], comes: ({ world }) => world.bank.dropWebhooks() },
];

/** The part of the time in which the bridge is off while life goes on, and the one in which nobody approves. */
const off = { from: 0.52, to: 0.545 } as const;
const unanswered = { from: 0.24, to: 0.28 } as const;

/** What the bridge does and holds at one moment of the year. */
interface Mark {
  readonly day: number;
  /** What a start does until a minute after it. */
  readonly start: {
    readonly writes: number;
    readonly calls: number;
    readonly messages: number;
    readonly ms: number;
  };
  readonly rows: ReadonlyMap<string, number>;
  readonly files: ReadonlyMap<string, number>;
  /** Of the log of the database while it is in use, in bytes. */
  readonly wal: number;
  /** Of the bridge alone, in bytes: what stopping it sets free. */
  readonly heap: number;
  readonly waits: number;
  readonly retained: number;
}

test('a year with a restart a week and trouble every month: nothing is lost, nothing is made twice, nothing grows that should not', async () => {
  const random = seededRandom(seedOf('year', 12));
  const days = sizeOf('days of a year', { short: 50, long: 365 });
  const isOn = (part: number, day: number) => Math.round(part * days) === day;
  const isWithin = ({ from, to }: { readonly from: number; readonly to: number }, day: number) =>
    day >= Math.round(from * days) && day < Math.round(to * days);
  await using life = await startYear(random);
  const marks: Mark[] = [];
  // The bridge forgets events a month after they were received.
  const log: LoggedItem[] = [];
  const read = async () => {
    log.push(...(await eventLog((path) => life.world.api(path), log.at(-1)?.seq)));
  };
  for (let day = 0; day < days; day += 1) {
    for (const { parts, comes, over, lasts = 1 } of troubles) {
      if (parts.some((part) => isOn(part, day - lasts))) await over?.(life);
      if (parts.some((part) => isOn(part, day))) await comes(life);
    }
    const isOff = isWithin(off, day);
    if (isOff && !isWithin(off, day - 1)) await answered(life.world, life.world.stop());
    if (!isOff && isWithin(off, day - 1)) await answered(life.world, life.world.restart());
    if (!isOff && !isWithin(unanswered, day)) await approveWhereAsked(life);
    await life.live({ transactions: 13 + (day % 3), moves: isOff ? 0 : 2 });
    if (day % 7 !== 6 || isOff) continue;
    await read();
    marks.push(await restarted(life, day));
  }
  await calm(life);
  await read();
  await assertBooks(life, log);
  assertNothingGrows(marks, { eventsPerDay: log.length / days, moves: life.talks.length });
});

function closeNewest(bank: YearLife['world']['bank']): void {
  const id = [...bank.model.accounts.keys()].at(-1) ?? assert.fail('there is no account');
  bank.closeAccount(id);
}

async function approveWhereAsked(life: YearLife): Promise<void> {
  const { logins } = life.world.app().view();
  if (logins.some(({ state }) => state !== 'active')) await life.approve();
}

async function restarted(life: YearLife, day: number): Promise<Mark> {
  const { world, crashes, broker } = life;
  const waits = world.clock.sleepers();
  const wal = statSync(join(world.directory, 'monzo-bridge.sqlite-wal')).size;
  const heap = heapUsed();
  await answered(world, world.stop());
  const without = heapUsed();
  const { rows, files } = onDisk(world.directory);
  const done = () => ({
    writes: pointsOf(crashes, 'write '),
    calls: world.bank.calls.length,
    messages: broker.seen.length,
  });
  const before = done();
  const began = performance.now();
  await answered(world, world.restart());
  const ms = performance.now() - began;
  await life.pass(minute);
  const after = done();
  return {
    day,
    start: {
      writes: after.writes - before.writes,
      calls: after.calls - before.calls,
      messages: after.messages - before.messages,
      ms,
    },
    rows,
    files,
    heap: heap - without,
    wal,
    waits,
    retained: broker.retainedTopics().length,
  };
}

function pointsOf({ reached }: YearLife['crashes'], kind: string): number {
  return [...reached].reduce((all, [point, count]) => all + (point.startsWith(kind) ? count : 0), 0);
}

function heapUsed(): number {
  assert.ok(globalThis.gc, 'run with --expose-gc');
  globalThis.gc();
  return process.memoryUsage().heapUsed;
}

/** Of others only the id is left, by which a fact is never told twice. */
const wholeEvents = 'events with what they said';

function onDisk(directory: string): Pick<Mark, 'rows' | 'files'> {
  const files = new Map(
    readdirSync(directory, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map(({ parentPath, name }) => [name, statSync(join(parentPath, name)).size] as const),
  );
  const database = openDatabase(join(directory, 'monzo-bridge.sqlite'), { readOnly: true });
  try {
    const tables = database.all(
      `SELECT name FROM sqlite_schema WHERE type = 'table' AND sql NOT LIKE 'CREATE VIRTUAL%'`,
      [],
      (row) => String(row['name']),
    );
    const count = (table: string) =>
      database.get(`SELECT count(*) AS found FROM ${table}`, [], (row) => Number(row['found'])) ?? 0;
    const whole = '(SELECT 1 FROM event WHERE data IS NOT NULL)';
    return {
      files,
      rows: new Map(
        [...tables.map((table) => [`"${table}"`, table] as const), [whole, wholeEvents] as const].map(
          ([from, name]) => [name, count(from)],
        ),
      ),
    };
  } finally {
    database.close();
  }
}

async function calm(life: YearLife): Promise<void> {
  const { world, broker } = life;
  world.faults.clear();
  world.bank.catchUp();
  await broker.start();
  await life.approve();
  await life.pass(13 * hour);
  for (let tries = 0; !(await isAllDelivered((path) => world.api(path))); tries += 1) {
    assert.ok(tries < 100, 'not everything was delivered');
    await life.pass(30 * second);
  }
  for (let tries = 0; hasUndecided(world) && tries < 20; tries += 1) await life.pass(10 * minute);
}

async function assertBooks(life: YearLife, log: readonly LoggedItem[]): Promise<void> {
  const { world, transactions, talks } = life;
  const { bank } = world;
  assertRecorded(bank, log, transactions);
  for (const what of ['transaction', 'event'] as const) {
    const arrivals = published(life, what);
    assertDelivered(what, log, arrivals);
    // A broker of MQTT 3.1.1 leaves much in doubt, and what is in doubt is sent again; but not for ever.
    const times = [...Map.groupBy(arrivals, ({ event_id }) => event_id).values()].map(({ length }) => length);
    const [repeats, most] = [arrivals.length - times.length, Math.max(...times)];
    console.log(`${repeats} of ${arrivals.length} arrived again on ${what}, none more than ${most} times`);
    assert.ok(most <= 5, `one event arrived ${most} times on ${what}`);
  }
  // Connections that ended while all that was compared are known by then.
  await quiet();
  await assertMoneyIsRight(world, talks, 100_000);
  for (const { id, balance } of world.app().view().accounts)
    assert.equal(balance, bank.account(id).balance, `the balance of ${id}`);
  for (const { id, balance } of world.app().view().pots)
    assert.equal(balance, bank.pot(id).balance, `the balance of ${id}`);
  const moved = movesAt(world).length;
  console.log(`${transactions.length} transactions, ${moved} moves of ${talks.length}, ${log.length} events`);
}

function published({ broker }: YearLife, what: 'transaction' | 'event'): readonly Arrival[] {
  return broker.seen.flatMap(({ topic, payload }) => {
    const [, accountId, last] = topic.split('/');
    if (last !== what || accountId === undefined) return [];
    const { event_id } = JSON.parse(payload) as Arrival;
    return [{ event_id, account_id: accountId }];
  });
}

/** What is kept for ever, and events, which are kept for a month. */
const history =
  /^(events with|bank_transaction|transaction_text|transfer$|audit|day_summary|balance_day|event$|told_event)/;

interface Lived {
  readonly eventsPerDay: number;
  readonly moves: number;
}

function assertNothingGrows(marks: readonly Mark[], { eventsPerDay, moves }: Lived): void {
  const early = marks.slice(0, Math.ceil(marks.length / 3));
  const last = marks.at(-1) ?? assert.fail('nothing was looked at');
  const most = (of: (mark: Mark) => number) => Math.max(...early.map(of));
  const atMost = (what: string, of: (mark: Mark) => number, limit: number) =>
    assert.ok(of(last) <= limit, `${what}: ${of(last)} at the end, ${most(of)} at the beginning`);
  const size = last.files.get('monzo-bridge.sqlite') ?? 0;
  const perThousand = size / ((last.rows.get('bank_transaction') ?? 1) / 1_000);
  console.log(
    `${(size / 1e6).toFixed(1)} MB, ${(perThousand / 1e6).toFixed(2)} MB per thousand transactions; ` +
      `a start: ${JSON.stringify(marks[0]?.start)} first, ${JSON.stringify(last.start)} last; ` +
      `memory ${(most(({ heap }) => heap) / 1e6).toFixed(1)} MB, ${(last.heap / 1e6).toFixed(1)} MB`,
  );
  console.log(JSON.stringify(Object.fromEntries(last.rows)));
  for (const [table, rows] of last.rows)
    if (!history.test(table))
      atMost(`rows of ${table}`, () => rows, most((mark) => mark.rows.get(table) ?? 0) + 10);
  atMost(wholeEvents, (mark) => mark.rows.get(wholeEvents) ?? 0, eventsPerDay * 40);
  atMost('bytes of the WAL', (mark) => mark.wal, 6e6);
  atMost('transfers', (mark) => mark.rows.get('transfer') ?? 0, moves);
  atMost('audit', (mark) => mark.rows.get('audit') ?? 0, moves * 4 + 20);
  assert.deepEqual([...last.files.keys()], [...(marks[0]?.files.keys() ?? [])], 'no file comes to stay');
  atMost('retained topics', (mark) => mark.retained, most((mark) => mark.retained) + 10);
  atMost('waits', (mark) => mark.waits, most((mark) => mark.waits) + 5);
  atMost('bytes of memory', (mark) => mark.heap, most((mark) => mark.heap) * 3 + 8e6);
  // After an outage a start has more to do, at any time of the year.
  const least = (what: 'writes' | 'calls' | 'messages') =>
    Math.min(...marks.slice(-3).map(({ start }) => start[what]));
  for (const what of ['writes', 'calls', 'messages'] as const)
    atMost(`${what} of a start`, () => least(what), most(({ start }) => start[what]) * 1.5 + 20);
  assert.ok(perThousand < 16e6, 'a thousand transactions take so much');
}
