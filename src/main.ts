import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { AppOptions } from './app/opened.ts';
import { App } from './app.ts';
import { systemClock } from './clock.ts';
import { readConfig, type Config } from './config.ts';
import { readEnvironment } from './environment.ts';
import { BridgeError } from './errors.ts';
import { createLog, createSecrets, type Log } from './log.ts';
import { versionOfPackage } from './version.ts';

/** Runs the bridge until it is told to stop. What keeps it from starting is one sentence on standard error. */
export async function run(): Promise<void> {
  try {
    const config = readConfig({
      environment: readEnvironment(process.cwd(), process.env),
      readFile: (path) => readFileSync(path, 'utf8'),
    });
    await runWith(config);
  } catch (thrown) {
    if (!(thrown instanceof BridgeError)) throw thrown;
    process.stderr.write(`${thrown.message}\n`);
    process.exitCode = 1;
  }
}

async function runWith(config: Config): Promise<void> {
  const secrets = createSecrets();
  const format = config.LOG_FORMAT ?? (process.stdout.isTTY ? 'pretty' : 'json');
  const log = createLog({
    level: config.LOG_LEVEL,
    format,
    secrets,
    write: (line) => void process.stdout.write(line),
  });
  const stop = stopSignal();
  const app = await startWhenPossible(
    {
      config,
      clock: systemClock,
      log,
      secrets,
      fetch: globalThis.fetch,
      random: Math.random,
      randomBytes,
      version: versionOfPackage(),
      supervisor: { token: process.env['SUPERVISOR_TOKEN'] },
    },
    stop,
  );
  if (app === null) return;
  welcome(app, config, log);
  if (!stop.aborted) await once(stop, 'abort');
  log.info('Stopping.');
  await app.close();
  log.info('Stopped; nothing that was recorded is lost.');
}

/** Trouble with the disk that can pass by itself: the process says so and waits, rather than starting over and over. */
const passing = new Set([
  'disk_full',
  'disk_error',
  'database_unreadable',
  'database_busy',
  'data_directory_unusable',
]);
const restBetweenStarts = 10_000;

async function startWhenPossible(options: AppOptions, stop: AbortSignal): Promise<App | null> {
  for (let told = ''; !stop.aborted;) {
    try {
      return await App.start(options);
    } catch (thrown) {
      if (!(thrown instanceof BridgeError) || !passing.has(thrown.code)) throw thrown;
      if (thrown.message !== told) options.log.error(`${thrown.message} The bridge tries again by itself.`);
      told = thrown.message;
      await options.clock.wait(restBetweenStarts, stop).catch(() => {});
    }
  }
  return null;
}

function welcome(app: App, config: Config, log: Log): void {
  log.info('monzo-bridge is running.', { private: app.uiUrl, public: app.publicUrl });
  // Not through the log, which is kept and shown to others: whoever has the link first is signed in.
  process.stdout.write(`The bridge’s page, for one browser within ten minutes: ${app.signInLink()}\n`);
  if (app.view().logins.length === 0)
    log.info('No one is connected yet. Connect a person on the page, or with: monzo-bridge login add');
  if (config.MQTT_URL === null)
    log.info(
      'Home Assistant sees nothing yet: set MONZO_BRIDGE_MQTT_URL to your broker, such as mqtt://user:password@homeassistant.local:1883, in the environment or in a file called .env here.',
    );
}

/** Aborted at the first SIGINT or SIGTERM; a second one ends the process at once, as a person who insists expects. */
function stopSignal(): AbortSignal {
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort());
  return stop.signal;
}

if (import.meta.main) await run();
