import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LoginView } from '../../src/domain/login.ts';
import { someInstant, someLogin, someSnapshot } from '../support/snapshot-samples.ts';
import { startBench, type Bench } from './home-assistant-rig.ts';

const day = 24 * 3_600_000;
const id = 'monzo_bridge_login_one';
const lost = someLogin({ state: 'needs_authorisation', needs: 'Monzo no longer accepts this login.' });
const well = someLogin();

function show({ output }: Bench, ...logins: readonly LoginView[]): void {
  output.show(someSnapshot({ logins }));
}

const link = '\n\n[Open the bridge’s page](http://bridge.local:8099/#/settings/people)';
const calls = ({ fake }: Bench) => fake.of('call_service').map(({ service }) => service);

test('a notification is created once, updated in place, and dismissed when the login is well', async () => {
  await using bench = await startBench();
  const { notifications } = bench.fake;
  show(bench, lost);
  await bench.until('it is there', () => notifications.has(id));
  for (let turn = 0; turn < 5; turn += 1) show(bench, lost);
  await bench.pass(60_000);
  assert.deepEqual(calls(bench), ['create']);
  assert.match(notifications.get(id)?.title ?? '', /Monzo bridge: Alex/);
  assert.equal(notifications.get(id)?.message, `Monzo no longer accepts this login.${link}`);
  show(bench, { ...lost, needs: 'Other words.' });
  await bench.until('it is worded anew', () => notifications.get(id)?.message === `Other words.${link}`);
  show(bench, well);
  await bench.until('it is gone', () => !notifications.has(id));
  assert.deepEqual(calls(bench), ['create', 'create', 'dismiss']);
});

test('a name is shown as text, whatever it contains', async () => {
  await using bench = await startBench();
  show(bench, { ...lost, name: '# [x](https://evil.example) <img>\n\n* y \ud800', needs: 'See <b>.' });
  await bench.until('it is there', () => bench.fake.notifications.has(id));
  const { title, message } = bench.fake.notifications.get(id) ?? {};
  assert.equal(title, 'Monzo bridge: # [x](https://evil.example) <img> * y \ufffd');
  assert.equal(message, String.raw`See \<b\>.` + link);
});

test('the person is named once, in the title or by the sentence', async () => {
  await using bench = await startBench();
  const told = [
    { ...lost, needs: 'Alex: open the Monzo app.' },
    { ...lost, fault: 'other_person', needs: 'Someone other than Alex signed in.' },
  ];
  for (const login of told) {
    show(bench, login);
    const said = () => JSON.stringify(bench.fake.notifications.get(id) ?? null);
    const ending = login.needs.slice(-12);
    await bench.until('it is there', () => said().includes(ending));
    assert.equal(said().split('Alex').length, 2, said());
  }
});

test('an approval gets two minutes before a notification appears', async () => {
  await using bench = await startBench();
  const awaiting = someLogin({ state: 'awaiting_approval', needs: null });
  await bench.until('it is connected', () => bench.output.health().state === 'ok');
  show(bench, awaiting);
  await bench.pass(119_000);
  show(bench, awaiting);
  await bench.pass(100);
  assert.deepEqual(calls(bench), []);
  await bench.pass(11_000);
  show(bench, awaiting);
  await bench.until('it is there', () => bench.fake.notifications.has(id));
  show(bench, well);
  await bench.until('it is gone', () => !bench.fake.notifications.has(id));
  show(bench, awaiting);
  await bench.pass(60_000);
  assert.equal(bench.fake.notifications.has(id), false, 'the two minutes begin anew');
});

const states: readonly { readonly what: string; readonly login: LoginView; readonly says: RegExp | null }[] =
  [
    { what: 'an active login', login: well, says: null },
    { what: 'an outage', login: someLogin({ needs: 'Monzo cannot be reached.' }), says: null },
    {
      what: 'a login being set up',
      login: someLogin({ state: 'authorising', needs: 'Sign in.' }),
      says: null,
    },
    { what: 'a lapsed approval', login: someLogin({ state: 'needs_approval' }), says: /Open the Monzo app/ },
    { what: 'a lost login', login: someLogin({ state: 'needs_authorisation' }), says: /Sign in again/ },
    {
      what: 'an approval that lapses in ten days',
      login: someLogin({ approvedAt: someInstant - 80 * day }),
      says: /about 2026-12-03/,
    },
    {
      what: 'an approval that lapses later',
      login: someLogin({ approvedAt: someInstant - 79 * day }),
      says: null,
    },
  ];

for (const { what, login, says } of states)
  test(`${what} ${says === null ? 'gives no notice' : 'gives a notice'}`, async () => {
    await using bench = await startBench();
    await bench.until('it is connected', () => bench.output.health().state === 'ok');
    show(bench, login, someLogin({ id: 'login_two', state: 'needs_authorisation' }));
    await bench.until('the other one is there', () => bench.fake.notifications.has('monzo_bridge_login_two'));
    const message = bench.fake.notifications.get(id)?.message;
    if (says === null) assert.equal(message, undefined);
    else assert.match(message ?? '', says);
  });

test('after a restart of Home Assistant the notification is created again, unless the login is well by then', async () => {
  await using bench = await startBench();
  const { fake } = bench;
  const two = someLogin({ id: 'login_two', state: 'needs_approval' });
  show(bench, lost, two);
  await bench.until('both are there', () => fake.notifications.size === 2);
  await fake.stop();
  show(bench, lost, { ...two, state: 'active' });
  await fake.start();
  await bench.until('it is there', () => fake.notifications.has(id));
  await bench.pass(5_000);
  assert.deepEqual([...fake.notifications.keys()], [id]);
});

test('leftover login notifications are dismissed; those of others, and of logins that await approval, stay', async () => {
  await using bench = await startBench({
    prepare: ({ notifications }) => {
      const left = ['monzo_bridge_login_gone', 'monzo_bridge_outage', 'other', 'monzo_bridge_login_three'];
      for (const found of left)
        (notifications as Map<string, unknown>).set(found, {
          notification_id: found,
          title: null,
          message: 'x',
          created_at: '2026-11-23T09:00:00Z',
        });
    },
  });
  await bench.until('it is connected', () => bench.output.health().state === 'ok');
  await bench.pass(5_000);
  assert.equal(bench.fake.notifications.size, 4, 'nothing is touched before the first snapshot');
  show(bench, someLogin({ id: 'login_three', state: 'awaiting_approval' }));
  await bench.until('it is gone', () => !bench.fake.notifications.has('monzo_bridge_login_gone'));
  await bench.pass(1_000);
  assert.deepEqual(
    [...bench.fake.notifications.keys()],
    ['monzo_bridge_outage', 'other', 'monzo_bridge_login_three'],
  );
});

test('one that Home Assistant refuses is tried again with the next snapshot', async () => {
  await using bench = await startBench();
  bench.fake.world.script.set('call_service', { refuse: 'home_assistant_error' });
  show(bench, lost);
  await bench.until('it was refused', () =>
    bench.logged.some((line) => line.includes('home_assistant_error')),
  );
  bench.fake.world.script.clear();
  show(bench, lost);
  await bench.until('it is there', () => bench.fake.notifications.has(id));
});
