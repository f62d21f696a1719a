import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { alex } from '../../sim/household.ts';
import { runCli } from '../../src/cli/program.ts';
import { until } from '../support/until.ts';
import { createWorld, type World } from '../support/world.ts';
import { commandLineBeside, optionsOfRun, settingsBeside, type RunOptions } from './cli-run.ts';

/** Knows when the command line has asked for the newest event, and hears of later ones. */
function watchedFetch() {
  let isBegun = false;
  const watched: typeof fetch = async (input, init) => {
    const answer = await fetch(input, init);
    isBegun ||= answer.url.includes('/api/live');
    return answer;
  };
  return { fetch: watched, begun: () => until('it follows', () => isBegun) };
}

describe('events that are followed', () => {
  let world: World;
  before(async () => {
    world = await createWorld();
    await world.connect('alex');
  });
  after(() => world[Symbol.asyncDispose]());

  const { run } = commandLineBeside(() => world);
  const buy = (merchant: string) => world.bank.purchase(alex.current, { amount: 350, merchant });
  const follow = (options: RunOptions, ...more: readonly string[]) => {
    let printed = '';
    const { fetch: watched, begun } = watchedFetch();
    const onPrinted = (text: string) => {
      printed += text;
    };
    const followed = run(['events', '--follow', ...more], { fetch: watched, onPrinted, ...options });
    const told = (what: string) => world.until(`${what} is told`, () => printed.includes(what), 10 * 60_000);
    return { followed, begun, told };
  };

  it('are shown as they happen, until Ctrl-C', async () => {
    const stop = new AbortController();
    const { followed, begun, told } = follow({ signal: stop.signal });
    await begun();
    for (const merchant of ['Green Grocer', 'Night Cinema']) {
      buy(merchant);
      await told(merchant);
    }
    stop.abort();
    const { code, out, err } = await followed;
    assert.deepEqual([code, err], [0, '']);
    assert.match(
      out,
      /^2026-\S+ \S+  transaction\.created  card_payment  -3\.50 GBP  Green Grocer  Current account\n.*  Night Cinema  Current account\n$/,
    );
  });

  it('are refused from what is no place', async () => {
    const { code, out, err } = await run(['events', '--follow', '--after', 'yesterday']);
    assert.deepEqual([code, out, err], [1, '', 'after in the query must be a number.\n']);
  });

  it('are answers of the API to programs, a line each, also from an earlier place on', async () => {
    const stop = new AbortController();
    const { followed, told } = follow({ signal: stop.signal }, '--json', '--after', '0');
    await told('Green Grocer');
    buy('Corner Shop');
    await told('Corner Shop');
    stop.abort();
    const { code, out } = await followed;
    assert.equal(code, 0);
    const answers = out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { readonly items: readonly { readonly seq: number }[] });
    assert.deepEqual(
      answers.flatMap(({ items }) => items.map(({ seq }) => seq)),
      [1, 2, 3],
    );
  });

  it('end where nobody reads any more', async () => {
    const { fetch: watched, begun } = watchedFetch();
    const { options } = optionsOfRun(['events', '--follow'], {
      cwd: world.directory,
      env: settingsBeside(world),
      fetch: watched,
    });
    const ended = runCli(options);
    await begun();
    options.stdout.emit('close');
    assert.equal(await ended, 0);
  });

  it('end with a sentence where the bridge stops', async () => {
    const { followed, begun } = follow({});
    await begun();
    await world.stop();
    const { code, out, err } = await followed;
    assert.deepEqual([code, out], [1, '']);
    assert.match(err, /^The bridge has stopped\. Follow it again/);
  });
});
