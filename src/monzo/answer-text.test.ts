import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import * as fc from 'fast-check';
import { until } from '../../test/support/until.ts';
import { largestAnswer } from '../limits.ts';
import { isNestedDeeper, textOf } from './answer-text.ts';

/** An answer whose pieces are made when they are asked for. */
function answerOf(pieces: (number: number) => Uint8Array | null, encoding?: string) {
  let made = 0;
  const body = new Readable({
    highWaterMark: 0,
    read() {
      this.push(pieces(made));
      made += 1;
    },
  });
  const answer = { status: 200, headers: { 'content-encoding': encoding }, body };
  return { answer, made: () => made, isLetGo: () => body.destroyed };
}

const deepestOf = (value: unknown): number =>
  typeof value === 'object' && value !== null
    ? 1 + Math.max(0, ...Object.values(value as Record<string, unknown>).map(deepestOf))
    : 0;

test('the depth is that of the parsed value', () => {
  fc.assert(
    fc.property(fc.json({ maxDepth: 6 }), (text) => {
      const depth = deepestOf(JSON.parse(text));
      assert.equal(isNestedDeeper(text, depth), false);
      if (depth > 0) assert.equal(isNestedDeeper(text, depth - 1), true);
    }),
  );
});

test('brackets, quotes and backslashes in texts do not count', () => {
  for (const text of ['[[[', '"[', '\\', '\\"{', '\\\\[', '\\\\"[[', '"""[', ''])
    assert.equal(isNestedDeeper(JSON.stringify([text, { [text]: text }]), 2), false, text);
  for (const open of ['"[[[', '["\\"[[[', ']][[[']) assert.equal(isNestedDeeper(open, 2), false, open);
});

test('a body that is too large is not read to its end', async () => {
  const piece = new Uint8Array(65_536).fill(0x20);
  const { answer, made, isLetGo } = answerOf(() => piece);
  assert.equal(await textOf(answer), null);
  assert.ok(made() <= largestAnswer.bytes / piece.length + 3, `${made()}`);
  assert.ok(isLetGo());
});

test('a packed body is measured unpacked, and not read to its end', async () => {
  const packed = gzipSync(Buffer.alloc(1_000_000, 0x20));
  const { answer, made, isLetGo } = answerOf(() => packed, 'gzip');
  assert.equal(await textOf(answer), null);
  assert.ok(made() < 1_000, `${made()}`);
  await until('it is let go', isLetGo);
});

test('a body that is nested too deep is no text', async () => {
  const { answer } = answerOf((number) => (number < 10 ? new Uint8Array(1_000).fill(0x5b) : null));
  assert.equal(await textOf(answer), null);
});

test('a body at the limits is read, characters cut in two included', async () => {
  const text = `${'['.repeat(largestAnswer.depth)}"£🏖️"${']'.repeat(largestAnswer.depth)}`;
  const bytes = Buffer.from(text);
  const { answer } = answerOf((number) =>
    number < bytes.length ? bytes.subarray(number, number + 1) : null,
  );
  assert.equal(await textOf(answer), text);
  const largest = Buffer.alloc(largestAnswer.bytes, 0x20);
  assert.equal(await textOf({ ...answer, body: [largest] }), largest.toString());
  assert.equal(await textOf({ ...answer, headers: { 'content-encoding': 'gzip' }, body: [] }), '');
});
