import * as fc from 'fast-check';
import type { CallFaultKind, HookFaultKind } from '../../sim/faults.ts';
import { alex, joint, sam } from '../../sim/household.ts';
import { startWebhookSender, type WebhookSender } from '../../sim/webhooks.ts';
import { startTestBroker, type TestBroker } from './broker.ts';
import { createCrashes, type Crashes } from './crash.ts';
import { isAllDelivered, type Arrival } from './event-oracle.ts';
import { pairBank } from './pair.ts';
import { startFakeHomeAssistant, type FakeHomeAssistant } from './fake-home-assistant.ts';
import { quiet } from './until.ts';
import { createWorld, type World } from './world.ts';

const accounts = [alex.current, joint.account, sam.current] as const;

/** The whole program between a bank that rings, a broker and a Home Assistant. */
export interface EventLife extends AsyncDisposable {
  readonly world: World;
  readonly crashes: Crashes;
  readonly broker: TestBroker;
  readonly homeAssistant: FakeHomeAssistant;
  readonly webhookSender: WebhookSender;
  /** All that happened at the bank since both people are connected. */
  readonly transactions: readonly string[];
  /** Time passes, and the bridge comes back where it has crashed. */
  pass(ms: number): Promise<void>;
  /** Faults end, everybody is there, and time passes until every account has been listed again. */
  calm(): Promise<void>;
  /** A bridge starts anew and looks at everything; ends when all of it is delivered. */
  lookAgain(): Promise<void>;
  /** What came out at each sink, in order, repeats included. */
  arrivals(): Readonly<Record<string, readonly Arrival[]>>;
}

export async function startEventLife(crashes = createCrashes()): Promise<EventLife> {
  const broker = await startTestBroker();
  const homeAssistant = await startFakeHomeAssistant();
  // Calls come over the public listener, where every fault of the post can strike.
  homeAssistant.world.urls = { internal: null, external: null, cloud: null };
  const world = await createWorld({
    bank: pairBank,
    crashes,
    broker,
    homeAssistant,
    settings: {
      MONZO_BRIDGE_MQTT_URL: broker.url,
      MONZO_BRIDGE_HOME_ASSISTANT_URL: homeAssistant.url,
      MONZO_BRIDGE_HOME_ASSISTANT_TOKEN: homeAssistant.world.token,
      MONZO_BRIDGE_PUBLIC_URL: 'http://bridge.invalid',
    },
  });
  const { bank, clock, faults } = world;
  await world.connect('alex');
  await world.connect('sam');
  const transactions: string[] = [];
  bank.listen(({ what, transaction }) => {
    if (what === 'created') transactions.push(transaction.id);
  });
  const webhookSender = startWebhookSender({ bank, faults, clock, fetch: world.fetchFromOutside });
  const pass = async (ms: number) => {
    const step = Math.min(10_000, Math.max(500, ms / 20));
    for (let left = ms; left > 0; left -= step) {
      await quiet();
      await world.revived();
      await clock.advance(Math.min(left, step));
    }
    await world.revived();
  };
  return {
    world,
    crashes,
    broker,
    homeAssistant,
    webhookSender,
    transactions,
    pass,
    calm: async () => {
      crashes.arm(null);
      faults.clear();
      bank.catchUp();
      await broker.start();
      await homeAssistant.start();
      await pass(aListIsDue);
    },
    lookAgain: async () => {
      await world.crash();
      await pass(20_000);
      for (let tries = 0; !(await isAllDelivered((path) => world.api(path))); tries += 1) {
        if (tries > 100) throw new Error('not everything was delivered');
        await pass(5_000);
      }
    },
    arrivals: () => ({
      'mqtt transaction': published(broker, 'transaction'),
      'mqtt event': published(broker, 'event'),
      home_assistant: homeAssistant.of('fire_event').map(({ event_data }) => event_data as Arrival),
    }),
    async [Symbol.asyncDispose]() {
      webhookSender.stop();
      await world[Symbol.asyncDispose]();
      await homeAssistant.stop();
      await broker.stop();
    },
  };
}

/** With working webhooks accounts are listed every quarter of an hour; a rest after trouble may come on top. */
const aListIsDue = 17 * 60_000;

/** The small payload does not name its account: the topic does. */
function published(broker: TestBroker, what: 'transaction' | 'event'): readonly Arrival[] {
  return broker.seen.flatMap(({ topic, payload }) => {
    const [, accountId, last] = topic.split('/');
    if (last !== what || accountId === undefined) return [];
    const { event_id } = JSON.parse(payload) as Arrival;
    return [{ event_id, account_id: accountId }];
  });
}

type Other = 'broker' | 'homeAssistant';

/** Something that happens, to be done on any life; `which` picks among whatever there is. */
export type Happening =
  | { readonly do: 'spend' | 'receive'; readonly account: number; readonly amount: number }
  | { readonly do: 'settle' | 'reverse' | 'amend' | 'touch'; readonly which: number; readonly amount: number }
  | { readonly do: 'ring'; readonly account: number; readonly which: number }
  | { readonly do: 'post_fault'; readonly kind: HookFaultKind; readonly times: number }
  | { readonly do: 'bank_fault'; readonly kind: CallFaultKind; readonly times: number }
  | { readonly do: 'lag'; readonly account: number; readonly amount: number; readonly ms: number }
  | { readonly do: 'cut' | 'stop' | 'start'; readonly other: Other }
  | { readonly do: 'crash'; readonly kind: string; readonly after: number; readonly account: number }
  | { readonly do: 'pass'; readonly ms: number };

const small = fc.nat(99);
const account = fc.nat(accounts.length - 1);
const amount = fc.integer({ min: 1, max: 9_999 });
const times = fc.integer({ min: 1, max: 3 });
const other = fc.constantFrom<Other[]>('broker', 'homeAssistant');
/** How long the bank's reading side does not show a row, while it shows younger ones. */
const lags = [30_000, 240_000, 3_000_000] as const;
const always = <T extends string>(what: T) => fc.constant(what);

const happening: fc.Arbitrary<Happening> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ do: fc.constantFrom('spend', 'spend', 'receive'), account, amount }) },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constantFrom('settle', 'reverse', 'amend', 'touch'),
      which: small,
      amount,
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: always('ring'), account, which: small }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: always('post_fault'),
      kind: fc.constantFrom<HookFaultKind[]>(
        'hook_dropped',
        'hook_duplicated',
        'hook_reordered',
        'hook_changed_body',
      ),
      times,
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: always('bank_fault'),
      kind: fc.constantFrom<CallFaultKind[]>(
        'timeout_after',
        'reset_before',
        'reset_after',
        'html',
        'truncated',
        'wrong_shape',
      ),
      times,
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ do: always('lag'), account, amount, ms: fc.constantFrom(...lags) }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constantFrom('cut', 'stop', 'start'), other }) },
  {
    weight: 8,
    arbitrary: fc.record({
      do: always('crash'),
      kind: fc.constantFrom('write ', 'mqtt ', 'bank ', 'home_assistant ', 'wait ', ''),
      after: fc.nat(12),
      account,
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      do: always('pass'),
      ms: fc.constantFrom(200, 1_000, 3_000, 15_000, 90_000, 300_000),
    }),
  },
);

export const happenings = fc.array(happening, { minLength: 5, maxLength: 40, size: 'max' });

/** A row that is shown late and a crash that surely comes, whatever chance makes of the other lives. */
export const lateAndCrashed: readonly Happening[] = [
  { do: 'lag', account: 0, amount: 350, ms: 240_000 },
  { do: 'crash', kind: 'write ', after: 0, account: 0 },
];

type Doing = {
  readonly [What in Happening['do']]: (life: EventLife, what: Happening & { readonly do: What }) => unknown;
};

const doing: Doing = {
  spend: ({ world }, { account: number, amount: pence }) =>
    world.bank.purchase(accountAt(number), { amount: pence, merchant: 'Corner Shop' }),
  receive: ({ world }, { account: number, amount: pence }) =>
    world.bank.incomingPayment(accountAt(number), { amount: pence, name: 'A Friend' }),
  settle: (life, { which, amount: pence }) => {
    const id = pick(pendingIn(life), which);
    if (id) life.world.bank.settle(id, which % 2 === 0 ? {} : { amount: pence });
  },
  reverse: (life, { which }) => {
    const id = pick(pendingIn(life), which);
    if (id) life.world.bank.reverse(id);
  },
  amend: ({ world, transactions }, { which, amount: word }) => {
    const id = pick(transactions, which);
    if (id && word % 2 === 0) world.bank.annotate(id, `note ${word % 3}`);
    else if (id) world.bank.recategorise(id, ['general', 'groceries', 'bills'][word % 3] ?? 'general');
  },
  touch: ({ world, transactions }, { which }) => {
    const id = pick(transactions, which);
    if (id) world.bank.touch(id);
  },
  ring: async ({ world, transactions }, { account: number, which }) => {
    const hook = [...world.bank.model.webhooks.values()].find(
      ({ accountId }) => accountId === accountAt(number),
    );
    const body = JSON.stringify({
      type: 'transaction.created',
      data: { id: pick(transactions, which), account_id: accountAt(number) },
    });
    if (hook) await world.fetchFromOutside(hook.url, { method: 'POST', body }).catch(() => {});
  },
  post_fault: ({ world }, fault) =>
    world.faults.add({ kind: fault.kind, times: fault.times } as HookFaultWish),
  bank_fault: ({ world }, fault) =>
    world.faults.add({ kind: fault.kind, times: fault.times } as CallFaultWish),
  lag: async (life, { account: number, amount: pence, ms }) => {
    const { bank } = life.world;
    bank.showLate(bank.purchase(accountAt(number), { amount: pence, merchant: 'Corner Shop' }), ms);
    await life.pass(1_000);
    doing.spend(life, { do: 'spend', account: number, amount: pence });
    await life.pass(100_000);
  },
  cut: (life, { other: side }) => life[side].cut(),
  stop: (life, { other: side }) => life[side].stop(),
  start: (life, { other: side }) => life[side].start(),
  crash: (life, { kind, after, account: number }) => {
    let left = after;
    doing.spend(life, { do: 'spend', account: number, amount: 100 + after });
    life.crashes.arm((point) => point.startsWith(kind) && (left -= 1) < 0);
    return life.pass(3_000);
  },
  pass: (life, { ms }) => life.pass(ms),
};

type HookFaultWish = { readonly kind: 'hook_dropped'; readonly times: number };
type CallFaultWish = { readonly kind: 'truncated'; readonly times: number };

/** Does what happens, and waits until it is done. */
export async function happen(life: EventLife, what: Happening): Promise<void> {
  const act = doing[what.do] as (life: EventLife, what: Happening) => unknown;
  await act(life, what);
}

const accountAt = (number: number) => accounts[number] ?? alex.current;
const pick = (ids: readonly string[], which: number) => ids[which % Math.max(1, ids.length)];
const pendingIn = ({ world, transactions }: EventLife) =>
  transactions.filter((id) => world.bank.model.transactions.get(id)?.state === 'pending');
