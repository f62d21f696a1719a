import { execFileSync } from 'node:child_process';
import { cpSync, globSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** What all releases into a repository of their own have in common. They commit there; pushing is the caller's. */

/** What the sources say in place of the account. */
const placeholder = 'OWNER';

/** Something that stands in the way of a release, as a sentence. */
export type Obstacle = readonly [isThere: () => boolean, sentence: string];

/** Throws an Error with the first sentence that applies. To be called before anything is written. */
export function refuseObstacles(obstacles: readonly Obstacle[]): void {
  for (const [isThere, sentence] of obstacles)
    if (isThere()) throw new Error(`${sentence} Nothing was written.`);
}

interface Place {
  /** The checkout of this project. */
  readonly project: string;
  /** The checkout that the release writes into. */
  readonly store: string;
  /** The account that publishes everything. */
  readonly owner: string;
}

/** What every release needs: an account, and a checkout that holds nothing else that is new. */
export function usualObstacles({ store, owner }: Place): readonly Obstacle[] {
  return [
    [
      () => owner === placeholder || !/^[a-z\d]+(-[a-z\d]+)*$/i.test(owner),
      `${owner} is not the name of an account.`,
    ],
    [() => git(store, 'rev-parse', '--show-prefix') !== '', `${store} is not the root of a git checkout.`],
    [() => git(store, 'status', '--porcelain') !== '', `${store} has changes that are not committed.`],
  ];
}

/** What a release for everyone needs beside that: a changelog of it, and a README that names the account. */
export function obstaclesForEveryone({ project, owner }: Place, version: string): readonly Obstacle[] {
  const read = (path: string) => readFileSync(join(project, path), 'utf8');
  return [
    [
      () => !read('CHANGELOG.md').includes(`\n## ${version}\n`),
      `CHANGELOG.md has no heading "## ${version}".`,
    ],
    [
      () => read('README.md').includes(placeholder),
      `README.md still says ${placeholder} where it links to the store: write ${owner}.`,
    ],
  ];
}

/** Copies a folder with what its links lead to, and names the account in its texts. */
export function copyFor(owner: string, from: string, to: string): void {
  cpSync(from, to, { recursive: true, dereference: true });
  for (const path of globSync('**/*.{md,txt,yaml}', { cwd: from }))
    writeFileSync(join(to, path), readFileSync(join(from, path), 'utf8').replaceAll(placeholder, owner));
}

/** Commits everything that is new; false where nothing is. */
export function commitAll(store: string, message: string): boolean {
  git(store, 'add', '--all');
  if (git(store, 'status', '--porcelain') === '') return false;
  git(store, 'commit', '--quiet', '--message', message);
  return true;
}

export function git(directory: string, ...words: readonly string[]): string {
  return execFileSync('git', ['-C', directory, ...words], { encoding: 'utf8' }).trim();
}

/** Runs a release as a program: what stands in its way is one sentence, and exit code 1. */
export function runRelease(release: () => void): void {
  try {
    release();
  } catch (thrown) {
    console.error(thrown instanceof Error ? thrown.message : thrown);
    process.exitCode = 1;
  }
}
