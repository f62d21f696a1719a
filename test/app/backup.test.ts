import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { z } from 'zod';
import type { Call } from '../../sim/call.ts';
import { alex } from '../../sim/household.ts';
import { openDatabase } from '../../src/store/database.ts';
import { createCrashes } from '../support/crash.ts';
import { ask, isList, isMove, move, movesAt, worldWithAlex } from '../support/money.ts';
import { answered, comeBack, landingOf, loginOf, newSignIn, post } from '../support/people.ts';
import { createScene } from '../support/scene.ts';
import { temporaryDirectory } from '../support/store-samples.ts';
import { createWorld, type World } from '../support/world.ts';
import { runOnTerminal } from './cli-run.ts';

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

/** Days pass with fewer lists. */
const seldom = { MONZO_BRIDGE_POLL_SECONDS: '3600' };

const envOf = ({ directory }: World) => ({ MONZO_BRIDGE_DATA_DIR: directory });
const cli = (world: World, ...argv: readonly string[]) =>
  runOnTerminal(argv, { cwd: world.directory, clock: world.clock, env: envOf(world) });

async function backUp(world: World, file: string, ...more: readonly string[]): Promise<string> {
  const { code, out, err } = await cli(world, 'backup', file, ...more);
  assert.deepEqual([code, err], [0, '']);
  return out;
}

/** Stops the bridge, restores a backup and starts it again. */
async function restore(world: World, file: string): Promise<string> {
  await world.stop();
  const { code, out, err } = await cli(world, 'restore', file);
  assert.deepEqual([code, err], [0, '']);
  await world.restart();
  return out;
}

const eventsSchema = z.object({
  items: z.array(
    z.looseObject({
      seq: z.number(),
      event_id: z.string(),
      type: z.string(),
      transaction_id: z.string().optional(),
    }),
  ),
  next: z.string().nullable(),
});

async function eventsAfter(world: World, place = 0): Promise<z.output<typeof eventsSchema>['items']> {
  const items: z.output<typeof eventsSchema>['items'] = [];
  for (let after: string | null = String(place); after !== null;) {
    const page = eventsSchema.parse(await (await world.api(`/api/events?limit=500&after=${after}`)).json());
    items.push(...page.items);
    after = page.next;
  }
  return items;
}

/** The transactions for which the log has exactly one event that they happened. */
async function toldOnce(world: World): Promise<ReadonlySet<string>> {
  const created = (await eventsAfter(world)).filter(({ type }) => type === 'transaction.created');
  const ids = created.map(({ transaction_id: id = '' }) => id);
  assert.equal(new Set(ids).size, ids.length);
  return new Set(ids);
}

const partOf = (world: World, name: string) =>
  world
    .app()
    .health()
    .find(({ part }) => part === name);

const told = (answer: Awaited<ReturnType<typeof move>>) => [
  answer.http,
  answer['code'] ?? answer['money_moved'],
  answer['repeated'] ?? false,
];

const pass = (world: World) => (ms: number) => world.clock.advance(ms);

test('backups made while transactions are found and money moves are each whole, and none moves money twice', async (t) => {
  await using world = await worldWithAlex();
  const kept = temporaryDirectory(t);
  const purchases: string[] = [];
  const requests: string[] = [];
  for (let round = 0; round < 4; round += 1) {
    purchases.push(world.bank.purchase(alex.current, { amount: 350 + round, merchant: 'Blue Door Coffee' }));
    const request_id = `r${round}`;
    requests.push(request_id);
    // The move is on its way to the bank, or its answer on the way back, when the backup is made.
    const file = join(kept, `${round}.sqlite`);
    const written = Promise.withResolvers<unknown>();
    const match = (call: Call) => {
      if (isMove(call)) written.resolve(backUp(world, file));
      return isMove(call);
    };
    const held = round % 2 === 0 ? 'held' : 'answer_held';
    world.faults.add({ kind: held, match, until: written.promise, times: 1 });
    assert.equal((await move(world, { request_id, amount: `${round + 1}` }))['money_moved'], 'yes');
    await written.promise;
    await world.clock.advance(3 * minute);
  }
  const moved = movesAt(world).length;
  assert.equal(moved, 4);
  for (let round = 3; round >= 0; round -= 1) {
    await restore(world, join(kept, `${round}.sqlite`));
    await comeBack(world, pass(world));
    for (const [index, request_id] of requests.entries())
      assert.deepEqual(
        told(await move(world, { request_id, amount: `${index + 1}` })),
        [200, 'yes', true],
        request_id,
      );
    assert.equal(movesAt(world).length, moved);
    const once = await toldOnce(world);
    assert.deepEqual(
      purchases.filter((id) => !once.has(id)),
      [],
    );
  }
  assert.equal(statSync(join(kept, '0.sqlite')).mode & 0o777, 0o600);
  assert.deepEqual(readdirSync(kept).toSorted(), ['0.sqlite', '1.sqlite', '2.sqlite', '3.sqlite']);
});

test('a backup of yesterday: its tokens are used up, a move since then pauses money, and every event is there', async (t) => {
  await using world = await worldWithAlex({ settings: seldom });
  const file = join(temporaryDirectory(t), 'a.sqlite');
  const login = world.app().view().logins[0]?.id ?? '';
  assert.equal((await move(world, { request_id: 'before' })).http, 200);
  await world.clock.advance(10 * minute);
  const printed = await backUp(world, file);
  assert.match(printed, /^Everything that is stored was written to .*The secret key is not in it/);
  const bought = [world.bank.purchase(alex.current, { amount: 400, merchant: 'Blue Door Coffee' })];
  assert.equal((await move(world, { request_id: 'since', amount: '7' })).http, 200);
  // The tokens are renewed meanwhile, and renewed ones can be used once.
  await world.clock.advance(32 * hour);
  const [newest] = (await eventsAfter(world)).slice(-1);
  assert.ok(newest);
  await world.stop();
  bought.push(world.bank.purchase(alex.current, { amount: 500, merchant: 'Corner Shop' }));
  world.clock.jump(hour);
  assert.match(await restore(world, file), /^The backup of .* UTC is in place\. Start the bridge now\./);

  const { state, sentence } = partOf(world, 'stored_data') ?? {};
  assert.equal(state, 'degraded');
  assert.match(sentence ?? '', /^The database was restored from a backup of 2026-11-02 09:1\d UTC/);
  assert.ok(world.logLines.some((line) => line.includes('restored from a backup')));
  await world.until('the login is tried', () => loginOf(world, login).state !== 'active');
  await comeBack(world, pass(world));
  assert.equal(loginOf(world, login).state, 'active');

  assert.deepEqual(told(await move(world, { request_id: 'since', amount: '7' })), [200, 'yes', true]);
  assert.deepEqual(told(await move(world, { request_id: 'before' })), [200, 'yes', true]);
  assert.deepEqual(told(await move(world, { request_id: 'new' })), [409, 'paused', false]);
  assert.match(partOf(world, 'money')?.sentence ?? '', /a bridge that this one has no record of/);
  assert.equal(movesAt(world).length, 2);
  const once = await toldOnce(world);
  assert.ok(bought.every((id) => once.has(id)));
  // A client that had read up to the newest event hears of all that come now.
  const heard = (await eventsAfter(world, newest.seq)).map(({ transaction_id: id = '' }) => id);
  assert.ok(bought.every((id) => heard.includes(id)));
  world.clock.jump(day);
  await world.until('it is said no longer', () => partOf(world, 'stored_data')?.state === 'ok');
});

test('a backup of last year pauses money before anything moves, and a new sign-in brings everything back', async (t) => {
  await using world = await worldWithAlex({ settings: seldom, switches: { dedupeMemory: 'one_day' } });
  const file = join(temporaryDirectory(t), 'a.sqlite');
  await world.clock.advance(hour);
  await backUp(world, file);
  assert.equal((await move(world, { request_id: 'long ago', amount: '7' })).http, 200);
  await world.clock.advance(32 * hour);
  await world.stop();
  const bought: string[] = [];
  for (let month = 0; month < 12; month += 1) {
    bought.push(world.bank.purchase(alex.current, { amount: 400 + month, merchant: 'Blue Door Coffee' }));
    world.clock.jump(30 * day);
  }
  await restore(world, file);
  assert.match(partOf(world, 'money')?.sentence ?? '', /restored from a backup that is so old/);
  await world.clock.advance(minute);
  // What is older than any list cannot be read yet: nothing shows that the move was made.
  const isOld = ({ query }: Call) =>
    (query.get('before') ?? '9') < new Date(world.clock.now() - 80 * day).toISOString();
  const hidden = world.faults.add({
    kind: 'status',
    status: 503,
    match: (call) => isList(call) && isOld(call),
  });
  await comeBack(world, pass(world));
  assert.deepEqual(told(await move(world, { request_id: 'long ago', amount: '7' })), [409, 'paused', false]);
  hidden();
  const login = world.app().view().logins[0]?.id ?? '';
  const url = landingOf(world, await newSignIn(world, login), alex.userId);
  await answered(world, world.api(`/api/logins/${login}/callback`, post({ url })));
  world.bank.approve(alex.userId);
  const isRead = () => world.app().view().logins[0]?.history.state === 'complete';
  await world.until('the history is read', isRead);
  assert.equal((await ask(world, 'resume')).http, 200);
  assert.deepEqual(told(await move(world, { request_id: 'long ago', amount: '7' })), [200, 'yes', true]);
  assert.equal(movesAt(world).length, 1);
  const once = await toldOnce(world);
  assert.deepEqual(
    bought.filter((id) => !once.has(id)),
    [],
  );
  // The pause was for that start alone.
  await world.restart();
  assert.equal(
    world
      .app()
      .health()
      .find(({ part }) => part === 'money')?.state,
    'ok',
  );
});

test('after a restore Home Assistant hears what happened since, with the ids that it had, and nothing is left over', async (t) => {
  await using scene = await createScene({ withToken: false });
  const { world, home } = scene;
  const file = join(temporaryDirectory(t), 'a.sqlite');
  await home.come();
  const before = await scene.buy();
  await scene.until('it is heard', () => home.heard.includes(before));
  await scene.pass(2 * minute);
  await backUp(world, file);
  const since = [await scene.buy(), await scene.buy()];
  await scene.until('they are heard', () => home.heard.includes(since[1] ?? ''));
  await scene.pass(2 * minute);
  const heard = home.heard.length;
  await restore(world, file);
  await scene.until('they are heard again', () => home.heard.length >= heard + since.length);
  await scene.pass(minute);
  const again = home.heard.slice(heard);
  assert.deepEqual(again.slice(-2).toSorted(), since.toSorted());
  assert.ok(again.every((id) => id === before || since.includes(id)));
  assert.equal((await scene.sink()).undelivered, 0);
});

test('without the key everyone signs in again, with it nobody does', async (t) => {
  await using world = await worldWithAlex();
  const kept = temporaryDirectory(t);
  const login = world.app().view().logins[0]?.id ?? '';
  const key = readFileSync(join(world.directory, 'secret-key'), 'utf8').trim();
  const [bare, whole] = [join(kept, 'bare.sqlite'), join(kept, 'whole.sqlite')];
  await backUp(world, bare);
  assert.match(await backUp(world, whole, '--with-key'), /It holds the secret key/);
  const holdsKey = (file: string) => readFileSync(file, 'latin1').includes(key);
  assert.deepEqual([bare, whole].map(holdsKey), [false, true]);
  const onNewMachine = async (file: string) => {
    await world.stop();
    rmSync(world.directory, { recursive: true });
    return restore(world, file);
  };
  assert.doesNotMatch(await onNewMachine(whole), /secret key/);
  await world.clock.advance(minute);
  assert.equal(loginOf(world, login).state, 'active');
  assert.equal(readFileSync(join(world.directory, 'secret-key'), 'utf8').trim(), key);
  await world.stop();
  const stored = ['monzo-bridge.sqlite', 'monzo-bridge.sqlite-wal'].map((name) =>
    join(world.directory, name),
  );
  assert.deepEqual(stored.filter(existsSync).filter(holdsKey), []);

  assert.match(await onNewMachine(bare), /There is no secret key: each person/);
  await world.clock.advance(minute);
  assert.equal(loginOf(world, login).state, 'needs_authorisation');
  const secret = await world.api(`/api/logins/${login}`, {
    ...post({ client_secret: alex.clientSecret }),
    method: 'PATCH',
  });
  assert.equal(secret.status, 200);
  await comeBack(world, pass(world));
  assert.equal(loginOf(world, login).state, 'active');
  assert.equal((await move(world)).http, 200);
});

test('sessions of the page end with a restore, and what was there before can be put back', async (t) => {
  await using world = await worldWithAlex();
  const file = join(temporaryDirectory(t), 'a.sqlite');
  const sessions = () => {
    const database = openDatabase(join(world.directory, 'monzo-bridge.sqlite'), { readOnly: true });
    const count = database.get('SELECT count(*) AS n FROM page_session', [], (row) => Number(row['n']));
    database.close();
    return count;
  };
  const { url } = world.app().signInLinks();
  const code = new URL(url).hash.slice('#code='.length);
  const signedIn = await fetch(`${world.app().uiUrl}/api/session`, {
    ...post({ code }),
    headers: { 'content-type': 'application/json', origin: world.app().uiUrl },
  });
  assert.equal(signedIn.ok, true);
  assert.equal(sessions(), 1);
  await backUp(world, file);
  assert.equal((await move(world, { request_id: 'since' })).http, 200);
  await restore(world, file);
  assert.equal(sessions(), 0);
  const replaced = join(world.directory, 'backups/replaced.sqlite');
  await restore(world, replaced);
  assert.equal(sessions(), 0);
  const { items } = (await (await world.api('/api/transfers')).json()) as {
    readonly items: readonly object[];
  };
  assert.equal(items.length, 1);
});

test('a crash at the first start with a backup loses neither that it is one nor the pause', async (t) => {
  const crashes = createCrashes();
  await using world = await worldWithAlex({ crashes });
  const file = join(temporaryDirectory(t), 'a.sqlite');
  await backUp(world, file);
  world.clock.jump(200 * day);
  const points = [
    'write DELETE FROM page_session',
    'COMMIT after INSERT INTO sqlite_sequence',
    'write INSERT INTO audit',
  ];
  for (const place of points) {
    crashes.arm((point) => point.includes(place));
    await restore(world, file);
    assert.match(partOf(world, 'stored_data')?.sentence ?? '', /^The database was restored/, place);
    assert.match(partOf(world, 'money')?.sentence ?? '', /backup that is so old/, place);
  }
  assert.equal(crashes.happened.length, points.length);
});

/** What a refused restore must not change. */
const contentOf = (world: World) => readFileSync(join(world.directory, 'monzo-bridge.sqlite'));

test('a restore is refused with a sentence where it would do harm, and changes nothing', async (t) => {
  await using world = await worldWithAlex();
  const kept = temporaryDirectory(t);
  const good = join(kept, 'good.sqlite');
  await backUp(world, good);
  const refusal = async (file: string) => {
    const { code, out, err } = await cli(world, '--json', 'restore', file);
    assert.deepEqual([code, out], [1, '']);
    const problem = JSON.parse(err) as { readonly code: string; readonly detail: string };
    assert.match(problem.detail, /Nothing was restored/);
    return [problem.code, problem.detail] as const;
  };
  const running = await refusal(good);
  assert.equal(running[0], 'bridge_running');
  assert.match(running[1], /^A bridge is running with .*; stop it, then run this again\.$/);
  await world.stop();
  const before = contentOf(world);

  const bytes = readFileSync(good);
  const files: readonly (readonly [name: string, make: (file: string) => void, code: string])[] = [
    ['missing', () => {}, 'backup_missing'],
    ['directory', (file) => mkdirSync(file), 'backup_missing'],
    ['empty', (file) => writeFileSync(file, ''), 'backup_damaged'],
    ['text', (file) => writeFileSync(file, 'Dear diary'), 'backup_damaged'],
    ['half', (file) => writeFileSync(file, bytes.subarray(0, bytes.length / 2)), 'backup_damaged'],
    ['rotten', (file) => writeFileSync(file, Buffer.from(bytes).fill(0xff, 8192, 24_576)), 'backup_damaged'],
    ['other', (file) => openDatabase(file).close(), 'backup_damaged'],
    ['newer', (file) => writeFileSync(file, ofLaterVersion(t, bytes)), 'backup_too_new'],
  ];
  for (const [name, make, code] of files) {
    const file = join(kept, name);
    make(file);
    assert.equal((await refusal(file))[0], code, name);
  }
  assert.ok(contentOf(world).equals(before));
  const left = readdirSync(world.directory).filter((name) => name.includes('.part') || name === 'backups');
  assert.deepEqual(left, []);
  await world.restart();
  assert.equal(partOf(world, 'stored_data')?.state, 'ok');
});

function ofLaterVersion(t: TestContext, bytes: Uint8Array): Uint8Array {
  const file = join(temporaryDirectory(t), 'later.sqlite');
  writeFileSync(file, bytes);
  const database = openDatabase(file);
  database.execute('PRAGMA user_version = 999; PRAGMA journal_mode = DELETE');
  database.close();
  return readFileSync(file);
}

test('a backup that fails leaves the earlier one, and no file of anybody else is replaced', async (t) => {
  await using world = await createWorld();
  const kept = temporaryDirectory(t);
  const file = join(kept, 'a.sqlite');
  await backUp(world, file);
  await backUp(world, file);
  const diary = join(kept, 'diary');
  writeFileSync(diary, 'Dear diary');
  const refusal = async (...argv: readonly string[]) => {
    const { code, err } = await cli(world, '--json', ...argv);
    assert.equal(code, 1);
    return (JSON.parse(err) as { readonly code: string }).code;
  };
  assert.equal(await refusal('backup', diary), 'backup_not_written');
  assert.equal(await refusal('backup', '--remove', diary), 'backup_not_written');
  assert.equal(await refusal('backup', join(world.directory, 'monzo-bridge.sqlite')), 'backup_not_written');
  assert.equal(await refusal('backup', join(kept, 'nowhere', 'a.sqlite')), 'backup_not_written');
  assert.equal(readFileSync(diary, 'utf8'), 'Dear diary');
  const earlier = readFileSync(file);
  await world.stop();
  // The pages of the table that holds most are gone: copying begins, and fails on the way.
  const live = join(world.directory, 'monzo-bridge.sqlite');
  const sound = readFileSync(live);
  writeFileSync(live, Buffer.from(sound).fill(0xff, 8192, 24_576));
  assert.equal(await refusal('backup', file), 'database_unreadable');
  assert.ok(readFileSync(file).equals(earlier));
  assert.deepEqual(readdirSync(kept).toSorted(), ['a.sqlite', 'diary']);
  writeFileSync(live, sound);
  assert.equal((await cli(world, 'backup', '--remove', file)).code, 0);
  assert.deepEqual(readdirSync(kept), ['diary']);
  rmSync(live);
  assert.equal(await refusal('backup', file), 'no_database');
});
