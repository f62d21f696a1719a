import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { App } from '../../src/app.ts';
import { systemClock } from '../../src/clock.ts';
import { readConfig } from '../../src/config.ts';
import { messageOf } from '../../src/errors.ts';
import { systemMachine } from '../../src/http/page-addresses.ts';
import { systemOutside } from '../../src/ingest/address-test.ts';
import { createLog, createSecrets } from '../../src/log.ts';
import { createBankConnections } from '../../src/monzo/bank-connection.ts';
import { versionOfPackage } from '../../src/environment.ts';
import { seededRandom } from '../fake-clock.ts';
import { createFaults } from '../faults.ts';
import { alex, household, joint, sam } from '../household.ts';
import { startActivity } from '../activity.ts';
import { serveBank } from '../server.ts';
import { connectPerson } from './connect.ts';
import { startDemoBroker } from './demo-broker.ts';
import { firstScreen, printEvents } from './screen.ts';

const { values: options } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    'seconds-between-events': { type: 'string', default: '4' },
    'broker-host': { type: 'string', default: '127.0.0.1' },
    'broker-port': { type: 'string', default: '1884' },
    'built-in-broker': { type: 'boolean', default: false },
    'ui-port': { type: 'string', default: '8099' },
    'public-port': { type: 'string', default: '8098' },
  },
});

const print = (text: string) => process.stdout.write(`${text}\n`);

await using everything = new AsyncDisposableStack();
const stopped = new Promise<void>((resolve) => {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve());
});

const random = seededRandom(Number(options.seed));
const bank = household({ now: () => systemClock.now(), random });
for (const account of [alex.current, sam.current, joint.account]) {
  bank.addPotHistory(account, 120);
  bank.addHistory(account, { days: 120, perDay: 2 });
}
const served = await serveBank({ bank, faults: createFaults({ wait: (ms) => systemClock.wait(ms) }) });
everything.defer(() => served.close());

const broker = await orSay(
  startDemoBroker(
    { host: options['broker-host'], port: Number(options['broker-port']) },
    options['built-in-broker'] ? { mosquitto: null } : {},
  ),
);
everything.defer(() => broker.close());

const directory = mkdtempSync(join(tmpdir(), 'monzo-bridge-demo-'));
everything.defer(() => rmSync(directory, { recursive: true, force: true }));
const app = await orSay(startBridge());
everything.defer(() => app.close());

const people = [
  { name: 'Alex', ...alex },
  { name: 'Sam', ...sam },
];
for (const person of people) await connectPerson(bank, app, person);
while (app.view().logins.some(({ state }) => state !== 'active')) await systemClock.wait(100);

print(firstScreen({ ...addresses() }, app.view()));
everything.defer(await printEvents(broker.url, print));
const activity = startActivity({
  bank,
  clock: systemClock,
  random,
  pace: Number(options['seconds-between-events']) * 1_000,
});
everything.defer(() => activity.stop());

await stopped;
print('\n  Stopping.');

/** Ends the demo with a sentence if it cannot start, most often because another one is running. */
function orSay<T>(start: Promise<T>): Promise<T> {
  return start.catch(async (thrown: unknown) => {
    await everything.disposeAsync();
    const remedy =
      'If the demo is already running, stop it, or choose other ports: npm run demo -- --broker-port 1885 --ui-port 8199 --public-port 8198';
    process.stderr.write(`\n  The demo cannot start: ${messageOf(thrown)}\n  ${remedy}\n`);
    return process.exit(1);
  });
}

function startBridge(): Promise<App> {
  const config = readConfig({
    environment: {
      MONZO_BRIDGE_DATA_DIR: directory,
      MONZO_BRIDGE_MQTT_URL: broker.url,
      MONZO_BRIDGE_MONZO_API_URL: served.apiUrl,
      MONZO_BRIDGE_MONZO_AUTH_URL: served.authUrl,
      MONZO_BRIDGE_POLL_SECONDS: '2',
      MONZO_BRIDGE_UI_PORT: options['ui-port'],
      MONZO_BRIDGE_PUBLIC_PORT: options['public-port'],
    },
    readFile: () => '',
  });
  const secrets = createSecrets();
  const write = (line: string) => void process.stderr.write(line);
  const log = createLog({ level: 'warn', format: 'pretty', secrets, write });
  const version = versionOfPackage();
  return App.start({
    config,
    clock: systemClock,
    log,
    secrets,
    machine: systemMachine(process.env),
    callBank: createBankConnections(systemClock),
    outside: systemOutside,
    random: Math.random,
    randomBytes,
    version,
  });
}

function addresses() {
  const { uiUrl } = app;
  const signInLink = app.signInLink();
  const [brokerHost, brokerPort] = [options['broker-host'], Number(options['broker-port'])];
  return {
    uiUrl,
    signInLink,
    brokerHost,
    brokerPort,
    broker: broker.kind,
    phoneUrl: served.phoneUrl,
    tokenFile: join(directory, 'admin-token'),
  };
}
