import assert from 'node:assert/strict';
import { chmodSync, existsSync, globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { parseEnv } from 'node:util';
import { parse } from 'yaml';
import { z } from 'zod';
import { connectPerson } from '../../sim/demo/connect.ts';
import { seededRandom } from '../../sim/fake-clock.ts';
import { createFaults } from '../../sim/faults.ts';
import { alex, household, sam } from '../../sim/household.ts';
import { callSimulatedBank } from '../../sim/server.ts';
import type { App } from '../../src/app.ts';
import { systemClock } from '../../src/clock.ts';
import { readConfig } from '../../src/config.ts';
import { findProgram, installPackages, run } from '../home-assistant/processes.ts';
import { post } from '../support/people.ts';
import { freePort } from '../support/port.ts';
import { askApi, startApp } from '../support/start-app.ts';
import { until } from '../support/until.ts';

/** The commands, settings and JSON that the documents show, run as they are written against a bridge with a simulated bank. */

const root = join(import.meta.dirname, '../..');
const guides = [
  'http',
  'command-line',
  'mqtt',
  'home-assistant',
  'apple-home',
  'assistants',
  'moving-from-core',
];
const documents = ['README.md', ...guides.map((name) => `docs/${name}.md`)].filter((path) =>
  existsSync(join(root, path)),
);

interface Block {
  readonly document: string;
  readonly language: string;
  readonly text: string;
}

const blocks: readonly Block[] = documents.flatMap((document) =>
  [...readFileSync(join(root, document), 'utf8').matchAll(/^```(\w*)\n([^`]*)^```$/gm)].map(
    ([, language = '', text = '']) => ({ document, language, text }),
  ),
);

/** The only block of a document that holds these words. */
function blockWith(document: string, words: string): string {
  const found = blocks.filter((block) => block.document === document && block.text.includes(words));
  assert.equal(found.length, 1, `${document}: ${words}`);
  return found[0]?.text ?? '';
}

const bank = household({ now: () => systemClock.now(), random: seededRandom(71) });
const faults = createFaults({ wait: (ms) => systemClock.wait(ms) });
const home = mkdtempSync(join(tmpdir(), 'monzo-bridge-shown-'));
let app: App;

before(async () => {
  if ((await findProgram('curl')) === undefined) await installPackages(['curl']);
  const port = await freePort();
  app = await startApp({
    directory: join(home, 'data'),
    callBank: callSimulatedBank(bank, faults),
    settings: {
      MONZO_BRIDGE_PUBLIC_PORT: String(port),
      MONZO_BRIDGE_PUBLIC_URL: `http://127.0.0.1:${port}`,
    },
  });
  await connectPerson(bank, app, { name: 'Alex', ...alex });
  await until('Alex is connected', () => app.view().logins.every(({ state }) => state === 'active'));
  // A request that is refused is a failure of the line.
  writeFileSync(join(home, '.curlrc'), 'silent\nfail-with-body\n');
  const launch = join(root, 'src/launch.ts');
  program('monzo-bridge', `exec "${process.execPath}" "${launch}" "$@"`);
  program('npx', 'exec "$@"');
});

after(async () => {
  await app?.close();
  rmSync(home, { recursive: true, force: true });
});

function program(name: string, line: string): void {
  const path = join(home, name);
  writeFileSync(path, `#!/bin/sh\n${line}\n`);
  chmodSync(path, 0o755);
}

/** Runs lines in the directory where the bridge was started; what stands for something of one's own is put in. */
function shell(text: string): Promise<string> {
  const lines = text
    .replaceAll('http://127.0.0.1:8099', app.uiUrl)
    .replaceAll('oauth2client_…', sam.clientId)
    .replaceAll('mnzconf.…', sam.clientSecret)
    .replaceAll('"name":"Alex"', '"name":"Sam"');
  const [token = ''] = blockWith('docs/http.md', 'token=$(cat').split('\n');
  const before = lines.includes('$token') ? `${token}\n` : '';
  const port = new URL(app.uiUrl).port;
  const env = { PATH: `${home}:${process.env['PATH'] ?? ''}`, HOME: home, MONZO_BRIDGE_UI_PORT: port };
  return run({ file: 'sh', args: ['-euc', `cd "${home}"\n${before}${lines}`] }, { env });
}

const json = (text: string): unknown => JSON.parse(text);
const listSchema = z.looseObject({ items: z.array(z.looseObject({ id: z.string() })) });

describe('the lines of docs/http.md', () => {
  const block = (words: string) => shell(blockWith('docs/http.md', words));

  it('read the accounts', async () => {
    const { items } = listSchema.parse(json(await block('/api/accounts')));
    assert.ok(items.some(({ id }) => id === alex.current));
  });

  it('list the logins, and connect a person', async () => {
    const text = await block('# Every login');
    const [list = '', made = ''] = text.split(/(?<=\})(?=\{)/);
    assert.equal(listSchema.parse(json(list)).items.length, 1);
    const login = z.looseObject({ id: z.string(), authorize_url: z.url(), redirect_uri: z.url() });
    const { id } = login.parse(json(made));
    await askApi(app, `/api/logins/${id}`, { method: 'DELETE' });
  });

  it('search, sum up and export transactions', async () => {
    const id = bank.purchase(alex.current, { amount: 350, merchant: 'Blue Door Coffee' });
    await askApi(app, '/api/commands/refresh', post({}));
    const { items } = listSchema.parse(json(await block('q=coffee')));
    assert.ok(items.some((item) => item.id === id));
    const sums = z.looseObject({ items: z.array(z.unknown()), totals: z.array(z.unknown()) });
    sums.parse(json(await block('spending?by=category')));
    z.looseObject({ month: z.literal('2026-03') }).parse(json(await block('report?month=')));
    await block('curl -OJ');
    const [file = ''] = globSync('*.csv', { cwd: home });
    assert.match(readFileSync(join(home, file), 'utf8'), /Blue Door Coffee/);
  });

  it('register a webhook', async () => {
    const { webhooks } = z
      .looseObject({ webhooks: z.array(z.looseObject({ account: z.string() })) })
      .parse(json(await block('register_webhook')));
    assert.deepEqual(
      webhooks.map(({ account }) => account),
      [alex.current],
    );
  });

  it('move money once, with the answer that is shown', async () => {
    const before = bank.pot(alex.pots.holiday).balance;
    const lines = blockWith('docs/http.md', '/api/commands/pot_transfer');
    const answer = members(json(await shell(lines)));
    assert.equal(bank.pot(alex.pots.holiday).balance, before + 2_500);
    const shown = members(json(blockWith('docs/http.md', '"money_moved": "yes"')));
    assert.deepEqual(Object.keys(answer).toSorted(), Object.keys(shown).toSorted());
    for (const [name, value] of Object.entries(shown))
      if (!/balance/.test(name)) assert.match(String(answer[name]), asPattern(value), name);
    const again = members(json(await shell(lines)));
    assert.deepEqual([again['repeated'], bank.pot(alex.pots.holiday).balance], [true, before + 2_500]);
  });

  it('are the same in a terminal', async () => {
    const before = bank.pot(alex.pots.holiday).balance;
    const lines = blockWith('docs/command-line.md', 'rails set --per-move').trim().split('\n');
    for (const line of lines.slice(0, -1)) await shell(line);
    // The same request as above.
    assert.equal(bank.pot(alex.pots.holiday).balance, before);
    await assert.rejects(shell(lines.at(-1) ?? ''), /ended with 1:/);
  });

  it('set the limits that are shown', async () => {
    const text = blockWith('docs/http.md', '"cooldown_seconds"').replace('acc_…', alex.current);
    const answer = await askApi(app, '/api/rails', { ...post(json(text)), method: 'PUT' });
    assert.equal(answer.status, 200);
    const { accounts, ...others } = members(await answer.json());
    const { accounts: shownAccounts, ...shown } = members(json(text));
    for (const [name, value] of Object.entries(shown)) assert.deepEqual(others[name], value, name);
    const [one] = Object.keys(members(shownAccounts));
    assert.deepEqual(members(members(accounts)[one ?? ''])['floor'], { GBP: '200' });
  });

  it('show a refusal as it comes', async () => {
    const shown = members(json(blockWith('docs/http.md', 'client_in_use')));
    const { clientId, clientSecret } = alex;
    const body = { name: 'Alex again', client_id: clientId, client_secret: clientSecret };
    const answer = members(await (await askApi(app, '/api/logins', post(body))).json());
    assert.deepEqual(Object.keys(answer).toSorted(), Object.keys(shown).toSorted());
    for (const [name, value] of Object.entries(shown)) assert.match(String(answer[name]), asPattern(value));
  });

  it('are read by Prometheus', async () => {
    const [config] = scrapeSchema.parse(parse(blockWith('docs/http.md', 'scrape_configs'))).scrape_configs;
    assert.equal(config?.static_configs[0]?.targets[0], '127.0.0.1:8099');
    assert.match(await (await askApi(app, '/metrics')).text(), /^# HELP /m);
  });
});

describe('the lines of README.md', () => {
  it('move money once, and back everything up', async () => {
    const before = bank.pot(alex.pots.holiday).balance;
    await shell(blockWith('README.md', 'transfer deposit 25.00'));
    assert.equal(bank.pot(alex.pots.holiday).balance, before);
    await shell(blockWith('README.md', 'backup monzo-bridge-backup.sqlite'));
    assert.ok(existsSync(join(home, 'monzo-bridge-backup.sqlite')));
  });

  const settings = blocks.filter(
    ({ document, text }) => document === 'README.md' && text.startsWith('MONZO_BRIDGE_'),
  );
  for (const { text } of settings)
    it(`are settings that the bridge takes: ${text.split('=')[0]}`, () => {
      const environment = parseEnv(text.replace('…', 'a-long-lived-token'));
      assert.ok(Object.keys(environment).length > 0);
      readConfig({ environment, readFile: () => assert.fail() });
    });

  it('write a setting into .env', async () => {
    const [line = ''] = blockWith('README.md', 'echo MONZO_BRIDGE_UI_HOST=0.0.0.0 >> .env').split('\n');
    await shell(line);
    const environment = parseEnv(readFileSync(join(home, '.env'), 'utf8'));
    readConfig({ environment, readFile: () => assert.fail() });
    rmSync(join(home, '.env'));
  });
});

/** What runs the blocks that are not run above, by words of theirs. */
const elsewhere: Readonly<Record<string, string>> = {
  'npm run demo': 'test/home-assistant/demo.test.ts',
  'npm start': 'test/packaging/checkout.test.ts',
  'npx monzo-bridge login add': 'test/app/logins-cli.test.ts',
  'docker build': 'test/image/compose.test.ts',
  'docker compose up': 'test/image/compose.test.ts',
  'npm pack': 'test/packaging/packed.test.ts',
  'sudo useradd': 'test/packaging/service.ts',
  'sudo -u monzo-bridge tee -a': 'test/packaging/service.ts',
  'npm test': 'package.json',
  '/receipt': 'test/app/receipts.test.ts',
  'set_tcp_nodelay true': 'test/home-assistant/mosquitto.ts',
};
/** The documents whose YAML is run by a test of its own. */
const yaml: Readonly<Record<string, string>> = {
  'docs/home-assistant.md': 'test/home-assistant/examples.test.ts',
  'docs/mqtt.md': 'test/home-assistant/examples.test.ts',
  'docs/apple-home.md': 'test/home-assistant/apple-home.test.ts',
  'docs/moving-from-core.md': 'test/home-assistant/moving-from-core.test.ts',
};

describe('every block of a document', () => {
  const source = readFileSync(import.meta.filename, 'utf8');
  const isRunHere = ({ document, text }: Block) =>
    text.startsWith('MONZO_BRIDGE_') ||
    [...source.matchAll(/(?:block|blockWith)\((?:'([^']+\.md)', )?'([^']+)'\)/g)].some(
      ([, where = 'docs/http.md', words = '']) => where === document && text.includes(words),
    );
  const isRunElsewhere = ({ document, language, text }: Block) =>
    language === 'yaml' ? document in yaml : Object.keys(elsewhere).some((words) => text.includes(words));

  it('is run here, or by the test that is named here', () => {
    const runs = blocks.filter((block) => block.language !== 'json' || block.document !== 'docs/mqtt.md');
    assert.ok(runs.length > 20);
    assert.deepEqual(
      runs.filter((block) => !isRunHere(block) && !isRunElsewhere(block)),
      [],
    );
    for (const path of [...Object.values(elsewhere), ...Object.values(yaml)])
      assert.ok(existsSync(join(root, path)), path);
  });
});

const scrapeSchema = z.object({
  scrape_configs: z.array(
    z.looseObject({ static_configs: z.array(z.object({ targets: z.array(z.string()) })) }),
  ),
});

const members = (value: unknown) => z.record(z.string(), z.unknown()).parse(value);

/** What a value that is shown stands for: an ellipsis is anything. */
function asPattern(value: unknown): RegExp {
  const parts = String(value).split('…');
  return new RegExp(`^${parts.map((part) => RegExp.escape(part)).join('.*')}$`);
}
