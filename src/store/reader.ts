import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import { BridgeError, messageOf } from '../errors.ts';
import { refuse } from '../refusals/refuse.ts';
import { isDamage } from './database.ts';
import type { QueryAnswer, QueryName, QueryRequest, Query, Reply, ReplyFailure } from './query-worker.ts';

export interface ReaderOptions {
  /** The database file; it must exist. */
  readonly path: string;
  /** The program of the thread; `query-worker` beside this file if left out. */
  readonly program?: URL;
  /** Told where the file turns out to be damaged. The query fails as well. */
  readonly onDamage?: (damage: BridgeError) => void;
}

interface PendingQuery {
  readonly query: Query;
  readonly resolve: (answer: unknown) => void;
  readonly reject: (reason: unknown) => void;
}

/** A page with all its charts sends a dozen queries at once; this is room for many such pages. */
const mostWaiting = 200;

/** Many times what the largest answer needs; it limits the damage of a mistake. In MB. */
const mostMemory = 256;

/** The sources and the built files have different extensions. */
const ownProgram = new URL(`./query-worker${extname(import.meta.filename)}`, import.meta.url);

/**
 * Reads the ledger in a worker thread with a read-only connection, so that no search, sum or export delays a doorbell.
 * The thread starts with the first query, and again after it has died.
 */
export class Reader {
  readonly #options: ReaderOptions;
  readonly #waiting: PendingQuery[] = [];
  #current: PendingQuery | null = null;
  #thread: Worker | null = null;
  #isClosed = false;

  constructor(options: ReaderOptions) {
    this.#options = options;
  }

  /**
   * Runs a query of the table `queries`; queries run one after the other. Throws what the query throws, `busy` if too
   * many are waiting, `reading_failed` if the thread died, `stopping` once closed, or the signal's reason.
   */
  async ask<Name extends QueryName>(
    name: Name,
    request: QueryRequest<Name>,
    signal?: AbortSignal,
  ): Promise<QueryAnswer<Name>> {
    signal?.throwIfAborted();
    if (this.#isClosed) throw refuse('stopping', {});
    if (this.#waiting.length >= mostWaiting) throw refuse('busy', {});
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    const pending = { query: { name, request }, resolve, reject };
    const abandon = () => {
      this.#withdraw(pending);
      reject(signal?.reason);
    };
    signal?.addEventListener('abort', abandon, { once: true });
    this.#waiting.push(pending);
    this.#next();
    try {
      return (await promise) as QueryAnswer<Name>;
    } finally {
      signal?.removeEventListener('abort', abandon);
    }
  }

  /** Idempotent. Refuses waiting queries, and finishes the current one, which takes less than a second. */
  async close(): Promise<void> {
    this.#isClosed = true;
    for (const { reject } of this.#waiting.splice(0)) reject(refuse('stopping', {}));
    this.#current?.reject(refuse('stopping', {}));
    const thread = this.#thread;
    if (thread === null) return;
    const isGone = new Promise((resolve) => thread.once('exit', resolve));
    thread.ref();
    thread.postMessage(null);
    await isGone;
  }

  #next(): void {
    if (this.#current !== null || this.#isClosed) return;
    this.#current = this.#waiting.shift() ?? null;
    // An idle thread does not keep the process alive.
    if (this.#current === null) return this.#thread?.unref();
    this.#thread ??= this.#start();
    this.#thread.ref();
    this.#thread.postMessage(this.#current.query);
  }

  #fail(failure: Error): void {
    this.#current?.reject(failure);
    if (isDamage(failure)) this.#options.onDamage?.(failure);
  }

  /** Has no effect on the current query: the thread cannot be interrupted. */
  #withdraw(pending: PendingQuery): void {
    const index = this.#waiting.indexOf(pending);
    if (index >= 0) this.#waiting.splice(index, 1);
  }

  #start(): Worker {
    const { path, program = ownProgram } = this.#options;
    const thread = new Worker(program, {
      workerData: { path },
      resourceLimits: { maxOldGenerationSizeMb: mostMemory },
    });
    let cause: unknown = null;
    thread.on('error', (thrown) => {
      cause = thrown;
    });
    thread.on('message', (reply: Reply) => {
      if ('failure' in reply) this.#fail(errorOf(reply.failure));
      else this.#current?.resolve(reply.answer);
      this.#current = null;
      this.#next();
    });
    thread.on('exit', () => {
      this.#thread = null;
      this.#current?.reject(threadDied(cause));
      this.#current = null;
      this.#next();
    });
    return thread;
  }
}

function errorOf({ code, message, ...answers }: ReplyFailure): Error {
  return code === null ? new Error(message) : new BridgeError(code, message, answers);
}

function threadDied(cause: unknown): BridgeError {
  const reason = cause === null ? null : messageOf(cause);
  return refuse('reading_failed', { reason }, { cause });
}
