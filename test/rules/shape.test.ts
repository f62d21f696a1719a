import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { typeScriptBelow, type ProjectFile } from './files.ts';
import { classesIn, linesOf, lonelyInterfaces, sharedNames, smallClasses } from './shape.ts';

const sources = typeScriptBelow(['src']).filter(({ path }) => !path.endsWith('.test.ts'));

/** The limit for functions: state that fits into one function is kept in a function (decision 0005). */
const longestFunction = 60;

/** What a newcomer has to open. Lower the figures when files are folded together; raise them only with a reason. */
const mostFiles = 315;
const shortFile = 50;
const mostShortFiles = 15;

describe('the shape of the program', () => {
  it('has a class only where state does not fit into one function', () => {
    assert.deepEqual(smallClasses(sources, longestFunction), []);
  });

  it('has an interface only where there are two implementations', () => {
    assert.deepEqual(lonelyInterfaces(sources), []);
  });

  it('names each file so that the name alone says which it is', () => {
    assert.deepEqual(sharedNames(sources), []);
  });

  it(`has at most ${mostFiles} files, and at most ${mostShortFiles} of ${shortFile} lines or fewer`, () => {
    const short = sources.filter((file) => linesOf(file) <= shortFile).map(({ path }) => path);
    assert.ok(sources.length <= mostFiles, `${sources.length} files`);
    assert.ok(short.length <= mostShortFiles, `${short.length} short files: ${short.join(', ')}`);
  });
});

const lines = (count: number) => 'a;\n'.repeat(count);
const fileOf = (text: string, path = 'src/a.ts'): ProjectFile => ({ path, text });

describe('the finder of small classes', () => {
  const small: readonly string[] = [
    `class A {\n${lines(60)}}`,
    `export class A<T extends B> implements C {\n${lines(1)}}`,
    'class A {}',
    'const a = class {\n};',
    'class A {\n  b = `${{ c: 1 }.c}`;\n}',
  ];
  for (const text of small)
    it(`finds ${text.slice(0, 40).split('\n', 1).join('')}`, () => {
      assert.equal(smallClasses([fileOf(text)], 60).length, 1);
    });

  const fine: readonly string[] = [
    `class A {\n${lines(61)}}`,
    'class A extends Error {\n}',
    'const a = { class: 1 }; b.class; // class C {}',
  ];
  for (const text of fine)
    it(`is content with ${text.slice(0, 40).split('\n', 1).join('')}`, () => {
      assert.deepEqual(smallClasses([fileOf(text)], 60), []);
    });

  it('counts the lines between the braces, past templates and blocks', () => {
    const text = 'class A {\n  b() {\n    return `${{ c: `${1}` }.c} }`;\n  }\n}\nclass D {\n}';
    assert.deepEqual(
      classesIn(fileOf(text)).map(({ name, bodyLines }) => [name, bodyLines]),
      [
        ['A', 3],
        ['D', 0],
      ],
    );
  });
});

describe('the finder of interfaces with one implementation', () => {
  it('finds one that a single class implements', () => {
    const found = lonelyInterfaces([fileOf('interface B {}\nclass A implements B, C<D> {\n}')]);
    assert.deepEqual(
      found.map((sentence) => sentence.replace(/:.*implements /, ':')),
      ['src/a.ts:B: export the class', 'src/a.ts:C: export the class'],
    );
  });

  it('is content with a second class, an object or a function', () => {
    const seconds = [
      'class C implements B {\n}',
      'const c: B = {};',
      'function c(): B {\n}',
      'const c = (): B => d;',
    ];
    for (const second of seconds)
      assert.deepEqual(lonelyInterfaces([fileOf('class A implements B {\n}'), fileOf(second, 'b.ts')]), []);
  });

  it('does not count a function that only makes the one class', () => {
    const text = 'class A implements B {\n}\nfunction createB(): B {\n  return new A();\n}';
    assert.equal(lonelyInterfaces([fileOf(text)]).length, 1);
  });
});

it('the finder of shared names names both files', () => {
  const files = ['src/a/b.ts', 'src/c/b.ts', 'src/c/d.ts'].map((path) => fileOf('', path));
  assert.deepEqual(sharedNames(files), ['b.ts: src/a/b.ts, src/c/b.ts']);
});
