import { largestAnswer } from '../limits.ts';

/**
 * The body of an answer as text; null where it is larger or nested deeper than any answer of the bank. It is measured
 * piece by piece as it comes, after it was unpacked, and the rest is then neither read nor parsed: parsing would hold up
 * everything else in the process.
 */
export async function textOf(response: Response): Promise<string | null> {
  if (!response.body) return '';
  const decoder = new TextDecoder();
  const depthAfter = createDepthGauge();
  let text = '';
  let size = 0;
  for await (const piece of response.body) {
    size += piece.byteLength;
    if (size > largestAnswer.bytes || depthAfter(piece) > largestAnswer.depth) return null;
    text += decoder.decode(piece, { stream: true });
  }
  return text + decoder.decode();
}

const [quote, backslash, openBracket, closeBracket, openBrace, closeBrace] = Buffer.from('"\\[]{}');

/** Takes JSON in pieces, and tells how deep it has been nested so far. In UTF-8 these bytes are only these characters. */
export function createDepthGauge(): (piece: Uint8Array) => number {
  let depth = 0;
  let deepest = 0;
  let isText = false;
  let isEscaped = false;
  return (piece) => {
    for (const byte of piece) {
      if (isText) {
        isText = isEscaped || byte !== quote;
        isEscaped = !isEscaped && byte === backslash;
      } else if (byte === quote) isText = true;
      else if (byte === openBracket || byte === openBrace) deepest = Math.max(deepest, ++depth);
      else if (byte === closeBracket || byte === closeBrace) depth -= 1;
    }
    return deepest;
  };
}
