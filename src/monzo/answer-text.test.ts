import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { largestAnswer } from '../limits.ts';
import { createDepthGauge, textOf } from './answer-text.ts';

const encoder = new TextEncoder();

/** A body whose pieces are made when they are asked for. */
function bodyOf(pieces: (number: number) => Uint8Array | null) {
  let made = 0;
  let isCancelled = false;
  const stream = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        const piece = pieces(made);
        made += 1;
        if (piece === null) controller.close();
        else controller.enqueue(piece);
      },
      cancel() {
        isCancelled = true;
      },
    },
    { highWaterMark: 0 },
  );
  return { response: new Response(stream), made: () => made, isCancelled: () => isCancelled };
}

const deepestOf = (value: unknown): number =>
  typeof value === 'object' && value !== null
    ? 1 + Math.max(0, ...Object.values(value as Record<string, unknown>).map(deepestOf))
    : 0;

test('the depth is that of the parsed value, however the text is cut', () => {
  fc.assert(
    fc.property(fc.json({ maxDepth: 6 }), fc.nat(), (text, cut) => {
      const bytes = encoder.encode(text);
      const at = cut % (bytes.length + 1);
      const depthAfter = createDepthGauge();
      depthAfter(bytes.subarray(0, at));
      assert.equal(depthAfter(bytes.subarray(at)), deepestOf(JSON.parse(text)));
    }),
  );
});

test('brackets, quotes and backslashes in texts do not count', () => {
  const depthOf = (value: unknown) => createDepthGauge()(encoder.encode(JSON.stringify(value)));
  assert.equal(depthOf(['[[[', '"[', '\\', '\\"{', '\\\\[']), 1);
});

test('a body that is too large is not read to its end', async () => {
  const piece = new Uint8Array(65_536).fill(0x20);
  const { response, made, isCancelled } = bodyOf(() => piece);
  assert.equal(await textOf(response), null);
  assert.equal(made(), largestAnswer.bytes / piece.length + 1);
  assert.ok(isCancelled());
});

test('a body that is nested too deep is refused at its first pieces', async () => {
  const piece = new Uint8Array(1_000).fill(0x5b);
  const { response, made, isCancelled } = bodyOf(() => piece);
  assert.equal(await textOf(response), null);
  assert.equal(made(), 1);
  assert.ok(isCancelled());
});

test('a body at the limits is read, characters cut in two included', async () => {
  const text = `${'['.repeat(largestAnswer.depth)}"£🏖️"${']'.repeat(largestAnswer.depth)}`;
  const bytes = encoder.encode(text);
  const { response } = bodyOf((number) =>
    number < bytes.length ? bytes.subarray(number, number + 1) : null,
  );
  assert.equal(await textOf(response), text);
  assert.equal(
    await textOf(new Response(new Uint8Array(largestAnswer.bytes).fill(0x20))),
    ' '.repeat(largestAnswer.bytes),
  );
});
