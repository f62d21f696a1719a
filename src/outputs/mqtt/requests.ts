import type { CommandClass, CommandTable } from '../../commands/command.ts';
import { defect, refused, runCommand, type CommandAnswer } from '../../commands/run.ts';
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
 * Answers `<base>/bridge/request/<command>`. Requests that the broker had stored, or kept until they expired, are refused:
 * an old "move money" must never come back to life. Returns the way to stop.
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

/** Where the asker wants the answer. Nobody may have it published in the bridge's name on the topics that speak for it. */
function responseTopic({ base, prefix }: Topics, { message, name }: Received): string {
  const own = `${base}/bridge/response/`;
  const wanted = message.responseTopic ?? `${own}${name}`;
  const speaksForUs = [base, prefix].some((root) => wanted.startsWith(`${root}/`));
  return speaksForUs && !wanted.startsWith(own) ? `${own}${name}` : wanted;
}

async function outcomeOf(options: RequestsOptions, received: Received): Promise<CommandAnswer> {
  const { commands, log } = options;
  const { name, request } = received;
  const refusal = refusalOf(options, received);
  if (refusal) return refused(refusal.code, refusal.sentence, commands.get(name)?.refusal);
  const { transaction: _transaction, ...body } = request ?? {};
  try {
    return await runCommand(commands, { name, body, door: 'mqtt', user: null });
  } catch (thrown) {
    log.warn('A command failed inside the bridge.', { command: name, reason: messageOf(thrown) });
    return defect(commands.get(name));
  }
}

interface Refusal {
  readonly code: string;
  readonly sentence: string;
}

/** Why a request does not even reach its command; null where it does. */
function refusalOf({ commands, allowed, connection }: RequestsOptions, received: Received): Refusal | null {
  const { message, name, request } = received;
  if (message.retain) return retained;
  if (message.expiresIn === 0) return expired;
  if (!request) return unreadable;
  const found = commands.get(name);
  if (found && !opens[allowed].has(found.class)) return notOpened(allowed, name);
  return found?.class === 'money' && connection.protocolVersion() !== 5 ? tooOld : null;
}

const retained: Refusal = {
  code: 'retained_request',
  sentence: 'Requests must not be retained: publish it again without the retain flag.',
};
const expired: Refusal = {
  code: 'expired_request',
  sentence:
    'The request came after the moment at which its sender let it expire; if it is still meant, publish it again.',
};
const unreadable: Refusal = {
  code: 'bad_request',
  sentence: 'The request must be a JSON object of at most 16,384 characters.',
};
const tooOld: Refusal = {
  code: 'needs_mqtt_5',
  sentence:
    'Money moves only over MQTT 5, and this broker speaks 3.1.1, where an old request cannot be told from a new one. Use a broker that speaks MQTT 5, or ask over HTTP or on the command line.',
};

function notOpened(allowed: AllowedCommands, name: string): Refusal {
  const sentence = `MONZO_BRIDGE_MQTT_COMMANDS is ${allowed}, which does not open ${name} to the broker.`;
  return { code: 'not_allowed', sentence };
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
