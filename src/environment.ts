import { execFileSync } from 'node:child_process';
import { lstatSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { fileURLToPath } from 'node:url';
import { parseEnv } from 'node:util';
import { z } from 'zod';
import { BridgeError, messageOf } from './errors.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Adds what `.env` in the working directory sets. The process environment wins; a variable that is empty there is unset.
 * Throws `bad_setting` for a file that cannot be read or is not UTF-8, and for a line that does not set what it seems to.
 */
export function readEnvironment(directory: string, processEnvironment: Environment): Environment {
  const path = join(directory, '.env');
  const bytes = bytesOf(path);
  if (bytes === null) return processEnvironment;
  const text = textOf(bytes);
  if (text === null) throw badFile(`${path} is not UTF-8 text. Save it again as UTF-8, or remove it.`);
  const given = Object.entries(processEnvironment).filter(([, value]) => value !== undefined && value !== '');
  const set = parseEnv(text);
  refuseMistakes(path, text, set);
  return { ...set, ...Object.fromEntries(given) };
}

/** UTF-8 text without its mark; null for what is none, such as UTF-16. */
function textOf(bytes: Uint8Array): string | null {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    return text.includes('\0') ? null : text;
  } catch {
    return null;
  }
}

/** Pipes of a shell, as in `<(pass show token)`: no other process can open them by name. */
const inherited = /^\/(dev|proc\/self)\/fd\//;

/** The text of a file. Throws what the system says, and where it is not UTF-8. */
export function textIn(path: string): string {
  const isNamedPipe = statSync(path).isFIFO() && !inherited.test(path);
  const text = textOf(isNamedPipe ? bytesOfPipe(path) : readFileSync(path));
  if (text === null) throw new Error(`${path} is not UTF-8 text`);
  return text;
}

function bytesOf(path: string): Uint8Array | null {
  try {
    if (lstatSync(path, { throwIfNoEntry: false }) === undefined) return null;
    const found = statSync(path);
    return found.isFile() || found.isDirectory() ? readFileSync(path) : bytesOfPipe(path);
  } catch (thrown) {
    const reason = messageOf(thrown);
    const remedy = 'Replace it with a text file that the user who runs the bridge can read, or remove it.';
    throw badFile(`${path}, from which settings are read, cannot be read (${reason}). ${remedy}`);
  }
}

const pipePatience = 10_000;

/**
 * Password managers offer `.env` as a named pipe. Another process reads it, because only that can be given up; it is Node,
 * because the image has nothing else.
 */
function bytesOfPipe(path: string): Uint8Array {
  const read = 'process.stdout.write(require("node:fs").readFileSync(process.argv[1]))';
  const args = ['--eval', read, '--', path];
  return execFileSync(process.execPath, args, { timeout: pipePatience, killSignal: 'SIGKILL' });
}

interface Mistake {
  /** A line with it: the variable, and what its value begins with or is. */
  readonly line: RegExp;
  /** Whether the line is what set the variable, and not a part of another's value. */
  readonly isMade: (set: string | undefined, value: string) => boolean;
  readonly says: string;
}

const line = (rest: string) =>
  new RegExp(`^[^\\S\\n]*(?:export[^\\S\\n]+)?(MONZO_BRIDGE_\\w+)[^\\S\\n]*${rest}`, 'gm');
const isWhole = (set: string | undefined, value: string) => set === value;

const mistakes: readonly Mistake[] = [
  {
    // Such a `#` begins a comment for some programs, and belongs to the value for others, such as Docker.
    line: line('=[^\\S\\n]*([^\\s\'"`#][^\\n#]*)?(?<!\\s)#'),
    isMade: isWhole,
    says: 'would end at a #, where a comment begins. Put the whole value in quotes, or a space before the # of a comment.',
  },
  {
    line: line('=[^\\S\\n]*([\'"`])'),
    isMade: (set, quote) => set?.startsWith(quote) ?? false,
    says: 'begins with a quote that nothing closes. Put the whole value in quotes.',
  },
  {
    line: line('=[^\\S\\n]*(?<quote>[\'"`])(?<value>(?:(?!\\k<quote>)[^])*)\\k<quote>[^\\S\\n]*[^\\s#]'),
    isMade: isWhole,
    says: 'goes on behind its closing quote. Put the whole value in quotes, of a kind that it does not hold.',
  },
  {
    line: /^[^\S\n]*(?:export[^\S\n]+|set[^\S\n]+|\$env:|-[^\S\n]+)?(MONZO_BRIDGE_\w+)/gim,
    isMade: (set) => set === undefined,
    says: 'is not set by its line. Write it as NAME=value, with nothing before the name.',
  },
];

function refuseMistakes(path: string, text: string, set: Environment): void {
  for (const { line: wrong, isMade, says } of mistakes)
    for (const { 1: name = '', 2: second = '', groups } of text.matchAll(wrong))
      if (isMade(set[name], groups?.['value'] ?? second)) throw badFile(`${name} in ${path} ${says}`);
}

function badFile(sentence: string): BridgeError {
  return new BridgeError('bad_setting', sentence, { needsPerson: true });
}

/** Trusts certificates beside the system's own, for the whole process. Throws `bad_setting` where they cannot be read. */
export function trust(certificates: string | null): void {
  if (certificates === null) return;
  try {
    setDefaultCACertificates([...getCACertificates('default'), certificates]);
  } catch (thrown) {
    const sentence =
      'MONZO_BRIDGE_CA_CERTIFICATES holds a certificate that cannot be read; replace it with one in PEM format, or leave it out.';
    throw new BridgeError('bad_setting', sentence, { needsPerson: true, cause: thrown });
  }
}

/** The file that starts the program, wherever it is installed. */
export function launcherPath(): string {
  return fileURLToPath(new URL('../bin/monzo-bridge.js', import.meta.url));
}

const manifest = z.object({ version: z.string() });

/** The version in the package's manifest. */
export function versionOfPackage(): string {
  return manifest.parse(JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')))
    .version;
}
