import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Call } from '../../sim/call.ts';
import { alex } from '../../sim/household.ts';
import { openDatabase } from '../../src/store/database.ts';
import { backUp, partOf, restore } from '../support/backup.ts';
import { ask, isList, isMove, move, movesAt, worldWithAlex } from '../support/money.ts';
import { answered, comeBack, landingOf, loginOf, newSignIn, post } from '../support/people.ts';
import { createScene } from '../support/scene.ts';
import { temporaryDirectory } from '../support/store-samples.ts';
import { eventsAfter, toldOnce } from '../support/told-events.ts';
import { createWorld, type World } from '../support/world.ts';

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

/** Days pass with fewer lists. */
const seldom = { MONZO_BRIDGE_POLL_SECONDS: '3600' };

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
  assert.match(
    await restore(world, file),
    /^The backup of .* UTC is in place in \/.*\. Start the bridge now\./,
  );

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
  const heard = new Set((await eventsAfter(world, newest.seq)).map((event) => event.transaction_id));
  assert.ok(bought.every((id) => heard.has(id)));
  world.clock.jump(day);
  await world.until('it is said no longer', () => partOf(world, 'stored_data')?.state === 'ok');
});

for (const externalId of ['as_recorded', 'cut'] as const)
  test(`of a move that is older than all a database knows, the bank's row is found before it is made again (${externalId})`, async (t) => {
    await using world = await createWorld({
      settings: seldom,
      switches: { externalId, dedupeMemory: 'one_day' },
    });
    const file = join(temporaryDirectory(t), 'a.sqlite');
    await backUp(world, file);
    await world.connect('alex');
    await world.clock.advance(minute);
    assert.equal((await move(world, { request_id: 'only' })).http, 200);
    world.clock.jump(2 * day);
    await restore(world, file);
    await world.connect('alex');
    const isRead = () => world.app().view().logins[0]?.history.state === 'complete';
    await world.until('the history is read', isRead);
    assert.deepEqual(told(await move(world, { request_id: 'only' })), [200, 'yes', true]);
    assert.equal(movesAt(world).length, 1);
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
