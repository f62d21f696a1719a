import { createServer, type AddressInfo, type Socket } from 'node:net';
import { Aedes } from 'aedes';

export interface EmbeddedBroker {
  /** `mqtt://…` */
  readonly url: string;
  close(): Promise<void>;
}

/**
 * A broker in this process for demos and tests: MQTT 3.1.1 only, without authentication or persistence. Port 0 means a
 * free one. Throws what `listen` throws, such as for a port in use.
 */
export async function startEmbeddedBroker({
  host,
  port,
}: {
  readonly host: string;
  readonly port: number;
}): Promise<EmbeddedBroker> {
  const aedes = await Aedes.createBroker();
  keepOrder(aedes);
  const closeAedes = () =>
    new Promise<void>((resolve) => {
      aedes.close(() => resolve());
    });
  const sockets = new Set<Socket>();
  const server = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    aedes.handle(socket);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  }).catch(async (error: unknown) => {
    await closeAedes();
    throw error;
  });
  const address = server.address() as AddressInfo;
  const shownHost = address.family === 'IPv6' ? `[${address.address}]` : address.address;
  return {
    url: `mqtt://${shownHost}:${address.port}`,
    close: async () => {
      const closed = new Promise<void>((resolve) => {
        server.close(() => resolve());
      });
      await closeAedes();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

/** The part of its store that Aedes keeps retained messages in; its types do not mention it. */
interface RetainedStore {
  storeRetained(packet: object): PromiseLike<void>;
}

/**
 * Aedes works at once on all that a client sends, and forwards a retained message later than others, because it waits for
 * its store. Brokers for everyday use forward in the order of sending. So does it where the store, which is in memory, has
 * always stored already.
 */
export function keepOrder(aedes: Aedes): void {
  const store = (aedes as unknown as { readonly persistence: RetainedStore }).persistence;
  const inMemory = store.storeRetained.bind(store);
  const stored: PromiseLike<void> = {
    // oxlint-disable-next-line unicorn/no-thenable -- a promise would be the delay
    then: (resolve) => {
      resolve?.();
      return stored as never;
    },
  };
  store.storeRetained = (packet) => {
    void inMemory(packet);
    return stored;
  };
}
