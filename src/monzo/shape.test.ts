import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { bankJsonText, isJsonObject, jsonTypeOf, parseBankJson } from './shape.ts';

test('numbers that a double cannot hold are printed as they were written', () => {
  const text = '{"a":9007199254740993,"b":-12345678901234567890,"c":1e400,"d":[9007199254740991],"e":0.5}';
  assert.equal(bankJsonText(parseBankJson(text)), text);
});

test('ordinary numbers stay numbers', () => {
  assert.deepEqual(
    parseBankJson('[1,-605,1.653504,9007199254740991,1e2]'),
    [1, -605, 1.653504, 9007199254740991, 100],
  );
});

test('a key called __proto__ is a key like any other', () => {
  const value = parseBankJson('{"__proto__":{"admin":true},"a":{"__proto__":[1]}}');
  assert.ok(isJsonObject(value));
  assert.equal(Object.getPrototypeOf(value), Object.prototype);
  assert.equal('admin' in value, false);
  assert.equal(bankJsonText(value), '{"__proto__":{"admin":true},"a":{"__proto__":[1]}}');
});

test('types are named as JSON names them', () => {
  const types = parseBankJson('[null,[],{},1,90071992547409930,"",true]') as readonly unknown[];
  assert.deepEqual(types.map(jsonTypeOf), [
    'null',
    'array',
    'object',
    'number',
    'number',
    'string',
    'boolean',
  ]);
  assert.equal(jsonTypeOf(undefined), 'absent');
});

test('any JSON comes back as the same JSON', () => {
  fc.assert(
    fc.property(fc.json(), (text) => {
      assert.equal(bankJsonText(parseBankJson(text)), JSON.stringify(JSON.parse(text)));
    }),
  );
  fc.assert(
    fc.property(fc.bigInt(), (number) => {
      assert.equal(bankJsonText(parseBankJson(`[${number}]`)), `[${number}]`);
    }),
  );
});

const digits = fc.stringMatching(/^(0|[1-9]\d{0,24})$/);
/** Numbers in every form that JSON has, long and short. */
const numberText = fc
  .tuple(
    fc.constantFrom('', '-'),
    digits,
    fc.oneof(fc.constant(''), fc.stringMatching(/^\.\d{1,24}$/)),
    fc.oneof({ weight: 3, arbitrary: fc.constant('') }, fc.stringMatching(/^[eE][+-]?\d{1,3}$/)),
  )
  .map((parts) => parts.join(''));
/** Texts, names and numbers side by side, with blanks; the texts may look like numbers, and hold quotes and backslashes. */
const jsonOfNumbers = fc.letrec<{ value: string }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    numberText,
    fc
      .oneof(numberText, fc.string({ unit: fc.constantFrom('"', '\\', '1', 'e', ',', ':') }))
      .map((text) => JSON.stringify(text)),
    fc.array(tie('value'), { maxLength: 4 }).map((values) => `[${values.join(', ')}]`),
    fc
      .array(fc.tuple(numberText, tie('value')), { maxLength: 4 })
      .map((pairs) => `{${pairs.map(([key, value]) => `${JSON.stringify(key)}:\n${value}`).join()}}`),
  ),
})).value;

test('the places of merchants, which are long after the point, do not make a page cost more', (t) => {
  const place = '{"latitude":51.52123456789012,"longitude":-0.08123456789012345}';
  const parse = t.mock.method(JSON, 'parse');
  assert.equal(bankJsonText(parseBankJson(place)), place);
  assert.deepEqual(
    parse.mock.calls.map((call) => call.arguments.length),
    [1],
  );
});

test('whether a number needs a closer look makes no difference to everything else', () => {
  fc.assert(
    fc.property(fc.json(), (text) => {
      assert.deepEqual(parseBankJson(text), (parseBankJson(`[${text},1e400]`) as readonly unknown[])[0]);
    }),
  );
  fc.assert(
    fc.property(jsonOfNumbers, (text) => {
      const closely = (parseBankJson(`[${text},1e400]`) as readonly unknown[])[0];
      assert.equal(bankJsonText(parseBankJson(text)), bankJsonText(closely), text);
    }),
  );
  for (const number of [
    '9007199254740993',
    '-9007199254740993',
    '1e400',
    '-1E400',
    '1.5e400',
    '12345678901234567890.5e10',
  ])
    for (const [before, after] of [
      ['', ''],
      ['[', ']'],
      ['{"a": ', '}'],
      ['[1,', ']'],
      ['[\n', '\n]'],
    ] as const)
      assert.equal(
        bankJsonText(parseBankJson(`${before}${number}${after}`)),
        `${before}${number}${after}`.replace(/\s/g, ''),
      );
});
