import { request as startRequest } from 'node:http';
import type {
  IncomingHttpHeaders,
  IncomingMessage,
  OutgoingHttpHeaders,
  RequestOptions,
  ServerResponse,
} from 'node:http';
import { createGunzip, createInflate } from 'node:zlib';

export interface Passage {
  readonly incoming: IncomingMessage;
  readonly outgoing: ServerResponse;
  readonly to: RequestOptions;
  readonly headers: OutgoingHttpHeaders;
  /** Which of the answer's headers go on; all but those about its encoding where left out. */
  readonly isPassedOn?: (name: string) => boolean;
}

const unpackers = { gzip: createGunzip, deflate: createInflate } as const;
const ofTheLine = new Set([
  'connection',
  'keep-alive',
  'transfer-encoding',
  'content-length',
  'content-type',
]);

/** What Home Assistant and its Supervisor answer by themselves where no handler does. */
export function answerPlainly(outgoing: ServerResponse, status: number, reason: string): void {
  outgoing.writeHead(status, { 'content-type': 'text/plain; charset=utf-8' }).end(`${status}: ${reason}`);
}

export async function bodyOf(incoming: IncomingMessage): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of incoming) pieces.push(piece as Buffer);
  return Buffer.concat(pieces);
}

/**
 * Passes a request on as both proxies do: the body is read whole, the answer is unpacked and streams, its type loses its
 * charset, a redirect is neither followed nor rewritten, and what breaks off looks whole.
 */
export async function passOn({ incoming, outgoing, to, headers, isPassedOn }: Passage): Promise<void> {
  const body = await bodyOf(incoming);
  const { method = 'GET' } = incoming;
  const passed = startRequest({ ...to, method, headers, agent: false }, (answer) => {
    const { 'content-type': type = 'application/octet-stream', 'content-encoding': packed = '' } =
      answer.headers;
    const others = Object.entries(answer.headers).filter(
      ([name]) => !ofTheLine.has(name) && name !== 'content-encoding' && (isPassedOn?.(name) ?? true),
    );
    const plainType = type.split(';', 1)[0]?.trim() ?? '';
    outgoing.writeHead(answer.statusCode ?? 502, {
      ...(Object.fromEntries(others) as IncomingHttpHeaders),
      'content-type': plainType,
    });
    const unpack = unpackers[packed as keyof typeof unpackers];
    const content = unpack === undefined ? answer : answer.pipe(unpack());
    // Both note a line that breaks off in their logs, and end the answer as if it were whole.
    answer.once('error', () => outgoing.end());
    content.once('error', () => outgoing.end());
    content.pipe(outgoing);
  });
  passed.once('error', () => {
    if (outgoing.headersSent) outgoing.destroy();
    else answerPlainly(outgoing, 502, 'Bad Gateway');
  });
  outgoing.once('close', () => passed.destroy());
  passed.end(body);
}

/** The path and query as the proxies send them on: what is encoded in the query without need is decoded. */
export function normalised(url: URL): string {
  const part = (text: string) =>
    encodeURIComponent(text)
      .replaceAll(/%(?:2F|3A|40|3F|24|2C)/g, decodeURIComponent)
      .replaceAll('%20', '+');
  const pairs = [...url.searchParams].map(([name, value]) => `${part(name)}=${part(value)}`);
  return url.pathname + (pairs.length === 0 ? '' : `?${pairs.join('&')}`);
}

const notOfTheBrowser = new Set(['content-length', 'content-encoding', 'transfer-encoding', 'connection']);

/** A copy of the headers without those that belong to the line or are named. */
export function headersWithout(
  headers: IncomingHttpHeaders,
  names: readonly string[],
): Record<string, string | string[]> {
  const kept = Object.entries(headers).filter(
    ([name, value]) => value !== undefined && !notOfTheBrowser.has(name) && !names.includes(name),
  );
  return Object.fromEntries(kept) as Record<string, string | string[]>;
}
