import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Bank } from '../../sim/bank.ts';
import { seededRandom } from '../../sim/fake-clock.ts';
import { createFaults } from '../../sim/faults.ts';
import { alex, household } from '../../sim/household.ts';
import { serveBank, type ServedBank } from '../../sim/server.ts';
import { startSupervisor, supervisorTokens, type Supervisor } from '../../sim/supervisor.ts';
import { startWebhookSender } from '../../sim/webhooks.ts';
import { systemClock } from '../../src/clock.ts';
import { installHomeAssistant } from '../home-assistant/install.ts';
import { startHomeAssistant, type HomeAssistant } from '../home-assistant/instance.ts';
import { startMosquitto, type Mosquitto } from '../home-assistant/mosquitto.ts';
import { run } from '../home-assistant/processes.ts';
import { supervise, type Supervised } from '../home-assistant/supervised.ts';
import { addresses, assertInside, corePort } from './addresses.ts';

/** A machine with Home Assistant, its Supervisor, the app with the broker and the bridge as an app. */
export interface Machine extends AsyncDisposable {
  readonly supervisor: Supervisor;
  readonly homeAssistant: HomeAssistant;
  readonly broker: Broker;
  readonly bank: Bank;
  readonly served: ServedBank;
  readonly bridge: Bridge;
}

export interface Bridge {
  /** As the Supervisor starts the app. */
  start(): Promise<void>;
  /** SIGTERM; resolves with the exit code. */
  stop(): Promise<number | null>;
  readonly logFile: string;
}

export interface Broker {
  /** Installs and starts the app with the broker; again: with other passwords, which the Supervisor knows from then on. */
  install(): Promise<void>;
  /** What the broker has logged. */
  log(): Promise<string>;
  stop(): Promise<void>;
}

/** Starts everything but the bridge, and without the app with the broker. */
export async function startMachine(): Promise<Machine> {
  assertInside();
  await using starting = new AsyncDisposableStack();
  const directory = mkdtempSync(join(tmpdir(), 'monzo-bridge-machine-'));
  starting.defer(() => rmSync(directory, { recursive: true, force: true }));
  const supervisor = starting.use(
    await startSupervisor({ host: addresses.supervisor, port: 80, localAddress: addresses.supervisor }),
  );
  supervisor.world.users = null;
  supervisor.world.app = { ...supervisor.world.app, url: `http://${addresses.app}:8099` };
  const broker = createBroker(directory, supervisor);
  starting.defer(() => broker.stop());
  const homeAssistant = starting.use(
    await startHomeAssistant(await installHomeAssistant(), {
      machine: {
        supervisor: { host: addresses.supervisor, token: supervisorTokens.core },
        hosts: ['0.0.0.0'],
        port: corePort,
      },
    }),
  );
  // The path itself is longer than the name of a socket may be.
  symlinkSync(dirname(homeAssistant.socketPath), join(directory, 'core'));
  supervisor.world.core = { socketPath: join(directory, 'core', 'core.sock') };
  const { bank, served, close } = await openBank();
  starting.defer(close);
  const bridge = createBridge(directory, served);
  starting.defer(async () => void (await bridge.stop()));
  const everything = starting.move();
  return {
    supervisor,
    homeAssistant,
    broker,
    bank,
    served,
    bridge,
    [Symbol.asyncDispose]: () => everything.disposeAsync(),
  };
}

async function openBank() {
  const bank = household({ now: () => systemClock.now(), random: seededRandom(5) });
  bank.addHistory(alex.current, { days: 30, perDay: 3 });
  const faults = createFaults(systemClock);
  const served = await serveBank({ bank, faults });
  const sender = startWebhookSender({ bank, faults, clock: systemClock, fetch });
  const close = async () => {
    sender.stop();
    await served.close();
  };
  return { bank, served, close };
}

/** It has two users: one for Home Assistant, one for all apps. */
function createBroker(directory: string, supervisor: Supervisor): Broker {
  const passwords = join(directory, 'passwords');
  let generation = 0;
  let mosquitto: Mosquitto | null = null;
  const write = async (user: string, isFirst: boolean) => {
    const password = `for-${user}-${generation}`;
    const args = [...(isFirst ? ['-c'] : []), '-b', passwords, user, password];
    await run({ file: 'mosquitto_passwd', args });
    return { username: user, password };
  };
  return {
    log: async () => (await mosquitto?.log()) ?? '',
    stop: async () => mosquitto?.dispose(),
    install: async () => {
      generation += 1;
      await mosquitto?.stop();
      const ofCore = await write('homeassistant', true);
      const ofApps = await write('addons', false);
      supervisor.world.mqtt = { host: 'core-mosquitto', port: 1883, ssl: false, ...ofApps, ofCore };
      if (mosquitto === null) {
        const place = { host: addresses.broker, port: 1883 };
        mosquitto = await startMosquitto([`password_file ${passwords}`], place);
      } else await mosquitto.start();
      await supervisor.announceBroker();
    },
  };
}

/** The built program with what the image and the Supervisor set, in the place of a container. */
function createBridge(directory: string, served: ServedBank): Bridge {
  const logFile = join(directory, 'bridge.log');
  let process_: Supervised | null = null;
  const root = join(import.meta.dirname, '../..');
  return {
    logFile,
    start: async () => {
      const environment = {
        NODE_ENV: 'production',
        MALLOC_ARENA_MAX: '1',
        TZ: 'Europe/London',
        SUPERVISOR_TOKEN: supervisorTokens.app,
        HASSIO_TOKEN: supervisorTokens.app,
        // In the image it is /data.
        MONZO_BRIDGE_DATA_DIR: join(directory, 'data'),
        // The simulated bank is no choice of the person who installs the app.
        MONZO_BRIDGE_MONZO_API_URL: served.apiUrl,
        MONZO_BRIDGE_MONZO_AUTH_URL: served.authUrl,
      };
      const variables = Object.entries(environment).map(([name, value]) => `${name}=${value}`);
      const program = [process.execPath, join(root, 'dist/launch.js'), 'start'];
      process_ = await supervise({ file: 'env', args: ['-i', ...variables, ...program] }, logFile);
    },
    stop: async () => {
      const ending = process_;
      process_ = null;
      if (ending === null) return null;
      await ending.stop();
      return ending.ended;
    },
  };
}
