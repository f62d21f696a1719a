import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, it, type TestContext } from 'node:test';
import { createFakeClock } from '../../sim/fake-clock.ts';
import { inSteps, until } from '../../test/support/until.ts';
import { silentLog } from '../log.ts';
import { createSupervisor } from './supervisor.ts';

type Answer = readonly [status: number, body: string] | 'silence';

const own: Answer = [200, '{"result":"ok","data":{"slug":"a0b1c2d3_monzo_bridge"}}'];
const notEnabled: Answer = [400, '{"result":"error","message":"Service not enabled"}'];
const listed = (available: boolean): Answer => [
  200,
  JSON.stringify({ result: 'ok', data: { services: [{ slug: 'mqtt', available, providers: [] }] } }),
];

/** A Supervisor that answers by path; what is not named it does not know. */
async function asked(t: TestContext, answers: Readonly<Record<string, Answer>>) {
  const server: Server = createServer(({ url = '' }, response) => {
    const answer = url === '/addons/self/info' ? (answers[url] ?? own) : (answers[url] ?? [404, '']);
    if (answer !== 'silence') response.writeHead(answer[0]).end(answer[1]);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const clock = createFakeClock(0);
  const supervisor = createSupervisor({
    url: `http://127.0.0.1:${port}`,
    token: 'token-of-the-supervisor',
    clock,
    random: () => 0.5,
    log: silentLog,
  });
  t.after(async () => {
    await supervisor.close();
    server.closeAllConnections();
    server.close();
  });
  return { supervisor, clock };
}

const brokerOf = async (t: TestContext, answers: Readonly<Record<string, Answer>>) => {
  const { supervisor, clock } = await asked(t, answers);
  let outcome: unknown;
  const asking = supervisor.mqttService(new AbortController().signal).then(
    (service) => (outcome = { service }),
    (thrown: unknown) => (outcome = { thrown }),
  );
  await until('it has answered, or not in time', () => outcome !== undefined, {
    between: inSteps(clock, 1_000),
  });
  return asking;
};

describe('the broker of the Supervisor', () => {
  it('may have no user, and no TLS', async (t) => {
    const body = JSON.stringify({ result: 'ok', data: { host: 'core-mosquitto', port: 1883 } });
    const told = await brokerOf(t, { '/services/mqtt': [200, body] });
    assert.deepEqual(told, { service: { host: 'core-mosquitto', port: 1883, ssl: false } });
  });

  it('is not there where the list of services says so', async (t) => {
    const told = await brokerOf(t, { '/services/mqtt': notEnabled, '/services': listed(false) });
    assert.deepEqual(told, { service: null });
  });

  const failures: readonly (readonly [string, Readonly<Record<string, Answer>>, RegExp])[] = [
    [
      'it refuses the token',
      { '/services/mqtt': [403, 'Forbidden'] },
      /refuses this app’s token \(HTTP 403\)/,
    ],
    ['it fails', { '/services/mqtt': [500, ''] }, /does not answer \(HTTP 500\)/],
    ['it is starting', { '/services/mqtt': notEnabled, '/services': notEnabled }, /\(it is starting\)/],
    [
      'the broker’s app is starting',
      { '/services/mqtt': notEnabled, '/services': listed(true) },
      /\(the broker’s app is starting\)/,
    ],
    [
      'it answers with something else',
      { '/services/mqtt': [200, '<b>hunter2</b>'] },
      /is not what it should be/,
    ],
    ['it does not answer', { '/services/mqtt': 'silence' }, /\(it did not answer in time\)/],
  ];
  for (const [what, answers, sentence] of failures)
    it(`is unknown while ${what}`, async (t) => {
      const told = (await brokerOf(t, answers)) as { readonly thrown: Error };
      assert.match(told.thrown.message, sentence);
      assert.doesNotMatch(told.thrown.message, /hunter2/);
    });
});

describe('the name of the app', () => {
  it('is asked for until the Supervisor tells it', async (t) => {
    const answers: Record<string, Answer> = { '/addons/self/info': notEnabled };
    const { supervisor, clock } = await asked(t, answers);
    let changes = 0;
    supervisor.onChange(() => (changes += 1));
    await until('it is missed', () => supervisor.health().state === 'down', { between: inSteps(clock, 100) });
    assert.equal(supervisor.slug(), null);
    answers['/addons/self/info'] = own;
    await until('it is known', () => supervisor.slug() !== null, { between: inSteps(clock, 1_000) });
    assert.equal(supervisor.slug(), 'a0b1c2d3_monzo_bridge');
    assert.deepEqual(supervisor.health(), { part: 'supervisor', state: 'ok', sentence: null });
    assert.equal(changes, 3);
  });
});
