import assert from 'node:assert/strict';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { runOnTerminal } from '../app/cli-run.ts';
import type { World } from './world.ts';

/** A copy of the database as it is now; answers the way to put it back. */
export async function backup(t: TestContext, world: World): Promise<() => Promise<void>> {
  const kept = mkdtempSync(join(tmpdir(), 'monzo-bridge-backup-'));
  t.after(() => rmSync(kept, { recursive: true, force: true }));
  await world.stop();
  cpSync(world.directory, kept, { recursive: true });
  await world.restart();
  return async () => {
    await world.stop();
    rmSync(world.directory, { recursive: true });
    cpSync(kept, world.directory, { recursive: true });
    await world.restart();
  };
}

const envOf = ({ directory }: World) => ({ MONZO_BRIDGE_DATA_DIR: directory });
/** Runs the command line beside the bridge. */
export const cli = (world: World, ...argv: readonly string[]) =>
  runOnTerminal(argv, { cwd: world.directory, clock: world.clock, env: envOf(world) });

/** Makes a backup as a person would; what was printed. */
export async function backUp(world: World, file: string, ...more: readonly string[]): Promise<string> {
  const { code, out, err } = await cli(world, 'backup', file, ...more);
  assert.deepEqual([code, err], [0, '']);
  return out;
}

/** Stops the bridge, restores a backup and starts it again; what was printed. */
export async function restore(world: World, file: string): Promise<string> {
  await world.stop();
  const { code, out, err } = await cli(world, 'restore', file);
  assert.deepEqual([code, err], [0, '']);
  await world.restart();
  return out;
}

/** The health of a part. */
export const partOf = (world: World, name: string) =>
  world
    .app()
    .health()
    .find(({ part }) => part === name);
