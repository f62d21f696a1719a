/** Keeps the household that this version leaves behind, in the folder of a release: `npm run keep -- <release>`. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { alex, joint, sam } from '../../sim/household.ts';
import { ask, isList, isMove, move, setRails, transfersOf } from '../support/money.ts';
import { createSeenScene, type Scene } from '../support/scene.ts';
import { bankDocument } from './kept-bank.ts';

const minute = 60_000;

/** Connects Sam; the bank's answer comes through Home Assistant's webhook. */
async function connectSam(scene: Scene): Promise<void> {
  const { world, fake } = scene;
  const { clientId, clientSecret, userId } = sam;
  const answer = await scene.post('/api/logins', {
    name: 'Sam',
    client_id: clientId,
    client_secret: clientSecret,
  });
  const login = (await answer.json()) as { id: string; authorize_url: string; redirect_uri: string };
  world.bank.registerRedirect(clientId, login.redirect_uri);
  const asked = new URL(login.authorize_url).searchParams.get('state') ?? '';
  const landing = new URL(
    world.bank.authorize({ clientId, redirectUri: login.redirect_uri, state: asked, userId }),
  );
  const [code, state] = ['code', 'state'].map((name) => landing.searchParams.get(name) ?? '');
  const webhookId = landing.pathname.split('/').at(-1) ?? '';
  fake?.callWebhook(webhookId, { code: `c:${code}`, state: `s:${state}`, error: 'e:' });
  const is = (wanted: string) => () =>
    world
      .app()
      .view()
      .logins.some(({ id, state: at }) => id === login.id && at === wanted);
  await scene.until('the approval is waited for', is('awaiting_approval'));
  world.bank.approve(userId);
  await scene.until('Sam is connected', is('active'));
}

/** Rows of every kind, each seen by the bridge, and later changes of some. */
async function live(scene: Scene): Promise<void> {
  const { bank } = scene.world;
  const shop = { amount: 1_250, merchant: 'Corner Shop' };
  const settledLater = bank.purchase(alex.current, shop);
  const reversedLater = bank.purchase(alex.current, { amount: 4_000, merchant: 'Grand Hotel' });
  bank.purchase(joint.account, { amount: 6_210, merchant: 'Green Grocer' });
  bank.foreignPurchase(alex.current, {
    amount: 2_300,
    merchant: 'Café Paris',
    localAmount: 2_691,
    localCurrency: 'EUR',
  });
  bank.decline(alex.current, { amount: 9_900, merchant: 'Cinema' });
  bank.salary(alex.current, { amount: 210_000 });
  bank.directDebit(joint.account, { amount: 5_500, name: 'Power & Light' });
  bank.interest(sam.current, 41);
  await scene.look();
  await scene.pass(5 * minute);
  bank.settle(settledLater, { amount: 1_300 });
  bank.reverse(reversedLater);
  bank.annotate(settledLater, 'for the {{ party }} 🎉');
  bank.refund(alex.current, { amount: 500, merchant: 'Corner Shop' });
  bank.potMove(alex.pots.savings, 'deposit', { amount: 2_500 });
  await scene.look();
  await scene.pass(5 * minute);
}

/** From now on no move is answered, and no list shows the account, until the faults are cleared. */
function loseWord({ world: { bank, faults } }: Scene, when: 'timeout_before' | 'timeout_after'): void {
  const before = bank.calls.filter(isMove).length;
  const isSent = () => bank.calls.filter(isMove).length > before;
  faults.add({ kind: when, match: isMove });
  faults.add({ kind: 'status', status: 500, match: (call) => isList(call) && isSent() });
}

/** Moves of a login that lapses before the bank can be asked: one that a person decides, one that waits for one. */
async function leaveToSam(scene: Scene): Promise<void> {
  const { world } = scene;
  const stateOf = (requestId: string) =>
    transfersOf(world).find((transfer) => transfer.requestId === requestId)?.state;
  const leave = async (requestId: string, amount: string) => {
    loseWord(scene, 'timeout_after');
    await move(world, { pot: sam.pots.bike, request_id: requestId, amount });
    world.bank.lapseApproval(sam.userId);
    world.faults.clear();
    await scene.until(`${requestId} is for a person`, () => stateOf(requestId) === 'unresolved');
  };
  await leave('kept-decided', '8.00');
  const decided = transfersOf(world).find(({ state }) => state === 'unresolved');
  await ask(world, 'decide_transfer', { transfer_id: decided?.id, money_moved: 'yes' });
  world.bank.approve(sam.userId);
  await scene.pass(20 * minute);
  await leave('kept-unresolved', '9.00');
}

/** A transfer in every state there is; the one that is open comes last, because it stays so. */
async function moveMoney(scene: Scene): Promise<void> {
  const { world } = scene;
  const { bank, faults } = world;
  setRails(world, {
    per_move: { '*': '250', EUR: '20' },
    accounts: { [joint.account]: { per_day: { GBP: '40' } } },
    pots: [alex.pots.holiday, alex.pots.savings, joint.pots.bills, sam.pots.bike],
    cooldown_seconds: 1,
  });
  const later = () => scene.pass(2 * minute);
  await move(world, { request_id: 'kept-moved', amount: '5.00' });
  await later();
  await move(world, { amount: '6.00', transfer_type: 'withdraw' });
  await later();
  faults.add({
    kind: 'status',
    status: 400,
    code: 'bad_request.insufficient_funds',
    match: isMove,
    times: 1,
  });
  await move(world, { request_id: 'kept-refused', amount: '6.50' });
  await later();
  loseWord(scene, 'timeout_before');
  await move(world, { request_id: 'kept-absent', amount: '6.75' });
  await scene.pass(16 * minute);
  faults.clear();
  await scene.pass(20 * minute);
  faults.add({ kind: 'refused', match: isMove, times: 1 });
  await move(world, { request_id: 'kept-not-sent', amount: '7.00' });
  await later();
  await leaveToSam(scene);
  // Another bridge, or a row that a backup did not hold.
  bank.potMove(alex.pots.holiday, 'deposit', { amount: 321, key: `mb-${'f'.repeat(32)}` });
  await scene.look();
  await scene.pass(minute);
  await ask(world, 'resume');
  await ask(world, 'pause');
  await ask(world, 'resume');
}

const [release = ''] = process.argv.slice(2);
if (!/^[\w.-]+$/.test(release)) throw new Error('Name the release, such as 1.0.0.');
const directory = join(import.meta.dirname, release);
if (existsSync(directory)) throw new Error(`${release} is kept already, and is never replaced.`);
const scene = await createSeenScene();
const { world, fake } = scene;
await connectSam(scene);
await scene.pass(minute);
await live(scene);
fake?.world.script.set('fire_event', { refuse: 'unknown_error' });
await scene.buy();
await scene.until('an event is parked', async () => (await scene.sink('home_assistant')).parked_count === 1);
fake?.world.script.clear();
await moveMoney(scene);
await scene.home.vanish();
world.bank.purchase(alex.current, { amount: 720, merchant: 'Night Bus' });
await scene.look();
loseWord(scene, 'timeout_after');
await move(world, { request_id: 'kept-open', amount: '11.00' });
const retained = Object.fromEntries(
  scene.broker.retainedTopics().map((topic) => [topic, scene.broker.retained(topic)]),
);
await world.stop();
const data = readFileSync(join(world.directory, 'monzo-bridge.sqlite'));
const left = { at: world.clock.now(), retained, bank: bankDocument(world.bank.model) };
const secretKey = readFileSync(join(world.directory, 'secret-key'), 'utf8');
mkdirSync(directory);
writeFileSync(join(directory, 'monzo-bridge.sqlite.gz'), gzipSync(data, { level: 9 }));
writeFileSync(
  join(directory, 'world.json.gz'),
  gzipSync(JSON.stringify({ ...left, secretKey }), { level: 9 }),
);
for (const { state, requestId } of transfersOf(world)) console.log(state, requestId);
await scene[Symbol.asyncDispose]();
