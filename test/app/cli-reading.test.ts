import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import stringWidth from 'string-width';
import { seededRandom } from '../../sim/fake-clock.ts';
import { alex, household } from '../../sim/household.ts';
import { untilHistoryIsRead } from '../support/history.ts';
import { createWorld, type World } from '../support/world.ts';
import { commandLineBeside, optionsOfRun, settingsBeside } from './cli-run.ts';
import { runCli } from '../../src/cli/program.ts';

describe('reading on the command line', () => {
  let world: World;
  before(async () => {
    world = await createWorld({
      settings: { MONZO_BRIDGE_PUBLIC_URL: 'https://bank.home.example' },
      bank: (now, ways) => {
        const bank = household({ now, random: seededRandom(1), ...ways });
        bank.addHistory(alex.current, { days: 40, perDay: 3 });
        return bank;
      },
    });
    await world.connect('alex');
    await untilHistoryIsRead(world);
  });
  after(() => world[Symbol.asyncDispose]());

  const settings = () => settingsBeside(world);
  const { run, good } = commandLineBeside(() => world);
  /** With the mark of its encoding, which `text()` leaves out. */
  const api = async (path: string) => Buffer.from(await (await world.api(path)).arrayBuffer()).toString();

  it('prints for programs exactly what the API answers', async () => {
    const verbs = {
      accounts: '/api/accounts',
      pots: '/api/pots',
      'spending --by category': '/api/spending?by=category',
      'balances --by month --pot Holiday': `/api/balances?by=month&pot=${alex.pots.holiday}`,
      'report --month 2026-10': '/api/report?month=2026-10',
      categories: '/api/categories',
      subscriptions: '/api/subscriptions',
      'bank-positions': '/api/bank-positions',
      events: '/api/events',
      health: '/api/health',
      'pause show': '/api/pause',
      sessions: '/api/sessions',
      rails: '/api/rails',
      entities: '/api/optional-entities',
      'home-assistant presence': '/api/home-assistant/presence',
      'home-assistant actions': '/api/home-assistant/actions',
      'home-assistant dashboard': '/api/home-assistant/dashboard',
      'home-assistant devices': '/api/home-assistant/deleted-devices',
    };
    for (const [verb, path] of Object.entries(verbs))
      assert.equal(await good(...verb.split(' '), '--json'), `${await api(path)}\n`, verb);
    for (const verb of ['activity', 'diagnostics', 'summary'])
      assert.equal(typeof JSON.parse(await good(verb, '--json')), 'object', verb);
  });

  it('shows sums, balances and webhooks with names, amounts and local times', async () => {
    assert.match(
      await good('spending'),
      /^MONTH +SPENT +REFUNDED +NET +INCOME +COUNT\n2026-\d\d +\d+\.\d\d GBP/,
    );
    assert.match(await good('spending', '--by', 'category'), /\nall +\d+\.\d\d GBP/);
    assert.equal(
      await good('spending', '--since', '2030-01-01'),
      'There are no transactions in this period.\n',
    );
    assert.match(
      await good('balances', '--pot', 'holiday'),
      /^OF +DAY +BALANCE\n🏖️ Holiday +2026-\d\d-\d\d +450\.00 GBP/,
    );
    assert.match(await good('balances', '--total'), /\nall in GBP +2026-/);
    assert.match(await good('subscriptions'), /\nCurrent account +Alex +yes +yes +bank\.home\.example/);
    assert.match(await good('categories'), /groceries +Groceries/);
    assert.match(await good('activity'), /Alex +active +\d+.*ok +2026-11-02 09:/);
    assert.match(await good('pause', 'show'), /^Money may be moved\.\n$/);
    assert.match(await good('home-assistant', 'presence'), /^No Home Assistant was seen/);
    assert.match(await good('home-assistant', 'gone'), /no events on MQTT are kept/);
    const rows = await good('transactions', '--account', 'current ACCOUNT', '--limit', '2');
    assert.match(rows, /\ntx_\S+ +2026-1\d-\d\d \d\d:\d\d:\d\d +-?\d+\.\d\d GBP .*Current account\n/);
    const id = /tx_\S+/.exec(rows)?.[0] ?? '';
    const one = await good('transactions', id);
    assert.match(one, /\naccount: Current account\n/);
    assert.doesNotMatch(one, /_minor|acc_|null/);
    assert.match(JSON.stringify(JSON.parse(await good('diagnostics'))), /"versions"/);
  });

  it('refuses a name that is not there with those that are', async () => {
    for (const argv of [
      ['transactions', '--account', 'Mars'],
      ['export', '--account', 'Mars'],
      ['spending', '--account', 'Mars'],
      ['rails', 'set', '--account', 'Mars', '--floor', '1'],
      ['rails', 'set', '--account', 'acc_nobody', '--floor', '1'],
      ['entities', 'set', '--low-balance', 'acc_nobody=1'],
    ]) {
      const { code, out, err } = await run(argv);
      assert.deepEqual([code, out], [1, ''], argv.join(' '));
      assert.match(err, /There is no such account\. There are: “Current account”/);
    }
    const pot = await run(['balances', '--pot', 'Mars', '--json']);
    assert.equal((JSON.parse(pot.err) as { readonly code: string }).code, 'unknown_pot');
    assert.match((await run(['rails', 'set', '--pots', 'pot_nobody'])).err, /There is no such pot\. /);
    for (const argv of [
      ['transactions', '--pot', 'savings'],
      ['rails', 'set', '--pots', 'Holiday,savings'],
    ]) {
      const several = await run([...argv, '--json']);
      const { code, detail } = JSON.parse(several.err) as { readonly code: string; readonly detail: string };
      assert.equal(code, 'ambiguous_pot');
      assert.match(detail, /^Several pots have that name\. There are: “Savings .*” \(pot_/);
    }
    assert.match((await run(['transactions', '--category', 'grocries'])).err, /There is no such category\. /);
    assert.equal((await run(['balances', '--by', 'year'])).code, 2);
    assert.equal((await run(['home-assistant', 'readers', 'nobody'])).code, 2);
  });

  it('has no colour, and fits the terminal whatever its width', async () => {
    for (const verb of [
      'accounts',
      'pots',
      'transactions',
      'events',
      'balances',
      'subscriptions',
      'activity',
    ]) {
      const { out: piped } = await run([verb]);
      assert.ok(!piped.includes('\u001b'), verb);
      const { out } = await run([verb], { columns: 80 });
      const cells = piped.split('\n').flatMap((line) => line.split(/ {2,}/));
      const flat = out.replaceAll(/\s+/g, '');
      for (const cell of cells)
        for (const word of cell.split(' ')) assert.ok(flat.includes(word), `${verb}: ${word}`);
      const tooLong = out.split('\n').filter((line) => stringWidth(line) > 80 && / {2}/.test(line));
      assert.deepEqual(tooLong, [], verb);
    }
  });

  it('exports into a new file, as its name says, and into no other', async () => {
    const filters = ['--account', 'Current account', '--kind', 'card_payment'];
    const query = `account=${alex.current}&kind=card_payment`;
    assert.match(await good('export', 'all.csv', ...filters), /^Wrote \S+all\.csv\.\n$/);
    const file = join(world.directory, 'all.csv');
    assert.equal(readFileSync(file, 'utf8'), await api(`/api/transactions/export?format=csv&${query}`));
    assert.deepEqual(JSON.parse(await good('export', 'all.json', '--json')), {
      file: join(world.directory, 'all.json'),
    });
    assert.ok(Array.isArray(JSON.parse(readFileSync(join(world.directory, 'all.json'), 'utf8'))));
    assert.equal(
      await good('export', ...filters, '--format', 'json'),
      await api(`/api/transactions/export?format=json&${query}`),
    );
    writeFileSync(file, 'mine');
    const again = await run(['export', 'all.csv']);
    assert.equal(again.code, 1);
    assert.match(again.err, /is there already/);
    assert.equal(readFileSync(file, 'utf8'), 'mine');
    const nowhere = await run(['export', 'nowhere/all.csv']);
    assert.equal(nowhere.code, 1);
    assert.match(nowhere.err, /cannot be written .*Name a file in a directory that is there/);
    assert.equal((await run(['export', '--since', 'soon'])).code, 1);
    assert.deepEqual(
      readdirSync(world.directory).filter((name) => name.endsWith('.unfinished')),
      [],
    );
  });

  it('leaves no file behind where the bridge breaks off, and writes on while the bridge still sends', async () => {
    const seen = Promise.withResolvers<void>();
    const bodies = {
      broken: (controller: ReadableStreamDefaultController<Uint8Array>) => {
        controller.enqueue(Buffer.from('first\n'));
        controller.error(new TypeError('terminated'));
      },
      slow: async (controller: ReadableStreamDefaultController<Uint8Array>) => {
        controller.enqueue(Buffer.from('first\n'));
        await seen.promise;
        controller.enqueue(Buffer.from('second\n'));
        controller.close();
      },
    };
    const answering =
      (start: (typeof bodies)[keyof typeof bodies]): typeof fetch =>
      async () =>
        new Response(new ReadableStream({ start }));
    const broken = await run(['export', 'broken.csv'], { fetch: answering(bodies.broken) });
    assert.equal(broken.code, 1);
    assert.match(broken.err, /not complete/);
    assert.ok(!existsSync(join(world.directory, 'broken.csv')));
    const onPrinted = (text: string) => {
      if (text.includes('first')) seen.resolve();
    };
    const slow = await run(['export'], { fetch: answering(bodies.slow), onPrinted });
    assert.deepEqual([slow.code, slow.out], [0, 'first\nsecond\n']);
  });

  it('takes no offence at a reader that has enough', async () => {
    for (const words of [['export'], ['transactions', '--limit', '500']]) {
      const child = spawn(process.execPath, ['bin/monzo-bridge.js', ...words], {
        env: { PATH: process.env['PATH'] ?? '', ...settings() },
      });
      let said = '';
      child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
      child.stdout.destroy();
      const code = await new Promise((resolve) => child.once('close', resolve));
      assert.deepEqual([code, said], [0, ''], words.join(' '));
    }
  });

  it('says that several accounts have a name, and how to name one', async () => {
    await world.connect('sam');
    for (const argv of [
      ['rails', 'set', '--account', 'current account', '--floor', '1'],
      ['entities', 'set', '--low-balance', 'current account=1'],
      ['transactions', '--account', 'current account'],
    ]) {
      const { err } = await run(argv);
      assert.match(
        err,
        /^Several accounts have that name\. There are: “Alex .*” \(acc_.*“Sam .*” \(acc_/,
        argv.join(' '),
      );
    }
  });

  it('prints completion for a shell, and nothing else', async () => {
    for (const shell of ['bash', 'zsh', 'fish'])
      assert.match(await good('completion', shell), /home-assistant dashboard/);
    const { options, err } = optionsOfRun(['completion', 'tcsh']);
    assert.equal(await runCli(options), 2);
    assert.match(err(), /bash, zsh, fish/);
  });
});
