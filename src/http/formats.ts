import { Readable } from 'node:stream';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { stringify } from 'csv-stringify/sync';
import type { FastifyReply } from 'fastify';
import { momentIn } from '../domain/time.ts';
import { instantText, toMajorNumber } from '../domain/values.ts';
import type { Currency, Instant, Minor } from '../domain/values.ts';
import type { Log } from '../log.ts';
import { momentRule } from '../refusals/mistakes.ts';
import { badRequest } from '../refusals/refuse.ts';
import { logFailure } from './problems.ts';

/** How the API reads and writes values: instants, amounts, the bank's own JSON, CSV, and files. */

/** The instant that a query's field names; a day means its first instant in the time zone. Throws `bad_request`. */
export function instantIn(field: string, text: string | undefined, timeZone: string): Instant | undefined {
  if (text === undefined) return undefined;
  const instant = momentIn(text, timeZone);
  if (instant !== null) return instant;
  throw badRequest([{ field: `${field} in the query`, rule: momentRule }]);
}

export function instantOrNull(instant: Instant | null): string | null {
  return instant === null ? null : instantText(instant);
}

export function majorOrNull(amount: Minor | null, currency: Currency): number | null {
  return amount === null ? null : toMajorNumber(amount, currency);
}

/** The JSON text of an object with one more key, whose value is JSON text already: large numbers survive. */
export function withVerbatim(item: object, key: string, json: string): string {
  return `${JSON.stringify(item).slice(0, -1)},${JSON.stringify(key)}:${json === '' ? 'null' : json}}`;
}

/** Tells spreadsheets the encoding. */
const byteOrderMark = '\uFEFF';

/** Characters that show as nothing, or turn the text around them: a page can defuse them, a spreadsheet cannot. */
const invisible = /[\p{Cc}\u2028\u2029]+/gu;
const turning = /[\u202A-\u202E\u2066-\u2069]/g;

const options = {
  record_delimiter: 'windows',
  // A text that a spreadsheet would run gets an apostrophe in front; numbers stay numbers.
  escape_formulas: true,
  cast: { string: tamed },
} as const;

type Cell = string | number | boolean | null;

export interface CsvTable<Column extends string> {
  /** The first line, with the names of the columns. */
  readonly head: string;
  /** The lines of so many rows, by RFC 4180. Text that strangers wrote stays text. */
  readonly lines: (rows: readonly Readonly<Record<Column, Cell>>[]) => string;
}

/** A table with these columns, one row a line. */
export function csvTable<Column extends string>(columns: readonly Column[]): CsvTable<Column> {
  return {
    head: byteOrderMark + stringify([columns], options),
    lines: (rows) =>
      stringify(
        rows.map((row) => columns.map((column) => row[column])),
        options,
      ),
  };
}

/** A file that is written while it is sent. */
export interface Download {
  readonly type: string;
  /** The file's name, without characters that a header would have to escape. */
  readonly name: string;
  /** What it consists of, in parts of some 100 lines: after each of them other work gets a turn. */
  readonly parts: AsyncIterable<string> | Iterable<string>;
}

/**
 * Sends a file part by part, as fast as the client takes it. Where a part cannot be made, the connection is reset: no
 * client, of HTTP/1.0 either, can take the part of a file for the whole.
 */
export function sendDownload(reply: FastifyReply, log: Log, { type, name, parts }: Download): FastifyReply {
  return reply
    .type(type)
    .header('content-disposition', `attachment; filename="${name}"`)
    .send(Readable.from(bytesOf(parts, reply, log), nothingAhead));
}

/**
 * Bytes, never text: a response counts what waits in bytes, its socket counts text in characters. Where the two differ,
 * as with any letter beyond ASCII, a response waits for a socket that does not know that anyone waits for it.
 */
export const toBytes = (text: string): Buffer => Buffer.from(text, 'utf8');

/** While a part is made, the response has all of those before it. */
const nothingAhead = { objectMode: false, highWaterMark: 1 } as const;

/** No JSON ends so; a table shows it as its last row. */
const brokenOff =
  '\r\n"THIS FILE IS NOT COMPLETE: the bridge could not read everything. Export it again."\r\n';

async function* bytesOf(parts: Download['parts'], reply: FastifyReply, log: Log): AsyncGenerator<Buffer> {
  try {
    for await (const part of parts) {
      yield toBytes(part);
      await nextTurn();
    }
  } catch (thrown) {
    const { raw } = reply;
    if (raw.headersSent && !raw.destroyed) {
      logFailure(log, thrown, reply.request);
      // Home Assistant keeps the reset from its browsers and ends the file in order: there this line alone tells.
      await new Promise<void>((taken) => raw.write(toBytes(brokenOff), () => taken()));
      raw.socket?.resetAndDestroy();
    }
    throw thrown;
  }
}

/** A formula behind blanks would become one as soon as the blanks are trimmed. */
function tamed(text: string): string {
  return text.replace(invisible, ' ').replace(turning, '').trim();
}
