import type { CommandClass, CommandTable } from '../../commands/command.ts';
import { refused, runCommand, type CommandAnswer } from '../../commands/run.ts';
import { messageOf } from '../../errors.ts';
import type { OutputLog } from '../output.ts';
import type { Connection } from './connection.ts';
import type { IncomingMessage } from './message.ts';
import type { Topics } from './topics.ts';

/** What anyone on the broker may ask; each word includes the ones before it. */
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

/** Longer requests are nobody's. */
const longestRequest = 16_384;

/**
 * Answers `<base>/bridge/request/<command>`. Requests that the broker had stored are refused: an old "move money" must
 * never come back to life. Returns the way to stop.
 */
export function answerRequests(options: RequestsOptions): () => void {
  const { connection, topics, log } = options;
  return connection.listen({
    filter: `${topics.base}/bridge/request/+`,
    qos: 1,
    retainAsPublished: true,
    onMessage: (message) => {
      const name = message.topic.slice(message.topic.lastIndexOf('/') + 1);
      answer(options, name, message).catch((thrown: unknown) =>
        log.warn('An MQTT request could not be answered.', { command: name, reason: messageOf(thrown) }),
      );
    },
  });
}

async function answer(options: RequestsOptions, name: string, message: IncomingMessage): Promise<void> {
  if (message.payload === '' && message.retain) return;
  const request = parse(message.payload);
  const outcome = await outcomeOf(options, name, { message, request });
  const payload = JSON.stringify({ ...outcome, transaction: request?.transaction ?? null });
  const own = `${options.topics.base}/bridge/response/${name}`;
  const { responseTopic = own, correlationData } = message;
  await options.connection.publish({
    topic: responseTopic,
    payload,
    retain: false,
    ...(correlationData === undefined ? {} : { correlationData }),
  });
}

interface Received {
  readonly message: IncomingMessage;
  readonly request: Request | null;
}

async function outcomeOf(
  options: RequestsOptions,
  name: string,
  { message, request }: Received,
): Promise<CommandAnswer> {
  const { commands, allowed } = options;
  if (message.retain)
    return refused(
      'retained_request',
      'Requests must not be retained: publish it again without the retain flag.',
    );
  if (!request)
    return refused('bad_request', 'The request must be a JSON object of at most 16,384 characters.');
  const found = commands.get(name);
  if (found && !opens[allowed].has(found.class))
    return refused(
      'not_allowed',
      `MONZO_BRIDGE_MQTT_COMMANDS is ${allowed}, which does not open ${name} to the broker.`,
      found.refusal,
    );
  const { transaction: _transaction, ...body } = request;
  return runCommand(commands, { name, body, door: 'mqtt', user: null });
}

interface Request {
  readonly transaction?: unknown;
}

/** An empty payload asks with nothing, as a button does. */
function parse(payload: string): Request | null {
  if (payload.length > longestRequest) return null;
  try {
    const value: unknown = payload.trim() === '' ? {} : JSON.parse(payload);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : null;
  } catch {
    return null;
  }
}
