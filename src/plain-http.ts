import type { IncomingMessage, RequestOptions } from 'node:http';

/**
 * One request over a connection of its own, for what is asked rarely. `fetch` would take 15 MB of memory for good.
 */

const http = process.getBuiltinModule('node:http');
const https = process.getBuiltinModule('node:https');

/** In bytes. */
const largest = 16 * 1_048_576;

export interface PlainRequest {
  readonly method: 'GET' | 'POST' | 'DELETE';
  /** `http://` or `https://`. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | undefined;
  readonly signal: AbortSignal;
  /** The longest answer, in bytes; far more than any that is asked for this way if left out. */
  readonly most?: number;
}

export interface PlainAnswer {
  readonly status: number;
  readonly text: string;
}

/**
 * Resolves with whatever is answered; redirects are not followed. Rejects with the network's own error, with the signal's
 * reason, and where the answer is far too large.
 */
export function sendPlain({
  method,
  url,
  headers,
  body,
  signal,
  most = largest,
}: PlainRequest): Promise<PlainAnswer> {
  const { request } = url.startsWith('https:') ? https : http;
  const options: RequestOptions = { method, headers, signal, agent: false };
  return new Promise((resolve, reject) => {
    const failed = (thrown: Error) => reject(signal.aborted ? (signal.reason as Error) : thrown);
    const sent = request(url, options, (answer) => {
      textOf(answer, most).then((text) => resolve({ status: answer.statusCode ?? 0, text }), failed);
    });
    sent.once('error', failed);
    sent.end(body);
  });
}

async function textOf(answer: IncomingMessage, most: number): Promise<string> {
  const pieces: Buffer[] = [];
  let size = 0;
  for await (const piece of answer as AsyncIterable<Buffer>) {
    size += piece.length;
    if (size > most) throw new Error('The answer is far too large.');
    pieces.push(piece);
  }
  return Buffer.concat(pieces).toString('utf8');
}
