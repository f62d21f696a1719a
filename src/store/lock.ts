import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { BridgeError } from '../errors.ts';
import { holdFile } from './database.ts';
import { ensureDirectory, ensurePrivateFile } from './directory.ts';

export interface DirectoryLock {
  /** Lets the next process in. Idempotent; the end of the process, however it comes, does the same. */
  release(): void;
}

/**
 * Takes a data directory for this process alone, creating it if need be. Throws `data_directory_in_use`, with the
 * holder's name, while another process (or another part of this one) has it.
 */
export function lockDirectory(directory: string): DirectoryLock {
  ensureDirectory(directory);
  const path = join(directory, 'lock');
  // The name stands beside the lock: a process that opens and closes a file it has locked frees it on POSIX systems.
  const nameFile = join(directory, 'lock.json');
  ensurePrivateFile(path);
  const free = holdFile(path);
  if (free === null) throw inUse(directory, holderFrom(nameFile));
  writeName(nameFile);
  let held = true;
  return {
    release: () => {
      if (!held) return;
      held = false;
      removeName(nameFile);
      free();
    },
  };
}

/** On a full disk the lock holds all the same; the refusal then cannot name us. */
function writeName(nameFile: string): void {
  try {
    removeName(nameFile);
    writeFileSync(nameFile, `${JSON.stringify({ pid: process.pid, host: hostname() })}\n`, { mode: 0o600 });
  } catch {
    // Nothing depends on the name.
  }
}

function removeName(nameFile: string): void {
  try {
    rmSync(nameFile, { force: true });
  } catch {
    // A name that stays is overwritten by the next holder.
  }
}

function holderFrom(nameFile: string): string {
  try {
    const { pid, host } = JSON.parse(readFileSync(nameFile, 'utf8')) as { pid?: unknown; host?: unknown };
    return typeof pid === 'number' && typeof host === 'string' ? `process ${pid} on host ${host}` : 'unnamed';
  } catch {
    return 'unnamed';
  }
}

function inUse(directory: string, holder: string): BridgeError {
  const sentence = `Another monzo-bridge (${holder}) is using ${directory}; stop it or choose another MONZO_BRIDGE_DATA_DIR.`;
  return new BridgeError('data_directory_in_use', sentence, { needsPerson: true });
}
