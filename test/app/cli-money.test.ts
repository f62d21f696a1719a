import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import { alex } from '../../sim/household.ts';
import { loseMoves, movesAt, worldWithAlex } from '../support/money.ts';
import { answered } from '../support/people.ts';
import type { World } from '../support/world.ts';
import { runOnTerminal, settingsBeside, type CliRun, type RunOptions } from './cli-run.ts';

describe('money on the command line', () => {
  let world: World;
  before(async () => {
    world = await worldWithAlex();
  });
  afterEach(() => world.faults.clear());
  after(() => world[Symbol.asyncDispose]());

  const env = () => settingsBeside(world);
  const run = (argv: readonly string[], options: RunOptions = {}): Promise<CliRun> =>
    answered(world, runOnTerminal(argv, { cwd: world.directory, env: env(), ...options }));
  const good = async (...argv: readonly string[]): Promise<string> => {
    const { code, out, err } = await run(argv);
    assert.deepEqual([code, err], [0, '']);
    return out;
  };

  it('says what would be before it is done, what was, and that a repetition moved nothing', async () => {
    const words = ['transfer', 'deposit', '25.00', '🏖️ Holiday', '--request-id', 'holiday-1'];
    const trial = await good(...words, '--dry-run');
    assert.match(trial, /^Nothing was moved: this was a trial\./);
    assert.match(
      trial,
      /NOW +WOULD BE\naccount +1243\.50 GBP +1218\.50 GBP\npot +450\.00 GBP +475\.00 GBP\n$/,
    );
    assert.equal(movesAt(world).length, 0);
    const moved = await good(...words);
    assert.match(
      moved,
      /^Moved: 25\.00 GBP into the pot\.\n +BEFORE +AFTER\naccount +1243\.50 GBP +1218\.50 GBP\npot +450\.00 GBP +475\.00 GBP\nTransfer id: transfer_/,
    );
    const again = await good(...words);
    assert.match(
      again,
      /^This was moved before, so nothing was moved now.*\n +LAST READ\naccount +1218\.50 GBP\npot +475\.00 GBP\nTransfer id: transfer_/,
    );
    const back = await good(
      'transfer',
      'withdraw',
      '25',
      alex.pots.holiday,
      '--account',
      'current account',
      '--request-id',
      'back',
    );
    assert.match(back, /account +1218\.50 GBP +1243\.50 GBP\npot +475\.00 GBP +450\.00 GBP\n/);
    assert.equal(movesAt(world).length, 2);
  });

  it('ends with 1 where nothing was moved, and says why', async () => {
    const { code, out, err } = await run(['transfer', 'deposit', '1,50', 'Mars']);
    assert.deepEqual([code, out], [1, '']);
    assert.match(err, /There is no such pot\. Nothing was moved\. There are: /);
    const asJson = await run(['transfer', '--json', 'deposit', '1,50', alex.pots.holiday]);
    const problem = JSON.parse(asJson.err) as Readonly<Record<string, unknown>>;
    assert.deepEqual(
      [asJson.code, problem['status'], problem['code'], problem['money_moved'], problem['transfer_id']],
      [1, 400, 'bad_amount', 'no', null],
    );
    for (const words of [
      ['transfer'],
      ['transfer', 'deposit'],
      ['transfer', 'deposit', '1'],
      ['transfer', '--nonsense'],
    ])
      assert.equal((await run(words)).code, 2, words.join(' '));
    assert.equal(movesAt(world).length, 2);
  });

  it('ends with 3 where nobody knows, and a person decides later', async () => {
    loseMoves(world);
    const { code, out, err } = await run([
      'transfer',
      'deposit',
      '5',
      alex.pots.holiday,
      '--request-id',
      'lost',
    ]);
    assert.deepEqual([code, err], [3, '']);
    assert.match(out, /^Monzo has not confirmed this move yet\. Do not repeat it.*\n +LAST READ\n/);
    const id = /Transfer id: (\S+)/.exec(out)?.[1] ?? '';
    await world.clock.advance(3_600_000);
    assert.match(
      await good('transfers', '--state', 'unresolved'),
      new RegExp(`${id} .*unresolved +deposit +5\\.00 GBP`),
    );
    assert.match(await good('transfers', id), /^id: .*\n[\s\S]*state: unresolved[\s\S]*AT +WHO +ACTION/);
    assert.equal((await run(['transfers', 'decide', id, 'perhaps'])).code, 2);
    assert.match(await good('transfers', 'decide', id, 'yes'), /moved/);
    assert.match(await good('transfers', '--state', 'moved'), new RegExp(id));
    assert.match(await good('audit', '--transfer', id), /cli +decide_transfer/);
  });

  it('ends with 3 where the bridge itself is gone before it answers, and with 1 where nothing reached it', async () => {
    const words = ['--json', 'transfer', 'deposit', '1', alex.pots.holiday];
    const cut: typeof fetch = () =>
      Promise.reject(new TypeError('fetch failed', { cause: new Error('other side closed') }));
    const gone = await run(words, { fetch: cut });
    const told = JSON.parse(gone.err) as Readonly<Record<string, unknown>>;
    assert.deepEqual([gone.code, told['code'], told['money_moved']], [3, 'no_answer', 'unknown']);
    assert.match(String(told['detail']), /It is not known whether money moved: check monzo-bridge transfers/);
    const slow: typeof fetch = () => Promise.reject(new DOMException('too late', 'TimeoutError'));
    assert.equal((await run(words, { fetch: slow })).code, 3);
    assert.equal((await run(['health'], { fetch: slow })).code, 1);
    const nowhere = await run(words, { env: { ...env(), MONZO_BRIDGE_UI_PORT: '9' } });
    assert.equal(nowhere.code, 1);
    assert.match(nowhere.err, /not_running/);
  });

  it('shows and sets the optional entities, leaving alone what is not named', async () => {
    assert.match(await good('entities'), /^No account warns of a low balance\.\nHome Assistant may not post/);
    const set = await good('entities', 'set', '--low-balance', `${alex.current}=50.50`, '--feed-posts', 'on');
    assert.match(set, /Current account +below 50\.50\nHome Assistant may post/);
    const gone = await good('entities', 'set', '--low-balance', `${alex.current}=none`);
    assert.match(gone, /^No account warns of a low balance\.\nHome Assistant may post/);
    for (const [words, said] of [
      [['--low-balance', 'acc_other=5'], /There is no such account\. There are: “Current account”/],
      [['--low-balance', `${alex.current}=much`], /must be an amount as decimal text/],
      [['--low-balance', alex.current], /takes an account and an amount/],
      [['--feed-posts', 'yes'], /takes on or off/],
    ] as const) {
      const { code, err } = await run(['entities', 'set', ...words]);
      assert.equal(code, 1);
      assert.match(err, said);
    }
  });

  it('shows and sets the rails, leaving alone what is not named', async () => {
    assert.match(await good('rails'), /one move at most +all accounts +100 in any currency/);
    await good('rails', 'set', '--per-move', 'GBP=50.50', 'EUR=10', '--cooldown', '30');
    await good('rails', 'set', '--per-move', 'EUR=none');
    const set = await good('rails', 'set', '--account', 'joint account', '--floor', '200');
    assert.match(set, /one move at most +all accounts +50\.50 GBP/);
    assert.match(set, /one move at most +all accounts +100 in any other currency/);
    assert.match(set, /account keeps +Joint account +200 in any currency/);
    assert.match(set, /refused for 30 s/);
    assert.doesNotMatch(set, /EUR/);
    const some = await good(
      'rails',
      'set',
      '--pots',
      `${alex.pots.holiday},${alex.pots.tax}`,
      '--dry-run',
      'on',
    );
    assert.match(some, /Only these pots may be moved: 🏖️ Holiday, Tax\.[\s\S]*only a trial/);
    assert.match(await good('rails', 'set', '--pots', 'all', '--dry-run', 'off'), /Every pot may be moved\./);
    for (const wrong of [
      ['--per-move', 'GBP=1,50'],
      ['--per-move', 'gbp=1'],
      ['--cooldown', 'soon'],
      ['--cooldown', ''],
      ['--cooldown', '1e3'],
      ['--dry-run', 'perhaps'],
      ['--account', 'Mars', '--floor', '1'],
    ]) {
      const { code, err } = await run(['rails', 'set', ...wrong]);
      assert.equal(code, 1, wrong.join(' '));
      assert.match(err, /^\S.{15,}\.\n$/);
    }
    assert.deepEqual(JSON.parse(await good('rails', '--json')), {
      per_move: { '*': '100', GBP: '50.50' },
      per_day: { '*': '300' },
      floor: { '*': '0' },
      accounts: { acc_0000Joint: { floor: { '*': '200' } } },
      pots: null,
      cooldown_seconds: 30,
      dry_run: false,
    });
  });

  it('shows the audit and gives all of it as a file', async () => {
    const first = await good('audit', '--limit', '2');
    assert.match(first, /^AT +WHO +ACTION +WHAT +DECISION/);
    const cursor = /--cursor (\S+)/.exec(first)?.[1] ?? '';
    assert.notEqual(await good('audit', '--limit', '2', '--cursor', cursor), first);
    assert.match(await good('audit', '--export', 'csv'), /^\uFEFF?seq,at,door,/);
    assert.ok(Array.isArray(JSON.parse(await good('audit', '--export', 'json'))));
    assert.equal((await run(['audit', '--export', 'pdf'])).code, 1);
  });

  it('writes to the feed and notes on transactions', async () => {
    await world.clock.advance(600_000);
    assert.equal(
      await good('feed', 'Joint account', 'Hello', '--body', 'there', '--link', 'https://example.org'),
      'Done.\n',
    );
    assert.equal(world.bank.feed.at(-1)?.params['url'], 'https://example.org');
    world.faults.add({ kind: 'timeout_after', times: 1, match: ({ path }) => path === '/feed' });
    const lost = await run(['feed', 'Joint account', 'Hello']);
    assert.deepEqual([lost.code, /may or may not be there/.test(lost.out)], [3, true]);
    const id = world.bank.purchase(alex.current, { amount: 350, merchant: 'Corner Shop' });
    await good('refresh');
    assert.equal(await good('note', id, 'Milk'), 'Done.\n');
    assert.match(await good('transactions', id), /^notes: Milk$/m);
    assert.equal(await good('note', id, ''), 'Done.\n');
  });
});
