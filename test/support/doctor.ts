import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { callSimulatedBank } from '../../sim/server.ts';
import type { ChecksItem } from '../../src/contract/bridge-data.ts';
import { runOnTerminal, type RunOptions } from '../app/cli-run.ts';
import { answered } from './people.ts';
import { freePort } from './port.ts';
import { temporaryDirectory } from './process.ts';
import { createWorld, type World, type WorldOptions } from './world.ts';

export type Found = ChecksItem['checks'][number];

/** The list of a bridge with a login, and neither broker nor Home Assistant. */
export const list =
  'settings data_directory admin_token database secret_key process clock bank broker home_assistant page public_address login accounts webhooks rails'.split(
    ' ',
  );

export async function connected(options: WorldOptions = {}): Promise<World> {
  const world = await createWorld(options);
  await world.connect('alex');
  return world;
}

/** What a terminal shows after a verb, with the settings of this world's bridge. */
export function onTerminal(
  world: World,
  argv: readonly string[],
  { env = {}, ...more }: RunOptions = {},
): ReturnType<typeof runOnTerminal> {
  return answered(
    world,
    runOnTerminal(argv, {
      clock: world.clock,
      callBank: callSimulatedBank(world.bank, world.faults),
      cwd: world.directory,
      ...more,
      env: { MONZO_BRIDGE_DATA_DIR: world.directory, ...env },
    }),
  );
}

/** What `doctor` finds. */
export async function doctor(
  world: World,
  env: Readonly<Record<string, string>> = {},
  more: RunOptions = {},
) {
  const { code, out } = await onTerminal(world, ['doctor', '--json'], { ...more, env });
  const { checks } = JSON.parse(out) as { readonly checks: readonly Found[] };
  const found = (check: string): Found =>
    checks.find((one) => one.check === check) ?? assert.fail(`no ${check} in ${out}`);
  const inState = (...states: readonly string[]) =>
    checks.filter(({ state }) => states.includes(state)).map(({ check }) => check);
  return { code, checks, found, inState, red: inState('degraded', 'needs_user', 'down') };
}

/** The settings with which the command line finds this world's bridge. */
export function portOf(world: World): Readonly<Record<string, string>> {
  return { MONZO_BRIDGE_UI_PORT: new URL(world.app().uiUrl).port };
}

/** A bridge that has run with a login and is stopped, and ports on which nothing listens. */
export async function stopped(
  t: TestContext,
): Promise<{ readonly world: World; readonly ports: Readonly<Record<string, string>> }> {
  const world = await connected({ directory: temporaryDirectory(t) });
  await world.stop();
  const ports = {
    MONZO_BRIDGE_UI_PORT: String(await freePort()),
    MONZO_BRIDGE_PUBLIC_PORT: String(await freePort()),
  };
  return { world, ports };
}
