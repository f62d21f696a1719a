import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { AppOptions } from '../../src/app/opened.ts';
import type { App } from '../../src/app.ts';
import type { Clock } from '../../src/clock.ts';
import type { Bank } from '../../sim/bank.ts';
import { connectPerson } from '../../sim/demo/connect.ts';
import { seededRandom } from '../../sim/fake-clock.ts';
import { createFaults, type Faults } from '../../sim/faults.ts';
import { alex, household, joint, sam } from '../../sim/household.ts';
import { serveBank } from '../../sim/server.ts';
import type { House } from '../support/panel.ts';
import { askApi, startApp } from '../support/start-app.ts';
import { until } from '../support/until.ts';
import { clockOfToday } from './today.ts';

export const persons = { alex: { name: 'Alex', ...alex }, sam: { name: 'Sam', ...sam } } as const;
export type Person = (typeof persons)[keyof typeof persons];

/** The real bridge on the clock of the tests, except that it can skip time, and the simulated bank behind real addresses. */
export interface Stage {
  readonly bank: Bank;
  readonly faults: Faults;
  readonly phoneUrl: string;
  app(): App;
  /** What the private API answers its owner; no status is looked at. */
  ask(path: string, init?: RequestInit): Promise<Readonly<Record<string, unknown>>>;
  /** Connects a person without a browser, and waits until the history is read too. */
  connect(person: Person): Promise<string>;
  /** Stops the bridge and starts it again on the same data, so many milliseconds later; its address changes. */
  restart(later?: number): Promise<void>;
  /** Stops the bridge; `start` starts it again on the same data. */
  stop(): Promise<void>;
  start(): Promise<void>;
  /** The state of the named login. */
  stateOf(name: string): string | undefined;
}

/** What a stage lasts as long as: a test. */
interface Lasting {
  after(end: () => Promise<void>): void;
}

export interface StageOptions {
  /** Settings beside those that every stage needs. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Fills the data directory before the bridge opens it. */
  readonly prepare?: (directory: string) => void;
  /** What time it is; that of the tests where left out. */
  readonly clock?: Clock;
  /** How many days of history there are at the bank. */
  readonly days?: number;
  readonly supervisor?: NonNullable<AppOptions['supervisor']>;
  /** Where the built file of the dashboard in Home Assistant is. */
  readonly dashboardFile?: string;
  /** Where the built page is, if not where it is built to. */
  readonly webDirectory?: string;
}

/** Everything ends with the test. */
export async function createStage(t: Lasting, options: StageOptions = {}): Promise<Stage> {
  const random = seededRandom(1);
  let skipped = 0;
  const { clock: wall = clockOfToday } = options;
  const clock: Clock = { ...wall, now: () => wall.now() + skipped };
  const bank = household({ now: () => clock.now(), random });
  for (const account of [alex.current, joint.account, sam.current])
    bank.addHistory(account, { days: options.days ?? 30, perDay: 3 });
  const faults = createFaults({ wait: (ms) => clock.wait(ms) });
  const served = await serveBank({ bank, faults });
  const directory = mkdtempSync(join(tmpdir(), 'monzo-bridge-browser-'));
  options.prepare?.(directory);
  const { supervisor, settings, dashboardFile, webDirectory } = options;
  const boot = () =>
    startApp({
      clock,
      directory,
      write: () => {},
      ...(supervisor && { supervisor }),
      ...(dashboardFile !== undefined && { dashboardFile }),
      ...(webDirectory !== undefined && { webDirectory }),
      settings: {
        MONZO_BRIDGE_MONZO_API_URL: served.apiUrl,
        MONZO_BRIDGE_MONZO_AUTH_URL: served.authUrl,
        MONZO_BRIDGE_POLL_SECONDS: '1',
        ...settings,
      },
    });
  let app = await boot();
  t.after(async () => {
    await app.close();
    await served.close();
    rmSync(directory, { recursive: true, force: true });
  });
  const loginOf = (name: string) => app.view().logins.find((login) => login.name === name);
  return {
    bank,
    faults,
    phoneUrl: served.phoneUrl,
    app: () => app,
    ask: async (path, init) =>
      (await (await askApi(app, `/api/${path}`, init)).json()) as Readonly<Record<string, unknown>>,
    async connect(person) {
      const id = await connectPerson(bank, app, person);
      await until(
        `${person.name} is connected`,
        () => loginOf(person.name)?.state === 'active' && loginOf(person.name)?.history.state === 'complete',
      );
      return id;
    },
    async restart(later = 0) {
      await app.close();
      skipped += later;
      app = await boot();
    },
    stop: () => app.close(),
    async start() {
      app = await boot();
    },
    stateOf: (name) => loginOf(name)?.state,
  };
}

/** A stage that the house's Home Assistant runs as an app, once they are connected. Both end with the test. */
export async function createStageInHouse(t: TestContext, house: House): Promise<Stage> {
  t.after(() => house[Symbol.asyncDispose]());
  const stage = await createStage(t, { settings: house.settings, supervisor: house.place });
  house.leadTo(stage.app().uiUrl);
  const isConnected = () =>
    stage
      .app()
      .health()
      .some(({ part, state }) => part === 'home_assistant' && state === 'ok');
  await until('Home Assistant is connected', isConnected);
  return stage;
}
