import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A package registry, which answers as a test tells it to. */
export interface TestRegistry extends AsyncDisposable {
  readonly url: string;
  /** How often it was asked. */
  readonly asked: () => number;
  /** What it answers from now on: a version, or whatever it does with the response. */
  answer(how: string | ((response: ServerResponse) => void)): void;
}

export async function startRegistry(version: string): Promise<TestRegistry> {
  let asked = 0;
  const versionOf = (text: string) => (response: ServerResponse) => {
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ name: 'monzo-bridge', version: text, dist: { tarball: 'x' } }));
  };
  let answer = versionOf(version);
  const server = createServer((_request, response) => {
    asked += 1;
    answer(response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/monzo-bridge/latest`,
    asked: () => asked,
    answer: (how) => {
      answer = typeof how === 'string' ? versionOf(how) : how;
    },
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
