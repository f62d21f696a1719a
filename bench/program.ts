import { execFile } from 'node:child_process';
import { cpSync, existsSync, globSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** A version of the bridge to measure, in the form in which users run it. */
export interface Program {
  /** A commit, or the name of a directory. */
  readonly name: string;
  readonly launcher: string;
  /** The sources that it was packed from; null where it came packed. */
  readonly checkout: string | null;
}

const left = new Set(['node_modules', '.git', '.cache', 'dist', 'coverage', 'test-output']);

/**
 * Packs a checkout and unpacks it beside its own libraries; takes a packed directory as it is. Both need their
 * node_modules. The checkout is copied first, so that nothing in it changes.
 */
export async function packProgram(everything: AsyncDisposableStack, given: string): Promise<Program> {
  const directory = resolve(given);
  if (!existsSync(join(directory, 'src')))
    return { name: basename(directory), launcher: launcherIn(directory), checkout: null };
  const work = mkdtempSync(join(tmpdir(), 'monzo-bridge-packed-'));
  everything.defer(() => rmSync(work, { recursive: true, force: true }));
  const copy = join(work, 'copy');
  cpSync(directory, copy, {
    recursive: true,
    filter: (path) => path === directory || !left.has(path.slice(directory.length + 1)),
  });
  symlinkSync(join(directory, 'node_modules'), join(copy, 'node_modules'));
  await run('npm', ['pack', '--silent', '--pack-destination', work], { cwd: copy });
  const [tarball = 'no package'] = globSync('*.tgz', { cwd: work });
  await run('tar', ['xzf', tarball], { cwd: work });
  const unpacked = join(work, 'package');
  symlinkSync(join(directory, 'node_modules'), join(unpacked, 'node_modules'));
  rmSync(copy, { recursive: true, force: true });
  return { name: await nameOf(directory), launcher: launcherIn(unpacked), checkout: directory };
}

function launcherIn(directory: string): string {
  const launcher = join(directory, 'bin', 'monzo-bridge.js');
  if (!existsSync(launcher)) throw new Error(`${directory} is neither a checkout nor a packed directory.`);
  return launcher;
}

/** The commit, with a plus where files differ from it. */
async function nameOf(directory: string): Promise<string> {
  const git = async (...args: string[]) => (await run('git', args, { cwd: directory })).stdout.trim();
  try {
    const changed = await git('status', '--porcelain', 'src', 'bin', 'package.json');
    return (await git('rev-parse', '--short', 'HEAD')) + (changed === '' ? '' : '+');
  } catch {
    return basename(directory);
  }
}
