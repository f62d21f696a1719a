import { createWriteStream, existsSync, renameSync, rmSync } from 'node:fs';
import { resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { transactionFilterSchema } from '../contract/bank-data.ts';
import { messageOf } from '../errors.ts';
import type { Call } from './api-client.ts';
import { show, type CliSession } from './cli-session.ts';
import { printable } from './layout.ts';
import type { Given, RouteVerb } from './route-verb.ts';
import { CommandFailure } from './terminal.ts';

const formats = ['csv', 'json'];

/** `monzo-bridge export`: the transactions as a file, however many there are. */
export const exportVerb: RouteVerb = {
  verb: 'export',
  words: '[file]',
  meaning:
    'every transaction that matches, as a file that is not there yet; without a name, to standard output',
  example: 'march.csv --since 2026-03-01 --before 2026-04-01',
  query: transactionFilterSchema,
  options: [['--format <format>', `csv or json; as the file's name ends, else csv`]],
  act: (session, { words: [file], options: { format }, query }) =>
    download(session, {
      call: {
        path: '/api/transactions/export',
        query: { ...query, format: formatOf(session, file, format) },
      },
      file,
    }),
};

/** The format that was asked for, or that a file's name ends with. */
export function formatOf(
  { asJson }: CliSession,
  file: string | undefined,
  given: Given['options'][string],
): string {
  if (typeof given === 'string') return given;
  const ending = formats.find((one) => file?.toLowerCase().endsWith(`.${one}`) === true);
  return ending ?? (asJson ? 'json' : 'csv');
}

interface Download {
  readonly call: Call;
  /** The file to write; standard output where left out, or for `-`. */
  readonly file: string | undefined;
}

/**
 * Writes what the bridge sends, without holding it in memory. A file appears under its name only once it is complete. Throws
 * `file_exists`, `unwritable_file`, `broken_off`, and what the request throws.
 */
export async function download(session: CliSession, { call, file }: Download): Promise<void> {
  if (file === undefined || file === '-') return toOutput(session, call);
  const path = resolve(session.options.cwd, file);
  mustBeFree(path);
  const content = await session.client.download(call);
  const unfinished = `${path}.unfinished`;
  try {
    await pipeline(content, createWriteStream(unfinished, { mode: 0o600 }));
    mustBeFree(path);
    renameSync(unfinished, path);
  } catch (thrown) {
    rmSync(unfinished, { force: true });
    throw failureOf(
      thrown,
      path,
      ' Name a file in a directory that is there, that you may write to, and that has room.',
    );
  }
  show(session, JSON.stringify({ file: path }), () => printable(`Wrote ${path}.`));
}

function mustBeFree(path: string): void {
  if (existsSync(path))
    throw new CommandFailure(
      'file_exists',
      `${path} is there already and stays as it is: name another file.`,
    );
}

async function toOutput({ client, options: { stdout } }: CliSession, call: Call): Promise<void> {
  try {
    await pipeline(await client.download(call), stdout, { end: false });
  } catch (thrown) {
    if (!isBrokenPipe(thrown)) throw failureOf(thrown, 'Standard output');
  }
}

/** Whoever reads the output has enough, as `head` does: that is no failure. */
export function isBrokenPipe(thrown: unknown): boolean {
  const code = thrown instanceof Error && 'code' in thrown ? thrown.code : null;
  return code === 'EPIPE' || code === 'ERR_STREAM_PREMATURE_CLOSE' || code === 'ERR_STREAM_DESTROYED';
}

function failureOf(thrown: unknown, path: string, remedy = ''): CommandFailure {
  if (thrown instanceof CommandFailure) return thrown;
  if (thrown instanceof Error && 'syscall' in thrown)
    return new CommandFailure(
      'unwritable_file',
      `${path} cannot be written (${messageOf(thrown)}).${remedy}`,
    );
  return new CommandFailure(
    'broken_off',
    'The bridge broke off in the middle, so this is not complete; see its log, and try again.',
  );
}
