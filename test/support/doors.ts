import { answered, post } from './people.ts';
import { runOnTerminal } from '../app/cli-run.ts';
import { startAsker } from './mqtt-five.ts';
import { createWorld, type World } from './world.ts';

/** An answer as every door must give it; how a door says done and refused is translated, everything else is as it came. */
export interface Outcome {
  readonly status: 'done' | 'unknown' | 'refused' | 'failed';
  /** Data of an answer; code, sentence and the other members of a refusal. */
  readonly said: Readonly<Record<string, unknown>>;
}

export type DoorName = 'http' | 'mqtt' | 'cli';

export interface Doors extends AsyncDisposable {
  readonly world: World;
  /** The same command through one of the doors. */
  readonly ask: (door: DoorName, command: string, body: Body) => Promise<Outcome>;
}

type Body = Readonly<Record<string, unknown>>;

/** A bridge with Alex connected, and somebody at each of its doors. */
export async function openDoors(): Promise<Doors> {
  const asker = await startAsker();
  const settings = { MONZO_BRIDGE_MQTT_URL: asker.broker.url, MONZO_BRIDGE_MQTT_COMMANDS: 'money' };
  const world = await createWorld({ settings });
  await world.connect('alex');
  await asker.heard();
  const doors: Readonly<Record<DoorName, (command: string, body: Body) => Promise<Outcome>>> = {
    http: async (command, body) => overHttp(await world.api(`/api/commands/${command}`, post(body))),
    mqtt: async (command, body) => {
      const { answer } = await asker.ask(command, { payload: JSON.stringify({ ...body, transaction: 1 }) });
      const { status, data, error } = answer as unknown as Answer;
      const { message: sentence, ...members } = error ?? {};
      return { status, said: data ?? { ...members, sentence } };
    },
    cli: (command, body) => onCommandLine(world, wordsFor(command, body)),
  };
  return {
    world,
    ask: (door, command, body) => answered(world, doors[door](command, body)),
    async [Symbol.asyncDispose]() {
      await world[Symbol.asyncDispose]();
      await asker[Symbol.asyncDispose]();
    },
  };
}

interface Answer {
  readonly status: Outcome['status'];
  readonly data?: Body;
  readonly error?: Body;
}

async function overHttp(response: Response): Promise<Outcome> {
  const body = (await response.json()) as Body;
  if (!response.ok) return { status: statusOf(response.status), said: membersOf(body) };
  const { status, ...said } = body;
  const expected = response.status === 202 ? 'unknown' : 'done';
  if (status !== expected) throw new Error(`HTTP ${response.status} says ${String(status)}`);
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

async function onCommandLine(world: World, argv: readonly string[]): Promise<Outcome> {
  const env = {
    MONZO_BRIDGE_DATA_DIR: world.directory,
    MONZO_BRIDGE_UI_PORT: new URL(world.app().uiUrl).port,
  };
  const { code, out, err } = await runOnTerminal(['--json', ...argv], { cwd: world.directory, env });
  const body = JSON.parse(out || err) as Body;
  const { status, ...said } = body;
  const outcome: Outcome =
    out === ''
      ? { status: statusOf(Number(status)), said: membersOf(body) }
      : { status: status as Outcome['status'], said };
  if (exitCodes[outcome.status] !== code) throw new Error(`exit code ${code} for ${outcome.status}`);
  return outcome;
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
