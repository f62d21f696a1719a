import { globSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { installPackages } from '../home-assistant/processes.ts';

/** The wall clock of processes that are started with this environment; their monotonic time stays true. */
export interface SteppedClock {
  readonly env: Readonly<Record<string, string>>;
  /** Sets it ahead of the true time, in libfaketime’s own words: "+1h", "-2d", and "+0" for the true time. */
  set(offset: string): void;
}

/** Throws with one sentence where libfaketime is not there and cannot be installed. */
export async function createSteppedClock(directory: string, offset: string): Promise<SteppedClock> {
  const file = join(directory, 'clock');
  const set = (next: string) => {
    // A process that reads at this moment finds the old offset or the new one.
    writeFileSync(`${file}.next`, next);
    renameSync(`${file}.next`, file);
  };
  set(offset);
  const env = {
    LD_PRELOAD: await findLibrary(),
    FAKETIME_TIMESTAMP_FILE: file,
    FAKETIME_NO_CACHE: '1',
    FAKETIME_DONT_FAKE_MONOTONIC: '1',
    NO_FAKE_STAT: '1',
  };
  return { env, set };
}

const libraries = '/usr/lib/*/faketime/libfaketimeMT.so.1';

/** The form for programs with several threads. */
async function findLibrary(): Promise<string> {
  const find = () => globSync(libraries)[0];
  const found = find();
  if (found !== undefined) return found;
  process.stderr.write('campaigns: installing libfaketime\n');
  await installPackages(['libfaketime']);
  const installed = find();
  if (installed === undefined) throw new Error(`libfaketime was installed but is not at ${libraries}.`);
  return installed;
}
