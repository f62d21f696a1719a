import { createHash } from 'node:crypto';
import {
  closeSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
  type Stats,
} from 'node:fs';
import { hostname } from 'node:os';
import { dirname, join } from 'node:path';
import { BridgeError, messageOf } from '../errors.ts';
import { refuse } from '../refusals/refuse.ts';
import { holdFile, isHeld, isReadOnly } from './database.ts';

/** Returns `size` random bytes. */
export type RandomBytes = (size: number) => Uint8Array;

export interface KeyFileOptions {
  readonly directory: string;
  /** The configured key. It takes precedence: the file is then neither read nor written. */
  readonly given?: string | undefined;
  readonly randomBytes: RandomBytes;
}

export type PresentKeyOptions = Omit<KeyFileOptions, 'randomBytes'>;

const keyBytes = 32;
const shortestKey = 16;
const shortestToken = 32;
const keyText = /^[0-9a-f]{64}$/i;

/**
 * Creates the data directory with mode 0700 if it is missing. Throws `data_directory_unusable`, and
 * `data_directory_impossible` where no waiting helps.
 */
function ensureDirectory(directory: string): void {
  try {
    makeDirectory(directory);
  } catch (thrown) {
    const isTaken = hasCode(thrown, ['EEXIST']);
    if (isTaken ? !existsSync(directory) : !hasCode(thrown, hopeless))
      throw unusable(directory, thrown, 'directory');
    const reason = isTaken ? 'what has this name is not a directory' : messageOf(thrown);
    const sentence = `${directory} cannot be created (${reason}). Set MONZO_BRIDGE_DATA_DIR to a directory that can be, such as ./data.`;
    throw new BridgeError('data_directory_impossible', sentence, { needsPerson: true, cause: thrown });
  }
}

/** A link to nothing may lead to a disk that comes later, and rights may be given; these stay. */
const hopeless = ['ENOENT', 'ENOTDIR', 'ENAMETOOLONG', 'ELOOP', 'EPERM'];

/** Not Node's own recursive way, which never ends below /proc. */
function makeDirectory(path: string): void {
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (thrown) {
    const parent = dirname(path);
    if (hasCode(thrown, ['EEXIST']) && isDirectory(path)) return;
    if (!hasCode(thrown, ['ENOENT']) || parent === path || isDirectory(parent)) throw thrown;
    makeDirectory(parent);
    mkdirSync(path, { mode: 0o700 });
  }
}

function isDirectory(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

/**
 * Creates an empty file with mode 0600 if it is missing. An existing file is not opened, because closing it would
 * release SQLite's locks on POSIX systems. Throws `data_directory_unusable`.
 */
export function ensurePrivateFile(path: string): void {
  try {
    closeSync(openSync(path, 'wx', 0o600));
  } catch (thrown) {
    if (!hasCode(thrown, ['EEXIST']) || !isFile(path)) throw unusable(path, thrown);
  }
}

/** Where the database of a data directory is. */
export function databasePath(directory: string): string {
  return join(directory, 'monzo-bridge.sqlite');
}

/** In bytes; 0 where there is no such file. */
export function sizeOf(path: string): number {
  const found = statSync(path, { throwIfNoEntry: false });
  return found?.isFile() === true ? found.size : 0;
}

/** A named pipe is none: whoever opens it waits for ever. */
function isFile(path: string): boolean {
  try {
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

/**
 * The 32 bytes that encrypt the vault, from 64 hexadecimal digits or as the digest of any other text of at least
 * 16 characters. The text is the given one, else the content of the file `secret-key`, which is generated if missing.
 * Throws `secret_key_malformed`, `data_directory_unusable`.
 */
export function secretKeyFrom(options: KeyFileOptions): Uint8Array {
  return secretKeyOf(options.given ?? keptKey('secret-key', options));
}

/** The same without generating one: null where there is none yet. */
export function presentSecretKey(options: PresentKeyOptions): Uint8Array | null {
  const key = presentKey('secret-key', options);
  return key === null ? null : secretKeyOf(key);
}

function secretKeyOf(key: string): Uint8Array {
  if (keyText.test(key)) return Uint8Array.from(Buffer.from(key, 'hex'));
  if (key.length >= shortestKey) return Uint8Array.from(createHash('sha256').update(key).digest());
  const sentence =
    'The secret key must be at least 16 characters long, preferably 64 hexadecimal digits. Correct MONZO_BRIDGE_SECRET_KEY or the file secret-key in the data directory. If the key is lost, delete the file to get a new one: each login then needs its client secret and a new sign-in.';
  throw new BridgeError('secret_key_malformed', sentence, { needsPerson: true });
}

/**
 * The bearer token of the private API: the given one, else the content of the file `admin-token`, which is generated
 * if missing. Throws `admin_token_malformed` for one of fewer than 32 characters, `data_directory_unusable`.
 */
export function adminTokenFrom(options: KeyFileOptions): string {
  return adminTokenOf(options.given ?? keptKey('admin-token', options));
}

/** The same without generating one: null where there is none yet. */
export function presentAdminToken(options: PresentKeyOptions): string | null {
  const token = presentKey('admin-token', options);
  return token === null ? null : adminTokenOf(token);
}

function adminTokenOf(token: string): string {
  if (token.length >= shortestToken) return token;
  const sentence =
    'The admin token has fewer than 32 characters. Set MONZO_BRIDGE_ADMIN_TOKEN to a longer one (`openssl rand -hex 32` makes one), or delete the file admin-token in the data directory to get a new one.';
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

function presentKey(name: string, { directory, given }: PresentKeyOptions): string | null {
  const path = join(directory, name);
  try {
    return given ?? readKey(path);
  } catch (thrown) {
    throw unusable(path, thrown);
  }
}

function readKey(path: string): string | null {
  if (!existsSync(path)) return null;
  if (!isFile(path)) throw new Error('It is not a file.');
  return readFileSync(path, 'utf8').trim();
}

/**
 * Puts the secret key that belongs to a restored database in the place of another, which is kept in `backups`. Throws
 * `data_directory_unusable`.
 */
export function putSecretKey(directory: string, key: string): void {
  const path = join(directory, 'secret-key');
  const draft = `${path}.${process.pid}`;
  try {
    const present = readKey(path);
    if (present === key) return;
    writeFileSync(draft, `${key}\n`, { mode: 0o600, flush: true });
    if (present !== null) {
      const backups = join(directory, 'backups');
      mkdirSync(backups, { recursive: true, mode: 0o700 });
      renameSync(path, join(backups, 'replaced-secret-key'));
    }
    renameSync(draft, path);
  } catch (thrown) {
    throw unusable(path, thrown);
  }
}

/** Atomic: of two processes that start at once one creates the file, and both read its key. */
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
    // Some file systems have no links; there the last of two simultaneous first starts wins.
    renameSync(draft, path);
  }
}

function hasCode(thrown: unknown, codes: readonly string[]): boolean {
  return thrown instanceof Error && 'code' in thrown && codes.includes(String(thrown.code));
}

/**
 * Why what has this name cannot be used as a file or a directory, whatever its rights are, and what to do, as a sentence; null
 * where it can, or where nothing has this name. Throws what the operating system says where this user may not look.
 */
export function unfitAs(kind: 'directory' | 'file', path: string): string | null {
  if (!isNamed(path)) return null;
  const found = led(path);
  if (found === null)
    return `${path} is a link to nothing. Bring back what it leads to, such as a disk that is not mounted, or remove the link.`;
  const isRight = kind === 'file' ? found.isFile() : found.isDirectory();
  return isRight ? null : `${path} is not a ${kind}, so the bridge cannot use it. Move it away.`;
}

/** Whether there is something of this name, be it a link to nothing. */
function isNamed(path: string): boolean {
  try {
    return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
  } catch (thrown) {
    if (hasCode(thrown, ['ENOTDIR'])) return false;
    throw thrown;
  }
}

/** What a name leads to; null where its links lead to nothing, or in a circle. */
function led(path: string): Stats | null {
  try {
    return statSync(path, { throwIfNoEntry: false }) ?? null;
  } catch (thrown) {
    if (hasCode(thrown, ['ELOOP'])) return null;
    throw thrown;
  }
}

function unusable(path: string, cause: unknown, kind: 'directory' | 'file' = 'file'): BridgeError {
  if (hasCode(cause, ['ENOSPC', 'EDQUOT'])) return refuse('disk_full', { when: 'starting', path }, { cause });
  if (hasCode(cause, ['EROFS'])) return refuse('disk_read_only', { when: 'starting', path }, { cause });
  const sentence = whyUnusable(kind, path, cause);
  return new BridgeError('data_directory_unusable', sentence, { needsPerson: true, cause });
}

function whyUnusable(kind: 'directory' | 'file', path: string, cause: unknown): string {
  let reason = messageOf(cause);
  try {
    const unfit = unfitAs(kind, path);
    if (unfit !== null) return unfit;
  } catch (thrown) {
    reason = messageOf(thrown);
  }
  return `${path} cannot be created or read (${reason}). Make it writable for the user who runs the bridge, or choose another MONZO_BRIDGE_DATA_DIR.`;
}

export interface DirectoryLock {
  /** Whether what is stored must be checked completely: the last process that had the lock did not end properly. */
  readonly isSuspect: boolean;
  /** Says whether what is stored is known to be sound; until then the next process must check it, too. */
  trust(isSound: boolean): void;
  /** Releases the lock. Idempotent; the operating system does the same when the process ends, even if it is killed. */
  release(): void;
}

/**
 * Locks a data directory for this process, and creates it if it is missing. Throws `data_directory_in_use`, which names
 * the holder, while another process (or another part of this one) has the lock.
 */
export function lockDirectory(directory: string): DirectoryLock {
  ensureDirectory(directory);
  // SQLite would open what it cannot write, lock nothing, and never write again.
  if (isReadOnly(directory)) throw refuse('disk_read_only', { when: 'starting', path: directory });
  const path = join(directory, 'lock');
  // A file of its own, because on POSIX systems a process that closes any handle of a locked file releases the lock.
  const nameFile = join(directory, 'lock.json');
  ensurePrivateFile(path);
  const free = holdFile(path);
  if (free === null) throw inUse(directory, holderFrom(nameFile));
  writeName(nameFile);
  // Left behind by a process that is killed.
  const marker = join(directory, 'not-closed');
  const isSuspect = existsSync(marker);
  let isSound = !isSuspect;
  mark(marker);
  let held = true;
  return {
    isSuspect,
    trust: (verdict) => {
      isSound = verdict;
    },
    release: () => {
      if (!held) return;
      held = false;
      if (isSound) remove(marker);
      remove(nameFile);
      free();
    },
  };
}

/** On a full disk there is no marker, and the next start checks less. */
function mark(marker: string): void {
  try {
    ensurePrivateFile(marker);
  } catch {
    // The lock works without.
  }
}

/** On a full disk the lock still works; others are then refused without our name. */
function writeName(nameFile: string): void {
  try {
    remove(nameFile);
    writeFileSync(nameFile, `${JSON.stringify({ pid: process.pid, host: hostname() })}\n`, { mode: 0o600 });
  } catch {
    // Nothing depends on the name.
  }
}

function remove(file: string): void {
  try {
    rmSync(file, { force: true });
  } catch {
    // The next holder overwrites it.
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

/**
 * Who works in a data directory, in words; null where nobody does. Changes nothing. Asks the lock only where it has a name:
 * to ask is to hold it for an instant.
 */
export function holderOf(directory: string): string | null {
  const nameFile = join(directory, 'lock.json');
  if (!existsSync(nameFile) || !isHeld(join(directory, 'lock'))) return null;
  return holderFrom(nameFile);
}

function inUse(directory: string, holder: string): BridgeError {
  const sentence = `Another monzo-bridge (${holder}) is using ${directory}; stop it or choose another MONZO_BRIDGE_DATA_DIR.`;
  return new BridgeError('data_directory_in_use', sentence, { needsPerson: true });
}
