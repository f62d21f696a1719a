import { createQueue } from '../../async.ts';
import {
  defect,
  refusedAtDoor,
  runCommand,
  type CommandAnswer,
  type CommandClass,
  type CommandRequest,
  type CommandTable,
} from '../../commands/command.ts';
import type { Clock, Monotonic } from '../../clock.ts';
import { messageOf, type BridgeError } from '../../errors.ts';
import { deepestRequest, durations, mqttRequests } from '../../limits.ts';
import { isDeeperThan } from '../../refusals/mistakes.ts';
import { badRequest, refuse } from '../../refusals/refuse.ts';
import type { OutputLog } from '../output.ts';
import type { Connection } from './connection.ts';
import { mayAnswerTo, type IncomingMessage, type OutgoingMessage, type Topics } from './topics.ts';

/** Which commands are open to everyone on the broker; each value includes the ones before it. */
export type AllowedCommands = 'off' | 'read' | 'write' | 'money';

export interface RequestsOptions {
  readonly connection: Connection;
  readonly topics: Topics;
  readonly commands: CommandTable;
  readonly allowed: AllowedCommands;
  /** Whether a person has let Home Assistant post to the feed. */
  readonly postsToFeed: () => boolean;
  /** Callers may name response topics below it, beside those below the bridge's own; null where they may not. */
  readonly responsePrefix: string | null;
  readonly clock: Clock;
  readonly log: OutputLog;
}

const opens: Readonly<Record<AllowedCommands, ReadonlySet<CommandClass>>> = {
  off: new Set(['always']),
  read: new Set(['always', 'read']),
  write: new Set(['always', 'read', 'write']),
  money: new Set(['always', 'read', 'write', 'money']),
};

const commandName = /^[a-z_]{1,40}$/;

/** The longest request, in characters. */
const longestRequest = 16_384;

export interface Requests {
  /** What is wrong with the requests that come, for the health; null where nothing is. */
  trouble(): string | null;
}

/**
 * Answers `<base>/bridge/request/<command>`. Refuses requests that are retained or have expired, so that an old request never
 * moves money. However many come, only so many wait; those beyond are refused, and counted. "Pause" never waits.
 */
export function answerRequests(options: RequestsOptions): Requests {
  const { connection, topics, commands, clock, log } = options;
  const queue = createQueue(mqttRequests);
  const beside = { atOnce: mqttRequests.beside, waiting: 0 };
  const refusals = createQueue(beside);
  const pauses = createQueue(beside);
  const flood = createFloodCount(options);
  const say = async (received: Received, outcome: CommandAnswer) => {
    try {
      await connection.publish(answerMessage(options, received, outcome));
    } catch (thrown) {
      log.warn('An MQTT request could not be answered.', {
        command: received.name,
        reason: messageOf(thrown),
      });
    }
  };
  const receive = (received: Received) => {
    if (commands.get(received.name)?.class === 'always') {
      const outcome = outcomeOf(options, received);
      pauses.add(async () => say(received, await outcome));
    } else if (!queue.add(async () => say(received, await outcomeOf(options, received)))) {
      flood.add();
      refusals.add(async () =>
        say(received, await outcomeOf(options, received, refuse('too_many_requests', {}))),
      );
    }
  };
  connection.listen({
    filter: `${topics.base}/bridge/request/+`,
    qos: 1,
    retainAsPublished: true,
    onMessage: (message) => {
      if (message.payload === '' && message.retain) return;
      const name = message.topic.slice(message.topic.lastIndexOf('/') + 1);
      // Nothing is called so, and not every such name could stand in the topic of an answer.
      if (!commandName.test(name)) return;
      receive({ message, name, request: parse(message), since: clock.monotonic() });
    },
  });
  return { trouble: () => flood.sentence() };
}

/** Counts the requests that came when too many were waiting, until there was none for a while. */
function createFloodCount({ clock, log }: Pick<RequestsOptions, 'clock' | 'log'>) {
  let count = 0;
  let last: Monotonic = clock.monotonic();
  const isOver = () => clock.monotonic() - last >= mqttRequests.toldFor;
  const sentence = () =>
    count === 0 || isOver()
      ? null
      : `More requests come over MQTT than the bridge can answer: it refused ${count} of them. Pause works all the same. Find the program that publishes below bridge/request, and restrict who may.`;
  return {
    add: () => {
      if (isOver()) count = 0;
      last = clock.monotonic();
      count += 1;
      if (count === 1) log.warn('More requests come over MQTT than the bridge can answer.');
    },
    sentence,
  };
}

interface Received {
  readonly message: IncomingMessage;
  readonly name: string;
  /** Null where the payload is not a request. */
  readonly request: Request | null;
  readonly since: Monotonic;
}

interface Request {
  readonly transaction?: unknown;
}

function answerMessage(
  options: RequestsOptions,
  { message, name, request }: Received,
  outcome: CommandAnswer,
): OutgoingMessage {
  const { responseTopic: wanted, correlationData } = message;
  const isWanted = wanted !== undefined && mayAnswerTo(wanted, options);
  return {
    topic: isWanted ? wanted : `${options.topics.base}/bridge/response/${name}`,
    payload: JSON.stringify({ ...outcome, transaction: request?.transaction ?? null }),
    retain: false,
    ...(correlationData === undefined ? {} : { correlationData }),
  };
}

function askedOf({ name, request, since }: Received): CommandRequest {
  const { transaction: _transaction, ...body } = request ?? {};
  return { name, body, door: 'mqtt', user: null, since };
}

async function outcomeOf(
  options: RequestsOptions,
  received: Received,
  refusal = refusalOf(options, received),
): Promise<CommandAnswer> {
  const { commands, log } = options;
  const asked = askedOf(received);
  try {
    return refusal ? refusedAtDoor(commands, asked, refusal) : await runCommand(commands, asked);
  } catch (thrown) {
    log.warn('A command failed inside the bridge.', { command: asked.name, reason: messageOf(thrown) });
    return defect(commands.get(asked.name));
  }
}

/** Why a request is refused before its command runs; null where it is not. */
function refusalOf(
  { commands, allowed, connection, clock, postsToFeed }: RequestsOptions,
  { message, name, request, since }: Received,
): BridgeError | null {
  if (message.retain) return refuse('retained_request', {});
  // It may have expired at the broker, or while it waited here.
  const { expiresIn = Number.POSITIVE_INFINITY } = message;
  if (expiresIn * durations.second <= clock.monotonic() - since) return refuse('expired_request', {});
  if (!request) return badRequest([unreadable]);
  const found = commands.get(name);
  if (found?.class === 'private') return refuse('not_allowed', { door: 'private', command: name });
  if (found && !opens[allowed].has(found.class) && !(postsToFeed() && isFeedPost(name, request)))
    return refuse('not_allowed', { door: 'mqtt', command: name, setting: allowed });
  return found?.class === 'money' && connection.protocolVersion() !== 5 ? refuse('needs_mqtt_5', {}) : null;
}

/** All that the notify entities send. A link and an image stay closed: they would lead people elsewhere. */
const feedPost: ReadonlySet<string> = new Set(['account', 'title', 'body']);

function isFeedPost(name: string, { transaction: _transaction, ...body }: Request): boolean {
  return name === 'feed_item' && Object.keys(body).every((key) => feedPost.has(key));
}

const unreadable = {
  field: null,
  rule: `must be a JSON object of at most 16,384 characters in UTF-8, nested at most ${deepestRequest} levels deep`,
};

/** An empty payload, such as a button's, is an empty request. */
function parse({ payload, isText }: IncomingMessage): Request | null {
  if (!isText || payload.length > longestRequest) return null;
  try {
    const value: unknown = payload.trim() === '' ? {} : JSON.parse(payload);
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return null;
    return isDeeperThan(deepestRequest, value) ? null : value;
  } catch {
    return null;
  }
}
