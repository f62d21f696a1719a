import { spawnSync } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { parseDocument } from 'yaml';
import { z } from 'zod';
import { versionOfPackage } from '../src/environment.ts';
import {
  commitAll,
  copyFor,
  obstaclesForEveryone,
  refuseObstacles,
  runRelease,
  usualObstacles,
} from './release-checkout.ts';

/**
 * The last step of a release: copies `app/` into a checkout of the store repository. As soon as that is pushed, every Home
 * Assistant with the repository offers the version, so its image must be there before (docs/releasing.md).
 */

export interface Release {
  /** The checkout of this project. */
  readonly project: string;
  /** The checkout of the store repository. */
  readonly store: string;
  /** The account that publishes the image and both repositories. */
  readonly owner: string;
  /** The tag of the image, which is the version that Home Assistant shows. */
  readonly version: string;
  /** Whether it is for those who try out the next version: an app of its own, with data of its own. */
  readonly isEdge: boolean;
  /** Asks the registry for which platforms it has an image, such as `linux/arm64`. Throws where it has no such image. */
  readonly platformsOf: (image: string) => readonly string[];
}

const platforms = ['linux/amd64', 'linux/arm64'];
const channels = {
  stable: { form: /^\d+\.\d+\.\d+$/, title: 'Monzo bridge', slug: 'monzo_bridge', changes: {} },
  edge: {
    form: /^\d+\.\d+\.\d+-edge\.\d+$/,
    title: 'Monzo bridge (edge)',
    slug: 'monzo_bridge_edge',
    changes: { name: 'Monzo bridge (edge)', slug: 'monzo_bridge_edge', panel_title: 'Monzo edge' },
  },
};

/**
 * Writes and commits what Home Assistant is to find in the store; pushing it is the caller's. Returns false where the store
 * has it already. Throws an Error with a sentence, before anything is written, where the release is not ready.
 */
export function releaseApp(release: Release): boolean {
  const { project, store, owner, version, isEdge } = release;
  const { title, slug, changes } = channels[isEdge ? 'edge' : 'stable'];
  const image = `ghcr.io/${owner.toLowerCase()}/monzo-bridge`;
  refuseUnready(release);
  refuseMissing(`${image}:${version}`, release.platformsOf);

  const [app, folder] = [join(project, 'app'), join(store, slug)];
  rmSync(folder, { recursive: true, force: true });
  copyFor(owner, app, folder);
  rmSync(join(folder, 'repository'), { recursive: true });
  copyFor(owner, join(app, 'repository'), store);
  const path = join(folder, 'config.yaml');
  const config = parseDocument(readFileSync(path, 'utf8'));
  for (const [key, value] of Object.entries({ version, image, ...changes })) config.set(key, value);
  writeFileSync(path, String(config));

  return commitAll(store, `Release ${title} ${version}`);
}

function refuseUnready(release: Release): void {
  const { version, isEdge } = release;
  const channel = isEdge ? 'edge' : 'stable';
  refuseObstacles([
    ...usualObstacles(release),
    [() => !channels[channel].form.test(version), `${version} is not a version of the ${channel} app.`],
    ...(isEdge ? [] : obstaclesForEveryone(release, version)),
  ]);
}

function refuseMissing(image: string, platformsOf: Release['platformsOf']): void {
  const found = platformsOf(image);
  const missing = platforms.filter((platform) => !found.includes(platform));
  if (missing.length > 0)
    throw new Error(
      `${image} is not there for ${missing.join(' and ')}: push it first. Nothing was written.`,
    );
}

const indexSchema = z.object({
  manifests: z.array(z.object({ platform: z.object({ os: z.string(), architecture: z.string() }) })),
});

/**
 * Asks by a command that prints the raw index of an image; `IMAGE` stands for the image in it. Throws what the command
 * complained about where it failed.
 */
export function askRegistry(command: string): Release['platformsOf'] {
  return (image) => {
    const [file = '', ...words] = command.split(' ').map((word) => word.replace('IMAGE', image));
    const { status, stdout, stderr, error } = spawnSync(file, words, { encoding: 'utf8' });
    if (status !== 0)
      throw new Error(
        `${image} is not there yet, or the registry does not answer: ${(error?.message ?? stderr).trim()}. Nothing was written.`,
      );
    return indexSchema
      .parse(JSON.parse(stdout))
      .manifests.map(({ platform: { os, architecture } }) => `${os}/${architecture}`);
  };
}

function main(): void {
  const { values } = parseArgs({
    options: {
      store: { type: 'string' },
      owner: { type: 'string' },
      edge: { type: 'string' },
      ask: { type: 'string', default: 'docker buildx imagetools inspect --raw IMAGE' },
    },
  });
  const { store, owner, edge } = values;
  if (store === undefined || owner === undefined)
    throw new Error('Say --store <checkout of the store repository> and --owner <account>.');
  const project = join(import.meta.dirname, '..');
  const isWritten = releaseApp({
    project,
    store,
    owner,
    version: edge ?? versionOfPackage(),
    isEdge: edge !== undefined,
    platformsOf: askRegistry(values.ask),
  });
  console.log(
    isWritten ? `Committed in ${store}. Push it to release.` : 'The store has this version already.',
  );
}

if (import.meta.main) runRelease(main);
