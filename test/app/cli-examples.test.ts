import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { createProgram } from '../../src/cli/program.ts';
import { seededRandom } from '../../sim/fake-clock.ts';
import { alex, household } from '../../sim/household.ts';
import { createWorld, type World } from '../support/world.ts';
import { answered } from '../support/people.ts';
import { optionsOfRun, runOnTerminal, settingsBeside } from './cli-run.ts';

/** Every verb of the tree, as it is written, and whether others stand below it. */
function treeOf(program: ReturnType<typeof createProgram>): readonly string[] {
  const below = (command: typeof program, path: string): readonly string[] =>
    command.commands.flatMap((verb) => {
      const own = `${path} ${verb.name()}`.trim();
      return [own, ...below(verb, own)];
    });
  return below(program, '');
}

const verbs = treeOf(createProgram(optionsOfRun([]).options, () => {}));

/** Groups that do nothing by themselves. */
const groups = ['login', 'webhook', 'receipt', 'home-assistant', 'home-assistant blueprints'];

const exampleIn = (help: string) => /\nExample:\n {2}(monzo-bridge .*)\n/.exec(help)?.[1] ?? null;

/** What a shell makes of a line, as far as the examples use it: quotes, and what goes to another program. */
function wordsOf(line: string): readonly string[] {
  const [own = ''] = line.split(/ [|>] /);
  return [...own.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, plain = '']) => quoted ?? plain).slice(1);
}

/** Routes for which no verb is wanted, each with the reason. */
const withoutVerb: ReadonlyMap<string, string> = new Map([
  ['POST /api/session', 'signs a browser in'],
  ['GET /api/session', 'of a browser’s cookie'],
  ['DELETE /api/session', 'of a browser’s cookie'],
  ['GET /api/setup', 'depends on the browser that asks'],
  ['POST /api/transfers/{id}/decision', 'the command decide_transfer does the same'],
  ['POST /api/commands/receipt', 'the route of the transaction’s receipt does it'],
  ['POST /api/commands/add_receipt', 'the same'],
  ['POST /api/commands/remove_receipt', 'the same'],
  ['POST /api/commands/transactions', 'the route of the same name does it'],
  ['GET /metrics', 'read by Prometheus'],
  ['GET /api/openapi.json', 'read by programs; `docs/openapi.json` is the same'],
  ['GET /api/live', 'a stream for the page'],
]);

/** Examples that the bridge of this test refuses: it has no Home Assistant, no public address, and nothing put aside. */
const refused: ReadonlyMap<string, RegExp> = new Map([
  ['login callback', /sign-in/],
  ['login secret', /secret/],
  ['webhook test', /address/],
  ['transfers decide', /There is no transfer/],
  ['receipt add', /add up to 6\.65 GBP/],
  ['events retry', /put aside/],
  ['sessions end', /^$/],
  // Sam, whom the example of `login add` begins to connect, has not signed in.
  ['doctor', /^$/],
  ['restore', /A bridge is running/],
  ['home-assistant actions create', /Home Assistant/],
  ['home-assistant actions remove', /Home Assistant/],
  ['home-assistant readers', /Home Assistant/],
  ['home-assistant blueprints install', /Home Assistant/],
  ['home-assistant blueprints remove', /Home Assistant/],
  ['home-assistant dashboard add', /Home Assistant/],
  ['home-assistant dashboard remove', /Home Assistant/],
  ['home-assistant dashboard file', /dashboard|built/],
  ['home-assistant devices restore', /No device named Holiday is deleted/],
]);

describe('the help of every verb', () => {
  it('ends with one example of it', async () => {
    const without = [];
    for (const verb of verbs) {
      const { out } = await runOnTerminal([...verb.split(' '), '--help']);
      const example = exampleIn(out);
      if (example === null) without.push(verb);
      else assert.ok(`${example} `.startsWith(`monzo-bridge ${verb} `), `${verb}: ${example}`);
      assert.match(out, /\n\n\S.*\n/, `${verb} says what it does`);
      for (const line of out.split('\n'))
        assert.doesNotMatch(line, /^ {2}--\S+( <[^>]+>)?$/, `${verb}: an option without a meaning`);
    }
    assert.deepEqual(without, groups);
  });
});

describe('every example', () => {
  let world: World;
  before(async () => {
    world = await createWorld({
      bank: (now, ways) => {
        const bank = household({ now, random: seededRandom(1), ...ways });
        bank.addHistory(alex.current, { days: 20, perDay: 2 });
        return bank;
      },
    });
    await world.connect('alex');
    writeFileSync(join(world.directory, 'secret.txt'), 'another-secret');
  });
  after(() => world[Symbol.asyncDispose]());

  const called = new Set<string>();
  const watched: typeof fetch = (input, init) => {
    const { pathname } = new URL(input instanceof Request ? input.url : input);
    called.add(`${init?.method ?? 'GET'} ${pathname}`);
    return fetch(input, init);
  };
  const run = (argv: readonly string[]) =>
    answered(
      world,
      runOnTerminal(argv, {
        cwd: world.directory,
        fetch: watched,
        env: {
          MONZO_CLIENT_SECRET: 'mnzconf.of-sam',
          ...settingsBeside(world),
        },
      }),
    );

  it('does what its verb says, or is refused with a sentence', async () => {
    const [newest] = [...world.bank.model.transactions.values()];
    // They change the login that the others use.
    const last = ['login secret', 'login rename', 'login remove'];
    const first = verbs.filter((verb) => !groups.includes(verb) && !last.includes(verb));
    for (const verb of [...first, ...last]) {
      const example = exampleIn((await runOnTerminal([...verb.split(' '), '--help'])).out) ?? '';
      const words = wordsOf(example.replace(/tx_0000ABC(?!:)/, newest?.id ?? ''));
      const needsYes = ['record', 'login remove'].includes(verb) ? ['--yes'] : [];
      const waits = ['login add', 'login reauthorize'].includes(verb) ? ['--no-wait'] : [];
      if (verb === 'login remove') await run(['login', 'rename', 'Alexandra', 'Alex']);
      const { code, out, err } = await run([...words, ...needsYes, ...waits]);
      const sentence = refused.get(verb);
      if (sentence === undefined) assert.equal(code, 0, `${example}: ${err}`);
      else if (code !== 0) assert.match(err, sentence, `${example}: ${out}`);
      assert.notEqual(code, 2, `${example}: ${err}`);
    }
  });

  it('together with the other forms of some they reach every route that a person can use here', async () => {
    const others = [
      ['audit'],
      ['transactions', 'tx_none'],
      ['transfers', 'transfer_none'],
      ['sessions', 'end', 'none'],
      ['home-assistant', 'devices', 'restore', 'pot_none'],
    ];
    for (const words of others) await run(words);
    const { paths } = JSON.parse(readFileSync('docs/openapi.json', 'utf8')) as {
      readonly paths: Readonly<Record<string, object>>;
    };
    const routes = Object.entries(paths).flatMap(([path, item]) =>
      Object.keys(item).map((method) => `${method.toUpperCase()} ${path}`),
    );
    const isReached = (route: string) => {
      const pattern = new RegExp(`^${route.replaceAll(/\{\w+\}/g, '[^/]+')}$`);
      return [...called].some((call) => pattern.test(call));
    };
    assert.deepEqual(
      routes.filter((route) => isReached(route) === withoutVerb.has(route)),
      [],
    );
  });
});
