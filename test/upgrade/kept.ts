import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { household } from '../../sim/household.ts';
import { seededRandom } from '../../sim/fake-clock.ts';
import type { Bank } from '../../sim/bank.ts';
import { createScene, type Scene, type SceneOptions } from '../support/scene.ts';
import { temporaryDirectory } from '../support/store-samples.ts';
import { restoreBank } from './kept-bank.ts';

/** The household that a release left behind. */
export interface Kept {
  /** In milliseconds since the epoch. */
  readonly at: number;
  readonly secretKey: string;
  readonly retained: Readonly<Record<string, string>>;
  readonly bank: Readonly<Record<string, unknown>>;
}

const folder = import.meta.dirname;

/** The releases of which a household is kept, by the name of its folder. */
export const releases: readonly string[] = readdirSync(folder, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name);

const unpacked = (release: string, name: string) =>
  gunzipSync(readFileSync(join(folder, release, `${name}.gz`)));

export function keptOf(release: string): Kept {
  return JSON.parse(unpacked(release, 'world.json').toString()) as Kept;
}

/** A copy of the data directory of a release. */
export function directoryOf(t: TestContext, release: string): string {
  const directory = temporaryDirectory(t);
  writeFileSync(join(directory, 'monzo-bridge.sqlite'), unpacked(release, 'monzo-bridge.sqlite'), {
    mode: 0o600,
  });
  writeFileSync(join(directory, 'secret-key'), keptOf(release).secretKey, { mode: 0o600 });
  return directory;
}

export interface Hazards extends Pick<SceneOptions, 'crashes' | 'isDiskFull'> {
  /** What happened at the bank while the bridge was off. */
  readonly meanwhile?: (bank: Bank) => void;
}

/** Today's bridge on the data of a release, an hour later, with the bank and the broker as they were left. */
export async function upgraded(t: TestContext, release: string, hazards: Hazards = {}): Promise<Scene> {
  const kept = keptOf(release);
  const { meanwhile, ...others } = hazards;
  return createScene({
    withToken: true,
    retained: kept.retained,
    ...others,
    household: {
      at: kept.at + 3_600_000,
      directory: directoryOf(t, release),
      bank: (now, ways) => {
        const bank = household({ now, random: seededRandom(2), ...ways });
        restoreBank(bank.model, kept.bank);
        meanwhile?.(bank);
        return bank;
      },
    },
  });
}
