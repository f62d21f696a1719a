import { createHash } from 'node:crypto';
import { cp, mkdir, readFile, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { filesFor, finishedOnboarding } from './configuration.ts';
import type { Addresses } from './configuration.ts';
import { makeDirectory } from './directories.ts';
import { furtherPackages, type FurtherIntegration } from './further-packages.ts';
import type { Environment, Installation } from './install.ts';
import { parseLog, problemsIn } from './log.ts';
import type { LogEntry } from './log.ts';
import { onboard, rest } from './onboarding.ts';
import { freePort } from '../support/port.ts';
import { eventually, run } from './processes.ts';
import { supervise } from './supervised.ts';
import type { Supervised } from './supervised.ts';

/** A Home Assistant of our own, on a loopback port. */
export interface HomeAssistant extends AsyncDisposable {
  /** `http://127.0.0.1:<port>`, without a path. */
  readonly url: string;
  readonly port: number;
  /** An administrator's long-lived token. */
  readonly token: string;
  readonly configDirectory: string;
  /** The Unix socket for the Supervisor, where the machine has one. */
  readonly socketPath: string;
  /** Starts it again; resolves in state RUNNING. Does nothing while it runs. */
  start(): Promise<void>;
  /** SIGTERM; resolves when it is gone. */
  stop(): Promise<void>;
  /** `kill -9`. */
  kill(): Promise<void>;
  /** Stops (or kills, when told) and starts. */
  restart(how?: 'stop' | 'kill'): Promise<void>;
  /** Resolves when it is in state RUNNING: at once, or after the next start. */
  whenRunning(): Promise<void>;
  /** All it has logged since the first start, restarts included. */
  log(): Promise<readonly LogEntry[]>;
  /** Warnings and errors from the mqtt integration, or with one of these words in them (default: monzo). */
  problems(mentioning?: readonly string[]): Promise<readonly LogEntry[]>;
  /** Ends it and deletes its configuration directory. */
  dispose(): Promise<void>;
}

/** A machine with a Supervisor, on which Home Assistant has addresses of its own and everything else is left to it. */
export interface SupervisedMachine {
  readonly supervisor: { readonly host: string; readonly token: string };
  /** The loopback address must be among them. */
  readonly hosts: readonly string[];
  readonly port: number;
}

export interface StartOptions {
  /** `null`: Home Assistant knows no address under which it is reachable from outside. Default: its own. */
  readonly externalUrl?: string | null;
  readonly machine?: SupervisedMachine;
  /** Integrations beside those that every test has. */
  readonly integrations?: readonly FurtherIntegration[];
  /** Further files of the configuration directory, by path. Python modules among them are found before all others. */
  readonly files?: Readonly<Record<string, string>>;
}

/** What `homeassistant.restart` ends the process with: whoever started it is to start it again. */
const RESTART_EXIT_CODE = 100;
/** Far more than it takes, however busy the machine is: what has ended is noticed at once. */
const START_PATIENCE = { timeoutMs: 600_000, everyMs: 50 };

const templateSchema = z.object({ seed: z.string(), token: z.string() });
const runningSchema = z.object({ state: z.literal('RUNNING') });

/** Starts a Home Assistant that has its owner and nothing else. The onboarding is done once and kept. */
export async function startHomeAssistant(
  installation: Installation,
  options: StartOptions = {},
): Promise<HomeAssistant> {
  const template = await prepareTemplate(installation);
  const home = await makeDirectory(installation.workDirectory);
  const addresses = await chooseAddresses(options);
  const config = join(home, 'config');
  await cp(join(template.directory, 'config'), config, { recursive: true });
  await writeConfiguration(config, addresses, options.files);
  const { token } = template;
  const { machine, integrations = [] } = options;
  const first = options.files === undefined ? [] : [installation.inside(config)];
  const packages = await furtherPackages(installation, integrations, first);
  const environment = { ...packages, ...supervisedEnvironment({ installation, home, machine }) };
  const homeAssistant = supervisedInstance({ installation, home, addresses, token, environment });
  await homeAssistant.start().catch(async (error: unknown) => {
    await homeAssistant.dispose();
    throw error;
  });
  return homeAssistant;
}

interface Template {
  readonly directory: string;
  readonly token: string;
}

/** A configuration directory with an owner and a token, made once by the real onboarding and copied ever after. */
export async function prepareTemplate(installation: Installation): Promise<Template> {
  const directory = join(installation.cacheDirectory, 'onboarded');
  const addresses = { port: 0, externalUrl: null };
  const seed = createHash('sha256')
    .update(JSON.stringify(filesFor(addresses, 0)))
    .digest('hex');
  const kept = await readFile(join(directory, 'template.json'), 'utf8').catch(() => 'null');
  const known = templateSchema.safeParse(JSON.parse(kept));
  if (known.success && known.data.seed === seed) return { directory, token: known.data.token };

  await rm(directory, { recursive: true, force: true });
  const { config, token } = await onboardFresh(installation);
  await mkdir(directory, { recursive: true });
  await rename(config, join(directory, 'config'));
  await rm(join(config, '..'), { recursive: true, force: true });
  await writeFile(join(directory, 'template.json'), JSON.stringify({ seed, token }));
  return { directory, token };
}

/** Starts Home Assistant on an empty configuration, makes its owner and stops it. The directory is the caller's. */
export async function onboardFresh(installation: Installation): Promise<{ config: string; token: string }> {
  const home = await makeDirectory(installation.workDirectory);
  const config = join(home, 'config');
  const addresses = await chooseAddresses({});
  await writeConfiguration(config, addresses);
  const child = await supervise(installation.command(config), join(home, 'output.log'));
  try {
    const url = `http://127.0.0.1:${addresses.port}`;
    await untilUp(child, home, () => rest({ url: `${url}/api/onboarding` }));
    const token = await onboard(url);
    await untilUp(child, home, async () =>
      runningSchema.parse(await rest({ url: `${url}/api/config`, token })),
    );
    await child.stop();
    await writeFile(join(config, '.storage', 'onboarding'), finishedOnboarding());
    for (const name of await readdir(config)) {
      if (/\.(db|log)/.test(name)) await rm(join(config, name));
    }
    return { config, token };
  } catch (error) {
    await end(child, installation, config);
    await rm(home, { recursive: true, force: true });
    throw error;
  }
}

async function chooseAddresses({ externalUrl, machine }: StartOptions): Promise<Addresses> {
  if (machine !== undefined)
    return { hosts: machine.hosts, port: machine.port, internalUrl: null, externalUrl: null };
  const port = await freePort();
  return { port, externalUrl: externalUrl === undefined ? `http://127.0.0.1:${port}` : externalUrl };
}

async function writeConfiguration(
  directory: string,
  addresses: Addresses,
  further: Readonly<Record<string, string>> = {},
): Promise<void> {
  await mkdir(join(directory, '.storage'), { recursive: true });
  for (const [name, text] of Object.entries({ ...filesFor(addresses, Date.now()), ...further })) {
    await writeFile(join(directory, name), text);
  }
}

/** Waits until the probe answers; throws at once, with the end of the log, when the process has ended. */
async function untilUp(child: Supervised, home: string, probe: () => Promise<unknown>): Promise<void> {
  let up = false;
  await eventually(
    'Home Assistant',
    async () =>
      !child.alive() ||
      (await probe().then(
        () => (up = true),
        () => false,
      )),
    START_PATIENCE,
  );
  if (up) return;
  const text = await readFile(join(home, 'output.log'), 'utf8');
  throw new Error(`Home Assistant ended while starting:\n${text.split('\n').slice(-30).join('\n')}`);
}

async function end(child: Supervised, installation: Installation, config: string): Promise<void> {
  if (!child.alive()) return;
  const killer = installation.kill?.(config);
  if (killer !== undefined) await run(killer).catch(() => undefined);
  await child.kill();
}

interface Housing {
  readonly installation: Installation;
  readonly home: string;
  readonly addresses: Addresses;
  readonly token: string;
  readonly environment: Environment;
}

const socketName = 'core.sock';

/** What the Supervisor puts into the environment of Home Assistant. */
function supervisedEnvironment({
  installation,
  home,
  machine,
}: Pick<Housing, 'installation' | 'home'> & {
  readonly machine: SupervisedMachine | undefined;
}): Environment {
  if (machine === undefined) return {};
  return {
    SUPERVISOR: machine.supervisor.host,
    SUPERVISOR_TOKEN: machine.supervisor.token,
    SUPERVISOR_CORE_API_SOCKET: installation.inside(join(home, socketName)),
  };
}

function supervisedInstance(housing: Housing): HomeAssistant {
  const { installation, home, addresses, token, environment } = housing;
  const config = join(home, 'config');
  const logFile = join(home, 'output.log');
  const url = `http://127.0.0.1:${addresses.port}`;
  let child: Supervised | undefined;
  let wanted = false;
  let running = Promise.withResolvers<void>();

  const launch = async () => {
    const started = await supervise(installation.command(config, environment), logFile);
    child = started;
    void relaunchWhenAsked(started);
    const isRunning = async () => runningSchema.parse(await rest({ url: `${url}/api/config`, token }));
    await untilUp(started, home, isRunning);
    running.resolve();
  };
  const relaunchWhenAsked = async (ended: Supervised) => {
    if ((await ended.ended) !== RESTART_EXIT_CODE || !wanted) return;
    running = Promise.withResolvers();
    await launch().catch(() => undefined);
  };
  const start = async () => {
    if (child?.alive()) return;
    wanted = true;
    await launch();
  };
  const halt = async (how: 'stop' | 'kill') => {
    wanted = false;
    running = Promise.withResolvers();
    if (child === undefined) return;
    await (how === 'kill' ? end(child, installation, config) : child.stop());
  };
  const log = async () => parseLog(await readFile(logFile, 'utf8'));
  const dispose = async () => {
    await halt('kill');
    await rm(home, { recursive: true, force: true });
  };
  return {
    url,
    port: addresses.port,
    token,
    configDirectory: config,
    socketPath: join(home, socketName),
    start,
    stop: () => halt('stop'),
    kill: () => halt('kill'),
    restart: async (how = 'stop') => {
      await halt(how);
      await start();
    },
    whenRunning: () => running.promise,
    log,
    problems: async (mentioning = ['monzo']) => problemsIn(await log(), mentioning),
    dispose,
    [Symbol.asyncDispose]: dispose,
  };
}
