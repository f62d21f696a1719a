import { randomBytes } from 'node:crypto';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App } from '../../src/app.ts';
import { readConfig } from '../../src/config.ts';
import { createLog, createSecrets } from '../../src/log.ts';
import type { Bank } from '../../sim/bank.ts';
import { connectPerson, type SimulatedPerson } from '../../sim/demo/connect.ts';
import { createFakeClock, seededRandom, type FakeClock } from '../../sim/fake-clock.ts';
import { createFaults, type Faults } from '../../sim/faults.ts';
import { alex, household, sam } from '../../sim/household.ts';
import { bankFetch } from '../../sim/server.ts';
import type { Switches } from '../../sim/switches.ts';

export interface WorldOptions {
  readonly settings?: Readonly<Record<string, string>>;
  readonly switches?: Partial<Switches>;
  readonly seed?: number;
  /** Where the data live; a temporary directory otherwise. */
  readonly directory?: string;
  /** Built by a scenario; otherwise the usual household. */
  readonly bank?: (now: () => number) => Bank;
}

/** The real composition with a real database, in front of a simulated bank and on a clock that moves when told to. */
export interface World extends AsyncDisposable {
  readonly clock: FakeClock;
  readonly bank: Bank;
  readonly faults: Faults;
  readonly directory: string;
  /** Everything that was logged, as JSON lines. */
  readonly logLines: string[];
  app(): App;
  /** Connects Alex or Sam as a person would, and waits until the login is active. */
  connect(who: 'alex' | 'sam'): Promise<string>;
  /** Stops the bridge and starts it again on the same data. */
  restart(): Promise<void>;
  stop(): Promise<void>;
  /** The bridge is gone from one moment to the next, calls under way included; another one opens what is on the disk. */
  crash(): Promise<void>;
  /** Moves the clock in steps of a second until the condition holds; fails after `within` milliseconds of that clock. */
  until(what: string, condition: () => boolean, within?: number): Promise<void>;
  /** Reaches the bridge under its public address, wherever it really listens. */
  readonly fetchFromOutside: typeof fetch;
  /** A call of the private API with the admin token. */
  api(path: string, init?: RequestInit): Promise<Response>;
}

export const start = Date.parse('2026-11-02T09:00:00Z');

const people: Readonly<Record<'alex' | 'sam', SimulatedPerson>> = {
  alex: { name: 'Alex', ...alex },
  sam: { name: 'Sam', ...sam },
};

export async function createWorld(options: WorldOptions = {}): Promise<World> {
  const clock = createFakeClock(start);
  const random = seededRandom(options.seed ?? 1);
  const bank =
    options.bank?.(() => clock.now()) ??
    household({
      now: () => clock.now(),
      random,
      ...(options.switches ? { switches: options.switches } : {}),
    });
  const faults = createFaults({ wait: (ms) => clock.wait(ms) });
  const temporary = () => mkdtempSync(join(tmpdir(), 'monzo-bridge-test-'));
  let directory = options.directory ?? temporary();
  const left: string[] = options.directory === undefined ? [directory] : [];
  const logLines: string[] = [];
  let line = new AbortController();
  const boot = () =>
    startApp({
      clock,
      fetch: untilCut(bankFetch(bank, faults), line.signal),
      directory,
      logLines,
      settings: options.settings ?? {},
    });
  let app = await boot();
  const until: World['until'] = async (what, condition, within = 600_000) => {
    for (const deadline = clock.now() + within; !condition(); await clock.advance(1_000)) {
      if (clock.now() > deadline) throw new Error(`did not happen in time: ${what}`);
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  };
  const publicUrl = options.settings?.['MONZO_BRIDGE_PUBLIC_URL'] ?? 'http://nowhere.invalid';
  const fetchFromOutside: typeof fetch = (input, init) => {
    const address = input instanceof Request ? input.url : input.toString();
    return fetch(address.replace(publicUrl, app.publicUrl), init);
  };
  return {
    fetchFromOutside,
    clock,
    bank,
    faults,
    get directory() {
      return directory;
    },
    logLines,
    until,
    app: () => app,
    async connect(who) {
      const { uiUrl, adminToken } = app;
      const id = await connectPerson(bank, { uiUrl, adminToken, fetch: fetchFromOutside }, people[who]);
      const isActive = () => app.view().logins.some((login) => login.id === id && login.state === 'active');
      await until(`${who} is connected`, isActive);
      return id;
    },
    async restart() {
      await app.close();
      app = await boot();
    },
    stop: () => app.close(),
    async crash() {
      const copy = temporary();
      cpSync(directory, copy, { recursive: true });
      left.push(copy);
      directory = copy;
      // What becomes of the old one does not matter any more: it neither reaches the bank nor this copy.
      line.abort(new Error('the line was cut'));
      await app.close();
      line = new AbortController();
      app = await boot();
    },
    api: (path, init = {}) =>
      fetch(`${app.uiUrl}${path}`, {
        ...init,
        headers: { ...(init.headers as Record<string, string>), authorization: `Bearer ${app.adminToken}` },
      }),
    async [Symbol.asyncDispose]() {
      await app.close();
      for (const path of left) rmSync(path, { recursive: true, force: true });
    },
  };
}

function untilCut(fetch: typeof globalThis.fetch, cut: AbortSignal): typeof globalThis.fetch {
  return (input, init) => {
    if (cut.aborted) return Promise.reject(cut.reason as Error);
    const isCut = new Promise<never>((_resolve, reject) => {
      cut.addEventListener('abort', () => reject(cut.reason as Error), { once: true });
    });
    return Promise.race([fetch(input, init), isCut]);
  };
}

interface Boot extends Pick<World, 'clock' | 'directory' | 'logLines'> {
  readonly fetch: typeof globalThis.fetch;
  readonly settings: Readonly<Record<string, string>>;
}

function startApp({ clock, fetch, directory, logLines, settings }: Boot): Promise<App> {
  const config = readConfig({
    environment: {
      MONZO_BRIDGE_DATA_DIR: directory,
      MONZO_BRIDGE_MONZO_API_URL: 'http://api.bank.invalid',
      MONZO_BRIDGE_MONZO_AUTH_URL: 'http://auth.bank.invalid',
      MONZO_BRIDGE_UI_PORT: '0',
      MONZO_BRIDGE_PUBLIC_PORT: '0',
      ...settings,
    },
    readFile: () => '',
  });
  const secrets = createSecrets();
  const log = createLog({ level: 'debug', format: 'json', secrets, write: (line) => logLines.push(line) });
  const random = seededRandom(7);
  return App.start({
    config,
    clock,
    log,
    secrets,
    fetch,
    random,
    randomBytes,
    version: '0.0.0',
  });
}
