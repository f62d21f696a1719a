import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { typeScriptBelow } from './files.ts';
import { computed, importsOf, loadedImportsOf } from './imports.ts';
import {
  cyclesOf,
  graphOf,
  graphOfRooms,
  wrongArrows,
  wrongImportsOfCard,
  wrongUsesOfContract,
  type ImportGraph,
} from './layers.ts';

const isProgram = ({ path }: { readonly path: string }) => !path.endsWith('.test.ts');
const program = graphOf(typeScriptBelow(['src']).filter(isProgram));
const everything = graphOf(typeScriptBelow(['src', 'sim', 'web', 'card', 'test', 'bench', 'scripts']));

describe('the imports of the program', () => {
  it('were read', () => {
    assert.ok(program.get('src/domain/view.ts')?.includes('src/domain/names.ts'));
  });

  it('all point down', () => {
    assert.deepEqual(wrongArrows(program), []);
  });

  it('load neither WebSocket nor fetch, which an import of node:http would', () => {
    const loading = typeScriptBelow(['src'])
      .filter(isProgram)
      .filter(({ text }) => loadedImportsOf(text).some((module) => /^(node:)?https?$/.test(module)));
    assert.deepEqual(
      loading.map(({ path }) => path),
      [],
    );
  });

  it('reach the contract from outside as its rule allows', () => {
    assert.deepEqual(
      wrongUsesOfContract(typeScriptBelow(['sim', 'web', 'card', 'test', 'bench', 'scripts'])),
      [],
    );
  });

  it('bring nothing but Lit and amounts into the dashboard’s file', () => {
    const isPart = ({ path }: { readonly path: string }) =>
      isProgram({ path }) && path !== 'card/vite.config.ts';
    assert.deepEqual(wrongImportsOfCard(typeScriptBelow(['card']).filter(isPart)), []);
  });

  it('never go round in a circle, between files or between rooms', () => {
    assert.deepEqual(cyclesOf(everything), []);
    assert.deepEqual(cyclesOf(graphOfRooms(program)), []);
  });
});

const arrow = (from: string, to: string): ImportGraph => new Map([[from, [to]]]);

const refused: readonly (readonly [from: string, to: string, because: RegExp])[] = [
  ['src/app.ts', 'src/main.ts', /upwards/],
  ['src/domain/fold.ts', 'src/store/ledger.ts', /upwards/],
  ['src/domain/fold.ts', 'src/app.ts', /upwards/],
  ['src/store/ledger.ts', 'src/ingest/ingest.ts', /upwards/],
  ['src/monzo/monzo-client.ts', 'src/logins/login-session.ts', /upwards/],
  ['src/ingest/ingest.ts', 'src/outputs/output.ts', /upwards/],
  ['src/commands/command.ts', 'src/http/server.ts', /upwards/],
  ['src/cli/verbs.ts', 'src/app.ts', /upwards/],
  ['src/outputs/mqtt/mqtt-output.ts', 'src/monzo/monzo-client.ts', /never/],
  ['src/outputs/mqtt/mqtt-output.ts', 'src/store/ledger.ts', /never/],
  ['src/outputs/delivery-loop.ts', 'src/store/event-log.ts', /never/],
  ['src/outputs/mqtt/mqtt-output.ts', 'src/outputs/live/stream.ts', /another/],
  ['src/outputs/delivery-loop.ts', 'src/outputs/mqtt/mqtt-output.ts', /another/],
  ['src/http/private.ts', 'src/config.ts', /only main, app, cli/],
  ['src/domain/fold.ts', 'src/config.ts', /only main, app, cli/],
  ['src/ingest/ingest.ts', 'src/environment.ts', /only main, cli/],
  ['src/log.ts', 'src/clock.ts', /leaf/],
  ['src/limits.ts', 'src/domain/values.ts', /leaf/],
  ['src/errors.ts', 'src/log.ts', /leaf/],
  ['src/config.ts', 'src/domain/values.ts', /settings/],
  ['src/store/ledger.ts', 'src/contract/bank-data.ts', /only http, cli/],
  ['src/logins/registry.ts', 'src/contract/login-data.ts', /only http, cli/],
  ['src/outputs/mqtt/mqtt-output.ts', 'src/contract/bank-data.ts', /only http, cli/],
  ['src/contract/login-data.ts', 'src/refusals/refuse.ts', /upwards/],
  ['src/contract/login-data.ts', 'src/store/ledger.ts', /upwards/],
  ['src/domain/login.ts', 'src/contract/login-data.ts', /only http, cli/],
  ['src/store/ledger.ts', 'node:sqlite', /only src\/store\/database\.ts/],
  ['src/app.ts', 'node:sqlite', /only/],
  ['src/main.ts', 'sim/bank.ts', /folder/],
  ['src/cli/program.ts', 'sim/bank.ts', /folder/],
  ['src/domain/fold.ts', 'test/support/arbitraries.ts', /folder/],
  ['src/http/private.ts', 'web/src/page.ts', /folder/],
  ['src/domain/fold.ts', 'node:fs', /alone/],
  ['src/domain/fold.ts', 'zod', /alone/],
  ['src/helpers/text.ts', 'src/errors.ts', /no layer/],
  ['src/app.ts', 'src/helpers/text.ts', /no layer/],
  ['src/app.ts', computed, /computed/],
];

const allowed: readonly (readonly [from: string, to: string])[] = [
  ['src/main.ts', 'src/app.ts'],
  ['src/main.ts', 'src/config.ts'],
  ['src/main.ts', 'src/environment.ts'],
  ['src/app.ts', 'src/outputs/mqtt/mqtt-output.ts'],
  ['src/app.ts', 'src/domain/view.ts'],
  ['src/app.ts', 'src/config.ts'],
  ['src/http/private.ts', 'src/store/ledger.ts'],
  ['src/outputs/mqtt/mqtt-output.ts', 'src/outputs/output.ts'],
  ['src/outputs/mqtt/mqtt-output.ts', 'src/outputs/mqtt/topics.ts'],
  ['src/outputs/mqtt/mqtt-output.ts', 'src/commands/table.ts'],
  ['src/ingest/poller.ts', 'src/logins/login-session.ts'],
  ['src/http/private.ts', 'src/contract/bank-data.ts'],
  ['src/cli/render.ts', 'src/contract/bank-data.ts'],
  ['src/commands/table.ts', 'src/contract/command-data.ts'],
  ['src/commands/rails-store.ts', 'src/contract/money-data.ts'],
  ['src/contract/bank-data.ts', 'src/domain/spending.ts'],
  ['src/contract/bank-data.ts', 'zod'],
  ['src/domain/fold.ts', 'node:crypto'],
  ['src/domain/fold.ts', 'src/limits.ts'],
  ['src/config.ts', 'src/errors.ts'],
  ['src/config.ts', 'zod'],
  ['src/log.ts', 'src/errors.ts'],
  ['src/store/database.ts', 'node:sqlite'],
];

describe('the checker of arrows', () => {
  for (const [from, to, because] of refused)
    it(`refuses ${from} → ${to}`, () => {
      const [sentence, ...more] = wrongArrows(arrow(from, to));
      assert.match(sentence ?? 'nothing was refused', because);
      assert.deepEqual(more, []);
    });

  for (const [from, to] of allowed)
    it(`allows ${from} → ${to}`, () => {
      assert.deepEqual(wrongArrows(arrow(from, to)), []);
    });
});

const uses: readonly (readonly [path: string, text: string, because?: RegExp])[] = [
  ['web/api/a.ts', `import type { LoginItem } from '../../src/contract/login-data.ts';`],
  ['web/api/a.ts', `import { loginSchema } from '../../src/contract/login-data.ts';`, /only its types/],
  ['web/api/a.ts', `import { type LoginItem } from '../../src/contract/login-data.ts';`, /only its types/],
  ['web/api/a.ts', `export * from '../../src/contract/login-data.ts';`, /only its types/],
  ['web/api/a.ts', `const a = await import('../../src/contract/login-data.ts');`, /only its types/],
  ['web/api/a.ts', `import type { Login } from '../../src/domain/login.ts';`, /only by its contract/],
  ['web/format.ts', `import { placesOf } from '../src/domain/values.ts';`],
  ['web/api/a.ts', `import { text } from './guards.ts';`],
  ['test/browser/a.ts', `import type { LoginItem } from '../../src/contract/login-data.ts';`],
  ['test/browser/a.ts', `import { loginSchema } from '../../src/contract/login-data.ts';`, /only its types/],
  ['test/app/a.test.ts', `import { loginSchema } from '../../src/contract/login-data.ts';`],
  ['sim/bank.ts', `import type { LoginItem } from '../src/contract/login-data.ts';`, /only http, cli/],
];

describe('the checker of the contract', () => {
  for (const [path, text, because] of uses)
    it(`${because ? 'refuses' : 'allows'} in ${path}: ${text}`, () => {
      const [sentence, ...more] = wrongUsesOfContract([{ path, text }]);
      if (because) assert.match(sentence ?? 'nothing was refused', because);
      else assert.equal(sentence, undefined);
      assert.deepEqual(more, []);
    });
});

describe('the checker of the dashboard’s file', () => {
  for (const text of [
    `import type { Login } from '../src/domain/login.ts';`,
    `import { money } from '../web/format.ts';`,
    `import { LitElement } from 'lit';`,
    `import { Chart } from 'chart.js';`,
    `import { readFileSync } from 'node:fs';`,
  ])
    it(`refuses ${text}`, () => {
      assert.match(wrongImportsOfCard([{ path: 'card/a.ts', text }]).join(), /its own code, Lit and amounts/);
    });

  it('allows Lit, its directives, amounts and the file’s own parts', () => {
    const names = [
      'lit/html.js',
      'lit/directives/live.js',
      '../src/domain/values.ts',
      './hass.ts',
      './pots/a.ts',
    ];
    const text = names.map((name) => `import '${name}';`).join('\n');
    assert.deepEqual(wrongImportsOfCard([{ path: 'card/a.ts', text }]), []);
  });
});

describe('the checker of circles', () => {
  it('finds a file that imports itself', () => {
    assert.deepEqual(cyclesOf(arrow('a.ts', 'a.ts')), ['a.ts → a.ts']);
  });

  it('finds a circle behind a way that leads into it', () => {
    const graph: ImportGraph = new Map([
      ['a.ts', ['b.ts', 'd.ts']],
      ['b.ts', ['c.ts']],
      ['c.ts', ['b.ts']],
      ['d.ts', []],
    ]);
    assert.deepEqual(cyclesOf(graph), ['b.ts → c.ts → b.ts']);
  });

  it('takes two ways to one file for none', () => {
    const graph: ImportGraph = new Map([
      ['a.ts', ['b.ts', 'c.ts']],
      ['b.ts', ['d.ts']],
      ['c.ts', ['d.ts']],
    ]);
    assert.deepEqual(cyclesOf(graph), []);
  });

  it('finds rooms that need each other though no file does', () => {
    const graph: ImportGraph = new Map([
      ['src/ingest/a.ts', ['src/logins/b.ts']],
      ['src/logins/c.ts', ['src/ingest/d.ts']],
    ]);
    assert.deepEqual(cyclesOf(graph), []);
    assert.deepEqual(cyclesOf(graphOfRooms(graph)), ['ingest → logins → ingest']);
  });
});

describe('the reader of imports', () => {
  const forms: readonly (readonly [source: string, ...names: string[]])[] = [
    [`import a from './a.ts';`, './a.ts'],
    [`import a, { b as c } from './a.ts';`, './a.ts'],
    [`import * as a from './a.ts';`, './a.ts'],
    [`import type { A } from './a.ts';`, './a.ts'],
    [`import type A from './a.ts';`, './a.ts'],
    [`import { type A } from './a.ts';`, './a.ts'],
    [`import './a.ts';`, './a.ts'],
    [`export * from './a.ts';`, './a.ts'],
    [`export * as a from './a.ts';`, './a.ts'],
    [`export type { A } from './a.ts';`, './a.ts'],
    [`export { default as a } from "./a.ts";`, './a.ts'],
    [`const a = await import('./a.ts');`, './a.ts'],
    ['const a = `${await import(`./a.ts`)}`;', './a.ts'],
    [`type A = import('./a.ts').A;`, './a.ts'],
    [`const a = await import(name);`, computed],
    [`const url = import.meta.url;`],
    [`// import './a.ts'`],
    [`/* import './a.ts' */ const a = "import './a.ts'";`],
    ["const a = `import './a.ts'`;"],
    [`const a = /import '.\\/a.ts'/;`],
    [`export const from = './a.ts'; export { from };`],
  ];
  for (const [source, ...names] of forms)
    it(`reads ${source}`, () => {
      assert.deepEqual(importsOf(source), names);
    });

  const erased = new Set([
    `import type { A } from './a.ts';`,
    `import type A from './a.ts';`,
    `export type { A } from './a.ts';`,
  ]);
  for (const [source, ...names] of forms)
    it(`says whether it is loaded at run time: ${source}`, () => {
      assert.deepEqual(loadedImportsOf(source), erased.has(source) ? [] : names);
    });

  it('turns relative names into paths from the root', () => {
    const text = `import '../errors.ts'; import './names.ts'; import '../../sim/bank.ts'; import 'zod';`;
    assert.deepEqual(graphOf([{ path: 'src/domain/view.ts', text }]).get('src/domain/view.ts'), [
      'src/errors.ts',
      'src/domain/names.ts',
      'sim/bank.ts',
      'zod',
    ]);
  });
});
