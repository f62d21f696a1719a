import { createHash } from 'node:crypto';
import {
  closeSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { BridgeError, messageOf } from '../errors.ts';
import { refuse } from '../refusals/refuse.ts';

/** Random bytes, as many as asked for. */
export type RandomBytes = (size: number) => Uint8Array;

export interface KeyFileOptions {
  readonly directory: string;
  /** What the person configured; wins over the file, and the file is then neither read nor written. */
  readonly given?: string | undefined;
  readonly randomBytes: RandomBytes;
}

const keyBytes = 32;
const shortestKey = 16;
const keyText = /^[0-9a-f]{64}$/i;

/** Creates the data directory, for its owner alone, unless it is there. Throws `data_directory_unusable`. */
export function ensureDirectory(directory: string): void {
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
  } catch (thrown) {
    throw unusable(directory, thrown);
  }
}

/**
 * Creates an empty file that only its owner may read, unless it is there; one that is there is not even opened,
 * because closing it would free SQLite's locks on POSIX systems. Throws `data_directory_unusable`.
 */
export function ensurePrivateFile(path: string): void {
  try {
    closeSync(openSync(path, 'wx', 0o600));
  } catch (thrown) {
    if (!hasCode(thrown, ['EEXIST'])) throw unusable(path, thrown);
  }
}

/**
 * The 32 bytes that encrypt the vault: 64 hexadecimal digits, or the digest of any other text of sixteen characters
 * or more; given, or from the file `secret-key`, which is generated where it is missing. Throws
 * `secret_key_malformed`, `data_directory_unusable`.
 */
export function secretKeyFrom(options: KeyFileOptions): Uint8Array {
  const key = options.given ?? keptKey('secret-key', options);
  if (keyText.test(key)) return Uint8Array.from(Buffer.from(key, 'hex'));
  if (key.length >= shortestKey) return Uint8Array.from(createHash('sha256').update(key).digest());
  const sentence =
    'The secret key must be at least 16 characters long, best 64 hexadecimal digits. Correct MONZO_BRIDGE_SECRET_KEY or the file secret-key in the data directory; a new key cannot read what the old one encrypted.';
  throw new BridgeError('secret_key_malformed', sentence, { needsPerson: true });
}

/**
 * The bearer token of the private API: given, or from the file `admin-token`, which is generated where it is
 * missing. Throws `admin_token_malformed` for an empty one, `data_directory_unusable`.
 */
export function adminTokenFrom(options: KeyFileOptions): string {
  const token = options.given ?? keptKey('admin-token', options);
  if (token !== '') return token;
  const sentence =
    'The admin token is empty. Set MONZO_BRIDGE_ADMIN_TOKEN, or delete the file admin-token in the data directory to get a new one.';
  throw new BridgeError('admin_token_malformed', sentence, { needsPerson: true });
}

function keptKey(name: string, { directory, randomBytes }: KeyFileOptions): string {
  ensureDirectory(directory);
  const path = join(directory, name);
  try {
    return readKey(path) ?? generateKey(path, randomBytes);
  } catch (thrown) {
    throw unusable(path, thrown);
  }
}

function readKey(path: string): string | null {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch (thrown) {
    if (hasCode(thrown, ['ENOENT'])) return null;
    throw thrown;
  }
}

/** Whole or not at all, and of two processes that start at once one wins: both then read its key. */
function generateKey(path: string, randomBytes: RandomBytes): string {
  const key = Buffer.from(randomBytes(keyBytes)).toString('hex');
  const draft = `${path}.${process.pid}`;
  try {
    writeFileSync(draft, `${key}\n`, { mode: 0o600, flush: true });
    publish(draft, path);
  } finally {
    rmSync(draft, { force: true });
  }
  return readFileSync(path, 'utf8').trim();
}

function publish(draft: string, path: string): void {
  try {
    linkSync(draft, path);
  } catch (thrown) {
    if (hasCode(thrown, ['EEXIST'])) return;
    // Some file systems know no links; there the last of two simultaneous first starts wins.
    renameSync(draft, path);
  }
}

function hasCode(thrown: unknown, codes: readonly string[]): boolean {
  return thrown instanceof Error && 'code' in thrown && codes.includes(String(thrown.code));
}

function unusable(path: string, cause: unknown): BridgeError {
  if (hasCode(cause, ['ENOSPC', 'EDQUOT'])) return refuse('disk_full', { when: 'starting', path }, { cause });
  const sentence = `${path} cannot be created or read (${messageOf(cause)}). Make it writable for the user who runs the bridge, or choose another MONZO_BRIDGE_DATA_DIR.`;
  return new BridgeError('data_directory_unusable', sentence, { needsPerson: true, cause });
}
