import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import { BridgeError, messageOf } from '../errors.ts';
import { refuse } from '../refusals/refuse.ts';
import type { QueryAnswer, QueryName, QueryRequest, Question, Reply, ReplyFailure } from './queries.ts';

export interface ReaderOptions {
  /** The database file; it must exist. */
  readonly path: string;
  /** The program of the thread; the one beside this file where it is left out. */
  readonly program?: URL;
}

interface Waiting {
  readonly question: Question;
  readonly resolve: (answer: unknown) => void;
  readonly reject: (reason: unknown) => void;
}

/** A page with all its charts asks a dozen things at once; this is many of them. */
const mostWaiting = 200;

/** Many times what the largest answer needs, and a bound for what a mistake could take. In MB. */
const mostMemory = 256;

/** The sources and what is built of them differ in the ending of their names alone. */
const ownProgram = new URL(`./query-worker${extname(import.meta.filename)}`, import.meta.url);

/**
 * Reads the ledger in a thread of its own, on a connection that cannot write, so that no search, sum or export makes a
 * doorbell wait. The thread begins with the first question, and again after it has died.
 */
export class Reader {
  readonly #options: ReaderOptions;
  readonly #line: Waiting[] = [];
  #asked: Waiting | null = null;
  #thread: Worker | null = null;
  #isClosed = false;

  constructor(options: ReaderOptions) {
    this.#options = options;
  }

  /**
   * Answers a question of the table `queries`, one after the other. Throws what answering throws, `busy` where too
   * many wait, `reading_failed` where the thread died over it, `stopping` once closed, or the signal's reason.
   */
  async ask<Name extends QueryName>(
    name: Name,
    request: QueryRequest<Name>,
    signal?: AbortSignal,
  ): Promise<QueryAnswer<Name>> {
    signal?.throwIfAborted();
    if (this.#isClosed) throw stopping();
    if (this.#line.length >= mostWaiting) throw busy();
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    const waiting = { question: { name, request }, resolve, reject };
    const abandon = () => {
      this.#leave(waiting);
      reject(signal?.reason);
    };
    signal?.addEventListener('abort', abandon, { once: true });
    this.#line.push(waiting);
    this.#next();
    try {
      return (await promise) as QueryAnswer<Name>;
    } finally {
      signal?.removeEventListener('abort', abandon);
    }
  }

  /** Idempotent. Whoever waits is refused; the question under way is finished, which takes less than a second. */
  async close(): Promise<void> {
    this.#isClosed = true;
    for (const { reject } of this.#line.splice(0)) reject(stopping());
    this.#asked?.reject(stopping());
    const thread = this.#thread;
    if (thread === null) return;
    const isGone = new Promise((resolve) => thread.once('exit', resolve));
    thread.ref();
    thread.postMessage(null);
    await isGone;
  }

  #next(): void {
    if (this.#asked !== null || this.#isClosed) return;
    this.#asked = this.#line.shift() ?? null;
    // An idle thread keeps no process running.
    if (this.#asked === null) return this.#thread?.unref();
    this.#thread ??= this.#start();
    this.#thread.ref();
    this.#thread.postMessage(this.#asked.question);
  }

  /** Who is being answered cannot leave: the thread is busy with it until it is done. */
  #leave(waiting: Waiting): void {
    const place = this.#line.indexOf(waiting);
    if (place >= 0) this.#line.splice(place, 1);
  }

  #start(): Worker {
    const { path, program = ownProgram } = this.#options;
    const thread = new Worker(program, {
      workerData: { path },
      resourceLimits: { maxOldGenerationSizeMb: mostMemory },
    });
    let reason: unknown = null;
    thread.on('error', (thrown) => {
      reason = thrown;
    });
    thread.on('message', (reply: Reply) => {
      if ('failure' in reply) this.#asked?.reject(errorOf(reply.failure));
      else this.#asked?.resolve(reply.answer);
      this.#asked = null;
      this.#next();
    });
    thread.on('exit', () => {
      this.#thread = null;
      this.#asked?.reject(threadDied(reason));
      this.#asked = null;
      this.#next();
    });
    return thread;
  }
}

function errorOf({ code, message, retryable, needsPerson }: ReplyFailure): Error {
  return code === null ? new Error(message) : new BridgeError(code, message, { retryable, needsPerson });
}

function busy(): BridgeError {
  return refuse('busy', {});
}

function threadDied(reason: unknown): BridgeError {
  return refuse('reading_failed', { reason: reason === null ? null : messageOf(reason) }, { cause: reason });
}

function stopping(): BridgeError {
  return refuse('stopping', {});
}
