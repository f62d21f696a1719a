import { Connection, type MessageBase } from 'home-assistant-js-websocket';
import type { Clock } from '../../clock.ts';
import { BridgeError } from '../../errors.ts';
import { away, refused, silent } from './failure.ts';
import type { OpenSocket } from './socket.ts';

/** A websocket command: its type, and whatever belongs to it. */
export interface Command {
  readonly type: string;
  readonly [key: string]: unknown;
}

/** One connection, from the accepted token to its end. What is subscribed ends with it. */
export interface Session {
  /**
   * Resolves with Home Assistant's result. Throws `home_assistant_refused` for its no, and the retryable
   * `home_assistant_away` and `home_assistant_silent`, where it may have acted all the same.
   */
  command(command: Command): Promise<unknown>;
  /** Resolves once Home Assistant has confirmed it, with the way to end it before the connection does; throws like `command`. */
  subscribe(command: Command, listener: (event: unknown) => void): Promise<() => void>;
  /** Aborted when the connection is gone. */
  readonly ended: AbortSignal;
  hangUp(): void;
}

/** Creating a cloudhook alone may take Home Assistant ten seconds. */
const answerPatience = 15_000;
/** A machine that lost its power does not close the line: without asking, that would never show. */
const heartbeatEvery = 30_000;

export interface SessionOptions {
  readonly socket: OpenSocket;
  readonly clock: Clock;
  /** Home Assistant says that we may not: our rights may have changed. */
  readonly onUnauthorized: (session: Session) => void;
}

/** Starts talking on an open line. The library's own reconnecting is left out: it cannot be given a clock. */
export function startSession({ socket, clock, onUnauthorized }: SessionOptions): Session {
  const ending = new AbortController();
  const ended = ending.signal;
  const connection = new Connection(socket.forLibrary, {
    setupRetry: 0,
    createSocket: () => Promise.reject(away()),
  });
  connection.addEventListener('disconnected', () => connection.close());
  const unanswered = new Set<AbortController>();
  socket.onClose(() => {
    ending.abort(away());
    for (const one of unanswered) one.abort(away());
  });

  const answered = async <Answer>(type: string, ask: () => Promise<Answer>): Promise<Answer> => {
    if (ended.aborted) throw away();
    const done = new AbortController();
    unanswered.add(done);
    const patience = clock.wait(answerPatience, done.signal);
    try {
      return await Promise.race([ask(), patience.then(() => Promise.reject(silent()))]);
    } catch (thrown) {
      if (codeOf(thrown) === 'unauthorized') onUnauthorized(session);
      throw explained(type, thrown);
    } finally {
      unanswered.delete(done);
      done.abort(away());
    }
  };
  const session: Session = {
    ended,
    command: (command) =>
      answered(command.type, () => connection.sendMessagePromise<unknown>(command as MessageBase)),
    subscribe: async (command, listener) => {
      const message = command as MessageBase;
      const unsubscribe = await answered(command.type, () =>
        connection.subscribeMessage<unknown>(listener, message, { resubscribe: false }),
      );
      return () => void unsubscribe().catch(() => {});
    },
    hangUp: () => connection.close(),
  };
  void beat(session, clock).catch(() => socket.terminate());
  return session;
}

async function beat(session: Session, clock: Clock): Promise<void> {
  for (;;) {
    await clock.wait(heartbeatEvery, session.ended);
    await session.command({ type: 'ping' });
  }
}

/** The library rejects with a number of its own, or with the error as Home Assistant sent it. */
function explained(type: string, thrown: unknown): BridgeError {
  if (thrown instanceof BridgeError) return thrown;
  const code = codeOf(thrown);
  return typeof code === 'string' ? refused(type, code) : away();
}

function codeOf(thrown: unknown): unknown {
  return typeof thrown === 'object' && thrown !== null && 'code' in thrown ? thrown.code : null;
}
