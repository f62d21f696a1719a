import assert from 'node:assert/strict';
import { test } from 'node:test';
import { done, type CommandResult } from '../../src/commands/command.ts';
import { BridgeError } from '../../src/errors.ts';
import { twoCommands } from './home-assistant-commands.ts';
import { startBench, type Bench } from './home-assistant-rig.ts';

const request = (bench: Bench, data: object, userId: string | null = null) =>
  bench.fake.fire('monzo_bridge_request', {
    data: { bridge: 'this-bridge', call: 'call-1', command: 'refresh', body: {}, ...data },
    context: { id: 'c', parent_id: null, user_id: userId },
  });
const responses = ({ fake }: Bench) =>
  fake
    .of('fire_event')
    .filter(({ event_type: type }) => type === 'monzo_bridge_response')
    .map(({ event_data: data }) => data as Readonly<Record<string, unknown>>);
const heard = async (bench: Bench, count = 1) => {
  await bench.until('it is answered', () => responses(bench).length >= count);
  return responses(bench).at(-1) ?? {};
};
const listens = (bench: Bench) =>
  bench.until('it listens', () =>
    bench.fake.of('subscribe_events').some(({ event_type: type }) => type === 'monzo_bridge_request'),
  );

test('an automation’s request is run and answered with what its caller needs, and nothing else', async () => {
  const { ran, commands } = twoCommands();
  await using bench = await startBench({ actions: { commands } });
  await listens(bench);
  request(bench, { body: { login: null } });
  assert.deepEqual(await heard(bench), {
    bridge: 'this-bridge',
    call: 'call-1',
    answer: { status: 'done', ok: true },
  });
  const { since, ...asked } = ran[0] ?? assert.fail();
  assert.deepEqual([ran.length, asked], [1, { body: {}, door: 'home_assistant', user: null }]);
  assert.ok(since !== undefined && since <= bench.clock.now());
});

test('a call received twice runs once and is answered twice', async () => {
  const { ran, commands } = twoCommands();
  await using bench = await startBench({ actions: { commands } });
  await listens(bench);
  request(bench, {});
  request(bench, {});
  await heard(bench, 2);
  request(bench, {});
  await heard(bench, 3);
  assert.equal(ran.length, 1);
  request(bench, { call: 'call-2' });
  await heard(bench, 4);
  assert.equal(ran.length, 2);
});

test('requests for another bridge and malformed requests are not answered', async () => {
  const { ran, commands } = twoCommands();
  await using bench = await startBench({ actions: { commands } });
  await listens(bench);
  request(bench, { bridge: 'another' });
  for (const odd of [{ call: '' }, { call: 5 }, { body: [] }, { body: 'x' }, { command: null }])
    request(bench, odd);
  bench.fake.fire('monzo_bridge_request', { data: null });
  bench.fake.fire('monzo_bridge_request', 'text');
  await bench.pass(1_000);
  assert.deepEqual([ran, responses(bench)], [[], []]);
});

const people = [
  { who: 'an administrator', id: 'admin', money: 'administrators', may: true },
  { who: 'somebody else', id: 'guest', money: 'administrators', may: false },
  { who: 'somebody who is gone', id: 'gone', money: 'administrators', may: false },
  { who: 'an automation', id: null, money: 'administrators', may: true },
  { who: 'somebody else', id: 'guest', money: 'everyone', may: true },
  { who: 'an administrator', id: 'admin', money: 'nobody', may: false },
  { who: 'an automation', id: null, money: 'nobody', may: false },
] as const;

for (const { who, id, money, may } of people)
  test(`${who} ${may ? 'may' : 'may not'} move money where ${money} may`, async () => {
    const { ran, commands } = twoCommands();
    await using bench = await startBench({ actions: { commands, money } });
    bench.fake.world.users.set('admin', { name: 'Alex', isAdministrator: true });
    bench.fake.world.users.set('guest', { name: 'Sam', isAdministrator: false });
    await listens(bench);
    request(bench, {}, id);
    const { reason, answer } = await heard(bench);
    assert.equal(ran.length, may ? 1 : 0);
    if (may) assert.ok(answer);
    else assert.match(String(reason), /MONZO_BRIDGE_HOME_ASSISTANT_MONEY.*Nothing was moved\.$/);
    const names = new Map([
      ['admin', 'Alex'],
      ['guest', 'Sam'],
    ]);
    if (may) assert.equal(ran[0]?.user, id === null ? null : names.get(id));
  });

test('rights are looked up for each request, and commands that move no money are open to all users', async () => {
  const { ran, commands } = twoCommands();
  await using bench = await startBench({ actions: { commands } });
  const { users } = bench.fake.world;
  users.set('one', { name: 'Sam', isAdministrator: true });
  await listens(bench);
  request(bench, { call: 'a' }, 'one');
  await heard(bench, 1);
  users.set('one', { name: 'Sam', isAdministrator: false });
  request(bench, { call: 'b' }, 'one');
  assert.match(String((await heard(bench, 2))['reason']), /Only administrators/);
  request(bench, { call: 'c', command: 'annotate', body: { transaction_id: 'tx_1', notes: '' } }, 'one');
  assert.ok((await heard(bench, 3))['answer']);
  bench.fake.world.script.set('config/auth/list', { refuse: 'unauthorized' });
  request(bench, { call: 'd' }, 'one');
  assert.match(String((await heard(bench, 4))['reason']), /refused config\/auth\/list/);
  assert.equal(ran.length, 2);
});

test('the lookup of the user counts towards the deadline of the command', async () => {
  const { ran, commands } = twoCommands();
  await using bench = await startBench({ actions: { commands } });
  await listens(bench);
  const users = [{ id: 'one', name: 'Alex', is_active: true, group_ids: ['system-admin'] }];
  const found = bench.clock.wait(10_000).then(() => ({ result: users }));
  bench.fake.world.script.set('config/auth/list', found);
  const asked = bench.clock.now();
  request(bench, {}, 'one');
  await heard(bench);
  assert.ok(bench.clock.now() - asked >= 10_000);
  assert.ok((ran[0]?.since ?? Infinity) - asked <= 1_000);
});

const failureIn = ({ failure }: Readonly<Record<string, unknown>>) =>
  failure as Readonly<Record<string, unknown>>;

const refusals = [
  {
    what: 'a command that is for the page alone',
    data: { command: 'resume' },
    says: /Only people who sign in may use resume/,
  },
  { what: 'a command that there is not', data: { command: 'fly' }, says: /no command fly/ },
  { what: 'a body of the wrong shape', data: { body: { login: 5 } }, says: /^login must be text\./ },
  { what: 'a member that there is not', data: { body: { amount: 5 } }, says: /amount/ },
] as const;

for (const { what, data, says } of refusals)
  test(`${what} is refused with the reason`, async () => {
    await using bench = await startBench({ actions: twoCommands() });
    await listens(bench);
    request(bench, data);
    const answer = await heard(bench);
    assert.match(String(answer['reason']), says);
    assert.deepEqual(Object.keys(answer).toSorted(), ['bridge', 'call', 'failure', 'reason']);
    const { status, message } = failureIn(answer);
    assert.deepEqual([status, message], ['refused', answer['reason']]);
  });

test('the sentence of a command reaches the caller: a refusal, an unknown outcome, and an error without its internals', async () => {
  const outcomes: (() => Promise<CommandResult>)[] = [
    async () => {
      throw new BridgeError('below_floor', 'That would take the account below its floor.');
    },
    async () => ({
      status: 'unknown',
      data: { money_moved: 'unknown', sentence: 'Not confirmed; do not repeat it.' },
    }),
    async () => ({ status: 'unknown', data: {} }),
    async () => {
      throw new TypeError('x is not a function');
    },
  ];
  const { commands } = twoCommands(async () => (await outcomes.shift()?.()) ?? done({}));
  await using bench = await startBench({ actions: { commands } });
  await listens(bench);
  const reasons: string[] = [];
  const failures: unknown[] = [];
  for (let turn = 1; turn <= 4; turn += 1) {
    request(bench, { call: `call-${turn}` });
    const answer = await heard(bench, turn);
    reasons.push(String(answer['reason']));
    const { status, code, money_moved: moved, message } = failureIn(answer);
    failures.push([status, code, moved]);
    assert.equal(message, answer['reason']);
  }
  assert.equal(reasons[0], 'That would take the account below its floor. Nothing was moved.');
  assert.equal(reasons[1], 'Not confirmed; do not repeat it.');
  assert.match(reasons[2] ?? '', /not known yet/);
  assert.match(reasons[3] ?? '', /internal error.*not known whether money has moved/);
  assert.doesNotMatch(reasons.join(' '), /not a function/);
  assert.deepEqual(failures, [
    ['refused', 'below_floor', 'no'],
    ['unknown', undefined, 'unknown'],
    ['unknown', undefined, undefined],
    ['failed', 'internal', 'unknown'],
  ]);
});

test('a slow command is answered within twenty seconds, and continues', async () => {
  const { promise, resolve } = Promise.withResolvers<CommandResult>();
  const { commands } = twoCommands(() => promise);
  await using bench = await startBench({ actions: { commands } });
  await listens(bench);
  const since = bench.clock.now();
  request(bench, {});
  const answer = await heard(bench);
  assert.match(String(answer['reason']), /still busy with refresh.*not known whether money/);
  const { status, code, money_moved: moved } = failureIn(answer);
  assert.deepEqual([status, code, moved], ['unknown', 'busy', 'unknown']);
  assert.ok(bench.clock.now() - since <= 20_500);
  resolve(done({}));
  await bench.pass(1_000);
  assert.equal(responses(bench).length, 1);
});

test('an answer goes over the newest connection', async () => {
  const { promise, resolve } = Promise.withResolvers<CommandResult>();
  const { commands } = twoCommands(() => promise);
  await using bench = await startBench({ actions: { commands } });
  await listens(bench);
  request(bench, {});
  await bench.pass(100);
  bench.fake.cut();
  await bench.until('the loss is known', () => bench.output.health().state === 'down');
  await bench.until('it is back', () => bench.output.health().state === 'ok');
  resolve(done({ late: true }));
  assert.deepEqual((await heard(bench))['answer'], { status: 'done', late: true });
});

test('the health says when Home Assistant refuses the subscription to requests', async () => {
  await using bench = await startBench({ actions: twoCommands() });
  bench.fake.world.script.set('subscribe_events', { refuse: 'unauthorized' });
  await bench.until('it is told', () => bench.output.health().state === 'degraded');
  assert.match(bench.output.health().sentence ?? '', /receives no requests from the actions/);
});
