import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { databaseUnreadable, isDamage, openDatabase } from './database.ts';
import { sizeOf } from './directory.ts';
import { text } from './rows.ts';

export interface CheckOptions {
  /** Whether every index is compared with its table too, which takes about twice as long. */
  readonly isThorough: boolean;
  /** Smaller databases are checked at once, larger ones in a process of their own. In bytes. */
  readonly atOnceBelow: number;
  /** Gives the check up. */
  readonly signal: AbortSignal;
}

type Pragma = 'quick_check' | 'integrity_check';

/** The exit code of the process that found damage. */
const damaged = 3;

/**
 * Checks a database file without changing it. Resolves to false where the check could not be finished. Throws
 * `database_unreadable` if the file is damaged, and what opening it throws.
 */
export async function checkIntegrity(path: string, options: CheckOptions): Promise<boolean> {
  const { isThorough, atOnceBelow, signal } = options;
  const size = sizeOf(path) + sizeOf(`${path}-wal`);
  if (sizeOf(path) === 0) return true;
  const pragma: Pragma = isThorough ? 'integrity_check' : 'quick_check';
  if (size < atOnceBelow) {
    check(path, pragma);
    return true;
  }
  // A thread could not be stopped in the middle of a statement; a process can.
  const program = spawn(process.execPath, [import.meta.filename, path, pragma], { stdio: 'ignore' });
  const end = () => program.kill('SIGKILL');
  signal.addEventListener('abort', end, { once: true });
  try {
    const [code] = (await once(program, 'exit')) as [number | null];
    if (code === damaged) throw databaseUnreadable(path, null);
    return code === 0;
  } finally {
    signal.removeEventListener('abort', end);
  }
}

function check(path: string, pragma: Pragma): void {
  const database = openDatabase(path, { readOnly: true });
  try {
    const found = database.get(`PRAGMA ${pragma}(1)`, [], (row) => text(row, pragma));
    if (found !== 'ok') throw databaseUnreadable(path, new Error(found));
  } finally {
    database.close();
  }
}

if (import.meta.main) {
  const [path = '', pragma] = process.argv.slice(2);
  try {
    check(path, pragma === 'quick_check' ? pragma : 'integrity_check');
  } catch (thrown) {
    process.exitCode = isDamage(thrown) ? damaged : 1;
  }
}
