import { Connection, type HaWebSocket, type MessageBase } from 'home-assistant-js-websocket';
import { WebSocket } from 'ws';
import { z } from 'zod';
import { sleep, unlessAborted, withDeadline } from '../../async.ts';
import type { Clock } from '../../clock.ts';
import { parseJson, rawNumber } from '../../domain/values.ts';
import { BridgeError } from '../../errors.ts';
import { away, errorCode, notThere, refused, timedOut, tokenRefused } from './connection-failures.ts';

/** A websocket command: its type, and its parameters. */
export interface Command {
  readonly type: string;
  readonly [key: string]: unknown;
}

/** One connection, from the accepted token until it is closed. Subscriptions end with it. */
export interface Session {
  /**
   * Resolves with Home Assistant's result. Throws `home_assistant_refused` where Home Assistant refuses it, and the
   * retryable `home_assistant_away` and `home_assistant_silent`, after which it may still have been carried out.
   */
  command(command: Command): Promise<unknown>;
  /** Resolves once Home Assistant has confirmed the subscription, with what ends it; throws like `command`. */
  subscribe(command: Command, listener: (event: unknown) => void): Promise<() => void>;
  /** Aborted when the connection is gone. */
  readonly ended: AbortSignal;
  close(): void;
}

export interface SessionOptions {
  /** Home Assistant's address, with or without a path, without a slash at the end. */
  readonly url: string;
  readonly token: string;
  readonly clock: Clock;
  /** Called when Home Assistant refuses a command for lack of rights: the rights of the token may have changed. */
  readonly onUnauthorized: (session: Session) => void;
}

/** Creating a cloudhook alone may take Home Assistant ten seconds. */
const answerTimeout = 15_000;
/** A machine that loses its power does not close the connection; only a ping that is not answered shows it. */
const heartbeatEvery = 30_000;
const mebibyte = 1_048_576;
/**
 * After its close frame Home Assistant leaves closing the connection to the client, and its shutdown waits ten seconds
 * for that. `ws` closes it at once, unlike Node's own WebSocket. When the bridge closes first, this is how many
 * milliseconds it waits for the reply.
 */
const closeTimeout = 200;
const socketOptions = { closeTimeout, maxPayload: 64 * mebibyte, perMessageDeflate: false };

const frameSchema = z.object({ type: z.string(), ha_version: z.string().default('') });

/**
 * Connects and presents the token, until the signal is aborted. Throws what prevented it: a BridgeError, the network's
 * own error, or the signal's reason.
 */
export async function openSession(options: SessionOptions, signal: AbortSignal): Promise<Session> {
  const socket = new WebSocket(`ws${options.url.slice('http'.length)}/api/websocket`, socketOptions);
  // Without a listener an error would end the program; the close event that follows is enough.
  socket.on('error', () => {});
  try {
    const version = await unlessAborted(authenticated(socket, options.token), signal);
    signal.throwIfAborted();
    return startSession(options, socket, version);
  } catch (thrown) {
    socket.terminate();
    throw thrown;
  }
}

/** Resolves with Home Assistant's version once it accepts the token. */
function authenticated(socket: WebSocket, token: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const onMessage = (data: unknown) => {
      const { type, ha_version: version } = parsed(String(data));
      if (type === 'auth_required') socket.send(JSON.stringify({ type: 'auth', access_token: token }));
      if (type === 'auth_invalid') reject(tokenRefused());
      if (type !== 'auth_ok') return;
      socket.off('message', onMessage);
      resolve(version);
    };
    socket.on('message', onMessage);
    socket.once('error', reject);
    socket.once('close', () => reject(away()));
    socket.once('unexpected-response', (_request, { statusCode }) => reject(notThere(statusCode ?? 0)));
  });
}

function parsed(text: string): z.output<typeof frameSchema> {
  try {
    return frameSchema.parse(JSON.parse(text));
  } catch {
    return { type: 'unreadable', ha_version: '' };
  }
}

/** Uses the library without its reconnecting, which cannot be given a clock. */
function startSession(
  { clock, onUnauthorized }: SessionOptions,
  socket: WebSocket,
  version: string,
): Session {
  const connection = new Connection(adapted(socket, version), {
    setupRetry: 0,
    createSocket: () => Promise.reject(away()),
  });
  connection.addEventListener('disconnected', () => connection.close());
  const ending = new AbortController();
  socket.once('close', () => ending.abort(away()));

  const answered = async <Answer>(type: string, ask: () => Promise<Answer>): Promise<Answer> => {
    try {
      return await withDeadline({ clock, ms: answerTimeout, late: timedOut, signal: ending.signal }, ask);
    } catch (thrown) {
      if (errorCode(thrown) === 'unauthorized') onUnauthorized(session);
      throw commandFailure(type, thrown);
    }
  };
  const session: Session = {
    ended: ending.signal,
    command: (command) =>
      answered(command.type, () => connection.sendMessagePromise<unknown>(command as MessageBase)),
    subscribe: async (command, listener) => {
      const message = command as MessageBase;
      const unsubscribe = await answered(command.type, () =>
        connection.subscribeMessage<unknown>(listener, message, { resubscribe: false }),
      );
      return () => void unsubscribe().catch(() => {});
    },
    close: () => connection.close(),
  };
  void keepAlive(session, clock).catch(() => socket.terminate());
  return session;
}

async function keepAlive(session: Session, clock: Clock): Promise<void> {
  while (await sleep(clock, heartbeatEvery, session.ended)) await session.command({ type: 'ping' });
}

/** The library rejects with a number of its own, or with the error that Home Assistant sent. */
function commandFailure(type: string, thrown: unknown): BridgeError {
  if (thrown instanceof BridgeError) return thrown;
  const code = errorCode(thrown);
  return code === null ? away() : refused(type, code);
}

/** The part of a browser's WebSocket that the library uses. */
function adapted(socket: WebSocket, haVersion: string): HaWebSocket {
  const adapter = {
    haVersion,
    OPEN: WebSocket.OPEN,
    get readyState() {
      return socket.readyState;
    },
    send: (text: string) => socket.send(wellFormed(text)),
    close: () => socket.close(),
    addEventListener: (type: 'message' | 'close', listener: (event: { readonly data: unknown }) => void) =>
      socket.on(type, (data: unknown) => {
        try {
          listener({ data: type === 'message' ? String(data) : null });
        } catch {
          // Home Assistant does not send such a frame: reconnect.
          socket.terminate();
        }
      }),
  };
  return adapter as unknown as HaWebSocket;
}

/**
 * Parses JSON so that it prints again as it was written, numbers digit by digit: the bank's large integers pass
 * through unchanged. Home Assistant hangs up on a number that no double can hold, so such a number becomes text.
 */
export function verbatim(text: string): unknown {
  const plain: unknown = JSON.parse(text);
  // Nearly always, and then it needs a tenth of the time.
  if (JSON.stringify(plain) === text) return plain;
  return parseJson(text, (value, source) => (Number.isFinite(value) ? rawNumber(source) : source));
}

/** A lone surrogate, as JSON writes it. Also matches an escaped backslash, which stays as it is. */
const escapes = /\\(?:\\|u[dD][89a-fA-F][0-9a-fA-F]{2})/g;

/** Replaces every lone surrogate in text that JSON.stringify wrote: Home Assistant hangs up on them. */
export function wellFormed(text: string): string {
  return text.replace(escapes, (escape) => (escape === '\\\\' ? escape : String.raw`\ufffd`));
}
