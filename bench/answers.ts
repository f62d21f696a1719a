import { createServer } from 'node:http';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { isMainThread, parentPort, Worker } from 'node:worker_threads';
import { gzipSync } from 'node:zlib';
import { systemClock } from '../src/clock.ts';
import { createBankConnections } from '../src/monzo/bank-connection.ts';
import { createTransport } from '../src/monzo/transport.ts';
import { print } from './measure.ts';

const json = { 'content-type': 'application/json' };
const large = `{"transactions":[${Array.from({ length: 10_000 }, () => `{"notes":"${'x'.repeat(1_000)}"}`).join()}]}`;

/** Bodies that hold up a process which parses them. */
const bodies = {
  '/large': { headers: json, body: large },
  '/deep': { headers: json, body: '['.repeat(1_000_000) },
  '/packed': {
    headers: { ...json, 'content-encoding': 'gzip' },
    body: gzipSync(Buffer.alloc(200_000_000, 0x20)),
  },
} as const;

if (!isMainThread) {
  const server = createServer(({ url = '' }, response) => {
    const { headers, body } = bodies[url as keyof typeof bodies];
    response.on('error', () => {});
    response.writeHead(200, headers).end(body);
  });
  server.listen(0, '127.0.0.1', () => parentPort?.postMessage(server.address()));
}

/** For how long each kind is asked for; an answer alone would be one sample. */
const lasting = 2_000;
const p99Limit = 50;

/** How long the event loop is held up while the bank answers with what is refused; fails above 50 ms. */
export async function benchAnswers(): Promise<void> {
  const bank = new Worker(import.meta.filename);
  const port = await new Promise<number>((resolve) =>
    bank.once('message', (address: { port: number }) => resolve(address.port)),
  );
  try {
    for (const path of Object.keys(bodies)) {
      const { p99, most } = await delayWhileAsking(`http://127.0.0.1:${port}`, path);
      print(
        `event loop while ${path.slice(1)} answers come`,
        `p99 ${p99.toFixed(1)} ms, most ${most.toFixed(1)} ms`,
      );
      if (p99 > p99Limit) throw new Error(`The event loop was held up for ${p99.toFixed(0)} ms.`);
    }
  } finally {
    await bank.terminate();
  }
}

async function delayWhileAsking(apiUrl: string, path: string) {
  const delay = monitorEventLoopDelay({ resolution: 1 });
  await refused(apiUrl, path);
  delay.enable();
  for (const begin = performance.now(); performance.now() - begin < lasting;) {
    await refused(apiUrl, path);
    await systemClock.wait(10);
  }
  delay.disable();
  return { p99: delay.percentile(99) / 1e6, most: delay.max / 1e6 };
}

/** A transport of its own for each call: the breaker would open. */
async function refused(apiUrl: string, path: string): Promise<void> {
  const transport = createTransport({
    clock: systemClock,
    callBank: createBankConnections(systemClock),
    apiUrl,
    random: () => 0,
  });
  const outcome = await transport.send({ method: 'GET', path, priority: 'poll' }).catch(() => null);
  if (outcome !== null) throw new Error(`${path} was taken`);
}
