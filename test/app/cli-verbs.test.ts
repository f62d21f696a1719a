import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { printable } from '../../src/cli/layout.ts';
import { seededRandom } from '../../sim/fake-clock.ts';
import { alex, household, sam } from '../../sim/household.ts';
import { untilHistoryIsRead } from '../support/history.ts';
import { answered } from '../support/people.ts';
import { createWorld, type World } from '../support/world.ts';
import { commandLineBeside, settingsBeside, type CliRun, type RunOptions } from './cli-run.ts';

describe('the command line', () => {
  let world: World;
  let alexId: string;

  before(async () => {
    world = await createWorld({ bank: livelyBank });
    alexId = await world.connect('alex');
    await untilHistoryIsRead(world);
  });
  after(() => world[Symbol.asyncDispose]());

  const settings = () => settingsBeside(world);
  const { run, good } = commandLineBeside(() => world);

  it('shows everything for people and for programs', async () => {
    assert.match(await good('login', 'list'), new RegExp(`${alexId} +Alex +active`));
    assert.match(await good('accounts'), /acc_0000AlexCurrent +Current account +\d+\.\d\d GBP/);
    assert.match(await good('pots'), /Holiday/);
    assert.match(
      await good('transactions', '--limit', '3', '--kind', 'card_payment'),
      /tx_\S+.*card_payment/,
    );
    assert.match(await good('events'), /^PLACE/);
    assert.match(await good('health'), /^ok +bridge: version/);
    for (const verb of ['accounts', 'pots', 'transactions', 'events', 'health', 'doctor'])
      assert.equal(typeof JSON.parse(await good(verb, '--json')), 'object', verb);
    assert.equal(JSON.parse(await good('--json', 'login', 'list')).items[0].id, alexId);
  });

  it('pages, and gives one transaction to the letter', async () => {
    const first = await good('transactions', '--limit', '2');
    const cursor = /--cursor (\S+)/.exec(first)?.[1] ?? '';
    assert.notEqual(await good('transactions', '--limit', '2', '--cursor', cursor), first);
    const id = /tx_\S+/.exec(first)?.[0] ?? '';
    const api = await (await world.api(`/api/transactions/${id}`)).text();
    assert.equal(await good('transactions', id, '--json'), `${api}\n`);
    assert.match(await good('transactions', id), new RegExp(`^id: ${id}`));
  });

  it('guides a person from the question for a name to the connected login', async () => {
    world.bank.registerRedirect(sam.clientId, `${world.app().publicUrl}/oauth/callback`);
    const typed = ['Sam', sam.clientId, sam.clientSecret];
    let printed = '';
    const finished = run(['login', 'add'], { typed, onPrinted: (text) => (printed += text) });
    await world.until('it asks to sign in', () => printed.includes('Waiting.'));
    await signInAsSam(world);
    await world.until('it asks to approve', () => printed.includes('open the Monzo app'));
    world.bank.approve(sam.userId);
    const { code, out, err } = await answered(world, finished);
    assert.equal(code, 0, err);
    assert.match(out, new RegExp(`${world.app().publicUrl}/oauth/callback`));
    assert.match(out, /\/\?.*client_id=/);
    assert.equal(out.split('open the Monzo app').length, 2, 'the same sentence is said once');
    assert.match(out, /Sam is connected\.\n$/);
    assert.ok(!`${out}${err}`.includes(sam.clientSecret));
    assert.equal((await run(['login', 'remove', 'sam'], { typed: ['no'] })).code, 1);
    assert.match((await run(['login', 'remove', 'Sam'], { typed: ['yes'] })).out, /Sam was removed/);
  });

  it('takes the secret from a file, a pipe or the environment', async () => {
    const file = join(world.directory, 'secret.txt');
    writeFileSync(file, 'mnzconf.from-a-file\n');
    const ways: readonly (readonly [readonly string[], RunOptions])[] = [
      [['--client-secret-file', 'secret.txt'], {}],
      [['--client-secret-file', '-'], { piped: 'mnzconf.from-a-pipe\n' }],
      [[], { env: { ...settings(), MONZO_CLIENT_SECRET: 'mnzconf.from-the-environment' } }],
    ];
    for (const [more, options] of ways) {
      const argv = [
        'login',
        'add',
        '--name',
        'Kim',
        '--client-id',
        'oauth2client_kim',
        '--no-wait',
        '--json',
        ...more,
      ];
      const { code, out, err } = await run(argv, options);
      assert.equal(code, 0, err);
      const { id } = JSON.parse(out) as { readonly id: string };
      assert.ok(!`${out}${err}`.includes('mnzconf.'));
      assert.match(await good('login', 'rename', id, '🦊 Kim Lee'), /Kim Lee/);
      assert.match(await good('login', 'reauthorize', 'kim lee', '--no-wait'), /client_id=oauth2client_kim/);
      assert.deepEqual(JSON.parse(await good('login', 'remove', id, '--yes', '--json')), { removed: id });
    }
    assert.match(await good('login', 'reload', 'alex'), /^active +Alex/);
  });

  it('fails with the sentence of the bridge', async () => {
    const failures: readonly (readonly [readonly string[], RegExp])[] = [
      [['login', 'reload', 'nobody'], /There is no login nobody\. There are: Alex\./],
      [['login', 'remove', 'alex'], /--yes/],
      [['login', 'add'], /--name/],
      [['login', 'callback', 'alex', 'https://example.org/?state=x'], /does not belong/],
      [['transactions', '--limit', '0'], /limit in the query/],
      [['transactions', 'tx_none'], /There is no transaction tx_none/],
      [['rails', 'set'], /Name a limit to change/],
      [['rails', 'set', '--account', 'current account'], /Name a limit to change/],
      [['entities', 'set'], /Name what to change/],
      [['home-assistant', 'devices', 'restore', 'Holiday'], /No device named Holiday is deleted/],
    ];
    for (const [argv, sentence] of failures) {
      const { code, out, err } = await run(argv);
      assert.deepEqual([code, out], [1, ''], argv.join(' '));
      assert.match(err, sentence);
    }
    const elsewhere = await run(['accounts', '--url', world.app().publicUrl]);
    assert.match(elsewhere.err, /^What answers at http:\S+, with status 404, is not the bridge: check \S+/);
    const asJson = await run(['transactions', 'tx_none', '--json']);
    assert.equal((JSON.parse(asJson.err) as { readonly code: string }).code, 'unknown_transaction');
    for (const argv of [['nonsense'], ['login', 'nonsense'], ['accounts', '--nonsense'], []])
      assert.equal((await run(argv)).code, 2, argv.join(' '));
    assert.equal((await run(['--help'])).code, 0);
    for (const [parent, below] of [
      ['rails', 'set'],
      ['entities', 'set'],
      ['categories', 'name'],
      ['events', 'retry'],
    ] as const) {
      const { code, err } = await run([parent, 'nonsense']);
      assert.equal(code, 2);
      assert.equal(err, `error: unknown command 'nonsense' below '${parent}'; there are: ${below}\n`);
    }
  });

  it('says in JSON what it did not understand, where a program asks', async () => {
    for (const argv of [
      [],
      ['login'],
      ['home-assistant', 'blueprints'],
      ['nonsense'],
      ['login', 'nonsense'],
      ['accounts', '--nonsense'],
      ['spending', '--by', 'week'],
      ['transfers', 'decide', 'transfer_none', 'perhaps'],
      ['feed', 'Current account'],
      ['completion', 'tcsh'],
      ['note', 'tx_none', '\u{FFFD}'],
    ]) {
      const { code, out, err } = await run([...argv, '--json']);
      assert.deepEqual([code, out], [2, ''], argv.join(' '));
      const { code: why, detail } = JSON.parse(err) as { readonly code: string; readonly detail: string };
      assert.equal(why, 'not_understood', argv.join(' '));
      assert.match(detail, /^(?!error)\S.+/);
    }
  });

  it('prints JSON where a program asks, also for what is a text to people', async () => {
    const unit = JSON.parse(await good('service', '--json')) as { readonly unit: string };
    assert.match(unit.unit, /\[Service\]/);
    const completion = JSON.parse(await good('completion', 'bash', '--json')) as { readonly script: string };
    assert.match(completion.script, /complete -o default/);
  });

  it('starts the bridge only when asked to', async () => {
    let starts = 0;
    const start = async () => void (starts += 1);
    await run(['health'], { start });
    assert.equal(starts, 0);
    assert.equal((await run(['start'], { start })).code, 0);
    assert.equal(starts, 1);
  });

  describe('doctor', () => {
    const doctor = (env: RunOptions['env'], more: readonly string[] = []): Promise<CliRun> =>
      run(['doctor', ...more], { env: env ?? {} });

    it('says that all is well', async () => {
      const { code, out } = await doctor(settings());
      assert.deepEqual(
        [code, out.split('\n').filter((line) => line !== '' && !line.startsWith('ok '))],
        [0, []],
      );
      assert.match(out, /login Alex/);
    });

    it('says what is wrong, one line each', async () => {
      const wrong: readonly (readonly [Record<string, string>, RegExp])[] = [
        [{ MONZO_BRIDGE_UI_PORT: 'x' }, /^down +settings: MONZO_BRIDGE_UI_PORT must be/m],
        [{ MONZO_BRIDGE_UI_PROT: '1' }, /did you mean MONZO_BRIDGE_UI_PORT/],
        [
          { ...settings(), MONZO_BRIDGE_DATA_DIR: '/nonexistent/data' },
          /^unknown +data directory: .*does not exist/m,
        ],
        [
          { ...settings(), MONZO_BRIDGE_ADMIN_TOKEN: 'not-the-token'.padEnd(32, '-') },
          /^down +admin token: The bridge at .* does not accept this token/m,
        ],
        [
          { ...settings(), MONZO_BRIDGE_UI_PORT: '1' },
          /^down +process: No bridge answers at http:\/\/127\.0\.0\.1:1 /m,
        ],
      ];
      for (const [env, line] of wrong) {
        const { code, out } = await doctor(env);
        assert.equal(code, 1);
        assert.match(out, line);
        assert.ok(!out.includes('not-the-token'));
      }
    });

    it('names the login that needs its person', async () => {
      world.bank.lapseApproval(alex.userId);
      await world.clock.advance(200_000);
      const { code, out } = await doctor(settings());
      assert.equal(code, 1);
      assert.match(out, /^needs_user +login Alex: .*Monzo app/m);
    });
  });
});

describe('text of strangers', () => {
  it('cannot steer a terminal', () => {
    assert.equal(
      printable('\u001b[2J\u009b1m\rCaf\u00e9 \u202eevil\u2066 \u{1f37a}\n'),
      '\ufffd[2J\ufffd1m\ufffdCaf\u00e9 \ufffdevil\ufffd \u{1f37a}\ufffd',
    );
  });
});

function livelyBank(now: () => number) {
  const bank = household({ now, random: seededRandom(1) });
  bank.addHistory(alex.current, { days: 20, perDay: 2 });
  return bank;
}

/** What Sam does in the browser. */
async function signInAsSam(world: World): Promise<void> {
  const begun = world
    .app()
    .view()
    .logins.find(({ name }) => name === 'Sam');
  const answer = await world.api(`/api/logins/${begun?.id}/reauthorize`, { method: 'POST' });
  const { authorize_url: address } = (await answer.json()) as { readonly authorize_url: string };
  const query = new URL(address).searchParams;
  const request = { clientId: sam.clientId, userId: sam.userId };
  const [redirectUri, state] = [query.get('redirect_uri') ?? '', query.get('state') ?? ''];
  await fetch(world.bank.authorize({ ...request, redirectUri, state }));
}
