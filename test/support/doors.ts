import assert from 'node:assert/strict';
import { settled } from '../../sim/fake-clock.ts';
import type { Door } from '../../src/commands/command.ts';
import { runOnTerminal, settingsBeside } from '../app/cli-run.ts';
import { createFakeActions, type FakeActions, type Handed } from './fake-actions.ts';
import { startFakeHomeAssistant, type FakeHomeAssistant } from './fake-home-assistant.ts';
import { startAsker, type Asker } from './mqtt-five.ts';
import { answered, post } from './people.ts';
import { createWorld, type World, type WorldOptions } from './world.ts';

/** An answer as every door must give it; how a door says done and refused is translated, everything else is as it came. */
export interface Outcome {
  readonly status: 'done' | 'unknown' | 'refused' | 'failed';
  /** Data of an answer; code, sentence and the other members of a refusal. */
  readonly said: Readonly<Record<string, unknown>>;
}

/** Scripts of Home Assistant's are told no code and, where nothing was done, no status: the sentence says it all. */
export const doorNames: readonly Door[] = ['http', 'page', 'cli', 'mqtt', 'home_assistant'];

type Body = Readonly<Record<string, unknown>>;

export interface DoorCall {
  readonly command: string;
  readonly body: Body;
  /** How often the bridge hears of it: networks repeat, and impatient people do. */
  readonly times?: number;
}

/** What was said each time; null where the bridge, or the way to it, was gone before it had answered. */
type Answers<Answer = Outcome> = readonly (Answer | null)[];

export interface Doors extends AsyncDisposable {
  readonly world: World;
  readonly homeAssistant: FakeHomeAssistant;
  /** Lets the clock go on until the bridge can be asked at every door. */
  readonly open: () => Promise<void>;
  /** Asks through one of the doors. Somebody else has to move the clock. */
  readonly call: (door: Door, call: DoorCall) => Promise<Answers>;
  /** Asks once, and lets the clock go on until that is answered. */
  readonly ask: (door: Door, command: string, body: Body) => Promise<Outcome>;
  /** Breaks the lines to the broker and to Home Assistant. */
  readonly cut: () => void;
  readonly asker: Asker;
  readonly home: FakeActions;
}

/** A bridge with Alex connected, and somebody at each of its doors. */
export async function openDoors(options: WorldOptions = {}): Promise<Doors> {
  const asker = await startAsker();
  const fake = await startFakeHomeAssistant();
  const world = await createWorld({
    ...options,
    broker: { guard: asker.broker.guard, cutBridge: () => asker.broker.cut() },
    homeAssistant: fake,
    settings: { ...settingsFor(asker, fake), ...options.settings },
  });
  const home = createFakeActions(fake);
  const doors = doorsOf({ world, asker, home });
  const call: Doors['call'] = async (door, asked) => {
    const answers = await doors[door](asked);
    for (const outcome of answers) if (outcome) assertOneVoice(outcome);
    return answers;
  };
  const open = () =>
    world.until('every door is open', () => asker.isHeard() && home.isHeard('monzo_pot_transfer'));
  await world.connect('alex');
  await open();
  return {
    world,
    homeAssistant: fake,
    asker,
    home,
    open,
    call,
    ask: async (door, command, body) => {
      const [outcome] = await answered(world, call(door, { command, body }));
      return outcome ?? assert.fail(`nobody answered at ${door}`);
    },
    cut: () => {
      asker.broker.cut();
      fake.cut();
    },
    async [Symbol.asyncDispose]() {
      await world[Symbol.asyncDispose]();
      await asker[Symbol.asyncDispose]();
      await fake.stop();
    },
  };
}

function settingsFor({ broker }: Asker, fake: FakeHomeAssistant) {
  // Nobody reaches it from outside: webhooks are not what is asked for here.
  fake.world.urls = { internal: null, external: null, cloud: null };
  return {
    MONZO_BRIDGE_MQTT_URL: broker.url,
    MONZO_BRIDGE_MQTT_COMMANDS: 'money',
    MONZO_BRIDGE_HOME_ASSISTANT_URL: fake.url,
    MONZO_BRIDGE_HOME_ASSISTANT_TOKEN: fake.world.token,
    MONZO_BRIDGE_HOME_ASSISTANT_ACTIONS: 'on',
  };
}

interface Sides {
  readonly world: World;
  readonly asker: Asker;
  readonly home: FakeActions;
}

function doorsOf({
  world,
  asker,
  home,
}: Sides): Readonly<Record<Door, (call: DoorCall) => Promise<Answers>>> {
  const each =
    (once: (command: string, body: Body) => Promise<Outcome | null>) =>
    ({ command, body, times = 1 }: DoorCall) =>
      Promise.all(Array.from({ length: times }, () => once(command, body)));
  return {
    http: each((command, body) => overHttp(world.api(`/api/commands/${command}`, post(body)))),
    page: each((command, body) => overHttp(onPage(world, `/api/commands/${command}`, body))),
    cli: each((command, body) => onCommandLine(world, wordsFor(command, body))),
    mqtt: async ({ command, body, times = 1 }) => {
      const message = { payload: JSON.stringify({ ...body, transaction: 1 }) };
      const heard = await onBus<MqttTold>(world, times, (hear) =>
        asker.send({ command, message, times }, ({ answer }) => hear(answer as unknown as MqttTold)),
      );
      return heard.map((told) => told && overMqtt(told));
    },
    home_assistant: async ({ command, body, times = 1 }) => {
      const asked = { script: `monzo_${command}`, fields: body, times };
      const heard = await onBus<Handed>(world, times, (hear) => home.call(asked, hear));
      for (const handed of heard) if (handed) assert.deepEqual(handed, heard[0], 'one call, two answers');
      return heard.map((handed) => handed && fromScript(handed));
    },
  };
}

/** What the status says and what is said of the money must be one. */
const fitting: Readonly<Record<Outcome['status'], readonly unknown[]>> = {
  done: ['yes', 'no'],
  unknown: ['unknown'],
  refused: ['no'],
  failed: ['no', 'unknown'],
};

function assertOneVoice({ status, said }: Outcome): void {
  if (!('money_moved' in said)) return;
  assert.ok(fitting[status].includes(said['money_moved']), `${status}: ${JSON.stringify(said)}`);
}

/** Longer than the bridge has to answer, and as long as scripts of Home Assistant’s wait. */
const patience = 30_000;

/** Whoever asks over a bus hears nothing at all when the bridge is gone. */
async function onBus<Told>(
  world: World,
  times: number,
  ask: (hear: (told: Told) => void) => void,
): Promise<Answers<Told>> {
  const heard: Told[] = [];
  const all = Promise.withResolvers<void>();
  ask((told) => {
    heard.push(told);
    if (heard.length === times) all.resolve();
  });
  const over = new AbortController();
  const enough = world.clock.wait(patience, over.signal).catch(() => {});
  // What was on its way when the bridge went still arrives.
  await world.unlessItCrashes(Promise.race([all.promise, enough])).catch(() => settled());
  over.abort();
  return Array.from({ length: times }, (_, time) => heard[time] ?? null);
}

interface MqttTold {
  readonly status: Outcome['status'];
  readonly data?: Body;
  readonly error?: Body;
}

function overMqtt({ status, data, error }: MqttTold): Outcome {
  const { message: sentence, ...members } = error ?? {};
  return { status, said: data ?? { ...members, sentence } };
}

/** A script fails with a sentence alone, which has to tell its reader whether to ask again. */
function fromScript(handed: Handed): Outcome {
  if ('answer' in handed) {
    const { status, ...said } = handed.answer;
    assert.equal(status, 'done', 'the automation goes on');
    return { status, said };
  }
  const sentence = handed.reason;
  const isOpen = /do not repeat|not known how far/i.test(sentence);
  const transferId = /transfer_[0-9a-f]{8,}/.exec(sentence)?.[0] ?? null;
  if (isOpen)
    return { status: 'unknown', said: { money_moved: 'unknown', transfer_id: transferId, sentence } };
  return { status: 'refused', said: { money_moved: 'no', transfer_id: null, sentence } };
}

/** Signs in as a browser does, and asks with its cookie. */
async function onPage(world: World, path: string, body: Body): Promise<Response> {
  const { uiUrl, adminToken } = world.app();
  const send = (to: string, content: Body, cookie = '') => {
    const { headers, ...how } = post(content);
    return whileItLives(world)(`${uiUrl}${to}`, { ...how, headers: { ...headers, origin: uiUrl, cookie } });
  };
  const signedIn = await send('/api/session', { token: adminToken });
  const [cookie = ''] = signedIn.headers.getSetCookie().map((text) => text.split(';')[0] ?? '');
  return send(path, body, cookie);
}

async function overHttp(answer: Promise<Response>): Promise<Outcome | null> {
  const came = await answer
    .then(async (response) => ({ http: response.status, body: (await response.json()) as Body }))
    .catch(() => null);
  if (came === null) return null;
  const { http, body } = came;
  if (http >= 400) return { status: statusOf(http), said: membersOf(body) };
  const { status, ...said } = body;
  const expected = http === 202 ? 'unknown' : 'done';
  assert.equal(status, expected, `HTTP ${http}`);
  return { status: expected, said };
}

/** 4xx was refused, 5xx failed. */
function statusOf(http: number): Outcome['status'] {
  return http >= 500 ? 'failed' : 'refused';
}

function membersOf({
  type: _type,
  title: _title,
  status: _status,
  detail: sentence,
  ...members
}: Body): Body {
  return { ...members, sentence };
}

const exitCodes: Readonly<Record<Outcome['status'], number>> = { done: 0, refused: 1, failed: 1, unknown: 3 };

async function onCommandLine(world: World, argv: readonly string[]): Promise<Outcome | null> {
  const env = settingsBeside(world);
  const run = { cwd: world.directory, env, fetch: whileItLives(world) };
  const { code, out, err } = await runOnTerminal(['--json', ...argv], run);
  const body = JSON.parse(out || err) as Body;
  if (body['code'] === 'not_running') return null;
  const { status, ...said } = body;
  const outcome: Outcome =
    out === ''
      ? { status: status === null ? 'unknown' : statusOf(Number(status)), said: membersOf(body) }
      : { status: status as Outcome['status'], said };
  assert.equal(code, exitCodes[outcome.status], `the exit code of ${outcome.status}`);
  return outcome;
}

function whileItLives(world: World): typeof fetch {
  return (input, init) => world.unlessItCrashes(fetch(input, init));
}

/** What a person types for a command; everything behind `--` is no option, whatever it begins with. */
function wordsFor(command: string, body: Body): readonly string[] {
  const text = (key: string) => (key in body ? [worded(body[key])] : []);
  const option = (flag: string, key: string) => text(key).flatMap((value) => [`${flag}=${value}`]);
  if (command === 'pot_transfer')
    return [
      'transfer',
      ...option('--account', 'account'),
      ...option('--request-id', 'request_id'),
      ...option('--event-id', 'event_id'),
      ...(body['dry_run'] === true ? ['--dry-run'] : []),
      '--',
      ...text('transfer_type'),
      ...text('amount'),
      ...text('pot'),
    ];
  if (command === 'feed_item')
    return ['feed', ...option('--link', 'url'), '--', ...text('account'), ...text('title')];
  if (command === 'annotate') return ['note', '--', ...text('transaction_id'), ...text('notes')];
  if (command === 'decide_transfer')
    return ['transfers', 'decide', '--', ...text('transfer_id'), ...text('money_moved')];
  return [command.replace('_', ' '), ...Object.values(body).map(worded)];
}

function worded(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
