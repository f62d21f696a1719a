import { alex, joint, sam } from '../../sim/household.ts';
import { startWebhookSender, type WebhookSender } from '../../sim/webhooks.ts';
import { startTestBroker, type TestBroker } from './broker.ts';
import { createCrashes, type Crashes } from './crash.ts';
import { isAllDelivered, type Arrival } from './event-oracle.ts';
import { pairBank } from './pair.ts';
import { startFakeHomeAssistant, type FakeHomeAssistant } from './fake-home-assistant.ts';
import { quiet } from './until.ts';
import { comeBack } from './people.ts';
import { createWorld, type BankWays, type World, type WorldOptions } from './world.ts';

export const accounts = [alex.current, joint.account, sam.current] as const;

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

export interface EventLifeOptions extends BankWays {
  readonly crashes?: Crashes;
  readonly bank?: NonNullable<WorldOptions['bank']>;
}

export async function startEventLife(options: EventLifeOptions = {}): Promise<EventLife> {
  const { crashes = createCrashes(), bank: born = pairBank, switches, reached } = options;
  const broker = await startTestBroker();
  const homeAssistant = await startFakeHomeAssistant();
  // Calls come over the public listener, where every fault of the post can strike.
  homeAssistant.world.urls = { internal: null, external: null, cloud: null };
  const world = await createWorld({
    bank: born,
    switches,
    reached,
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
      bank.tokenIncident(0);
      await broker.start();
      await homeAssistant.start();
      // It may have crashed at the last thing that happened.
      await world.revived();
      const isWell = () =>
        world
          .app()
          .view()
          .logins.every(({ state }) => state === 'active');
      // Where the bank refuses so many calls, what a login asks for shows only once that is over.
      for (let tries = 0; tries === 0 || (tries < 3 && !isWell()); tries += 1) {
        await comeBack(world, pass);
        await pass(aListIsDue);
      }
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

/**
 * With working webhooks accounts are listed every quarter of an hour; a rest after trouble may come on top. While the login
 * that reads a joint account changes, as it does around a refusal of so many calls, one list may pass the account by.
 */
const aListIsDue = 32 * 60_000;

/** The small payload does not name its account: the topic does. */
function published(broker: TestBroker, what: 'transaction' | 'event'): readonly Arrival[] {
  return broker.seen.flatMap(({ topic, payload }) => {
    const [, accountId, last] = topic.split('/');
    if (last !== what || accountId === undefined) return [];
    const { event_id } = JSON.parse(payload) as Arrival;
    return [{ event_id, account_id: accountId }];
  });
}
