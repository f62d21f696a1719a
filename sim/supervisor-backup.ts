import { cpSync, readdirSync, rmSync } from 'node:fs';
import { join, matchesGlob, relative, sep } from 'node:path';

/** The keys of an app's `config.yaml` that decide what of it is in a backup. */
export interface BackupConfig {
  readonly backup_pre?: string;
  readonly backup_post?: string;
  readonly backup_exclude?: readonly string[];
}

export interface AppToBackUp {
  readonly config: BackupConfig;
  /** What the app knows as `/data`. */
  readonly directory: string;
  /** An app that is stopped is backed up as it is: nothing runs before or after. */
  readonly isRunning: boolean;
  /** Runs a command in the app's container; resolves with its exit code. */
  readonly run: (command: string) => Promise<number>;
}

/** Copies an app's data into a new directory, as a hot backup of the Supervisor does. Throws where a command of the app fails. */
export async function backUpApp(
  { config, directory, isRunning, run }: AppToBackUp,
  into: string,
): Promise<void> {
  const { backup_pre: before, backup_post: after, backup_exclude: excluded = [] } = config;
  const runOrThrow = async (command: string | undefined) => {
    const code = command === undefined || !isRunning ? 0 : await run(command);
    if (code !== 0) throw new Error(`Pre-/Post backup command returned error code: ${code}`);
  };
  await runOrThrow(before);
  try {
    const isKept = (path: string) =>
      !excluded.some((pattern) => endMatches(relative(directory, path), pattern));
    cpSync(directory, into, { recursive: true, preserveTimestamps: true, filter: isKept });
  } finally {
    await runOrThrow(after);
  }
}

/** As Python's `PurePath.match`: a pattern is compared with the end of the path, one name after the other. */
function endMatches(path: string, pattern: string): boolean {
  const wanted = pattern.split('/');
  const names = path.split(sep).slice(-wanted.length);
  return (
    path !== '' &&
    names.length === wanted.length &&
    names.every((name, at) => matchesGlob(name, wanted[at] ?? ''))
  );
}

/** Everything of the app is removed before its backup is put in place. */
export function restoreApp(from: string, directory: string): void {
  for (const name of readdirSync(directory)) rmSync(join(directory, name), { recursive: true });
  cpSync(from, directory, { recursive: true, preserveTimestamps: true });
}
