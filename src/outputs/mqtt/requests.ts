import {
  defect,
  refusedAtDoor,
  runCommand,
  type CommandAnswer,
  type CommandClass,
  type CommandTable,
} from '../../commands/command.ts';
import { messageOf, type BridgeError } from '../../errors.ts';
import { badRequest, refuse } from '../../refusals/refuse.ts';
import type { OutputLog } from '../output.ts';
import type { Connection } from './connection.ts';
import type { IncomingMessage, Topics } from './topics.ts';

/** Which commands are open to everyone on the broker; each value includes the ones before it. */
export type AllowedCommands = 'off' | 'read' | 'write' | 'money';

export interface RequestsOptions {
  readonly connection: Connection;
  readonly topics: Topics;
  readonly commands: CommandTable;
  readonly allowed: AllowedCommands;
  readonly log: OutputLog;
}

const opens: Readonly<Record<AllowedCommands, ReadonlySet<CommandClass>>> = {
  off: new Set(['always']),
  read: new Set(['always', 'read']),
  write: new Set(['always', 'read', 'write']),
  money: new Set(['always', 'read', 'write', 'money']),
};

/** The longest request, in characters. */
const longestRequest = 16_384;

/**
 * Answers `<base>/bridge/request/<command>`. Refuses requests that are retained or have expired, so that an old request never
 * moves money. Returns what ends this.
 */
export function answerRequests(options: RequestsOptions): () => void {
  const { connection, topics, log } = options;
  return connection.listen({
    filter: `${topics.base}/bridge/request/+`,
    qos: 1,
    retainAsPublished: true,
    onMessage: (message) => {
      if (message.payload === '' && message.retain) return;
      const name = message.topic.slice(message.topic.lastIndexOf('/') + 1);
      const received = { message, name, request: parse(message.payload) };
      answer(options, received).catch((thrown: unknown) =>
        log.warn('An MQTT request could not be answered.', { command: name, reason: messageOf(thrown) }),
      );
    },
  });
}

interface Received {
  readonly message: IncomingMessage;
  readonly name: string;
  /** Null where the payload is not a request. */
  readonly request: Request | null;
}

interface Request {
  readonly transaction?: unknown;
}

async function answer(options: RequestsOptions, received: Received): Promise<void> {
  const { message, request } = received;
  const outcome = await outcomeOf(options, received);
  const { correlationData } = message;
  await options.connection.publish({
    topic: responseTopic(options.topics, received),
    payload: JSON.stringify({ ...outcome, transaction: request?.transaction ?? null }),
    retain: false,
    ...(correlationData === undefined ? {} : { correlationData }),
  });
}

/** The topic for the answer: the caller's, unless it is one of those that only the bridge publishes to. */
function responseTopic({ base, prefix }: Topics, { message, name }: Received): string {
  const own = `${base}/bridge/response/`;
  const wanted = message.responseTopic ?? `${own}${name}`;
  const isReserved = [base, prefix].some((root) => wanted.startsWith(`${root}/`));
  return isReserved && !wanted.startsWith(own) ? `${own}${name}` : wanted;
}

async function outcomeOf(options: RequestsOptions, received: Received): Promise<CommandAnswer> {
  const { commands, log } = options;
  const { name, request } = received;
  const { transaction: _transaction, ...body } = request ?? {};
  const asked = { name, body, door: 'mqtt', user: null } as const;
  try {
    const refusal = refusalOf(options, received);
    return refusal ? refusedAtDoor(commands, asked, refusal) : await runCommand(commands, asked);
  } catch (thrown) {
    log.warn('A command failed inside the bridge.', { command: name, reason: messageOf(thrown) });
    return defect(commands.get(name));
  }
}

/** Why a request is refused before its command runs; null where it is not. */
function refusalOf(
  { commands, allowed, connection }: RequestsOptions,
  received: Received,
): BridgeError | null {
  const { message, name, request } = received;
  if (message.retain) return refuse('retained_request', {});
  if (message.expiresIn === 0) return refuse('expired_request', {});
  if (!request) return badRequest([unreadable]);
  const found = commands.get(name);
  if (found?.class === 'private') return refuse('not_allowed', { door: 'private', command: name });
  if (found && !opens[allowed].has(found.class))
    return refuse('not_allowed', { door: 'mqtt', command: name, setting: allowed });
  return found?.class === 'money' && connection.protocolVersion() !== 5 ? refuse('needs_mqtt_5', {}) : null;
}

const unreadable = { field: null, rule: 'must be a JSON object of at most 16,384 characters' };

/** An empty payload, such as a button's, is an empty request. */
function parse(payload: string): Request | null {
  if (payload.length > longestRequest) return null;
  try {
    const value: unknown = payload.trim() === '' ? {} : JSON.parse(payload);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : null;
  } catch {
    return null;
  }
}
