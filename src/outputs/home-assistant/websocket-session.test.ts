import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { verbatim, wellFormed } from './websocket-session.ts';

test('numbers print as the bank wrote them, and a number that no double can hold becomes text', () => {
  const text = '{"big":9007199254740993,"exact":1.10,"tiny":-0.0,"power":1E5,"list":[18446744073709551616]}';
  assert.equal(JSON.stringify(verbatim(text)), text);
  assert.equal(JSON.stringify(verbatim('[1e999,-1e999]')), '["1e999","-1e999"]');
});

test('all JSON passes through unchanged, also under the key __proto__', () => {
  const text = '{"__proto__":{"x":[null,true,"1"]},"a":{}}';
  assert.equal(JSON.stringify(verbatim(text)), text);
  fc.assert(
    fc.property(fc.json(), (json) =>
      assert.deepEqual(JSON.parse(JSON.stringify(verbatim(json))), JSON.parse(json)),
    ),
  );
});

test('lone surrogates are replaced wherever they are, and nothing else is changed', () => {
  fc.assert(
    fc.property(
      fc.jsonValue({ stringUnit: 'binary' }),
      fc.string({ unit: 'binary-ascii' }),
      (value, text) => {
        const mixed = JSON.stringify([
          value,
          text,
          `${text}\ud800`,
          `\udfff${text}`,
          '🏦',
          String.raw`\ud800`,
        ]);
        const [, , before, after, whole, told] = JSON.parse(wellFormed(mixed)) as readonly string[];
        assert.equal(before, `${text}\ufffd`);
        assert.equal(after, `\ufffd${text}`);
        assert.equal(whole, '🏦');
        assert.equal(told, String.raw`\ud800`);
      },
    ),
  );
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) =>
      assert.equal(JSON.parse(wellFormed(JSON.stringify(text))), text.toWellFormed()),
    ),
  );
  const halves = Array.from({ length: 0x800 }, (_, index) => String.fromCodePoint(0xd800 + index));
  for (const half of halves) assert.equal(JSON.parse(wellFormed(JSON.stringify(half))), '\ufffd');
});
