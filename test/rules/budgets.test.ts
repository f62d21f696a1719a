import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  anyTypes,
  defaultExports,
  enums,
  idleTests,
  longFiles,
  mockedModules,
  namespaces,
  nonNull,
  silencedTypes,
  type Finder,
} from './budgets.ts';
import { readProjectFile, typeScriptBelow, type ProjectFile } from './files.ts';

const programs = typeScriptBelow(['src', 'sim', 'web', 'card']);
const everything = [...programs, ...typeScriptBelow(['test', 'bench', 'scripts'])];
const tests = everything.filter(({ path }) => path.endsWith('.test.ts'));
/** Build tools ask for a default export in their own settings files. */
const ours = everything.filter(({ path }) => !path.endsWith('.config.ts'));

const budgets: readonly (readonly [name: string, files: readonly ProjectFile[], find: Finder])[] = [
  ['no any', everything, anyTypes],
  ['no non-null !', everything, nonNull],
  ['no silenced type errors', everything, silencedTypes],
  ['no default exports', ours, defaultExports],
  ['no enums', everything, enums],
  ['no namespaces', everything, namespaces],
  ['no file longer than 400 lines', everything, longFiles],
  ['no test that is skipped, alone or still to be written', tests, idleTests],
  ['no mocked modules', everything, mockedModules],
];

describe('the budgets', () => {
  it('look at the program and its tests', () => {
    assert.ok(programs.some(({ path }) => path === 'src/domain/fold.ts'));
    assert.ok(tests.some(({ path }) => path === 'test/rules/budgets.test.ts'));
  });

  for (const [name, files, find] of budgets)
    it(name, () => {
      assert.deepEqual(files.flatMap(find), []);
    });
});

describe('the lint rules that keep the other budgets', () => {
  const settings = JSON.parse(readProjectFile('.oxlintrc.json')) as LintSettings;

  it('limit functions to 60 lines, and to 40 in the domain', () => {
    assert.equal(limitOf(settings.rules['max-lines-per-function']), 60);
    const domain = settings.overrides.find(({ files }) => files.includes('src/domain/**'));
    assert.equal(limitOf(domain?.rules?.['max-lines-per-function']), 40);
  });

  it('limit functions to three parameters', () => {
    assert.equal(limitOf(settings.rules['max-params']), 3);
  });

  it('are switched off in no program', () => {
    const limits = ['max-lines-per-function', 'max-params', 'max-lines'];
    const relaxed = settings.overrides.filter(({ rules }) => limits.some((rule) => rules?.[rule] === 'off'));
    const where = relaxed.flatMap(({ files }) => files);
    assert.deepEqual(
      where.filter((pattern) => !/test|bench/.test(pattern)),
      [],
    );
  });
});

interface LintSettings {
  readonly rules: LintRules;
  readonly overrides: readonly { readonly files: readonly string[]; readonly rules?: LintRules }[];
}

type LintRules = Readonly<Record<string, unknown>>;

/** The limit of a rule such as `["error", { "max": 3 }]`; NaN where it is no error. */
function limitOf(rule: unknown): number {
  if (!Array.isArray(rule) || rule[0] !== 'error') return Number.NaN;
  return Number((rule[1] as { readonly max?: unknown }).max);
}

const breaches: readonly (readonly [name: string, find: Finder, source: string])[] = [
  ['any', anyTypes, 'let a: any;'],
  ['any', anyTypes, 'const a = b as any;'],
  ['any', anyTypes, 'let a: Map<string, any>;'],
  ['any', anyTypes, 'function a(b: any): void {}'],
  ['any', anyTypes, 'type A = { [key: string]: any };'],
  ['any', anyTypes, 'const a = z.any();'],
  ['any', anyTypes, 'const a = `${b as any}`;'],
  ['!', nonNull, 'const a = b!;'],
  ['!', nonNull, 'const a = b!.c;'],
  ['!', nonNull, 'const a = b[0]!;'],
  ['!', nonNull, 'const a = b()!.c;'],
  ['!', nonNull, 'const a = `${b!}`;'],
  ['!', nonNull, 'let a!: string;'],
  ['silencing', silencedTypes, ['// @ts-', 'ignore'].join('')],
  ['silencing', silencedTypes, ['// @ts-', 'expect-error because'].join('')],
  ['silencing', silencedTypes, ['// @ts-', 'nocheck'].join('')],
  ['default export', defaultExports, 'export default function a() {}'],
  ['default export', defaultExports, 'export { a as default };'],
  ['enum', enums, 'enum A { B }'],
  ['enum', enums, 'export const enum A { B }'],
  ['namespace', namespaces, 'namespace A { }'],
  ['namespace', namespaces, 'export namespace A.B { }'],
  ['long file', longFiles, 'a;\n'.repeat(401)],
  ['idle test', idleTests, 'it.skip("a", () => {});'],
  ['idle test', idleTests, 'describe.only("a", () => {});'],
  ['idle test', idleTests, 'test("a", { todo: true }, () => {});'],
  ['idle test', idleTests, 'test("a", { skip: "later" }, () => {});'],
  ['idle test', idleTests, 'it("a", (t) => t.skip());'],
  ['mocked module', mockedModules, 'mock.module("a", {});'],
];

const harmless: readonly (readonly [name: string, find: Finder, source: string])[] = [
  ['any', anyTypes, 'AbortSignal.any([a]); const b = { any: 1 }; // any: any\nconst c = "any";'],
  ['!', nonNull, 'if (!a) return !b; while (a) !c; const d = a != b && a !== b; f(!a, [!b]);'],
  ['!', nonNull, 'const a = "b!"; const c = `d!`; const e = /f!/;'],
  ['default export', defaultExports, 'switch (a) { default: b(); } import { default as c } from "d";'],
  ['enum', enums, 'z.enum(["a"]); const b = { enum: ["c"] };'],
  ['namespace', namespaces, 'const module = 1; a.namespace; const b = { module: { c: 1 } };'],
  ['file of 400 lines', longFiles, 'a;\n'.repeat(400)],
  ['running test', idleTests, 'it("skip only todo", () => { const only = list.only; });'],
];

describe('the finders', () => {
  for (const [name, find, source] of breaches)
    it(`find ${name} in ${source.slice(0, 60).split('\n', 1).join('')}`, () => {
      assert.equal(find({ path: 'a.ts', text: source }).length, 1);
    });

  for (const [name, find, source] of harmless)
    it(`find no ${name} in ${source.slice(0, 60).split('\n', 1).join('')}`, () => {
      assert.deepEqual(find({ path: 'a.ts', text: source }), []);
    });

  it('say where', () => {
    assert.deepEqual(anyTypes({ path: 'a.ts', text: '\n\nlet a: any;' }), ['a.ts:3: any']);
  });
});
