import { execFileSync } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { z } from 'zod';
import { BridgeError, messageOf } from './errors.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Adds what `.env` in the working directory sets. The process environment wins; a variable that is empty there is unset.
 * Throws `bad_setting` for a file that cannot be read or is not UTF-8, and for a value that a `#` cuts.
 */
export function readEnvironment(directory: string, processEnvironment: Environment): Environment {
  const path = join(directory, '.env');
  const text = textOf(path);
  if (text === null) return processEnvironment;
  const given = Object.entries(processEnvironment).filter(([, value]) => value !== undefined && value !== '');
  const set = parseEnv(text);
  refuseCutValue(path, text, set);
  return { ...set, ...Object.fromEntries(given) };
}

function textOf(path: string): string | null {
  const bytes = bytesOf(path);
  if (bytes === null) return null;
  const [first, second] = bytes;
  const isUtf16 = (first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff);
  if (isUtf16 || bytes.includes(0))
    throw badFile(`${path} is not UTF-8 text. Save it again as UTF-8, or remove it.`);
  return new TextDecoder().decode(bytes);
}

function bytesOf(path: string): Uint8Array | null {
  try {
    const found = statSync(path, { throwIfNoEntry: false });
    if (found === undefined) return null;
    return found.isFIFO() ? bytesOfPipe(path) : readFileSync(path);
  } catch (thrown) {
    const reason = messageOf(thrown);
    const remedy = 'Replace it with a text file that the user who runs the bridge can read, or remove it.';
    throw badFile(`${path}, from which settings are read, cannot be read (${reason}). ${remedy}`);
  }
}

const pipePatience = 10_000;

/** Password managers offer `.env` as a named pipe. Another process reads it, because only that can be given up. */
function bytesOfPipe(path: string): Uint8Array {
  return execFileSync('cat', ['--', path], { timeout: pipePatience, killSignal: 'SIGKILL' });
}

/** A value that is not in quotes, and the rest of it behind a `#` that touches it. */
const cutValue =
  /^[^\S\n]*(?:export[^\S\n]+)?(MONZO_BRIDGE_\w+)[^\S\n]*=[^\S\n]*([^\s'"`#][^\n#]*)?(?<!\s)#/gm;

/** Such a `#` begins a comment for some programs, and belongs to the value for others, such as Docker. */
function refuseCutValue(path: string, text: string, set: Environment): void {
  for (const [, name = '', value = ''] of text.matchAll(cutValue))
    if (set[name] === value)
      throw badFile(
        `${name} in ${path} would end at a #, where a comment begins. Put the whole value in quotes, or a space before the # of a comment.`,
      );
}

function badFile(sentence: string): BridgeError {
  return new BridgeError('bad_setting', sentence, { needsPerson: true });
}

const manifest = z.object({ version: z.string() });

/** The version in the package's manifest. */
export function versionOfPackage(): string {
  return manifest.parse(JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')))
    .version;
}
