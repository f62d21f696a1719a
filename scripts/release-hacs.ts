import { copyFileSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { versionOfPackage } from '../src/environment.ts';
import {
  commitAll,
  copyFor,
  git,
  obstaclesForEveryone,
  refuseObstacles,
  runRelease,
  usualObstacles,
} from './release-checkout.ts';

/**
 * A step of a release: writes `hacs/` and the built file of the dashboard into a checkout of the repository from which HACS
 * installs it (docs/releasing.md).
 */

export interface HacsRelease {
  /** The checkout of this project, built. */
  readonly project: string;
  /** The checkout of the repository for HACS. */
  readonly store: string;
  /** The account that publishes both repositories. */
  readonly owner: string;
  readonly version: string;
}

const file = 'monzo-bridge.js';

/**
 * Commits what HACS is to find, and tags it with the version; pushing both is the caller's. Returns false where the repository has it
 * already. Throws an Error with a sentence, before anything is written, where the release is not ready.
 */
export function releaseHacs(release: HacsRelease): boolean {
  const { project, store, owner, version } = release;
  const built = join(project, 'dist/card', file);
  refuseObstacles([
    ...usualObstacles(release),
    ...obstaclesForEveryone(release, version),
    [() => !holds(built, version), `dist/card/${file} is not of version ${version}: run npm run build.`],
  ]);
  rmSync(join(store, 'dist'), { recursive: true, force: true });
  mkdirSync(join(store, 'dist'));
  copyFor(owner, join(project, 'hacs'), store);
  copyFileSync(join(project, 'LICENSE'), join(store, 'LICENSE'));
  copyFileSync(built, join(store, 'dist', file));
  const isNew = commitAll(store, `Release ${version}`);
  if (isNew) git(store, 'tag', '--force', version);
  return isNew;
}

/** The file tells its version to the browser’s console, so it holds it. */
function holds(path: string, version: string): boolean {
  try {
    return readFileSync(path, 'utf8').includes(version);
  } catch {
    return false;
  }
}

function main(): void {
  const { values } = parseArgs({ options: { store: { type: 'string' }, owner: { type: 'string' } } });
  const { store, owner } = values;
  if (store === undefined || owner === undefined)
    throw new Error('Say --store <checkout of the repository for HACS> and --owner <account>.');
  const project = join(import.meta.dirname, '..');
  const isWritten = releaseHacs({ project, store, owner, version: versionOfPackage() });
  console.log(
    isWritten
      ? `Committed and tagged in ${store}. Push both, and make a release of the tag.`
      : 'The repository has this version already.',
  );
}

if (import.meta.main) runRelease(main);
