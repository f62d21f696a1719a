import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
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
  const stopped = stopSignal();
  const app = await App.start({
    config,
    clock: systemClock,
    log,
    secrets,
    fetch: globalThis.fetch,
    random: Math.random,
    randomBytes,
    version: versionOfPackage(),
  });
  welcome(app, config, log);
  await stopped;
  log.info('Stopping.');
  await app.close();
  log.info('Stopped; nothing that was recorded is lost.');
}

function welcome(app: App, config: Config, log: Log): void {
  log.info('monzo-bridge is running.', { private: app.uiUrl, public: app.publicUrl });
  if (app.view().logins.length === 0)
    log.info('No one is connected yet. Connect a person with: monzo-bridge login add');
  if (config.MQTT_URL === null)
    log.info(
      'Home Assistant sees nothing yet: set MONZO_BRIDGE_MQTT_URL to your broker, such as mqtt://user:password@homeassistant.local:1883, in the environment or in a file called .env here.',
    );
}

/** Resolves at the first SIGINT or SIGTERM; a second one ends the process at once, as a person who insists expects. */
function stopSignal(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve());
  });
}

if (import.meta.main) await run();
