import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import type { ServerResponse } from 'node:http';
import { test } from 'node:test';
import { createLiveStream } from './live-routes.ts';

/** A reader that takes nothing until it is told to. */
function slowReader() {
  const written: string[] = [];
  const emitter = new EventEmitter();
  const write = (text: string) => {
    written.push(text);
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
