import type { ServerResponse } from 'node:http';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { sleep } from '../async.ts';
import type { Clock } from '../clock.ts';
import type { SnapshotItem } from '../contract/bridge-data.ts';
import { instantText } from '../domain/values.ts';
import type { Snapshot } from '../outputs/output.ts';
import { refuse } from '../refusals/refuse.ts';
import { downloadAnswers, type Api, type RouteOptions } from './api.ts';
import { accountShownBy, potItem } from './bank-routes.ts';
import type { RequestCheck } from './guard.ts';
import { loginShownBy } from './login-routes.ts';
import type { Sessions } from './page-sessions.ts';
import { ingressVisit, type Ingress } from './request-origin.ts';
import type { Services } from './services.ts';
import { toBytes } from './formats.ts';
import { healthItem } from './state-routes.ts';

/** The live stream: everything the page shows, sent again whenever it changes. */

/** Proxies drop a connection that is silent for a minute; a page that misses three beats says so. Milliseconds. */
const beatEvery = 15_000;

/** How soon a browser connects again, so that the page is back right after a restart. Milliseconds. */
const comeBackAfter = 2_000;

/** Every screen of a large house; this only bounds the memory. */
const mostStreams = 64;

/** Asks proxies to pass everything on at once; a page behind one that does not notices it and asks instead. */
const streaming = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-store, no-transform',
  'x-accel-buffering': 'no',
};

export interface LiveRouteOptions extends RouteOptions {
  /** Throws once a reader may no longer read, such as after it signed out elsewhere. */
  readonly check: RequestCheck;
  readonly sessions: Pick<Sessions, 'onEnd'>;
  readonly ingress: Ingress | null;
}

export function addLiveRoutes(app: Api, options: LiveRouteOptions): void {
  const streams = createStreams(options);
  const passedOn = new WeakSet<LiveStream>();
  // An open stream would keep the server from closing.
  app.addHook('preClose', async () => streams.end());
  // Home Assistant would not stop for twenty seconds while a stream goes through it. Its page connects again.
  options.services.homeAssistant.connection?.onLost(() => streams.end(passedOn));
  app.get(
    '/api/live',
    {
      exposeHeadRoute: false,
      schema: {
        operationId: 'listen',
        tags: ['state'],
        summary: 'Server-sent events: `snapshot` whenever something changed, `beat` as a sign of life',
        response: downloadAnswers(
          'Events, until one of the two sides ends it.',
          {
            'text/event-stream': z.string(),
          },
          'too_many_streams',
        ),
      },
    },
    async (request, reply) => {
      if (streams.isFull()) throw refuse('too_many_streams', { most: mostStreams });
      const stream = openStream(reply);
      const gone = new AbortController();
      const stopWatching = options.sessions.onEnd(() => {
        options.check(request, reply).catch(() => stream.end());
      });
      reply.raw.once('close', () => {
        stopWatching();
        gone.abort(new Error('the reader is gone'));
        streams.remove(stream);
      });
      if (ingressVisit(request, options.ingress) !== null) passedOn.add(stream);
      streams.add(stream);
      void keepAlive(options, { request, reply, stream, gone: gone.signal });
    },
  );
}

function openStream(reply: FastifyReply): LiveStream {
  reply.hijack();
  const headers = { ...reply.getHeaders(), ...streaming } as Record<string, string>;
  reply.raw.writeHead(200, headers);
  const stream = createLiveStream(reply.raw);
  stream.retryAfter(comeBackAfter);
  return stream;
}

interface Reader {
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  readonly stream: LiveStream;
  readonly gone: AbortSignal;
}

async function keepAlive({ clock, check }: LiveRouteOptions, reader: Reader): Promise<void> {
  const { request, reply, stream, gone } = reader;
  try {
    while (await sleep(clock, beatEvery, gone)) {
      await check(request, reply);
      stream.beat(JSON.stringify({ at: instantText(clock.now()) }));
    }
  } catch {
    // No longer signed in: its next request is told why.
  }
  stream.end();
}

/** Server-sent events to one reader. */
export interface LiveStream {
  /** `data` is JSON text, which has no line breaks. */
  snapshot(data: string): void;
  /** A sign of life; left out while the reader has not taken what was sent before. */
  beat(data: string): void;
  /** Has the browser connect again so many milliseconds after the stream broke off. */
  retryAfter(ms: number): void;
  end(): void;
}

/**
 * Keeps only the newest snapshot for a slow reader: while it has not taken what it was sent, one waits in memory, and
 * each newer one replaces it.
 */
export function createLiveStream(response: ServerResponse): LiveStream {
  let waiting: string | null = null;
  let isFull = false;
  const write = (text: string) => {
    if (response.writable) isFull = !response.write(toBytes(text));
  };
  response.on('drain', () => {
    isFull = false;
    const newest = waiting;
    waiting = null;
    if (newest !== null) write(newest);
  });
  return {
    snapshot: (data) => {
      const text = `event: snapshot\ndata: ${data}\n\n`;
      if (isFull) waiting = text;
      else write(text);
    },
    beat: (data) => {
      if (!isFull) write(`event: beat\ndata: ${data}\n\n`);
    },
    retryAfter: (ms) => write(`retry: ${ms}\n\n`),
    end: () => void response.end(),
  };
}

interface StreamsOptions {
  readonly services: Services;
  readonly clock: Clock;
}

/** All open streams. A snapshot is written once for all of them, and only where it differs from the one before. */
function createStreams({ services, clock }: StreamsOptions) {
  const streams = new Set<LiveStream>();
  let shown = '';
  let stopWatching: (() => void) | null = null;
  const dated = (content: string) => `{"at":"${instantText(clock.now())}",${content.slice(1)}`;
  const show = (snapshot: Snapshot) => {
    const content = contentOf(snapshot, services);
    if (content === shown) return;
    shown = content;
    const data = dated(content);
    for (const stream of streams) stream.snapshot(data);
  };
  return {
    isFull: () => streams.size >= mostStreams,
    add: (stream: LiveStream) => {
      streams.add(stream);
      stopWatching ??= services.live.watch(show);
      const snapshot = services.live.newest();
      if (snapshot !== null) stream.snapshot(dated(contentOf(snapshot, services)));
    },
    remove: (stream: LiveStream) => {
      streams.delete(stream);
      if (streams.size > 0) return;
      stopWatching?.();
      stopWatching = null;
    },
    /** Ends all of them, or those among the named ones. */
    end: (some?: WeakSet<LiveStream>) => {
      for (const stream of streams) if (some?.has(stream) ?? true) stream.end();
    },
  };
}

function contentOf({ view, bridge }: Snapshot, services: Services): string {
  const snapshot: Omit<SnapshotItem, 'at'> = {
    logins: view.logins.map(loginShownBy(services)),
    accounts: view.accounts.map(accountShownBy(services)),
    pots: view.pots.map(potItem),
    former: [...services.former()],
    health: healthItem(bridge.version, bridge.health),
    paused: bridge.paused,
    undelivered: bridge.undelivered,
    last_event: services.store.events.last(),
  };
  return JSON.stringify(snapshot);
}
