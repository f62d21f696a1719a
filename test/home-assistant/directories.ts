import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';

const PREFIX = 'monzo-bridge-rig-';

/** A directory of this process below `parent`; those of processes that died without cleaning up are deleted first. */
export async function makeDirectory(parent: string): Promise<string> {
  for (const name of await readdir(parent)) {
    const owner = /^monzo-bridge-rig-(\d+)-/.exec(name)?.[1];
    if (owner !== undefined && !isAlive(Number(owner))) {
      await rm(join(parent, name), { recursive: true, force: true });
    }
  }
  return mkdtemp(join(parent, `${PREFIX}${process.pid}-`));
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
