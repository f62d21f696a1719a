import assert from 'node:assert/strict';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { alex } from '../../sim/household.ts';
import { isJsonObject } from '../../src/monzo/shape.ts';
import {
  answersIn,
  checkByWire,
  checkRefusal,
  departuresOf,
  isGood,
  sampleOf,
} from '../contract/recorded-answers.ts';
import { inState } from '../support/login-faults.ts';
import { leftOvers } from '../support/left-overs.ts';
import { answered } from '../support/people.ts';
import { createWorld, type World } from '../support/world.ts';
import { runOnTerminal, settingsBeside, type RunOptions } from './cli-run.ts';

const run = (world: World, argv: readonly string[], options: RunOptions = {}) => {
  const env = settingsBeside(world);
  return answered(world, runOnTerminal(argv, { cwd: world.directory, clock: world.clock, env, ...options }));
};

/** Alex, with a week that no two people have alike. */
async function livedWorld(): Promise<World> {
  const world = await createWorld();
  await world.connect('alex');
  const { bank } = world;
  const settled = bank.purchase(alex.current, {
    amount: 2_775,
    merchant: 'Ashworth & Söhne 🥐',
    category: 'eating_out',
  });
  bank.settle(settled);
  bank.decline(alex.current, { amount: 5_151, merchant: 'Zoë’s Bike Shed', category: 'shopping' });
  bank.incomingPayment(alex.current, { amount: 123_457, name: 'Quentin Featherstonehaugh' });
  bank.potMove(alex.pots.holiday, 'deposit', { amount: 1_313 });
  await world.clock.advance(600_000);
  return world;
}

const file = (world: World) => join(world.directory, 'monzo-recording.yaml');

/** What the bank has told the bridge of the person, and the bridge would never send. */
async function knownOf(world: World): Promise<unknown> {
  type Item = Readonly<Record<string, unknown>> & { readonly id: string };
  const list = async (path: string) =>
    ((await (await world.api(path)).json()) as { items: readonly Item[] }).items;
  const rows = await Promise.all(
    (await list('/api/transactions?limit=100')).map(
      async ({ id }) => (await (await world.api(`/api/transactions/${id}`)).json()) as Item,
    ),
  );
  const pots = (await list('/api/pots')).map(({ id, name }) => [id, name]);
  const accounts = (await list('/api/accounts')).map(({ id }) => id);
  assert.ok(rows.length > 3 && rows.every(({ raw }) => isJsonObject(raw)));
  return [rows.map(({ raw }) => raw), pots, accounts, (await list('/api/logins')).map(({ name }) => name)];
}

describe('monzo-bridge record', () => {
  it('writes a file that the contract suite reads, and in which nothing is left of the person', async () => {
    await using world = await livedWorld();
    const before = await callsOf(world);
    const { code, out, err } = await run(world, ['record', 'Alex'], { typed: ['yes'] });
    assert.equal(code, 0, err);
    assert.match(err, /It changes nothing at Monzo/);
    assert.match(out, /Read the file before you share it/);
    assert.equal(statSync(file(world)).mode & 0o777, 0o600);
    const calls = (await callsOf(world)).filter(([call, count]) => new Map(before).get(call) !== count);
    assert.deepEqual([...new Set(calls.map(([call]) => call.split(' ')[0]))], ['GET']);

    const text = readFileSync(file(world), 'utf8');
    const answers = answersIn(text);
    assert.ok(answers.length >= 8 && answers.every(isGood));
    for (const answer of answers) {
      checkByWire(JSON.parse(answer.content));
      assert.deepEqual(await departuresOf(sampleOf(answer)), [], answer.address.pathname);
    }
    const bodies = answers.map(({ content }) => JSON.parse(content) as unknown);
    const known = await knownOf(world);
    assert.deepEqual(leftOvers(known, bodies, ['uk_foreign_currency']), []);
    const ids: readonly string[] =
      JSON.stringify([known, alex]).match(/\b(?:acc|pot|tx|user|merch|oauth2client)_\d\w+/g) ?? [];
    assert.ok(ids.includes(alex.clientId) && ids.some((id) => id.startsWith('tx_')));
    for (const id of ids) assert.ok(!text.includes(id.split('_')[1] ?? id), id);
    assert.doesNotMatch(
      text,
      /Ashworth|Söhne|🥐|Zoë|Featherstonehaugh|Holiday|\b(?:2775|5151|123457)\b|\b2026-1\d-/,
    );
    assert.doesNotMatch(text, /recorded_at|date:/);
    assert.equal(statSync(file(world)).mtime.toISOString(), '2000-01-01T00:00:00.000Z');
  });

  it('keeps the total of an account the sum of its balance and its pots, and one id the same everywhere', async () => {
    await using world = await livedWorld();
    await run(world, ['record', 'Alex', 'mine.yaml', '--yes']);
    const answers = answersIn(readFileSync(join(world.directory, 'mine.yaml'), 'utf8'));
    const bodyOf = (path: string) => {
      const found = answers.find(({ address }) => address.pathname === path);
      return { address: found?.address, body: JSON.parse(found?.content ?? '{}') as Record<string, unknown> };
    };
    const { body: balance, address } = bodyOf('/balance');
    const pots = bodyOf('/pots').body['pots'] as readonly {
      readonly balance: number;
      readonly deleted: boolean;
    }[];
    const live = pots.filter(({ deleted }) => !deleted);
    assert.ok(live.length > 0);
    const sum = live.reduce((total, pot) => total + pot.balance, Number(balance['balance']));
    assert.equal(balance['total_balance'], sum);
    const accounts = bodyOf('/accounts').body['accounts'] as readonly {
      readonly id: string;
      readonly closed: boolean;
    }[];
    const account = accounts.find(({ closed }) => !closed);
    assert.equal(address?.searchParams.get('account_id'), account?.id);
  });

  it('asks first, never replaces a file, and asks Monzo for nothing until then', async () => {
    await using world = await livedWorld();
    const before = await callsOf(world);
    const declined = await run(world, ['record', 'Alex'], { typed: ['no'] });
    assert.deepEqual([declined.code, existsSync(file(world))], [1, false]);
    assert.match((await run(world, ['record', 'Alex'])).err, /Add --yes/);
    writeFileSync(file(world), 'mine');
    assert.match((await run(world, ['record', 'Alex', '--yes'])).err, /is there already/);
    assert.equal(readFileSync(file(world), 'utf8'), 'mine');
    const nowhere = join(world.directory, 'nowhere', 'mine.yaml');
    assert.match(
      (await run(world, ['record', 'Alex', nowhere, '--yes'])).err,
      /Nothing was asked: name a file/,
    );
    assert.deepEqual(await callsOf(world), before);
  });

  it('records what Monzo refuses, and stops where it asks for fewer calls', async () => {
    await using world = await livedWorld();
    world.faults.add({ kind: 'status', status: 403, match: ({ path }) => path === '/pots' });
    world.faults.add({ kind: 'status', status: 429, match: ({ path }) => path === '/transactions' });
    const { out } = await run(world, ['record', 'Alex', '--yes']);
    assert.match(out, /some are missing/);
    const refused = answersIn(readFileSync(file(world), 'utf8')).filter((answer) => !isGood(answer));
    for (const answer of refused) checkRefusal(answer);
    assert.deepEqual(
      refused.map(({ status }) => status),
      [403, 429],
    );
    assert.ok(refused.every(({ content }) => isJsonObject(JSON.parse(content))));
  });

  it('hides what no one foresaw: other programs’ metadata, new fields, names as keys, hidden letters, long numbers', async () => {
    await using world = await livedWorld();
    const strange = {
      metadata: { janes_shoes: 'size 5, blue', notes: 'Dinner w/ Zoë' },
      unforeseen: [
        { tel: '+44 7700 900123', 'Jane Roe': 'IBAN GB33BUKB20201555555555' },
        [51.50735091, -0.12775829],
      ],
      passport_number: 9_007_199_254_740_991,
      card: '**** **** **** 4929',
      tagged: `x${String.fromCodePoint(...Array.from('jane', (letter) => 0xe0000 + letter.charCodeAt(0)))}`,
      link: 'https://jane-roe.example/album?token=c2VjcmV0',
      born: '1985-03-12',
      category: 'janes_secret',
      status: 'pregnant',
    };
    world.faults.add({
      kind: 'wrong_shape',
      match: ({ path }) => path === '/transactions',
      rewrite: (body) => {
        const { transactions } = body as { readonly transactions: readonly object[] };
        return { transactions: transactions.map((row) => ({ ...row, ...strange })) };
      },
    });
    const { code, err } = await run(world, ['record', 'Alex', '--yes']);
    assert.equal(code, 0, err);
    const text = readFileSync(file(world), 'utf8');
    const answers = answersIn(text).filter(({ address }) => address.pathname === '/transactions');
    const bodies = answers.map(({ content }) => JSON.parse(content) as unknown);
    assert.match(text, /"[a-z]+_number": \d/);
    assert.doesNotMatch(text, /passport|unforeseen/);
    assert.deepEqual(leftOvers(strange, bodies), []);
    assert.doesNotMatch(
      text,
      /janes_|Jane|jane|Zoë|900123|GB33|9007199254740991|c2VjcmV0|1985-03|pregnant|[\u{e0000}-\u{e007f}]/u,
    );
  });

  it('asks for nothing through a login that its person must approve first', async () => {
    await using world = await createWorld();
    await inState.needs_approval(world);
    const before = await recordedCalls(world);
    const { code, err } = await run(world, ['record', 'Alex', '--yes']);
    assert.equal(code, 1);
    assert.match(err, /Nothing was read from Monzo\. .*Monzo app/);
    assert.deepEqual([existsSync(file(world)), await recordedCalls(world)], [false, before]);
  });

  it('writes nothing where Monzo does not even show the accounts', async () => {
    await using world = await livedWorld();
    world.faults.add({ kind: 'status', status: 403, match: ({ path }) => path === '/accounts' });
    const { code, err } = await run(world, ['record', 'Alex', '--yes']);
    assert.equal(code, 1);
    assert.match(err, /Monzo/);
    assert.equal(existsSync(file(world)), false);
  });
});

/** Only a recording asks for the pots through a login that needs its person. */
const recordedCalls = async (world: World) =>
  (await callsOf(world)).filter(([call]) => /whoami|\/pots/.test(call));

async function callsOf(world: World): Promise<readonly (readonly [string, number])[]> {
  const { calls } = (await (await world.api('/api/activity')).json()) as {
    readonly calls: readonly {
      readonly method: string;
      readonly path: string;
      readonly outcome: string;
      readonly count: number;
    }[];
  };
  return calls.map(({ method, path, outcome, count }) => [`${method} ${path} ${outcome}`, count]);
}
