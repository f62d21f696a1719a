import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { connectPerson } from '../../sim/demo/connect.ts';
import { seededRandom } from '../../sim/fake-clock.ts';
import { createFaults } from '../../sim/faults.ts';
import { alex, household, sam } from '../../sim/household.ts';
import { serveBank } from '../../sim/server.ts';
import { systemClock } from '../../src/clock.ts';
import { startBridge, type BridgeProcess } from '../support/process.ts';
import { until } from '../support/until.ts';

test('a file system that stops itself after an error stops writing and money, and loses nothing', async (t) => {
  const { directory, image } = realDisk(t);
  const bank = household({ now: () => systemClock.now(), random: seededRandom(4) });
  const served = await serveBank({ bank, faults: createFaults({ wait: (ms) => systemClock.wait(ms) }) });
  t.after(() => served.close());
  const launch = () =>
    startBridge(t, directory, {
      MONZO_BRIDGE_MONZO_API_URL: served.apiUrl,
      MONZO_BRIDGE_MONZO_AUTH_URL: served.authUrl,
      MONZO_BRIDGE_POLL_SECONDS: '1',
      MONZO_BRIDGE_LOG_FORMAT: 'json',
    });
  const running = async (bridge: BridgeProcess) => {
    await until('it runs', () => bridge.output().includes('is running'));
    const uiUrl = /"private":"([^"]+)"/.exec(bridge.output())?.[1] ?? '';
    const adminToken = readFileSync(join(directory, 'admin-token'), 'utf8').trim();
    const ask = async (path: string, body?: object) => {
      const headers = { authorization: `Bearer ${adminToken}`, 'content-type': 'application/json' };
      const init = body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) };
      return (await fetch(`${uiUrl}/api/${path}`, { headers, ...init })).json() as Promise<
        Readonly<Record<string, unknown>>
      >;
    };
    return { ...bridge, uiUrl, adminToken, ask };
  };
  const first = await running(launch());
  const ledger = async () =>
    ((await first.ask('health'))['parts'] as Record<string, string | null>[]).find(
      ({ part }) => part === 'ledger',
    );
  await connectPerson(bank, first, { name: 'Alex', ...alex });
  await connectPerson(bank, first, { name: 'Sam', ...sam });
  const histories = () => first.output().split('The history was read').length - 1;
  await until('both are connected', () => histories() === 2);

  // What Linux does by itself when a disk or an SD card fails.
  execFileSync('mount', ['-o', 'remount,abort', directory]);
  const ids = [1, 2, 3].map((pounds) =>
    bank.purchase(alex.current, { amount: pounds * 100, merchant: 'Corner Shop' }),
  );
  await until('it is told', async () => (await ledger())?.['state'] === 'down');
  for (let poll = 0; poll < 10; poll += 1) {
    await systemClock.wait(300);
    assert.match((await ledger())?.['sentence'] ?? '', /has become read-only.*Make it writable again/);
  }
  const order = { pot: alex.pots.holiday, transfer_type: 'deposit', amount: '1', request_id: 'r' };
  const refused = await first.ask('commands/pot_transfer', order);
  assert.deepEqual([refused['code'], refused['money_moved']], ['disk_read_only', 'no']);
  assert.equal(bank.calls.filter(({ method }) => method === 'PUT').length, 0);
  assert.equal(first.child.exitCode, null, 'alive throughout');

  first.child.kill('SIGKILL');
  await until('it is gone', () => first.child.signalCode !== null);
  execFileSync('umount', [directory]);
  repair(image);
  execFileSync('mount', ['-o', 'loop', image, directory]);
  execFileSync('mount', ['-o', 'remount,ro', directory]);
  const starting = launch();
  await until('it says why it waits', () => /is read-only.*keeps trying to start/.test(starting.output()));
  execFileSync('mount', ['-o', 'remount,rw', directory]);
  const second = await running(starting);
  await until('every purchase is an event', async () => {
    const items = (await second.ask('events?limit=500'))['items'] as { transaction_id: string }[];
    return (
      items
        .map(({ transaction_id: id }) => id)
        .sort()
        .join() === [...ids].sort().join()
    );
  });
});

/** A file system with a journal on a disk that is a file; mounting it needs root on Linux. */
function realDisk(t: TestContext) {
  const room = mkdtempSync(join(tmpdir(), 'monzo-bridge-disk-'));
  const image = join(room, 'disk');
  const directory = join(room, 'data');
  mkdirSync(directory);
  execFileSync('truncate', ['-s', '16M', image]);
  execFileSync('mkfs.ext4', ['-q', '-F', image]);
  execFileSync('mount', ['-o', 'loop', image, directory]);
  chmodSync(directory, 0o700);
  t.after(() => {
    execFileSync('umount', ['--lazy', directory]);
    rmSync(room, { recursive: true });
  });
  return { directory, image };
}

/** `e2fsck` answers 1 where it has repaired something. */
function repair(image: string): void {
  try {
    execFileSync('e2fsck', ['-y', image], { stdio: 'ignore' });
  } catch (thrown) {
    if (!(thrown instanceof Error && 'status' in thrown && thrown.status === 1)) throw thrown;
  }
}
