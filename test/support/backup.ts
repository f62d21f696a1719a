import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
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
