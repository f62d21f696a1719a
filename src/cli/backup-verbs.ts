import { randomBytes } from 'node:crypto';
import { accessSync, constants, existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Command } from 'commander';
import { BridgeError } from '../errors.ts';
import { versionOfPackage } from '../environment.ts';
import { removeBackup, requireFile, restoreBackup, writeBackup, type BackupMark } from '../store/backup.ts';
import {
  databasePath,
  lockDirectory,
  secretKeyFrom,
  sizeOf,
  type DirectoryLock,
} from '../store/directory.ts';
import { migrations } from '../store/schema.ts';
import { fileToWrite, show, type CliSession, type Place, type Run } from './cli-session.ts';
import { printable } from './layout.ts';
import { exampleText } from './route-verb.ts';
import { CommandFailure } from './terminal.ts';

interface BackupOptions {
  readonly withKey?: boolean;
  readonly remove?: boolean;
}

/** `monzo-bridge backup` works beside a running bridge and without one, `monzo-bridge restore` only without. */
export function addBackupVerbs(program: Command, run: Run): void {
  program
    .command('backup')
    .description('write a copy of everything that is stored into a file; the bridge may run meanwhile')
    .argument('<file>', 'where to; an earlier backup of that name is replaced')
    .option('--with-key', 'add the secret key: whoever has the file can then use the logins')
    .option('--remove', 'remove such a file instead')
    .addHelpText('after', exampleText('backup', 'monzo-bridge-backup.sqlite'))
    .action((file: string, given: BackupOptions) =>
      run((session) =>
        withSentence('Nothing was changed', async () =>
          given.remove === true ? remove(session, file) : backUp(session, file, given),
        ),
      ),
    );
  program
    .command('restore')
    .description('put a backup in the place of what is stored; the bridge must be stopped')
    .argument('<file>', 'a file that monzo-bridge backup has written')
    .addHelpText('after', exampleText('restore', 'monzo-bridge-backup.sqlite'))
    .action((file: string) =>
      run((session) => withSentence('Nothing was restored', () => restore(session, file))),
    );
}

/** What the operating system refuses is no defect of the program. Most often someone else than the bridge's user runs this. */
async function withSentence(outcome: string, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (thrown) {
    if (thrown instanceof BridgeError || !(thrown instanceof Error && 'syscall' in thrown)) throw thrown;
    const sentence = `${thrown.message}. ${outcome}; run this as the user who runs the bridge, on a file that this user may use.`;
    throw new CommandFailure('data_directory_unusable', sentence);
  }
}

function backUp(session: CliSession, name: string, { withKey = false }: BackupOptions): void {
  const { options } = session;
  const place = session.place();
  const directory = place.dataDirectory;
  if (sizeOf(databasePath(directory)) === 0)
    throw new CommandFailure(
      'no_database',
      `There is no database in ${directory} yet, so nothing was backed up. Start the bridge once, or set MONZO_BRIDGE_DATA_DIR to the directory that it uses.`,
    );
  accessSync(databasePath(directory), constants.R_OK);
  const file = fileToWrite(session, name);
  const secretKey = withKey ? keyOf(place) : null;
  const mark: BackupMark = { taken: options.clock.now(), version: versionOfPackage(), secretKey };
  writeBackup({ directory, file, mark });
  const answer = { file, taken: new Date(mark.taken).toISOString(), bytes: sizeOf(file), with_key: withKey };
  show(session, JSON.stringify(answer), () => {
    const about = withKey
      ? 'It holds the secret key: whoever has the file can use the logins, so keep it where nobody else can read it.'
      : 'The secret key is not in it: without the file secret-key everyone has to sign in again after a restore.';
    return printable(`Everything that is stored was written to ${file}. ${about}`);
  });
}

/** 64 hexadecimal digits. Never makes a new key. */
function keyOf({ config, dataDirectory: directory }: Place): string {
  if (config.SECRET_KEY === null && !existsSync(join(directory, 'secret-key')))
    throw new CommandFailure(
      'no_secret_key',
      `There is no file secret-key in ${directory}, so nothing was backed up. Set MONZO_BRIDGE_SECRET_KEY to the key that the bridge uses, or leave out --with-key.`,
    );
  const key = secretKeyFrom({ directory, randomBytes, given: config.SECRET_KEY ?? undefined });
  return Buffer.from(key).toString('hex');
}

function remove(session: CliSession, name: string): void {
  const file = resolve(session.options.cwd, name);
  const removed = removeBackup({ directory: session.place().dataDirectory, file });
  show(session, JSON.stringify({ file: removed ?? file, removed: removed !== null }), () =>
    printable(removed === null ? `There is no ${file}, so nothing was removed.` : `${removed} was removed.`),
  );
}

async function restore(session: CliSession, name: string): Promise<void> {
  const place = session.place();
  const { dataDirectory: directory } = place;
  const file = resolve(session.options.cwd, name);
  // Whoever mistypes a name leaves no data directory behind.
  requireFile(file);
  const lock = lockStopped(directory);
  try {
    const isReplaced = sizeOf(databasePath(directory)) > 0;
    const { taken, secretKey } = await restoreBackup({ file, directory, migrations });
    lock.trust(true);
    const hasKey =
      secretKey !== null || place.config.SECRET_KEY !== null || existsSync(join(directory, 'secret-key'));
    const at = new Date(taken).toISOString();
    show(session, JSON.stringify({ file, taken: at, has_key: hasKey, replaced: isReplaced }), () =>
      printable(
        [
          `The backup of ${at.slice(0, 16).replace('T', ' ')} UTC is in place in ${directory}. Start the bridge now.`,
          ...(isReplaced
            ? [`What the bridge used until now is kept in ${join(directory, 'backups', 'replaced.sqlite')}.`]
            : []),
          ...(hasKey
            ? []
            : ['There is no secret key: each person then enters their client secret and signs in again.']),
        ].join(' '),
      ),
    );
  } finally {
    lock.release();
  }
}

function lockStopped(directory: string): DirectoryLock {
  try {
    return lockDirectory(directory);
  } catch (thrown) {
    if (!(thrown instanceof BridgeError) || thrown.code !== 'data_directory_in_use') throw thrown;
    throw new CommandFailure(
      'bridge_running',
      `A bridge is running with ${directory}. Nothing was restored; stop it, then run this again.`,
    );
  }
}
