import { pipeline, type Duplex } from 'node:stream';
import {
  constants,
  createBrotliDecompress,
  createGunzip,
  createInflate,
  createZstdDecompress,
} from 'node:zlib';
import { largestAnswer } from '../limits.ts';
import type { IncomingAnswer } from './bank-connection.ts';

const { Z_SYNC_FLUSH, BROTLI_OPERATION_FLUSH, ZSTD_e_flush } = constants;
/** Lenient with an end that is missing: whether the text is whole, only its JSON tells. */
const flushed = (flush: number) => ({ flush, finishFlush: flush });
const unpackers: ReadonlyMap<string, () => Duplex> = new Map<string, () => Duplex>([
  ['gzip', () => createGunzip(flushed(Z_SYNC_FLUSH))],
  ['x-gzip', () => createGunzip(flushed(Z_SYNC_FLUSH))],
  ['deflate', () => createInflate(flushed(Z_SYNC_FLUSH))],
  ['br', () => createBrotliDecompress(flushed(BROTLI_OPERATION_FLUSH))],
  ['zstd', () => createZstdDecompress(flushed(ZSTD_e_flush))],
]);

/** What the bank is told that answers may be packed with. */
export const acceptedEncodings = 'gzip, deflate, br';

const decoder = new TextDecoder();

/**
 * The body of an answer as text; null where it is larger or nested deeper than any answer of the bank. It is measured
 * piece by piece as it comes, after it was unpacked, and the rest is then neither read nor parsed: parsing would hold up
 * everything else in the process.
 */
export async function textOf(answer: IncomingAnswer): Promise<string | null> {
  const pieces: Uint8Array[] = [];
  let size = 0;
  for await (const piece of unpacked(answer)) {
    size += piece.byteLength;
    if (size > largestAnswer.bytes) return null;
    pieces.push(piece);
  }
  const [only] = pieces;
  const text = decoder.decode(pieces.length === 1 ? only : Buffer.concat(pieces, size));
  return isNestedDeeper(text, largestAnswer.depth) ? null : text;
}

function unpacked({ headers, body }: IncomingAnswer): IncomingAnswer['body'] {
  const encodings = String(headers['content-encoding'] ?? '').toLowerCase();
  const steps = encodings.split(',').flatMap((encoding) => unpackers.get(encoding.trim())?.() ?? []);
  if (steps.length === 0) return body;
  // Where one of them fails, the last one fails too, which is the one that is read.
  return pipeline([body, ...steps.toReversed()], () => undefined) as Duplex;
}

const [quote, backslash, openBracket, closeBracket, openBrace, closeBrace] = Buffer.from('"\\[]{}');

/** Whether JSON is nested deeper than so many levels. Texts, most of it, are passed over without looking at each character. */
export function isNestedDeeper(text: string, most: number): boolean {
  let depth = 0;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === quote) at = endOfText(text, at);
    else if (code === openBracket || code === openBrace) depth += 1;
    else if (code === closeBracket || code === closeBrace) depth -= 1;
    if (depth > most) return true;
  }
  return false;
}

/** Where the text that begins with a quote ends: at the first one that no odd number of backslashes precedes. */
function endOfText(text: string, begin: number): number {
  for (let at = text.indexOf('"', begin + 1); at >= 0; at = text.indexOf('"', at + 1)) {
    let before = at;
    while (text.charCodeAt(before - 1) === backslash) before -= 1;
    if ((at - before) % 2 === 0) return at;
  }
  return text.length;
}
