import { cpSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { debianMirror } from '../home-assistant/install.ts';
import { run as runOrThrow } from '../home-assistant/processes.ts';
import { cacheDirectory, mustPodman, podman } from './tools.ts';

/**
 * A stand-in for `node:26-slim`, made without any registry of images: a minimal Debian, the Node of the lockfile where the
 * official image has it, this machine's npm, and the user `node`.
 */
const suite = 'trixie';
const nodeVersion = process.versions.node;
export const baseImage = `localhost/monzo-bridge-base:${suite}-slim-node${nodeVersion}`;

/** Makes the base once per machine; only its archive is needed to have it again. */
export async function ensureBase(): Promise<string> {
  if ((await podman(['image', 'exists', baseImage])).code === 0) return baseImage;
  const archive = join(cacheDirectory(), `base-${suite}-slim-node${nodeVersion}.tar`);
  if (!existsSync(archive)) await makeArchive(archive);
  const path = 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
  await mustPodman(
    'import',
    '--quiet',
    '--change',
    `ENV ${path}`,
    '--change',
    'CMD ["node"]',
    archive,
    baseImage,
  );
  return baseImage;
}

async function makeArchive(archive: string): Promise<void> {
  const root = join(cacheDirectory(), 'base');
  rmSync(root, { recursive: true, force: true });
  process.stderr.write(`image: making a small root of Debian ${suite}\n`);
  // The last word names debootstrap's own script: an older Debian may have none for this suite, and sid's fits.
  const options = ['--variant=minbase', '--include=libatomic1,libstdc++6,ca-certificates'];
  const args = ['debootstrap', ...options, suite, root, await debianMirror(), 'sid'];
  await runOrThrow({ file: 'unshare', args: ['--mount', ...args] });
  // As in Debian's slim images: of the documents only the terms, and no links to them.
  const kept = ['-type', 'f', '-name', 'copyright'];
  const documents = join(root, 'usr/share/doc');
  await runOrThrow({ file: 'find', args: [documents, '!', '-type', 'd', '!', '(', ...kept, ')', '-delete'] });
  cpSync(process.execPath, join(root, 'usr/local/bin/node'), { dereference: true });
  await installNpm(root);
  await runOrThrow({ file: 'chroot', args: [root, 'groupadd', '--gid', '1000', 'node'] });
  const user = ['useradd', '--uid', '1000', '--gid', 'node', '--create-home', 'node'];
  await runOrThrow({ file: 'chroot', args: [root, ...user] });
  const draft = `${archive}.draft`;
  await runOrThrow({ file: 'tar', args: ['-C', root, '--numeric-owner', '-cf', draft, '.'] });
  renameSync(draft, archive);
  rmSync(root, { recursive: true, force: true });
}

async function installNpm(root: string): Promise<void> {
  const modules = (await runOrThrow({ file: 'npm', args: ['root', '--global'] })).trim();
  const to = join(root, 'usr/local/lib/node_modules');
  mkdirSync(to, { recursive: true });
  cpSync(join(modules, 'npm'), join(to, 'npm'), { recursive: true, dereference: true });
  const manifest = JSON.parse(readFileSync(join(to, 'npm/package.json'), 'utf8')) as {
    bin: Record<string, string>;
  };
  for (const [name, path] of Object.entries(manifest.bin))
    symlinkSync(join('../lib/node_modules/npm', path), join(root, 'usr/local/bin', name));
}
