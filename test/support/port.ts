import { createSocket, type Socket } from 'node:dgram';
import { createServer } from 'node:net';

/** Below what Linux and macOS hand out by themselves, to listeners and callers alike. */
const range = { first: 20_000, count: 12_000 } as const;
/** Test files run at the same time: each begins somewhere else. */
let tried = (process.pid * 7_919) % range.count;
/** The UDP port of the same number says that a TCP port is taken, also while nobody listens there. */
const signs: Socket[] = [];
const mostSigns = 200;

/**
 * A loopback TCP port that nobody listens on. It stays free while the one it is for is not there yet, or away for a
 * while: nobody is given it who asked for just any, and no other test before this one has asked for two hundred more.
 */
export async function freePort(): Promise<number> {
  for (let left = range.count; left > 0; left -= 1) {
    tried += 1;
    const port = range.first + (tried % range.count);
    if ((await isReserved(port)) && (await isFree(port))) return port;
  }
  throw new Error('No free port.');
}

function isReserved(port: number): Promise<boolean> {
  const sign = createSocket('udp4');
  return new Promise((resolve) => {
    sign.once('error', () => resolve(false));
    sign.bind({ port, address: '127.0.0.1', exclusive: true }, () => {
      sign.unref();
      signs.push(sign);
      if (signs.length > mostSigns) signs.shift()?.close();
      resolve(true);
    });
  });
}

function isFree(port: number): Promise<boolean> {
  const server = createServer();
  return new Promise((resolve) => {
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
