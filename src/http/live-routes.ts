import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { instantText } from '../domain/values.ts';
import { refuse } from '../refusals/refuse.ts';
import type { Picture } from '../outputs/output.ts';
import { downloadAnswers, type Api, type RouteOptions } from './api.ts';
import type { RequestCheck } from './auth.ts';
import type { SnapshotItem } from '../contract/bridge-data.ts';
import { accountItem, healthItem, loginShownBy, potItem } from './items.ts';
import { beatEvery, comeBackAfter, mostStreams } from './limits.ts';
import { LiveStream } from './live-stream.ts';
import type { Services } from './services.ts';

export interface LiveRouteOptions extends RouteOptions {
  /** Throws once a reader may no longer read: it has signed out elsewhere, say. */
  readonly check: RequestCheck;
}

/** Everything there is to see, again whenever it changes. */
export function addLiveRoutes(app: Api, options: LiveRouteOptions): void {
  const streams = new Streams(options);
  // An open stream would keep the server from closing.
  app.addHook('preClose', async () => streams.end());
  app.get(
    '/api/live',
    {
      exposeHeadRoute: false,
      schema: {
        tags: ['state'],
        summary: 'Server-sent events: `snapshot` whenever something changed, `beat` as a sign of life',
        response: downloadAnswers('Events, until one of the two sides ends it.', {
          'text/event-stream': z.string(),
        }),
      },
    },
    async (request, reply) => {
      streams.refuseTooMany();
      const stream = openStream(reply);
      const isGone = new AbortController();
      reply.raw.once('close', () => {
        isGone.abort(new Error('the reader is gone'));
        streams.remove(stream);
      });
      streams.add(stream);
      void keepAlive(options, { request, reply, stream, gone: isGone.signal });
    },
  );
}

function openStream(reply: FastifyReply): LiveStream {
  reply.hijack();
  const headers = { ...reply.getHeaders(), 'content-type': 'text/event-stream; charset=utf-8' };
  reply.raw.writeHead(200, { ...headers, 'x-accel-buffering': 'no' } as Record<string, string>);
  const stream = new LiveStream(reply.raw);
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
    for (;;) {
      await clock.wait(beatEvery, gone);
      await check(request, reply);
      stream.beat(JSON.stringify({ at: instantText(clock.now()) }));
    }
  } catch {
    // Gone, or no longer welcome: asking again tells it why.
    stream.end();
  }
}

/** All who look on. A picture is written down once for all of them, and only where it differs from the one before. */
class Streams {
  readonly #options: RouteOptions;
  readonly #streams = new Set<LiveStream>();
  #shown = '';
  #stopWatching: (() => void) | null = null;

  constructor(options: RouteOptions) {
    this.#options = options;
  }

  refuseTooMany(): void {
    if (this.#streams.size < mostStreams) return;
    throw refuse('too_many_streams', { most: mostStreams });
  }

  add(stream: LiveStream): void {
    const { services } = this.#options;
    this.#streams.add(stream);
    this.#stopWatching ??= services.live.watch((picture) => this.#show(picture));
    const picture = services.live.newest();
    if (picture !== null) stream.snapshot(this.#dated(contentOf(picture, services)));
  }

  remove(stream: LiveStream): void {
    this.#streams.delete(stream);
    if (this.#streams.size > 0) return;
    this.#stopWatching?.();
    this.#stopWatching = null;
  }

  end(): void {
    for (const stream of this.#streams) stream.end();
  }

  #show(picture: Picture): void {
    const content = contentOf(picture, this.#options.services);
    if (content === this.#shown) return;
    this.#shown = content;
    const dated = this.#dated(content);
    for (const stream of this.#streams) stream.snapshot(dated);
  }

  #dated(content: string): string {
    const at = instantText(this.#options.clock.now());
    return `{"at":"${at}",${content.slice(1)}`;
  }
}

function contentOf({ view, bridge }: Picture, services: Services): string {
  const snapshot: Omit<SnapshotItem, 'at'> = {
    logins: view.logins.map(loginShownBy(services)),
    accounts: view.accounts.map(accountItem),
    pots: view.pots.map(potItem),
    health: healthItem(bridge.version, bridge.health),
    paused: bridge.paused,
    undelivered: bridge.undelivered,
    last_event: services.store.events.last(),
  };
  return JSON.stringify(snapshot);
}
