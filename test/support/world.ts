import { cpSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AppOptions } from '../../src/app/opened.ts';
import type { App } from '../../src/app.ts';
import type { Outside } from '../../src/ingest/address-test.ts';
import type { Clock } from '../../src/clock.ts';
import type { Machine } from '../../src/http/page-addresses.ts';
import { BridgeError } from '../../src/errors.ts';
import type { Bank } from '../../sim/bank.ts';
import { connectPerson, type SimulatedPerson } from '../../sim/demo/connect.ts';
import { createFakeClock, seededRandom, type FakeClock } from '../../sim/fake-clock.ts';
import { createFaults, type Faults } from '../../sim/faults.ts';
import { alex, household, sam } from '../../sim/household.ts';
import { callSimulatedBank } from '../../sim/server.ts';
import type { BankOptions } from '../../sim/model.ts';
import type { Switches } from '../../sim/switches.ts';
import type { TestBroker } from './broker.ts';
import { createLife, unlessOver, type Crashes, type Life } from './crash.ts';
import type { FakeHomeAssistant } from './fake-home-assistant.ts';
import { askApi, someMachine, startApp } from './start-app.ts';
import { quiet } from './until.ts';

/** How a bank behaves where nobody knows for certain. */
export type BankWays = Pick<BankOptions, 'switches' | 'reached'>;

export interface WorldOptions {
  /** What the bridge sees of the machine that it runs on. */
  readonly machine?: Machine;
  readonly settings?: Readonly<Record<string, string>>;
  readonly switches?: Partial<Switches> | undefined;
  /** Notes the positions of switches that the bank acts by. */
  readonly reached?: Set<string> | undefined;
  readonly seed?: number;
  /** Where the data live; a temporary directory otherwise. */
  readonly directory?: string;
  /** The true time at the beginning. */
  readonly at?: number;
  /** How far the bridge's wall clock is ahead of the true time from the beginning, in milliseconds. */
  readonly ahead?: number;
  /** Built by a scenario; otherwise the usual household. */
  readonly bank?: (now: () => number, ways: BankWays) => Bank;
  /** Where the bridge shall crash, and what is noted of where it could have. */
  readonly crashes?: Crashes;
  /** The other sides of the bridge, where they are there: a crash cuts it off from them too. */
  readonly broker?: Pick<TestBroker, 'cutBridge' | 'guard'>;
  readonly homeAssistant?: FakeHomeAssistant;
  /** What stands at the bridge's public address, in front of its public listener; the listener itself where left out. */
  readonly outside?: (reachBridge: typeof fetch) => Outside;
  /** Where the newest version of the bridge is asked for; nowhere where left out. */
  readonly registryUrl?: string;
  /** Where the Supervisor is, if one runs the bridge; the settings hold its token. */
  readonly supervisor?: AppOptions['supervisor'];
  /** Where the built file of the dashboard in Home Assistant is. */
  readonly dashboardFile?: string;
  /** Where the blueprints are, if not where they are kept. */
  readonly blueprintsDirectory?: string;
  /** The bridge’s at each start; the package’s where left out. */
  readonly version?: () => string;
  /** Whether the disk is full for a write, told by its SQL. */
  readonly isDiskFull?: (sql: string) => boolean;
  /** What the disk says to every write; null while it takes it. */
  readonly diskRefusal?: () => Error | null;
}

/** The real composition with a real database, in front of a simulated bank and on a clock that moves when told to. */
export interface World extends AsyncDisposable {
  /** The true time, which the bank keeps. A `jump` of it is a sleep of the machine: the bank and the bridge both see it. */
  readonly clock: FakeClock;
  /** What the bridge takes for the time. */
  readonly bridgeClock: WrongClock;
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
  /** Where the bridge has crashed, another one opens what was on the disk at that instant. */
  revived(): Promise<void>;
  /** The call's own outcome, or the crash of the bridge that comes before it. */
  unlessItCrashes<T>(call: Promise<T>): Promise<T>;
  /** Moves the clock in steps of a second until the condition holds; fails after `within` milliseconds of that clock. */
  until(what: string, condition: () => boolean, within?: number): Promise<void>;
  /** Reaches the bridge under its public address, wherever it really listens. */
  readonly fetchFromOutside: typeof fetch;
  /** A call of the private API with the admin token. */
  api(path: string, init?: RequestInit): Promise<Response>;
}

/** A clock that may be wrong: its wall clock differs from the true one, its monotonic time does not. */
export interface WrongClock extends Clock {
  /** How far the wall clock is ahead of the true time now, in milliseconds; negative where it is behind. */
  readonly ahead: () => number;
  /** Sets the wall clock so far ahead of the true time; 0 puts it right. */
  readonly setAhead: (ms: number) => void;
}

/** In reality two moments do not lie whole milliseconds apart; instants on disk do. No wait becomes shorter by it. */
function withFractions(monotonic: number): number {
  return monotonic + (0.7 * monotonic) / (monotonic + 1_000_000);
}

function createWrongClock(truth: Clock, given: number): WrongClock {
  let ahead = given;
  return {
    now: () => truth.now() + ahead,
    monotonic: () => withFractions(truth.monotonic()),
    wait: (ms, signal) => truth.wait(ms, signal),
    ahead: () => ahead,
    setAhead: (ms) => {
      ahead = ms;
    },
  };
}

export const start = Date.parse('2026-11-02T09:00:00Z');

const people: Readonly<Record<'alex' | 'sam', SimulatedPerson>> = {
  alex: { name: 'Alex', ...alex },
  sam: { name: 'Sam', ...sam },
};

export async function createWorld(options: WorldOptions = {}): Promise<World> {
  const clock = createFakeClock(options.at ?? start);
  const bridgeClock = createWrongClock(clock, options.ahead ?? 0);
  const random = seededRandom(options.seed ?? 1);
  const ways: BankWays = { switches: options.switches, reached: options.reached };
  const now = () => clock.now();
  const bank = options.bank?.(now, ways) ?? household({ now, random, ...ways });
  const faults = createFaults({ wait: (ms) => clock.wait(ms) });
  const directory = options.directory ?? mkdtempSync(join(tmpdir(), 'monzo-bridge-test-'));
  const logLines: string[] = [];
  const publicUrl = options.settings?.['MONZO_BRIDGE_PUBLIC_URL'] ?? 'http://nowhere.invalid';
  const fetchFromOutside: typeof fetch = (input, init) => {
    const address = input instanceof Request ? input.url : input.toString();
    const below = [publicUrl, new URL(publicUrl).href].find((base) => address.startsWith(base)) ?? '';
    const path = address.slice(below.length).replace(/^(?!\/)/, '/');
    return bridge.unlessItCrashes(fetch(below === '' ? address : app().publicUrl + path, init));
  };
  const outside = options.outside?.(fetchFromOutside) ?? {
    fetch: fetchFromOutside,
    lookup: async () => ['203.0.113.7'],
  };
  const bridge = await createMortalBridge({
    ...options,
    outside,
    clock: bridgeClock,
    advance: (ms) => clock.advance(ms),
    callBank: callSimulatedBank(bank, faults),
    directory,
    logLines,
  });
  const { app, revived } = bridge;
  const until: World['until'] = async (what, condition, within = 600_000) => {
    for (const deadline = clock.now() + within; !condition(); await clock.advance(1_000)) {
      await revived();
      if (clock.now() > deadline) throw new Error(`did not happen in time: ${what}`);
      await quiet();
    }
  };
  return {
    fetchFromOutside,
    clock,
    bridgeClock,
    bank,
    faults,
    directory,
    logLines,
    until,
    app,
    async connect(who) {
      const { uiUrl, adminToken } = app();
      const id = await connectPerson(bank, { uiUrl, adminToken, fetch: fetchFromOutside }, people[who]);
      const isActive = () =>
        app()
          .view()
          .logins.some((login) => login.id === id && login.state === 'active');
      await until(`${who} is connected`, isActive);
      return id;
    },
    restart: () => bridge.restart(),
    stop: () => app().close(),
    crash: () => bridge.crash(),
    revived,
    unlessItCrashes: bridge.unlessItCrashes,
    api: (path, init) => bridge.unlessItCrashes(askApi(app(), path, init)),
    async [Symbol.asyncDispose]() {
      await app().close();
      if (options.directory === undefined) rmSync(directory, { recursive: true, force: true });
    },
  };
}

type Mortal = Pick<AppOptions, 'outside' | 'callBank'> &
  Pick<
    WorldOptions,
    | 'settings'
    | 'supervisor'
    | 'registryUrl'
    | 'machine'
    | 'crashes'
    | 'broker'
    | 'homeAssistant'
    | 'isDiskFull'
    | 'diskRefusal'
    | 'dashboardFile'
    | 'blueprintsDirectory'
    | 'version'
  > &
  Pick<World, 'directory' | 'logLines'> & {
    readonly clock: Clock;
    readonly advance: (ms: number) => Promise<void>;
  };

/**
 * One composition after the other on the same data. At a crash the directory is copied as it is, open transaction
 * included; whatever the old composition still does while it is thrown away reaches nobody and is undone by the copy.
 */
async function createMortalBridge(options: Mortal) {
  const { clock, callBank, directory, broker, homeAssistant, crashes } = options;
  const snapshot = `${directory}-as-left`;
  const born = () =>
    createLife({
      clock,
      callBank,
      crashes,
      onEnd: () => {
        cpSync(directory, snapshot, { recursive: true });
        broker?.cutBridge();
        homeAssistant?.cut();
      },
    });
  let life = born();
  broker?.guard((point) => life.gate(point));
  homeAssistant?.guard((point) => life.gate(point));
  const beginAnew = () => {
    if (life.over.aborted) {
      rmSync(directory, { recursive: true, force: true });
      renameSync(snapshot, directory);
    }
    life = born();
  };
  /** A start may end in a crash as well; then it is tried again. */
  const boot = async (): Promise<App> => {
    for (;;) {
      try {
        const app = await ended(startLife(options, life), life.over, options.advance);
        if (!life.over.aborted) return app;
        await app.close();
      } catch (thrown) {
        if (!life.over.aborted) throw thrown;
      }
      beginAnew();
    }
  };
  let app = await boot();
  let restarting: Promise<void> | null = null;

  const restart = async () => {
    // It may have connected once more after its end, to a broker that answers it no longer.
    if (life.over.aborted) broker?.cutBridge();
    await app.close();
    beginAnew();
    app = await boot();
  };
  const restarted = () =>
    (restarting ??= restart().finally(() => {
      restarting = null;
    }));
  const revived = async () => {
    if (life.over.aborted) await restarted();
  };
  return {
    app: () => app,
    restart: restarted,
    revived,
    unlessItCrashes: <T>(call: Promise<T>) => unlessOver(life.over, call),
    crash: async () => {
      life.end();
      await revived();
    },
  };
}

/** A start that crashes is put away in time that its clock tells, and nobody else moves the clock yet. */
async function ended<T>(start: Promise<T>, over: AbortSignal, advance: Mortal['advance']): Promise<T> {
  const settledBy = async (moment: Promise<null>) =>
    (await Promise.race([start.then(() => true).catch(() => true), moment])) ?? false;
  while (!(await settledBy(quiet().then(() => null)))) if (over.aborted) await advance(1_000);
  return start;
}

function startLife(options: Mortal, life: Life): Promise<App> {
  const { directory, logLines, settings = {}, supervisor, machine = someMachine } = options;
  const { isDiskFull, diskRefusal, outside, registryUrl, dashboardFile, blueprintsDirectory } = options;
  const version = options.version?.();
  const { clock, callBank } = life;
  return startApp({
    directory,
    settings,
    machine,
    clock,
    callBank,
    outside,
    ...(supervisor && { supervisor }),
    ...(registryUrl && { registryUrl }),
    ...(dashboardFile !== undefined && { dashboardFile }),
    ...(blueprintsDirectory !== undefined && { blueprintsDirectory }),
    ...(version !== undefined && { version }),
    random: seededRandom(7),
    logLevel: 'debug',
    write: (line) => {
      if (!life.over.aborted) logLines.push(line);
    },
    beforeWrite: (sql) => {
      life.beforeWrite(sql);
      if (isDiskFull?.(sql)) throw new BridgeError('disk_full', 'The disk is full.', { retryable: true });
      const refusal = diskRefusal?.() ?? null;
      if (refusal !== null) throw refusal;
    },
  });
}
