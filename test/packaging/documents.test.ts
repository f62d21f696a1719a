import assert from 'node:assert/strict';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, it } from 'node:test';
import { settings } from '../../src/config.ts';
import { noHistory, type Login } from '../../src/domain/login.ts';
import { consequenceOf, loginView } from '../../src/logins/trouble.ts';
import { BankError, bankFaults } from '../../src/monzo/bank-error.ts';
import { topicsBelow } from '../../src/outputs/mqtt/topics.ts';
import { refusals } from '../../src/refusals/refuse.ts';
import { patternsOf } from '../../src/refusals/sentence.ts';
import { parse } from 'yaml';

const root = join(import.meta.dirname, '../..');
const read = (path: string) => readFileSync(join(root, path), 'utf8');
const documents = globSync(['*.md', 'docs/**/*.md', 'app/**/*.md', 'hacs/**/*.md'], { cwd: root }).toSorted();
const manifest = JSON.parse(read('package.json')) as {
  readonly scripts: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
};

/** Every match of a pattern's first group in every document, with the document it stands in. */
function mentions(pattern: RegExp): readonly (readonly [path: string, found: string])[] {
  return documents.flatMap((path) =>
    [...read(path).matchAll(pattern)].map(([, found = '']) => [path, found] as const),
  );
}

describe('the documents', () => {
  it('link to files that exist', () => {
    const links = mentions(/\]\((?!https?:)([^)#\s]+)[^)]*\)/g);
    assert.ok(links.length > 10);
    assert.deepEqual(
      links.filter(([path, target]) => !existsSync(join(root, dirname(path), target))),
      [],
    );
  });

  it('name npm scripts that exist', () => {
    const scripts = mentions(/\bnpm (?:run )?((?:test|start)\b(?!:)|(?<=run )[\w:-]+)/g);
    assert.ok(scripts.some(([path, name]) => path === 'README.md' && name === 'demo'));
    assert.deepEqual(
      scripts.filter(([, name]) => !Object.hasOwn(manifest.scripts, name)),
      [],
    );
  });

  it('name settings that exist', () => {
    const variables = mentions(/MONZO_BRIDGE_([A-Z][A-Z_]*[A-Z])(?!_?…)/g);
    const known = (name: string) => name.replace(/_FILE$/, '') in settings || testSettings.has(name);
    assert.ok(variables.length > 20);
    assert.deepEqual(
      variables.filter(([, name]) => !known(name)),
      [],
    );
  });
});

describe('the examples for Home Assistant', () => {
  const examples = mentions(/```yaml\n([^`]*)```/g)
    .map(([path, text]) => ({ path, text, content: parse(text, { version: '1.1' }) as unknown }))
    .filter(({ text }) => text.includes('script.monzo_'));

  it('say of every move of money which one it is', () => {
    const moves = examples.flatMap(({ path, content }) =>
      stepsIn(content)
        .filter(({ action }) => action === 'script.monzo_pot_transfer')
        .map(({ data }) => ({ path, data: data ?? {} })),
    );
    assert.ok(moves.length >= 4);
    for (const { path, data } of moves) {
      const marks = ['event_id', 'request_id'].filter((key) => key in data);
      assert.equal(marks.length, 1, `${path}: ${JSON.stringify(data)}`);
    }
  });

  it('queue what comes while they are busy', () => {
    const automations = examples.filter(({ text }) => text.includes('triggers:'));
    assert.ok(automations.length >= 3);
    for (const { path, content } of automations) {
      const { mode, max } = content as { mode?: unknown; max?: unknown };
      assert.deepEqual([mode, typeof max], ['queued', 'number'], path);
    }
  });
});

interface Step {
  readonly action?: unknown;
  readonly data?: object;
}

/** Every object in there, however deep. */
function stepsIn(content: unknown): readonly Step[] {
  if (typeof content !== 'object' || content === null) return [];
  return [content, ...Object.values(content).flatMap(stepsIn)];
}

/** Read by tests alone. */
const testSettings: ReadonlySet<string> = new Set([
  'RECORDINGS',
  'REQUIRE_RECORDINGS',
  'HASS_CACHE',
  'TEST_NOW',
  'TEST_LONG',
  'TEST_SIZE',
  'TEST_SEED',
  'TEST_SHRINK',
  'TEST_PICTURES',
]);

describe('the image', () => {
  const instruction = (name: string) => {
    const [, found = '[]'] = new RegExp(`^${name} (\\[.*\\])$`, 'm').exec(read('Dockerfile')) ?? [];
    return (JSON.parse(found) as readonly string[]).join(' ');
  };

  it('starts the bridge, and takes another verb instead', () => {
    assert.deepEqual(
      [instruction('ENTRYPOINT'), instruction('CMD')],
      ['node /app/bin/monzo-bridge.js', 'start'],
    );
  });

  it('is spoken to as the documents say', () => {
    const commands = mentions(/docker exec monzo-bridge (.+)/g);
    assert.ok(commands.length > 0);
    assert.deepEqual(
      commands.filter(([, command]) => !/^(monzo-bridge|node bin\/monzo-bridge\.js) /.test(command)),
      [],
    );
  });
});

describe('the reasons for dependencies', () => {
  it('are given once for each package, and for none that is gone', () => {
    const named = [...read('docs/decisions/dependencies.md').matchAll(/^- `([^`]+)`: \S/gm)].map(
      ([, name]) => name,
    );
    const used = Object.keys(manifest.devDependencies);
    assert.deepEqual(new Set(named), new Set(used));
    assert.equal(named.length, used.length);
  });
});

describe('the decision records', () => {
  const records = documents.filter((path) => /^docs\/decisions\/\d/.test(path));
  const headings = (text: string) => [...text.matchAll(/^## .+$/gm)].map(([line]) => line);

  it('are numbered without gaps', () => {
    const numbers = records.map((path) => Number(path.slice('docs/decisions/'.length).slice(0, 4)));
    assert.ok(numbers.length > 0);
    assert.deepEqual(
      numbers,
      numbers.map((_number, index) => index + 1),
    );
  });

  for (const path of records)
    it(`follow the template: ${path}`, () => {
      const text = read(path);
      assert.match(
        text,
        /^# \d{4} .+\n\nDate: \d{4}-\d\d-\d\d · Status: (proposed|accepted|replaced by \d{4})\n/,
      );
      assert.deepEqual(headings(text), headings(read('docs/decisions/template.md')));
      assert.ok(path.includes(`/${text.slice(2, 6)}-`));
    });
});

const login: Login = {
  id: 'login_1',
  name: 'Alex',
  clientId: 'oauth2client_1',
  redirectUri: 'http://127.0.0.1:8098/oauth/callback',
  userId: null,
  state: 'active',
  trouble: null,
  created: 0,
  activeSince: null,
  approvedAt: null,
  lastSuccess: null,
  history: noHistory,
};

describe('the help for people in trouble', () => {
  const quotes = [...read('docs/troubleshooting.md').matchAll(/"([^"\n]*)"/g)]
    .map(([, quote = '']) => quote.split('…'))
    .filter((parts) => parts.join('').length >= 12);
  const isQuoted = (sentence: string) =>
    quotes.some((parts) => parts.every((part) => sentence.includes(part)));

  for (const fault of bankFaults)
    it(`quotes what a login says after ${fault}`, () => {
      const troubled = { ...login, ...consequenceOf(login, new BankError(fault, { effect: 'none' })) };
      const needs = loginView(troubled, { now: 0, timeZone: 'UTC', nameOf: (id: string) => id }).needs ?? '';
      assert.ok(isQuoted(needs), needs);
    });

  it('quotes every sentence of the catalogue of refusals', () => {
    const page = read('docs/troubleshooting.md');
    const patterns = [...refusals.values()].flatMap(patternsOf);
    assert.ok(patterns.length >= 60);
    assert.deepEqual(
      patterns.filter((pattern) => !page.includes(`"${pattern}"`)),
      [],
    );
  });
});

describe('the description of MQTT', () => {
  it('names every topic', () => {
    const topics = topicsBelow('monzo', 'homeassistant');
    const text = read('docs/mqtt.md');
    const wanted = [
      ...Object.values(topics.bridge),
      topics.state('ID').replace('ID', '<account_id>'),
      topics.transaction('ID').replace('ID', '<account_id>'),
      topics.event('ID').replace('ID', '<account_id>'),
      topics.login('ID').replace('ID', '<login_id>'),
      topics.document('ID').replace('ID', '<id>'),
    ];
    assert.deepEqual(
      wanted.filter((topic) => !text.includes(`\`${topic}\``)),
      [],
    );
  });
});
