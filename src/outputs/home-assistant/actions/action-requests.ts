import { z } from 'zod';
import { settlesWithin } from '../../../async.ts';
import type { Clock } from '../../../clock.ts';
import {
  defect,
  openDetails,
  refusedAtDoor,
  runCommand,
  type CommandAnswer,
  type CommandTable,
} from '../../../commands/command.ts';
import { idOfDevice } from '../../../domain/names.ts';
import { BridgeError, messageOf } from '../../../errors.ts';
import { refuse } from '../../../refusals/refuse.ts';
import type { OutputLog } from '../../output.ts';
import { away } from '../connection-failures.ts';
import type { HomeAssistantClient } from '../home-assistant-client.ts';
import { readUsers } from '../users.ts';
import type { Session } from '../websocket-session.ts';
import { requestEvent, responseEvent } from './action-scripts.ts';

export interface RequestsOptions {
  readonly client: HomeAssistantClient;
  readonly clock: Clock;
  readonly log: OutputLog;
  readonly commands: CommandTable;
  /** Hands an answer to the webhook of a waiting call. Throws why Home Assistant has not taken it. */
  readonly hand: (webhookId: string, answer: unknown) => Promise<void>;
  /** Tells bridges apart that share a Home Assistant; not secret. */
  readonly bridge: string;
  readonly money: MoneyAllowance;
  readonly readers: () => Readers;
  readonly onChange: () => void;
}

export interface Requests {
  /** Why requests cannot be received while Home Assistant is connected; null where they can. */
  trouble(): string | null;
}

const eventSchema = z.object({
  data: z.object({
    bridge: z.string(),
    call: z.string().regex(/^[\w-]{1,128}$/),
    command: z.string().max(64),
    body: z.record(z.string(), z.unknown()),
  }),
  context: z.object({ user_id: z.string().nullable().default(null) }),
});
type Request = z.output<typeof eventSchema>;

/** The script waits longer, so that its caller gets the bridge's own sentence. */
const answerWithin = 20_000;
const callsKept = 2_000;

/**
 * Runs the commands that actions ask for. A call that is received twice runs once and gets the same answer twice, except
 * where it only reads: rows are not kept.
 * Requests sent while the bridge is not connected are lost; the script notices that itself.
 */
export function answerRequests(options: RequestsOptions): Requests {
  const { client, log, bridge, commands, onChange } = options;
  const calls = new Map<string, Promise<Reply>>();
  let trouble: string | null = null;

  const become = (sentence: string | null) => {
    trouble = sentence;
    onChange();
  };
  const onEvent = async (session: Session, request: Request) => {
    const { call, command } = request.data;
    const isPrivate = commands.get(command)?.showsMoney === true;
    const reply = calls.get(call) ?? replyTo(options, session, request);
    if (!isPrivate) calls.set(call, reply);
    for (const oldest of calls.keys()) if (calls.size > callsKept) calls.delete(oldest);
    const said = isPrivate ? await unlessHandedOver(options, call, await reply) : await reply;
    if (said === null) return;
    const answer = { bridge, call, ...said };
    // The bridge may have reconnected meanwhile; the script still waits.
    const newest = client.session() ?? session;
    await newest.command({ type: 'fire_event', event_type: responseEvent, event_data: answer });
  };
  const listen = async (session: Session) => {
    try {
      await session.subscribe({ type: 'subscribe_events', event_type: requestEvent }, (event) => {
        const request = eventSchema.safeParse(event).data;
        if (request?.data.bridge !== bridge) return;
        onEvent(session, request).catch((thrown: unknown) =>
          log.warn('Could not answer a request from Home Assistant', {
            command: request.data.command,
            reason: messageOf(thrown),
          }),
        );
      });
      become(null);
    } catch (thrown) {
      if (session.ended.aborted) return;
      const sentence = `${messageOf(thrown)} The bridge receives no requests from the actions in Home Assistant.`;
      log.warn(sentence);
      become(sentence);
    }
  };
  client.onSession((session) => void listen(session));
  return { trouble: () => trouble };
}

/**
 * What the script gives its caller, or why it fails, and what it gives a caller who asked for failures as answers. It
 * holds nothing else, because Home Assistant records events; an answer with what the household has is never one.
 */
type Reply =
  | { readonly answer: Readonly<Record<string, unknown>> }
  | { readonly reason: string; readonly failure: Readonly<Record<string, unknown>> };

async function replyTo(options: RequestsOptions, session: Session, request: Request): Promise<Reply> {
  const { clock, log, commands } = options;
  const { command: name } = request.data;
  const command = commands.get(name);
  const warning = command?.class === 'money' ? ` ${outcomeUnknown}` : '';
  const running = outcomeOf(options, session, request).catch((thrown: unknown) => {
    log.warn('A command failed inside the bridge', { command: name, reason: messageOf(thrown) });
    const sentence = `The bridge failed with an internal error; see its log.${warning}`;
    return failed(defect(command), sentence);
  });
  if (await settlesWithin(clock, answerWithin, running)) return running;
  const sentence = `The bridge is still busy with ${name} and continues with it.${warning}`;
  return failed({ status: 'unknown', data: { ...openDetails(command), code: 'busy' } }, sentence);
}

/** Hands over an answer that no event may hold; null where that went well, otherwise what is said instead. */
async function unlessHandedOver(
  { hand }: RequestsOptions,
  call: string,
  reply: Reply,
): Promise<Reply | null> {
  if (!('answer' in reply)) return reply;
  try {
    await hand(call, reply.answer);
    return null;
  } catch (thrown) {
    if (!(thrown instanceof BridgeError)) throw thrown;
    const { code, message } = thrown;
    return failed({ status: 'failed', error: { code, message } }, message);
  }
}

const outcomeUnknown =
  'It is not known whether money has moved. Check the bridge’s page, and repeat this only with the same request_id or event_id.';

async function outcomeOf(
  { commands, money, readers, clock }: RequestsOptions,
  session: Session,
  { data, context }: Request,
): Promise<Reply> {
  const { command: name, body: given } = data;
  const since = clock.monotonic();
  const command = commands.get(name);
  const body = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== null));
  let user: string | null = null;
  try {
    if (command?.class === 'private') throw refuse('not_allowed', { door: 'private', command: name });
    const caller = await callerOf(session, context.user_id);
    user = caller.kind === 'person' ? caller.name : null;
    if (command?.class === 'money') requireMoneyAllowed(caller, money);
    if (command?.showsMoney) requireReadingAllowed(caller, readers());
    return replyOf(await runCommand(commands, { name, body, door: 'home_assistant', user, since }));
  } catch (thrown) {
    if (!(thrown instanceof BridgeError)) throw thrown;
    return replyOf(refusedAtDoor(commands, { name, body, door: 'home_assistant', user }, thrown));
  }
}

function replyOf(answer: CommandAnswer): Reply {
  if (answer.status === 'done') return { answer: { status: answer.status, ...answer.data } };
  if ('error' in answer) return failed(answer, answer.error.message);
  const { sentence } = answer.data;
  return failed(answer, typeof sentence === 'string' ? sentence : 'The outcome is not known yet.');
}

function failed(answer: CommandAnswer, reason: string): Reply {
  const details = 'error' in answer ? answer.error : answer.data;
  return { reason, failure: { ...details, status: answer.status, message: reason } };
}

/** Who may move money from Home Assistant; automations count as administrators, because administrators write them. */
export type MoneyAllowance = 'nobody' | 'administrators' | 'everyone';

/** Who may read the household's money from Home Assistant, beside automations. */
export type Readers = 'administrators' | 'everyone';

/** Who made a request: a person with a user account in Home Assistant, or an automation. */
type RequestCaller =
  | { readonly kind: 'automation' }
  | { readonly kind: 'person'; readonly name: string; readonly isAdministrator: boolean };

/**
 * The caller by the context of Home Assistant's event: a person's own call carries their user id, an automation's call
 * carries none. Looked up for each request, because rights can be taken away. Throws what `Session.command` throws.
 */
async function callerOf(session: Session, userId: string | null): Promise<RequestCaller> {
  if (userId === null) return { kind: 'automation' };
  const user = (await readUsers(session)).get(userId);
  return { kind: 'person', name: user?.name ?? userId, isAdministrator: user?.standing === 'administrator' };
}

/** Throws `not_allowed` where this caller may not move money. */
function requireMoneyAllowed(caller: RequestCaller, allowance: MoneyAllowance): void {
  if (allowance === 'everyone') return;
  if (allowance === 'administrators' && (caller.kind === 'automation' || caller.isAdministrator)) return;
  const details = { money_moved: 'no' };
  throw refuse('not_allowed', { door: 'home_assistant', setting: allowance }, { details });
}

/** Throws `reading_not_allowed` where this caller may not see what the household has and spends. */
function requireReadingAllowed(caller: RequestCaller, readers: Readers): void {
  if (readers === 'everyone' || caller.kind === 'automation' || caller.isAdministrator) return;
  throw refuse('reading_not_allowed', {});
}

/** Who is who in Home Assistant's registries. Both throw the retryable `home_assistant_away` without a connection. */
export interface Targets {
  /** The Monzo id behind a device or an entity; null where it is neither, or not ours. */
  find(id: string): Promise<string | null>;
  /** The ids of our devices, by the Monzo id of what each shows. */
  devices(): Promise<ReadonlyMap<string, string>>;
}

const devicesSchema = z.array(
  z.object({ id: z.string(), identifiers: z.array(z.array(z.string())).catch([]) }),
);
const entitiesSchema = z.array(
  z.object({ entity_id: z.string(), platform: z.string(), device_id: z.string().nullable() }),
);

/** Device ids are 32 hexadecimal digits; entity ids a domain and a name. */
const deviceOrEntityId = /^([0-9a-f]{32}|[a-z_]+\.[a-z0-9_]+)$/;

const registryChanges = ['device_registry_updated', 'entity_registry_updated'] as const;

/** Monzo's ids, by the ids of our devices and of their entities. */
interface Registry {
  readonly devices: ReadonlyMap<string, string>;
  readonly entities: ReadonlyMap<string, string>;
}

/**
 * Looks in Home Assistant's registries, which are kept until Home Assistant announces a change, and read again for an
 * id that is not in them.
 */
export function createTargets(client: HomeAssistantClient): Targets {
  let known: { readonly session: Session; readonly registry: Promise<Registry> } | null = null;
  const forget = () => {
    known = null;
  };
  client.onSession((session) => {
    for (const event_type of registryChanges)
      session.subscribe({ type: 'subscribe_events', event_type }, forget).catch(() => {});
  });
  const connected = () => {
    const session = client.session();
    if (session === null) throw away();
    return session;
  };
  const kept = (session: Session) => (known?.session === session ? known.registry : null);
  const read = (session: Session) => {
    const registry = readRegistry(session);
    known = { session, registry };
    registry.catch(forget);
    return registry;
  };
  return {
    find: async (id) => {
      if (!deviceOrEntityId.test(id)) return null;
      const session = connected();
      const targetIn = ({ devices, entities }: Registry) => devices.get(id) ?? entities.get(id) ?? null;
      const before = await kept(session);
      return (before && targetIn(before)) ?? targetIn(await read(session));
    },
    devices: async () => {
      const session = connected();
      const { devices } = await (kept(session) ?? read(session));
      return new Map([...devices].map(([id, ours]) => [ours, id]));
    },
  };
}

async function readRegistry(session: Session): Promise<Registry> {
  const [deviceRows, entityRows] = await Promise.all([
    session.command({ type: 'config/device_registry/list' }),
    session.command({ type: 'config/entity_registry/list' }),
  ]);
  const devices = new Map<string, string>();
  for (const { id, identifiers } of devicesSchema.parse(deviceRows)) {
    const identifier = identifiers.find(([domain]) => domain === 'mqtt')?.[1];
    const ours = identifier === undefined ? null : idOfDevice(identifier);
    if (ours !== null) devices.set(id, ours);
  }
  const entities = new Map<string, string>();
  for (const { entity_id: entityId, platform, device_id: deviceId } of entitiesSchema.parse(entityRows)) {
    const ours = devices.get(deviceId ?? '');
    if (platform === 'mqtt' && ours !== undefined) entities.set(entityId, ours);
  }
  return { devices, entities };
}
