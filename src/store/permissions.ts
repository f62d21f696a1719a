import { chmodSync, lstatSync, readdirSync, statSync, type Stats } from 'node:fs';
import { join } from 'node:path';
import { messageOf } from '../errors.ts';

/** Something in the data directory that others on this machine could read or write, as a sentence with what to do. */
export interface Exposure {
  readonly path: string;
  readonly sentence: string;
}

export interface Protection {
  /** What was open to others and no longer is. */
  readonly corrected: readonly string[];
  /** What is still open to others. */
  readonly exposed: readonly Exposure[];
}

/** Names that this program gives to files in its data directory, or the Supervisor to those that it writes for it there. */
const ours =
  /^((monzo-bridge|snapshot)\.sqlite(-wal|-shm|\.\d+\.part)?|secret-key|admin-token|options\.json|lock(\.json|-journal)?|not-closed|backups|lost\+found)$/;
const others = 0o077;
/** Of a directory that everyone may write to, such as the system's temporary one. */
const sticky = 0o1000;

/**
 * Takes away other users' access to the data directory and the files that hold secrets or the ledger. A link's target
 * may be meant for others too, and a directory may hold what is not ours: those are only named.
 */
export function protectDirectory(directory: string, chmod = chmodSync): Protection {
  const corrected: string[] = [];
  const exposed: Exposure[] = [];
  for (const path of openPaths(directory)) {
    const reason = reasonToLeave(path, directory) ?? chmodFailure(path, chmod);
    if (reason === null) corrected.push(path);
    else exposed.push({ path, sentence: sentenceFor(path, reason) });
  }
  return { corrected, exposed };
}

/** What others could read or write now; changes nothing. */
export function exposuresOf(directory: string): readonly Exposure[] {
  return openPaths(directory).map((path) => ({ path, sentence: sentenceFor(path, null) }));
}

/** The directory and those of its files that other users have access to. Windows has no such permissions. */
function openPaths(directory: string): readonly string[] {
  if (process.platform === 'win32') return [];
  const names = entriesOf(directory).filter((name) => ours.test(name) && !name.startsWith('lock'));
  const backups = entriesOf(join(directory, 'backups')).map((name) => join('backups', name));
  const paths = [directory, ...[...names, ...backups].map((name) => join(directory, name))];
  return paths.filter((path) => isOpen(path));
}

function isOpen(path: string): boolean {
  return ((statusOf(path)?.mode ?? 0) & others) !== 0;
}

function statusOf(path: string): Stats | null {
  return statSync(path, { throwIfNoEntry: false }) ?? null;
}

function reasonToLeave(path: string, directory: string): string | null {
  if (lstatSync(path).isSymbolicLink()) return 'it is a link, whose target may be meant for others';
  if (path !== directory) return null;
  const isShared = ((statusOf(path)?.mode ?? 0) & sticky) !== 0;
  const foreign = entriesOf(path).find((name) => !ours.test(name) && !name.startsWith('.'));
  return isShared || foreign !== undefined ? 'it also holds files that are not the bridge’s' : null;
}

/** Why the permissions could not be changed; null where they were. */
function chmodFailure(path: string, chmod: typeof chmodSync): string | null {
  try {
    chmod(path, statusOf(path)?.isDirectory() === true ? 0o700 : 0o600);
  } catch (thrown) {
    return messageOf(thrown);
  }
  return isOpen(path) ? 'its file system does not keep permissions' : null;
}

function sentenceFor(path: string, reason: string | null): string {
  const mode = statusOf(path)?.isDirectory() === true ? '700' : '600';
  const why = reason === null ? '' : ` (the bridge left it so: ${reason})`;
  return `Other users of this machine have access to ${path}${why}. Run: chmod ${mode} ${path}, or move the data to a directory of their own on a local disk.`;
}

function entriesOf(directory: string): readonly string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}
