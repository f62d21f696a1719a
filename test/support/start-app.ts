import { assertDescribed } from './described-problems.ts';
import { randomBytes } from 'node:crypto';
import type { AppOptions } from '../../src/app/opened.ts';
import { App } from '../../src/app.ts';
import { systemClock } from '../../src/clock.ts';
import { readConfig } from '../../src/config.ts';
import { textIn, versionOfPackage } from '../../src/environment.ts';
import type { Machine } from '../../src/http/page-addresses.ts';
import { createLog, createSecrets, type LogLevel } from '../../src/log.ts';
import { createBankConnections } from '../../src/monzo/bank-connection.ts';

export interface StartOptions extends Partial<
  Pick<
    AppOptions,
    | 'clock'
    | 'callBank'
    | 'outside'
    | 'random'
    | 'supervisor'
    | 'machine'
    | 'beforeWrite'
    | 'outputs'
    | 'checkAtOnceBelow'
    | 'onDamage'
    | 'registryUrl'
    | 'dashboardFile'
    | 'webDirectory'
    | 'blueprintsDirectory'
    | 'version'
  >
> {
  readonly directory: string;
  /** Settings beside those that keep it to itself: any free ports, and no bank but one that is told. */
  readonly settings?: Readonly<Record<string, string>>;
  readonly logLevel?: LogLevel;
  /** Takes the log, as JSON lines; standard error where left out. */
  readonly write?: (line: string) => void;
}

/** One with nothing of the machine that runs the tests. */
export const someMachine: Machine = {
  hostName: 'home-server',
  interfaces: () => ({}),
  isContainer: false,
  isInWindows: false,
};

/** The program as `main` puts it together, with the clock on the wall, chance and the network where nothing else is given. */
export function startApp({
  directory,
  settings,
  logLevel = 'error',
  write,
  ...given
}: StartOptions): Promise<App> {
  const config = readConfig({
    environment: {
      MONZO_BRIDGE_DATA_DIR: directory,
      MONZO_BRIDGE_MONZO_API_URL: 'http://api.bank.invalid',
      MONZO_BRIDGE_MONZO_AUTH_URL: 'http://auth.bank.invalid',
      MONZO_BRIDGE_UI_PORT: '0',
      MONZO_BRIDGE_PUBLIC_PORT: '0',
      ...settings,
    },
    readFile: textIn,
  });
  const secrets = createSecrets();
  const log = createLog({
    level: logLevel,
    format: 'json',
    secrets,
    write: write ?? ((line) => void process.stderr.write(line)),
  });
  const outside = { fetch: globalThis.fetch, lookup: async () => [] };
  const callBank = createBankConnections(systemClock);
  const registryUrl = 'http://packages.invalid/latest';
  const nature = { clock: systemClock, random: Math.random, machine: someMachine };
  const world = { ...nature, callBank, outside, registryUrl };
  // No test cuts the power: what a crash of the bridge leaves behind is the same without flushes.
  const isFlushed = false;
  return App.start({
    ...world,
    version: versionOfPackage(),
    ...given,
    config,
    log,
    secrets,
    randomBytes,
    isFlushed,
  });
}

/** Asks the private API as its owner. Fails where it refuses with a code that its description does not have. */
export async function askApi(
  { uiUrl, adminToken }: Pick<App, 'uiUrl' | 'adminToken'>,
  path: string,
  init: RequestInit = {},
): Promise<Response> {
  const headers = new Headers(init.headers);
  headers.set('authorization', `Bearer ${adminToken}`);
  const response = await fetch(uiUrl + path, { ...init, headers });
  await assertDescribed(init.method ?? 'GET', path, response);
  return response;
}
