import { randomBytes } from 'node:crypto';
import type { AppOptions } from './app/opened.ts';
import { App } from './app.ts';
import { sleep, untilAborted } from './async.ts';
import { systemClock } from './clock.ts';
import { readConfig, type Config } from './config.ts';
import { readEnvironment, textIn, trust, versionOfPackage } from './environment.ts';
import { BridgeError, exitCodeForPerson } from './errors.ts';
import { systemMachine } from './http/page-addresses.ts';
import { systemOutside } from './ingest/address-test.ts';
import { createLog, createSecrets, type Log } from './log.ts';
import { giveMemoryBack, systemMemory } from './memory.ts';
import { createBankConnections } from './monzo/bank-connection.ts';
import { supervisorOfApps } from './supervisor/access.ts';

/** Runs the bridge until it is stopped. Where it cannot start, writes one sentence to standard error and sets the exit code. */
export async function run(): Promise<void> {
  try {
    const config = readConfig({
      environment: readEnvironment(process.cwd(), process.env),
      readFile: textIn,
    });
    await runWith(config);
  } catch (thrown) {
    if (!(thrown instanceof BridgeError || isOfTheSystem(thrown))) throw thrown;
    process.stderr.write(`${thrown.message}\n`);
    process.exitCode = 'code' in thrown && lasting.has(String(thrown.code)) ? exitCodeForPerson : 1;
  }
}

/** What stays as it is until a person acts. What another program or the network may put right is not among it. */
const lasting: ReadonlySet<string> = new Set([
  'bad_setting',
  'secret_key_malformed',
  'admin_token_malformed',
  'data_directory_impossible',
  'database_too_new',
  'database_version_wrong',
  'backup_damaged',
  'backup_too_new',
  'port_refused',
]);

/** What the operating system refuses is no defect of the program: its own sentence says more than a stack. */
function isOfTheSystem(thrown: unknown): thrown is Error {
  return thrown instanceof Error && 'syscall' in thrown;
}

async function runWith(config: Config): Promise<void> {
  trust(config.CA_CERTIFICATES);
  const secrets = createSecrets();
  const format = config.LOG_FORMAT ?? (process.stdout.isTTY ? 'pretty' : 'json');
  const log = createLog({
    level: config.LOG_LEVEL,
    format,
    secrets,
    write: (line) => void process.stdout.write(line),
  });
  const stop = stopSignal();
  let damage: BridgeError | null = null;
  const app = await startWhenPossible(
    {
      config,
      clock: systemClock,
      log,
      secrets,
      machine: systemMachine(process.env),
      callBank: createBankConnections(systemClock),
      outside: systemOutside,
      random: Math.random,
      randomBytes,
      version: versionOfPackage(),
      supervisor: supervisorOfApps,
      onDamage: (found) => {
        damage = found;
        stop.abort();
      },
    },
    stop.signal,
  );
  if (app !== null) {
    void giveMemoryBack(systemMemory(), stop.signal);
    await welcome(app, config, log);
    await untilAborted(stop.signal);
    log.info('Stopping.');
    await app.close();
  }
  if (damage !== null) throw damage;
  if (app !== null) log.info('Stopped; nothing that was recorded is lost.');
}

/** Faults of the disk that may pass or be put right: the process logs them and tries again, instead of being restarted over and over. */
const passing = new Set([
  'disk_full',
  'disk_read_only',
  'disk_error',
  'database_unreadable',
  'database_busy',
  'data_directory_unusable',
]);
const restBetweenStarts = 10_000;

async function startWhenPossible(options: AppOptions, stop: AbortSignal): Promise<App | null> {
  for (let logged = ''; !stop.aborted;) {
    try {
      return await App.start(options);
    } catch (thrown) {
      if (!(thrown instanceof BridgeError) || !passing.has(thrown.code)) throw thrown;
      if (thrown.message !== logged) options.log.error(`${thrown.message} The bridge keeps trying to start.`);
      logged = thrown.message;
      await sleep(options.clock, restBetweenStarts, stop);
    }
  }
  return null;
}

async function welcome(app: App, config: Config, log: Log): Promise<void> {
  log.info('monzo-bridge is running.', { private: app.uiUrl, public: app.publicUrl });
  const { links, qr, advice } = app.signInLinks();
  const lines = [
    ...(links.length === 0 ? [] : [links.length === 1 ? oneLink : severalLinks]),
    ...links.map((link) => `  ${link}`),
    ...(advice === null ? [] : [advice]),
    ...(qr !== null && process.stdout.isTTY ? [await drawn(qr)] : []),
  ];
  // Not a line of the log, which is shown to others: the first browser that opens a link is signed in.
  process.stdout.write(`${lines.join('\n')}\n`);
  if (app.view().logins.length === 0)
    log.info(
      config.supervisor === null
        ? 'No one is connected yet. Connect a person on the page, or with: monzo-bridge login add'
        : 'No one is connected yet. Connect a person on the page.',
    );
  // The health of an app says by itself what is missing.
  if (config.MQTT_URL === null && config.supervisor === null)
    log.info(
      'No devices appear in Home Assistant yet. Set MONZO_BRIDGE_MQTT_URL to your broker, such as mqtt://user:password@homeassistant.local:1883, in the environment or in a file called .env in this directory.',
    );
}

const oneLink =
  'Sign in to the bridge’s page with this link. It is good for one use, within ten minutes; what keeps this output, such as docker logs, keeps a link that no longer works:';
const severalLinks =
  'Sign in to the bridge’s page with the first of these links that opens on your device. Together they are good for one use, within ten minutes; what keeps this output, such as docker logs, keeps links that no longer work:';

/** For a phone's camera. */
async function drawn(link: string): Promise<string> {
  return (await import('./cli/terminal.ts')).qrPicture(link);
}

/** Aborted at the first SIGINT or SIGTERM; a second one ends the process at once. */
function stopSignal(): AbortController {
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort());
  return stop;
}

if (import.meta.main) await run();
