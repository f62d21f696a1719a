import assert from 'node:assert/strict';
import { alex, joint, sam } from '../../sim/household.ts';
import { assertReached, createCrashes } from './crash.ts';
import { startEventLife, type EventLife } from './event-life.ts';
import { assertDelivered, assertRecorded, eventLog } from './event-oracle.ts';

/** Where a bridge can crash between a purchase and its events; whatever else is reached is crashed at as well. */
const expected = [
  'bank GET /accounts',
  'bank GET /balance',
  'bank GET /pots',
  'bank GET /transactions',
  'bank GET /transactions/:id',
  'bank GET /webhooks',
]
  .flatMap((call) => [`${call} unsent`, `${call} unanswered`])
  .concat(
    [
      'mqtt homeassistant/device/+/config',
      'mqtt homeassistant/device/monzo_bridge/config',
      'mqtt monzo/+',
      'mqtt monzo/+/availability',
      'mqtt monzo/+/event',
      'mqtt monzo/+/transaction',
      'mqtt monzo/bridge/health',
      'mqtt monzo/bridge/info',
      'mqtt monzo/bridge/state',
      'mqtt monzo/login/+',
    ].flatMap((topic) => [`${topic} unsent`, `${topic} unacknowledged`]),
    [
      'home_assistant auth/current_user',
      'home_assistant fire_event monzo_event',
      'home_assistant get_config',
      'home_assistant network/url',
      'home_assistant ping',
      'home_assistant subscribe_trigger',
    ].flatMap((command) => [`${command} unsent`, `${command} unanswered`]),
    [
      'mqtt subscribe homeassistant/status unsent',
      'mqtt subscribe monzo/bridge/request/+ unsent',
      'wait ingest/doorbell.ts',
      'wait ingest/poller.ts',
      'wait outputs/home-assistant/websocket-session.ts',
      'wait outputs/mqtt/sweep.ts',
      'wait outputs/manager.ts',
      'write BEGIN IMMEDIATE',
      'write COMMIT after INSERT INTO event',
      'write COMMIT after INSERT INTO login',
      'write COMMIT after INSERT INTO balance_day',
      'write INSERT INTO bank_transaction',
      'write INSERT INTO event',
      'write INSERT INTO login',
      'write INSERT INTO reading',
      'write UPDATE sink',
    ],
  );

/** One of everything that makes events, while earlier ones go on living. */
export async function aBusyWhile(life: EventLife): Promise<void> {
  const { world, transactions } = life;
  const { bank } = world;
  const [first, second, third] = transactions.filter(
    (id) => bank.model.transactions.get(id)?.state === 'pending',
  );
  bank.purchase(alex.current, { amount: 350, merchant: 'Blue Door Coffee' });
  bank.purchase(joint.account, { amount: 700, merchant: 'Green Grocer', userId: sam.userId });
  if (first) bank.settle(first, { amount: 300 });
  if (second) bank.reverse(second);
  if (third) bank.annotate(third, `noted ${transactions.length}`);
  ringForNothing(life);
  await life.pass(4_000);
}

/** No list shows what this ring names, so the doorbell waits and looks again. */
function ringForNothing({ world, transactions }: EventLife): void {
  const [hook] = world.bank.model.webhooks.values();
  if (!hook) return;
  const data = { id: `tx_forged${transactions.length}`, account_id: hook.accountId };
  const body = JSON.stringify({ type: 'transaction.created', data });
  // Where the bridge crashes meanwhile, nobody answers.
  void world.fetchFromOutside(hook.url, { method: 'POST', body }).catch(() => null);
}

export async function aRestart(life: EventLife): Promise<void> {
  await life.world.restart();
  await life.pass(6_000);
}

const aQuarterOfAnHour = (life: EventLife) => life.pass(960_000);

/**
 * Crashes a bridge once at each point of one half of them, those that a stable sum of their letters gives, and checks
 * that no event is lost, doubled or out of order. The halves run side by side and together crash it everywhere.
 */
export async function crashAtEachPoint(half: 0 | 1): Promise<void> {
  const isOurs = (point: string) => Buffer.from(point).reduce((sum, byte) => sum + byte, 0) % 2 === half;
  const crashes = createCrashes();
  await using life = await startEventLife({ crashes });
  const whileConnecting = new Map(crashes.reached);
  await aBusyWhile(life);
  await aRestart(life);
  const tried = new Set<string>();
  const next = () => {
    const others = [...crashes.reached].filter(([point, times]) => whileConnecting.get(point) !== times);
    const points = [...expected, ...others.map(([point]) => point)];
    return points.find((point) => isOurs(point) && !tried.has(point));
  };
  for (let point = next(); point !== undefined; point = next()) {
    const before = crashes.happened.length;
    tried.add(point);
    crashes.arm((at) => at === point);
    for (const stage of [aBusyWhile, aRestart, aQuarterOfAnHour])
      if (crashes.happened.length === before) await stage(life);
  }
  const missed = expected.filter((point) => isOurs(point) && !crashes.happened.includes(point));
  assert.deepEqual(missed, [], 'points at which it never crashed');
  assertReached(crashes, expected);
  console.log(
    `one crash at each of ${crashes.happened.length}, among ${life.transactions.length} transactions`,
  );
  crashes.arm(null);
  await life.lookAgain();
  const log = await eventLog((path) => life.world.api(path));
  assertRecorded(life.world.bank, log, life.transactions);
  for (const [sink, arrivals] of Object.entries(life.arrivals())) assertDelivered(sink, log, arrivals);
}
