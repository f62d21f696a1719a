import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { alex } from '../../sim/household.ts';
import type { Supervisor } from '../../sim/supervisor.ts';
import { startTestBroker, type TestBroker } from './broker.ts';
import { startFakeHomeAssistant, type FakeHomeAssistant } from './fake-home-assistant.ts';
import { asAppOf, startSupervisorOf } from './supervised.ts';
import { createWorld, type World } from './world.ts';

export const passwords = { first: 'the-first-password', second: 'the-second-password' } as const;

/** A bridge that runs as an app: with Home Assistant and its Supervisor, and a broker that may not be installed yet. */
export interface Installed {
  readonly world: World;
  readonly supervisor: Supervisor;
  readonly broker: TestBroker;
  readonly home: FakeHomeAssistant;
  /** The broker's app is there, with this password. */
  readonly offer: (password: string) => void;
  /** The state and sentence of a part. */
  readonly health: (part: string) => { readonly state: string; readonly sentence: string | null } | undefined;
}

export interface HowInstalled {
  readonly options?: object;
  readonly settings?: Readonly<Record<string, string>>;
  /** What is true before the bridge starts. */
  readonly prepare?: (there: Omit<Installed, 'world' | 'health'>) => Promise<unknown> | void;
}

export async function install(
  t: TestContext,
  { options, settings, prepare }: HowInstalled = {},
): Promise<Installed> {
  const home = await startFakeHomeAssistant();
  const broker = await startTestBroker();
  const supervisor = await startSupervisorOf(home);
  const offer = (password: string) => {
    const { hostname, port } = new URL(broker.url);
    supervisor.world.mqtt = { host: hostname, port: Number(port), ssl: false, username: 'addons', password };
    broker.demand(password);
  };
  const there = { supervisor, broker, home, offer };
  await prepare?.(there);
  const directory = mkdtempSync(join(tmpdir(), 'monzo-bridge-app-'));
  if (options) writeFileSync(join(directory, 'options.json'), JSON.stringify(options));
  const { supervisor: place, settings: usual } = asAppOf(supervisor);
  const world = await createWorld({
    directory,
    broker,
    homeAssistant: home,
    supervisor: place,
    settings: { ...usual, ...settings },
  });
  t.after(async () => {
    await world[Symbol.asyncDispose]();
    await supervisor.stop();
    await broker.stop();
    await home.stop();
    rmSync(directory, { recursive: true });
  });
  const health = (part: string) =>
    world
      .app()
      .health()
      .find((found) => found.part === part);
  return { ...there, world, health };
}

/** A purchase that the bridge has found. */
export async function buy({ world }: Installed, merchant: string): Promise<void> {
  world.bank.purchase(alex.current, { amount: 350, merchant });
  const looking = world.api('/api/commands/refresh', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{}',
  });
  let isOver = false;
  void looking.finally(() => (isOver = true));
  await world.until('the bridge has looked', () => isOver);
  assert.equal((await looking).status, 200);
}

export const isConnected =
  ({ health }: Installed) =>
  () =>
    health('mqtt')?.state === 'ok';
