import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { z } from 'zod';
import { someLogin, someSnapshot } from '../support/snapshot-samples.ts';
import { startRig, type Rig } from './rig.ts';
import { connectTier2, until, type Tier2 } from './tier2-output.ts';

const notificationsSchema = z.array(
  z.object({ notification_id: z.string(), title: z.string().nullable(), message: z.string() }),
);

let rig: Rig;
let tier2: Tier2;

before(async () => {
  rig = await startRig();
  tier2 = connectTier2(rig);
  await until('we are connected', () => tier2.output.health().state === 'ok');
});

after(async () => {
  await tier2?.output.close();
  await tier2?.connection.close();
  await rig?.dispose();
});

const well = someLogin({ approvedAt: Date.now() });
const lost = someLogin({
  name: 'Alex *the* [great](https://evil.example)',
  state: 'needs_authorisation',
  needs: 'Monzo no longer accepts this login. Sign in again.',
});
const id = `monzo_bridge_${lost.id}`;

async function notifications() {
  return rig.client.command({ type: 'persistent_notification/get' }, notificationsSchema);
}

async function ours() {
  return (await notifications()).filter(({ notification_id: found }) => found.startsWith('monzo_bridge_'));
}

test('a login that needs attention gives one notification, which is updated and dismissed by itself', async () => {
  tier2.output.show(someSnapshot({ logins: [lost] }));
  await until('it is there', async () => (await ours()).length === 1);
  const [notice] = await ours();
  assert.equal(notice?.notification_id, id);
  assert.equal(notice.title, 'Monzo bridge: Alex *the* [great](https://evil.example)');
  assert.match(notice.message, /Sign in again/);
  assert.doesNotMatch(notice.message, /great|https:\/\//);
  assert.ok(notice.message.endsWith('[Open the bridge’s page](http://bridge.local:8099/#/settings/people)'));

  tier2.output.show(someSnapshot({ logins: [{ ...lost, needs: 'Something else is to be done.' }] }));
  await until('it says something else', async () =>
    (await ours()).some(({ message }) => message.includes('Something else is to be done')),
  );
  assert.equal((await ours()).length, 1);

  tier2.output.show(someSnapshot({ logins: [well] }));
  await until('it is gone', async () => (await ours()).length === 0);
});

test('removing a login dismisses its notification; those of others stay', async () => {
  const foreign = { notification_id: 'monzo_bridge_of_mine', message: 'Mine.' };
  await rig.client.call({ domain: 'persistent_notification', service: 'create', data: foreign });
  tier2.output.show(someSnapshot({ logins: [lost] }));
  await until('it is there', async () =>
    (await notifications()).some((found) => found.notification_id === id),
  );
  tier2.output.show(someSnapshot({ logins: [] }));
  await until('it is gone', async () =>
    (await notifications()).every((found) => found.notification_id !== id),
  );
  assert.deepEqual(
    (await ours()).map(({ notification_id: found }) => found),
    ['monzo_bridge_of_mine'],
  );
  await rig.client.call({
    domain: 'persistent_notification',
    service: 'dismiss',
    data: { notification_id: 'monzo_bridge_of_mine' },
  });
});

test('after a restart of Home Assistant, which forgets all notifications, the bridge’s is created again', async () => {
  tier2.output.show(someSnapshot({ logins: [lost] }));
  await until('it is there', async () => (await ours()).length === 1);
  await rig.restartHomeAssistant('kill');
  await until('it is there again', async () => (await ours()).length === 1);
});

test('the notification of a login that recovered while the bridge was stopped is dismissed at its start', async () => {
  await until('a notice is there', async () => (await ours()).length === 1);
  await tier2.output.close();
  await tier2.connection.close();
  tier2 = connectTier2(rig);
  tier2.output.show(someSnapshot({ logins: [well] }));
  await until('it is gone', async () => (await ours()).length === 0);
});

test('Home Assistant’s log says nothing about the bridge', async () => {
  assert.deepEqual(await rig.homeAssistant.problems(['monzo_bridge', 'websocket_api', 'notification']), []);
});
