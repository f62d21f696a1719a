import { createServer } from 'node:net';

/** Below what Linux and macOS hand out by themselves, to listeners and callers alike. */
const range = { first: 20_000, count: 12_000 } as const;
/** Test files run at the same time: each begins somewhere else. */
let tried = (process.pid * 7_919) % range.count;

/**
 * A loopback TCP port that nobody listens on. It stays free while the one it is for is not there yet, or away for a
 * while: nobody is given it who asked for just any.
 */
export async function freePort(): Promise<number> {
  for (let left = range.count; left > 0; left -= 1) {
    tried += 1;
    const port = range.first + (tried % range.count);
    if (await isFree(port)) return port;
  }
  throw new Error('No free port.');
}

function isFree(port: number): Promise<boolean> {
  const server = createServer();
  return new Promise((resolve) => {
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
