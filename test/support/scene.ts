import assert from 'node:assert/strict';
import { settled } from '../../sim/fake-clock.ts';
import { alex } from '../../sim/household.ts';
import { acknowledgement, afterStart } from '../../src/limits.ts';
import { startTestBroker, type TestBroker } from './broker.ts';
import type { BrokerPositions } from './broker-switches.ts';
import type { Crashes } from './crash.ts';
import { startFakeHomeAssistant, type FakeHomeAssistant } from './fake-home-assistant.ts';
import { createHome, type Home } from './home.ts';
import { quiet, until as untilThere } from './until.ts';
import { createWorld, type World, type WorldOptions } from './world.ts';

/** A bridge with a broker, Home Assistant’s side of it and, with a token, its websocket. */
export interface Scene extends AsyncDisposable {
  readonly world: World;
  readonly broker: TestBroker;
  readonly home: Home;
  readonly fake: FakeHomeAssistant | undefined;
  /** A purchase that has been found, and the id of its event. */
  buy(): Promise<string>;
  /** The bridge asks the bank now, as after a ring. */
  look(): Promise<void>;
  /** Lets so much time pass, no faster than the broker answers. */
  pass(ms: number): Promise<void>;
  until(what: string, condition: () => boolean | Promise<boolean>): Promise<void>;
  sink(name?: string): Promise<SinkItem>;
  post(path: string, body?: object): Promise<Response>;
}

export interface SinkItem {
  readonly cursor: number;
  readonly undelivered: number;
  readonly unproven: number;
  readonly parked_count: number;
  readonly parked: readonly { readonly event_id: string; readonly why: string }[];
  readonly state: string;
  readonly sentence: string | null;
  readonly waits_for: string | null;
}

export interface SceneOptions {
  readonly withToken: boolean;
  readonly crashes?: Crashes;
  readonly isDiskFull?: (sql: string) => boolean;
  /** What the broker does from the beginning. */
  readonly positions?: Partial<BrokerPositions>;
  readonly settings?: Readonly<Record<string, string>>;
  /** What Home Assistant and the broker are like before the bridge connects. */
  readonly prepare?: (fake: FakeHomeAssistant) => void;
  readonly retained?: Readonly<Record<string, string>>;
  /** A household that is there already; Alex is connected anew where it is left out. */
  readonly household?: Pick<WorldOptions, 'directory' | 'bank' | 'at'>;
}

/** Alex is connected; Home Assistant is not on the broker yet. */
export async function createScene(options: SceneOptions): Promise<Scene> {
  const { withToken, positions = {}, settings = {}, prepare = () => {}, retained = {}, ...rest } = options;
  const { household, ...hazards } = rest;
  const broker = await startTestBroker();
  broker.turn(positions);
  for (const [topic, payload] of Object.entries(retained)) await broker.publish(topic, payload, true);
  const fake = withToken ? await startFakeHomeAssistant() : undefined;
  if (fake) prepare(fake);
  const home = createHome(broker, fake);
  const world = await createWorld({
    broker,
    ...hazards,
    ...household,
    ...(fake ? { homeAssistant: fake } : {}),
    settings: {
      MONZO_BRIDGE_MQTT_URL: broker.url,
      ...(fake
        ? {
            MONZO_BRIDGE_HOME_ASSISTANT_URL: fake.url,
            MONZO_BRIDGE_HOME_ASSISTANT_TOKEN: fake.world.token,
          }
        : {}),
      ...settings,
    },
  });
  const isAnswered = () => broker.isHolding() || world.clock.sleepers(acknowledgement) === 0;
  const pass: Scene['pass'] = async (ms) => {
    const step = Math.max(500, ms / 50);
    for (let left = ms; left > 0; left -= step) {
      // Otherwise a few long steps, milliseconds in reality, exceed the bridge's deadline and end the connection.
      await untilThere('the broker has answered', isAnswered, { between: () => settled(1) });
      await world.clock.advance(Math.min(left, step));
      await quiet(2);
    }
  };
  const aWhile = async () => {
    await world.revived();
    await pass(500);
  };
  const until: Scene['until'] = (what, condition) => untilThere(what, condition, { between: aWhile });
  const sink: Scene['sink'] = async (name = 'mqtt') => {
    const { sinks } = (await (await world.api('/api/events')).json()) as {
      sinks: (SinkItem & { name: string })[];
    };
    const found = sinks.find((item) => item.name === name);
    if (!found) throw new Error(`no sink ${name}`);
    return found;
  };
  const recorded = async () => ((await (await world.api('/api/events')).json()) as { last: number }).last;
  const post: Scene['post'] = (path, body) =>
    world.api(path, {
      method: 'POST',
      ...(body ? { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) } : {}),
    });
  /** The bridge looks at the bank at once, as after a ring. */
  const look = async () => {
    const looking = post('/api/commands/refresh', {});
    let isOver = false;
    void looking.finally(() => (isOver = true));
    await until('the bridge has looked', () => isOver);
  };
  if (!household) await world.connect('alex');
  return {
    world,
    broker,
    home,
    fake,
    pass,
    until,
    sink,
    buy: async () => {
      const before = await recorded();
      const id = world.bank.purchase(alex.current, { amount: 350, merchant: 'Blue Door Coffee' });
      await look();
      await until('the purchase is recorded', async () => (await recorded()) > before);
      return `${id}:created`;
    },
    look,
    post,
    [Symbol.asyncDispose]: async () => {
      await world[Symbol.asyncDispose]();
      await home[Symbol.asyncDispose]();
      await fake?.stop();
      await broker.stop();
    },
  };
}

/** Home Assistant runs, knows the entities, and the bridge sees them. */
export async function createSeenScene(crashes?: Crashes): Promise<Scene> {
  const scene = await createScene({ withToken: true, ...(crashes ? { crashes } : {}) });
  await scene.home.come();
  await scene.until('the entities are seen', () => (scene.fake?.of('subscribe_entities').length ?? 0) > 0);
  await scene.pass(afterStart + 5_000);
  return scene;
}

/** All events have left the bridge. */
export const settledAt = (scene: Scene) => async (): Promise<boolean> =>
  (await scene.sink()).undelivered === 0;

/** Waits for what has to happen within so many milliseconds of the bridge's clock. */
export async function within(
  { scene, ms }: { readonly scene: Scene; readonly ms: number },
  what: string,
  condition: () => boolean | Promise<boolean>,
): Promise<void> {
  const { clock } = scene.world;
  const began = clock.monotonic();
  await scene.until(what, condition);
  const took = clock.monotonic() - began;
  assert.ok(took <= ms, `${what} within ${ms} ms: it took ${took} ms`);
}

export const healthOf = ({ world }: Scene, part: string): string | undefined =>
  world
    .app()
    .health()
    .find((found) => found.part === part)?.state;

/** The events on the small topic, in the order in which they were published, repeats included. */
export function published({ broker }: Scene): readonly string[] {
  return broker
    .payloads(`monzo/${alex.current}/event`)
    .map((payload) => (JSON.parse(payload) as { event_id: string }).event_id);
}
