import assert from 'node:assert/strict';
import { appendFileSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import type { App } from '../../src/app.ts';
import { systemClock } from '../../src/clock.ts';
import type { Bank } from '../../sim/bank.ts';
import { connectPerson } from '../../sim/demo/connect.ts';
import { seededRandom } from '../../sim/fake-clock.ts';
import { createFaults } from '../../sim/faults.ts';
import { alex, household } from '../../sim/household.ts';
import { callSimulatedBank } from '../../sim/server.ts';
import { isMove, movesAt } from '../support/money.ts';
import { post } from '../support/people.ts';
import { askApi, startApp } from '../support/start-app.ts';
import { addAutomation, type Automation } from './automations.ts';
import { settingsIn, startRig, type Rig } from './rig.ts';
import { until } from './tier2-output.ts';

/** Home Assistant keeps its blueprints for automations below this folder, by these paths. */
const folder = join(import.meta.dirname, '../../blueprints/automation');
const paths = readdirSync(join(folder, 'monzo-bridge')).map((name) => `monzo-bridge/${name}`);

export type Inputs = Readonly<Record<string, unknown>>;

/** The simulated household with the bridge, and a Home Assistant that has the blueprints. */
export interface BlueprintHouse extends AsyncDisposable {
  readonly bank: Bank;
  readonly faults: ReturnType<typeof createFaults>;
  readonly rig: Rig;
  app(): App;
  /** Makes an automation of a blueprint, named by its file without the ending. */
  use(blueprint: string, alias: string, input: Inputs): Promise<Automation>;
  /** Home Assistant's id of the device that shows an account or a pot. */
  device(id: string): Promise<string>;
  /** Has the bridge read everything, and the events of it come to Home Assistant. */
  refresh(): Promise<void>;
  command(name: string): Promise<void>;
  /** Has the bridge read a new transaction, and waits until Home Assistant has shown its event. */
  shown(transactionId: string): Promise<void>;
  /** Has the broker deliver the event of a new transaction once more; resolves when Home Assistant has it. */
  repeat(transactionId: string): Promise<void>;
  /** Runs an automation as its "Run" in the editor does, without what triggers it. */
  runByHand(alias: string): Promise<void>;
  /** What Home Assistant's notifications say, those with this title. */
  notices(title: string): Promise<readonly string[]>;
  /** Waits until so many notifications have this title and message. */
  told(title: string, message: RegExp, times?: number): Promise<void>;
  /** Makes the next move, loses the answer and answers nothing else, until what it returns is called. */
  loseAnswers(): () => Promise<void>;
  /** How many moves of the bridge the bank has made. */
  moves(): number;
  /** Stops the bridge, does something, and starts it again. */
  restartBridge(meanwhile?: () => Promise<void>): Promise<void>;
}

export interface HouseOptions {
  readonly seed: number;
  /** What the bank has before the bridge connects. */
  readonly prepare?: (bank: Bank) => void;
  /** Integrations of Home Assistant beside the rig's own. */
  readonly integrations?: readonly string[];
}

const noticesSchema = z.array(z.object({ title: z.string().nullable(), message: z.string() }));
const messageSchema = z.object({ topic: z.string(), payload: z.string() });
const eventSchema = z.object({ event_id: z.string() });
const listSchema = z.record(z.string(), z.looseObject({ error: z.string().optional() }));

/** Starts everything and connects Alex. */
export async function startBlueprintHouse(options: HouseOptions): Promise<BlueprintHouse> {
  await using starting = new AsyncDisposableStack();
  const faults = createFaults({ wait: (ms) => systemClock.wait(ms) });
  const bank = household({ now: () => systemClock.now(), random: seededRandom(options.seed) });
  options.prepare?.(bank);
  const directory = mkdtempSync(join(tmpdir(), 'monzo-bridge-blueprints-'));
  starting.defer(() => rmSync(directory, { recursive: true, force: true }));
  const rig = starting.use(await startRig());
  await addIntegrations(rig, options.integrations ?? []);
  const start = () => startBridge({ bank, faults, rig, directory });
  let app = await start();
  starting.defer(() => app.close());
  await connectPerson(bank, app, { name: 'Alex', ...alex });
  await until('Alex is connected', () => app.view().logins.every(({ state }) => state === 'active'));
  await until('the actions are there', async () =>
    Boolean((await rig.client.actions())['script']?.['monzo_feed_item']),
  );
  await until('the entities are there', async () =>
    Boolean(await rig.client.state('event.monzo_alex_current_account_transaction')),
  );
  await install(rig);
  const everything = starting.move();
  return {
    bank,
    faults,
    rig,
    app: () => app,
    ...automationsOf(rig),
    ...notificationsOf(rig),
    ...(await deliveriesOf(rig, () => app)),
    loseAnswers: () => {
      let isSent = false;
      const repairs = [
        faults.add({ kind: 'timeout_after', match: (call) => isMove(call) && (isSent = true) }),
        faults.add({ kind: 'status', status: 500, match: ({ method }) => method === 'GET' && isSent }),
      ];
      return async () => {
        for (const repair of repairs) repair();
        await until('the bank answers again', async () => (await askFor(app, 'refresh')).status === 200);
      };
    },
    moves: () => movesAt({ bank }).length,
    restartBridge: async (meanwhile = async () => {}) => {
      await app.close();
      await meanwhile();
      app = await start();
      await until('the bridge is back', () => app.health().every(({ state }) => state === 'ok'));
    },
    [Symbol.asyncDispose]: () => everything.disposeAsync(),
  };
}

async function addIntegrations(rig: Rig, integrations: readonly string[]): Promise<void> {
  if (integrations.length === 0) return;
  const lines = integrations.map((name) => `${name}:\n`).join('');
  appendFileSync(join(rig.homeAssistant.configDirectory, 'configuration.yaml'), lines);
  await rig.restartHomeAssistant();
}

/** As the import in Home Assistant does; fails where it finds fault with one of them. */
async function install({ client }: Rig): Promise<void> {
  for (const path of paths) {
    const yaml = readFileSync(join(folder, path), 'utf8');
    await client.command({ type: 'blueprint/save', domain: 'automation', path, yaml }, z.unknown());
  }
  const list = await client.command({ type: 'blueprint/list', domain: 'automation' }, listSchema);
  assert.deepEqual(
    paths.map((path) => [path, list[path]?.error]),
    paths.map((path) => [path, undefined]),
  );
}

function automationsOf({ client }: Rig) {
  const entityOf = async (alias: string) => {
    const states = await client.states();
    return states.find(({ attributes }) => attributes['id'] === alias)?.entity_id ?? assert.fail(alias);
  };
  return {
    use: async (blueprint: string, alias: string, input: Inputs) => {
      const path = `monzo-bridge/${blueprint}.yaml`;
      // Says which input is wrong, where the automation would only be unavailable.
      await client.command({ type: 'blueprint/substitute', domain: 'automation', path, input }, z.unknown());
      const automation = await addAutomation(client, alias, { use_blueprint: { path, input } });
      await until(
        `${alias} is in use`,
        async () => (await client.state(await entityOf(alias)))?.state === 'on',
      );
      return automation;
    },
    device: async (id: string) => (await client.mqttDevice(`monzo_${id}`))?.id ?? assert.fail(id),
    runByHand: async (alias: string) => {
      const data = { entity_id: await entityOf(alias), skip_condition: true };
      await client.call({ domain: 'automation', service: 'trigger', data });
    },
  };
}

function notificationsOf({ client }: Rig) {
  const notices = async (title: string) => {
    const shown = await client.command({ type: 'persistent_notification/get' }, noticesSchema);
    return shown.filter((one) => one.title === title).map(({ message }) => message);
  };
  const told = (title: string, message: RegExp, times = 1) =>
    until(
      `${title}: ${String(message)}`,
      async () => (await notices(title)).filter((text) => message.test(text)).length === times,
    );
  return { notices, told };
}

function askFor(app: App, name: string): Promise<Response> {
  return askApi(app, `/api/commands/${name}`, post({}));
}

async function deliveriesOf({ client }: Rig, app: () => App) {
  const delivered = new Map<unknown, { readonly topic: string; readonly payload: string }>();
  await client.onTrigger({ trigger: 'mqtt', topic: 'monzo/+/event' }, ({ variables }) => {
    const { topic, payload } = messageSchema.parse(variables.trigger);
    delivered.set(eventSchema.parse(JSON.parse(payload)).event_id, { topic, payload });
  });
  // Another event may come at once, so that an entity shows each for a moment only.
  const shown = new Map<unknown, number>();
  await client.onStateChange(({ new_state: state }) => {
    const id = state?.attributes['event_id'];
    shown.set(id, (shown.get(id) ?? 0) + 1);
  });
  const command = async (name: string) => {
    assert.equal((await askFor(app(), name)).status, 200, name);
  };
  return {
    command,
    refresh: () => command('refresh'),
    shown: async (transactionId: string) => {
      await command('refresh');
      await until(`${transactionId} is shown`, () => shown.has(`${transactionId}:created`));
    },
    repeat: async (transactionId: string) => {
      const id = `${transactionId}:created`;
      await until(`${id} was delivered`, () => delivered.has(id));
      const before = shown.get(id) ?? 0;
      await client.call({ domain: 'mqtt', service: 'publish', data: { ...delivered.get(id) } });
      await until('it came again', () => (shown.get(id) ?? 0) > before);
    },
  };
}

/** It has run so many times in all, and never failed. */
export async function ran(automation: Automation, times: number): Promise<void> {
  assert.deepEqual(await automation.ran(times), { error: null });
  assert.equal(await automation.runs(), times);
}

interface Bridge {
  readonly bank: Bank;
  readonly faults: ReturnType<typeof createFaults>;
  readonly rig: Rig;
  readonly directory: string;
}

function startBridge({ bank, faults, rig, directory }: Bridge): Promise<App> {
  return startApp({
    directory,
    callBank: callSimulatedBank(bank, faults),
    settings: settingsIn(rig),
  });
}
