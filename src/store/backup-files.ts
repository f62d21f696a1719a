import {
  closeSync,
  copyFileSync,
  fsyncSync,
  linkSync,
  openSync,
  readdirSync,
  readlinkSync,
  readSync,
  realpathSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { crc32 } from 'node:zlib';

/** The files of backups: where they are, how they come to their names, and whether they are still as they were written. */

/** More than file systems follow. */
const mostLinks = 40;

/** Where a file is, or would be: a link stands for what it leads to, also where that is not there yet. */
export function placeOf(file: string, links = mostLinks): string {
  const led = linkAt(file);
  if (led !== null && links > 0) return placeOf(resolve(dirname(file), led), links - 1);
  try {
    return join(realpathSync(dirname(file)), basename(file));
  } catch {
    return file;
  }
}

function linkAt(file: string): string | null {
  try {
    return readlinkSync(file);
  } catch {
    return null;
  }
}

/**
 * Lets `work` write an empty file beside the one that it is to become. Removes it afterwards unless it was given its name, and
 * those that killed processes have left. Throws what the operating system says.
 */
export function withDraft<Result>(file: string, work: (draft: string) => Result): Result {
  const draft = `${file}.${process.pid}.part`;
  const left = readdirSync(dirname(file)).filter((name) => name.startsWith(`${basename(file)}.`));
  for (const name of left) {
    const pid = /\.(\d+)\.part$/.exec(name)?.[1];
    if (pid !== undefined && !isRunning(Number(pid))) removeDatabase(join(dirname(file), name));
  }
  removeDatabase(draft);
  closeSync(openSync(draft, 'wx', 0o600));
  try {
    return work(draft);
  } finally {
    removeDatabase(draft);
  }
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (thrown) {
    return thrown instanceof Error && 'code' in thrown && thrown.code === 'EPERM';
  }
}

/** Removes a database with what stands beside it; does nothing where there is none. */
export function removeDatabase(path: string): void {
  rmSync(path, { force: true });
  removeBeside(path);
}

/** Removes what SQLite leaves beside a database: it would be taken for part of another one of that name. */
export function removeBeside(path: string): void {
  for (const suffix of ['-wal', '-shm', '-journal']) rmSync(`${path}${suffix}`, { force: true });
}

/** Gives a draft its name, once it is on the disk. */
export function publish(draft: string, file: string): void {
  flush(draft, 'r+');
  renameSync(draft, file);
  flushDirectory(dirname(file));
}

function flush(path: string, how: 'r' | 'r+'): void {
  const handle = openSync(path, how);
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

/** Makes the names in a directory last. */
export function flushDirectory(path: string): void {
  try {
    flush(path, 'r');
  } catch {
    // Some systems do not open directories, and keep new names all the same.
  }
}

/** Gives a file a second name, or copies it where the disk knows no such thing. */
export function linkOrCopy(path: string, copy: string): void {
  try {
    linkSync(path, copy);
  } catch {
    copyFileSync(path, copy);
  }
}

/**
 * The checksum of a whole file stands in its own header, where SQLite leaves four bytes to programs (`PRAGMA application_id`): SQLite
 * itself notices no damage to a text or an amount. Nothing there means that there is none.
 */
const checksumPlace = { at: 68, size: 4 } as const;
const chunkSize = 1_048_576;

/** Writes the checksum of a closed database into it. */
export function addChecksum(path: string): void {
  const handle = openSync(path, 'r+');
  try {
    const { calculated } = checksumsOf(handle);
    const bytes = Buffer.alloc(checksumPlace.size);
    bytes.writeUInt32BE(calculated);
    writeSync(handle, bytes, 0, checksumPlace.size, checksumPlace.at);
  } finally {
    closeSync(handle);
  }
}

/** Whether a file is as it was when it got its checksum; true where it has none. */
export function fitsChecksum(path: string): boolean {
  const handle = openSync(path, 'r');
  try {
    const { written, calculated } = checksumsOf(handle);
    return written === 0 || written === calculated;
  } finally {
    closeSync(handle);
  }
}

function checksumsOf(handle: number): { readonly written: number; readonly calculated: number } {
  const chunk = Buffer.alloc(chunkSize);
  let [written, sum] = [0, 0];
  for (let at = 0; ;) {
    const length = readSync(handle, chunk, 0, chunkSize, at);
    if (length === 0) return { written, calculated: Math.max(sum, 1) };
    if (at === 0) {
      written = chunk.readUInt32BE(checksumPlace.at);
      chunk.fill(0, checksumPlace.at, checksumPlace.at + checksumPlace.size);
    }
    sum = crc32(chunk.subarray(0, length), sum);
    at += length;
  }
}
