import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { parse } from 'yaml';
import { backUpApp, restoreApp, type BackupConfig } from '../../sim/supervisor-backup.ts';
import { supervisorTokens } from '../../sim/supervisor.ts';
import { buy, install, type Installed } from '../support/installed.ts';
import { move } from '../support/money.ts';
import { temporaryDirectory } from '../support/store-samples.ts';
import { runOnTerminal } from './cli-run.ts';

const config = parse(readFileSync(join(import.meta.dirname, '../../app/config.yaml'), 'utf8'), {
  version: '1.1',
}) as BackupConfig;

/** Home Assistant backs the app up; what is in the backup. */
async function backedUp(t: TestContext, { world }: Installed, { isRunning = true } = {}): Promise<string> {
  const into = join(temporaryDirectory(t), 'data');
  const { directory } = world;
  const run = async (command: string) => {
    const [program, ...argv] = command.replaceAll('/data/', `${directory}/`).split(' ');
    assert.equal(program, 'monzo-bridge');
    const env = { SUPERVISOR_TOKEN: supervisorTokens.app, MONZO_BRIDGE_DATA_DIR: directory };
    return (await runOnTerminal(argv, { clock: world.clock, env })).code;
  };
  await backUpApp({ config, directory, isRunning, run }, into);
  return into;
}

/** What of the database is in a directory: the names only. */
const databasesIn = (directory: string) =>
  readdirSync(directory)
    .filter((name) => name.includes('sqlite') || name.startsWith('lock') || name === 'not-closed')
    .toSorted();

async function restored({ world }: Installed, from: string): Promise<void> {
  await world.stop();
  restoreApp(from, world.directory);
  await world.restart();
}

const eventsOf = async ({ world }: Installed) => {
  const answer = await (await world.api('/api/events?limit=500')).json();
  return (answer as { readonly items: readonly { readonly event_id: string }[] }).items.length;
};

test('a backup of the running app holds one whole snapshot and not the live database, and comes back as it was', async (t) => {
  const app = await install(t);
  const { world, health } = app;
  await world.connect('alex');
  await buy(app, 'Blue Door Coffee');
  await world.until('the purchase is told', () =>
    world.logLines.some((line) => line.includes('history was read')),
  );
  const events = await eventsOf(app);
  const backup = await backedUp(t, app);
  assert.deepEqual(databasesIn(backup), ['snapshot.sqlite']);
  assert.equal(statSync(join(backup, 'snapshot.sqlite')).mode & 0o777, 0o600);
  assert.ok(existsSync(join(backup, 'secret-key')));
  assert.ok(!existsSync(join(world.directory, 'snapshot.sqlite')));

  await world.clock.advance(60_000);
  assert.equal((await move(world, { request_id: 'since' })).http, 200);
  await restored(app, backup);
  assert.match(health('stored_data')?.sentence ?? '', /^The database was restored from a backup/);
  assert.ok(!existsSync(join(world.directory, 'snapshot.sqlite')));
  await world.clock.advance(60_000);
  assert.equal(world.app().view().logins[0]?.state, 'active');
  assert.ok((await eventsOf(app)) >= events);
  const again = await move(world, { request_id: 'since' });
  assert.deepEqual([again.http, again['repeated']], [200, true]);
  assert.equal(health('money')?.state, 'needs_user');
});

test('a backup of the stopped app holds its database too', async (t) => {
  const app = await install(t);
  const { world, health } = app;
  await world.connect('alex');
  await buy(app, 'Blue Door Coffee');
  const events = await eventsOf(app);
  await world.stop();
  const backup = await backedUp(t, app, { isRunning: false });
  assert.deepEqual(databasesIn(backup), ['snapshot.sqlite']);
  await world.restart();
  assert.ok(!existsSync(join(world.directory, 'snapshot.sqlite')));
  assert.equal(health('stored_data')?.state, 'ok');
  await restored(app, backup);
  assert.match(health('stored_data')?.sentence ?? '', /^The database was restored from a backup/);
  assert.equal(world.app().view().logins[0]?.state, 'active');
  assert.ok((await eventsOf(app)) >= events);
});
