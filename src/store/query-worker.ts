import { parentPort, workerData } from 'node:worker_threads';
import { BridgeError, messageOf } from '../errors.ts';
import { openDatabase, type Database } from './database.ts';
import { queries, type Question, type Reply, type ReplyFailure } from './queries.ts';

/** The program of the reading thread: answers one question after the other on a connection that cannot write. */
const { path } = workerData as { readonly path: string };
const database = openDatabase(path, { readOnly: true });

parentPort?.on('message', (question: Question | null) => {
  if (question !== null) return parentPort?.postMessage(replyTo(question));
  database.close();
  parentPort?.close();
});

function replyTo({ name, request }: Question): Reply {
  try {
    const answerer = queries[name] as (database: Database, request: unknown) => unknown;
    return { answer: answerer(database, request) };
  } catch (thrown) {
    return { failure: failureOf(thrown) };
  }
}

function failureOf(thrown: unknown): ReplyFailure {
  const error = thrown instanceof BridgeError ? thrown : null;
  return {
    code: error?.code ?? null,
    message: messageOf(thrown),
    retryable: error?.retryable ?? false,
    needsPerson: error?.needsPerson ?? false,
  };
}
