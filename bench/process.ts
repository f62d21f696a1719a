import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectAsync } from 'mqtt';
import { startEmbeddedBroker } from '../sim/broker.ts';
import { createBank } from '../sim/bank.ts';
import { connectPerson } from '../sim/demo/connect.ts';
import { seededRandom } from '../sim/fake-clock.ts';
import { createFaults } from '../sim/faults.ts';
import { alex, household } from '../sim/household.ts';
import { serveBank } from '../sim/server.ts';
import { systemClock } from '../src/clock.ts';
import { createWorld } from '../test/support/world.ts';
import { count, median, medianOf, memoryInUse, ms, print, timed } from './measure.ts';

/** From the start of a process with a connected login to its first retained account state at the broker. */
export async function benchColdStart(): Promise<void> {
  await using everything = new AsyncDisposableStack();
  const bank = household({ now: () => systemClock.now(), random: seededRandom(2) });
  const served = await serveBank({
    bank,
    faults: createFaults({ wait: (pause) => systemClock.wait(pause) }),
  });
  everything.defer(() => served.close());
  const broker = await startEmbeddedBroker({ host: '127.0.0.1', port: 0 });
  everything.defer(() => broker.close());
  const directory = mkdtempSync(join(tmpdir(), 'monzo-bridge-bench-'));
  everything.defer(() => rmSync(directory, { recursive: true, force: true }));
  const environment = {
    MONZO_BRIDGE_DATA_DIR: directory,
    MONZO_BRIDGE_MQTT_URL: broker.url,
    MONZO_BRIDGE_MONZO_API_URL: served.apiUrl,
    MONZO_BRIDGE_MONZO_AUTH_URL: served.authUrl,
    MONZO_BRIDGE_UI_PORT: '18099',
    MONZO_BRIDGE_PUBLIC_PORT: '18098',
    MONZO_BRIDGE_ADMIN_TOKEN: 'the-admin-token-of-the-benchmark',
  };
  const start = () =>
    spawn(process.execPath, ['src/main.ts'], { env: { ...process.env, ...environment }, stdio: 'ignore' });
  const stop = (child: ReturnType<typeof start>) =>
    new Promise<void>((resolve) => {
      child.once('exit', () => resolve());
      child.kill('SIGTERM');
    });
  const first = start();
  await untilServing('http://127.0.0.1:18099');
  const bridge = { uiUrl: 'http://127.0.0.1:18099', adminToken: environment.MONZO_BRIDGE_ADMIN_TOKEN };
  await connectPerson(bank, bridge, { name: 'Alex', ...alex });
  await untilState(broker.url);
  await stop(first);
  const resident: number[] = [];
  const took = await medianOf(5, async () => {
    const seen = untilState(broker.url);
    let child = null as ReturnType<typeof start> | null;
    const passed = await timed(() => {
      child = start();
      return seen;
    });
    if (child) {
      await systemClock.wait(3_000);
      resident.push(residentMemory(child));
      await stop(child);
    }
    return passed;
  });
  print('cold start of the process to the first state published', ms(took));
  print('memory at rest, a person with five accounts', `${count(median(resident))} MB resident`);
}

async function untilServing(url: string): Promise<void> {
  while (!(await fetch(`${url}/healthz`).catch(() => null))?.ok) await systemClock.wait(50);
}

/** Clears an account's retained state, then resolves when the state is published again. */
async function untilState(url: string): Promise<void> {
  const topic = `monzo/${alex.current}`;
  const client = await connectAsync(url, { protocolVersion: 4 });
  await client.publishAsync(topic, '', { retain: true });
  const seen = new Promise<void>((resolve) => {
    client.on('message', (_topic, payload) => {
      if (payload.length > 0) resolve();
    });
  });
  await client.subscribeAsync(topic);
  await seen;
  await client.endAsync(true);
}

/** The resident memory of a process, in MB. */
function residentMemory({ pid }: ChildProcess): number {
  return Number(execFileSync('ps', ['-o', 'rss=', '-p', String(pid)]).toString()) / 1_000;
}

/** A thousand logins in one process, for an hour of the fake clock. */
export async function benchThousandLogins(): Promise<void> {
  const people = Array.from({ length: 1_000 }, (_, number) => ({
    name: `Person ${number}`,
    userId: `user_${number}`,
    clientId: `oauth2client_${number}`,
    clientSecret: `mnzconf.secret-of-person-${number}`,
  }));
  await using world = await createWorld({
    bank: (now) => {
      const bank = createBank({ now, random: seededRandom(9) });
      for (const { name, userId, clientId, clientSecret } of people) {
        bank.addPerson({ id: userId, name });
        bank.addClient({ id: clientId, secret: clientSecret, collaborators: [userId] });
        bank.openAccount({ type: 'uk_retail', owners: [userId], balance: 10_000 });
      }
      return bank;
    },
  });
  const connecting = await timed(async () => {
    for (const person of people) await connectPerson(world.bank, world.app(), person);
    await world.until('all are active', () =>
      world
        .app()
        .view()
        .logins.every(({ state }) => state === 'active'),
    );
  });
  const calls = world.bank.calls.length;
  const living = await timed(() => world.clock.advance(3_600_000));
  print('1,000 logins: connecting all of them', ms(connecting));
  print(
    '1,000 logins: processor time for an hour of polling',
    `${ms(living)}, ${count(world.bank.calls.length - calls)} calls`,
  );
  print('1,000 logins: memory', `${count(memoryInUse().resident)} MB resident`);
}
