import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { createServer, get, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { quiet, until } from '../../test/support/until.ts';
import { createLiveStream, type LiveStream } from './live-routes.ts';

/** A reader that takes nothing until it is told to. */
function slowReader() {
  const written: string[] = [];
  const emitter = new EventEmitter();
  const write = (bytes: Buffer) => {
    written.push(bytes.toString());
    return false;
  };
  const response = Object.assign(emitter, { writable: true, write, end: () => {} });
  return {
    written,
    stream: createLiveStream(response as unknown as ServerResponse),
    drain: () => emitter.emit('drain'),
  };
}

test('a slow reader gets the newest snapshot next, and nothing in between is kept', () => {
  const { written, stream, drain } = slowReader();
  for (const number of [1, 2, 3, 4]) {
    stream.snapshot(`{"number":${number}}`);
    stream.beat('{}');
  }
  assert.deepEqual(written, ['event: snapshot\ndata: {"number":1}\n\n']);
  drain();
  assert.deepEqual(written.slice(1), ['event: snapshot\ndata: {"number":4}\n\n']);
  drain();
  stream.beat('{}');
  assert.deepEqual(written.slice(2), ['event: beat\ndata: {}\n\n']);
});

test('a reader that took nothing for a while gets the newest snapshot, whatever letters were in the others', async (t) => {
  const streams: LiveStream[] = [];
  const server = createServer((_request, response) => {
    const stream = createLiveStream(response);
    stream.retryAfter(1);
    streams.push(stream);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  const reader = await new Promise<IncomingMessage>((resolve) => get({ port, host: '127.0.0.1' }, resolve));
  // More than any system keeps for a reader, in parts that are more bytes than characters.
  for (let number = 0; number < 100; number += 1) {
    streams[0]?.snapshot(JSON.stringify(`${number}${'é'.repeat(60_000)}`));
    await new Promise((resolve) => setImmediate(resolve));
  }
  await quiet();
  streams[0]?.snapshot('"the newest"');
  let told = '';
  reader.setEncoding('utf8').on('data', (part: string) => (told = (told + part).slice(-100)));
  await until('the newest snapshot', () => told.includes('the newest'), { patience: 20_000 });
});
