import type { HaWebSocket } from 'home-assistant-js-websocket';
import { WebSocket } from 'ws';
import { z } from 'zod';
import { away, notThere, tokenRefused } from './failure.ts';
import { wellFormed } from './frame.ts';

export interface Door {
  /** Home Assistant's address, with or without a path, without a slash at the end. */
  readonly url: string;
  readonly token: string;
  /** Gives up with the signal's reason. */
  readonly signal: AbortSignal;
}

/** An open line whose token has been accepted, in the shape that home-assistant-js-websocket works on. */
export interface OpenSocket {
  readonly forLibrary: HaWebSocket;
  onClose(listener: () => void): void;
  /** Ends the line at once. */
  terminate(): void;
}

const mebibyte = 1_048_576;
/**
 * Home Assistant leaves ending the line to us after its close frame, and its stop waits ten seconds for that. This
 * package ends it at once, unlike Node's own WebSocket; where we say good-bye first, nobody waits long for the reply.
 */
const farewellMs = 200;
const socketOptions = { closeTimeout: farewellMs, maxPayload: 64 * mebibyte, perMessageDeflate: false };

const frameSchema = z.object({ type: z.string(), ha_version: z.string().default('') });

/** Connects and presents the token. Throws what stood in the way: a BridgeError, or the network's own error. */
export async function openSocket({ url, token, signal }: Door): Promise<OpenSocket> {
  const socket = new WebSocket(`ws${url.slice('http'.length)}/api/websocket`, socketOptions);
  // Without a listener an error would end the program; the close that follows says all there is to say.
  socket.on('error', () => {});
  try {
    const version = await admitted(socket, token, signal);
    return {
      forLibrary: adapted(socket, version),
      onClose: (listener) => socket.once('close', listener),
      terminate: () => socket.terminate(),
    };
  } catch (thrown) {
    socket.terminate();
    throw thrown;
  }
}

/** Resolves with Home Assistant's version once it accepts the token. */
function admitted(socket: WebSocket, token: string, signal: AbortSignal): Promise<string> {
  return new Promise((resolve, reject) => {
    const giveUp = () => reject(signal.reason as Error);
    if (signal.aborted) return giveUp();
    signal.addEventListener('abort', giveUp, { once: true });
    const onMessage = (data: unknown) => {
      const { type, ha_version: version } = parsed(String(data));
      if (type === 'auth_required') socket.send(JSON.stringify({ type: 'auth', access_token: token }));
      if (type === 'auth_invalid') reject(tokenRefused());
      if (type !== 'auth_ok') return;
      signal.removeEventListener('abort', giveUp);
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

/** What the library uses of a browser's WebSocket, and no more. */
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
          // A frame that is not what Home Assistant sends: start again from a clean line.
          socket.terminate();
        }
      }),
  };
  return adapter as unknown as HaWebSocket;
}
