import { createConnection, createLongLivedTokenAuth } from 'home-assistant-js-websocket';
import type { Connection, MessageBase } from 'home-assistant-js-websocket';
import { z } from 'zod';
import {
  actionResultSchema,
  actionsSchema,
  busEventSchema,
  configEntrySchema,
  configSchema,
  deviceSchema,
  deviceTriggerSchema,
  entitySchema,
  firedTriggerSchema,
  stateChangeSchema,
  stateSchema,
} from './messages.ts';
import type {
  ActionResult,
  Actions,
  BusEvent,
  Config,
  ConfigEntry,
  Device,
  DeviceTrigger,
  Entity,
  FiredTrigger,
  State,
  StateChange,
} from './messages.ts';
import { rest } from './onboarding.ts';

/** Ends a subscription. */
export type Unsubscribe = () => Promise<void>;

/** An action to call: `domain` and `service` as in `script.monzo_pot_transfer`. */
export interface ActionCall {
  readonly domain: string;
  readonly service: string;
  readonly data?: Readonly<Record<string, unknown>>;
  readonly target?: Readonly<Record<string, unknown>>;
  /** Ask for the action's answer; Home Assistant refuses this for actions that have none. */
  readonly answer?: boolean;
}

/** A path below Home Assistant's address, such as `/api/config/script/config/<id>`. */
export interface RestCall {
  readonly method?: 'GET' | 'POST' | 'DELETE';
  readonly path: string;
  readonly body?: unknown;
}

/** An administrator's view of one Home Assistant. Survives its restarts: subscriptions are made again by themselves. */
export interface HomeAssistantClient extends AsyncDisposable {
  config(): Promise<Config>;
  states(): Promise<readonly State[]>;
  /** Undefined when there is no such entity. */
  state(entityId: string): Promise<State | undefined>;
  devices(): Promise<readonly Device[]>;
  /** The MQTT device with this identifier, or undefined. */
  mqttDevice(identifier: string): Promise<Device | undefined>;
  /** The registry, disabled entities included. */
  entities(): Promise<readonly Entity[]>;
  /** The MQTT entity with this unique id, or undefined. */
  mqttEntity(uniqueId: string): Promise<Entity | undefined>;
  deviceTriggers(deviceId: string): Promise<readonly DeviceTrigger[]>;
  configEntries(domain?: string): Promise<readonly ConfigEntry[]>;
  actions(): Promise<Actions>;
  /** Throws with Home Assistant's own code and message when the action fails. */
  call(action: ActionCall): Promise<ActionResult>;
  onStateChange(listener: (change: StateChange) => void): Promise<Unsubscribe>;
  onEvent(eventType: string, listener: (event: BusEvent) => void): Promise<Unsubscribe>;
  /** `trigger` as in an automation, for example one of `deviceTriggers`. */
  onTrigger(trigger: unknown, listener: (fired: FiredTrigger) => void): Promise<Unsubscribe>;
  /** Any other subscription; `message` as the websocket takes it. */
  subscribe<S extends z.ZodType>(
    message: MessageBase,
    schema: S,
    listener: (message: z.output<S>) => void,
  ): Promise<Unsubscribe>;
  /** Any other websocket command. */
  command<S extends z.ZodType>(message: MessageBase, schema: S): Promise<z.output<S>>;
  rest<S extends z.ZodType>(call: RestCall, schema: S): Promise<z.output<S>>;
  /** Hangs up until the promise resolves; resolves when the connection is gone. */
  pause(until: Promise<void>): Promise<void>;
  /** Resolves when the websocket is connected and earlier subscriptions are in place again. */
  connected(): Promise<void>;
  close(): void;
}

/** The Home Assistant to talk to. */
export interface Endpoint {
  readonly url: string;
  readonly token: string;
  /** When known, reconnecting waits for this instead of trying every few seconds. */
  readonly whenRunning?: () => Promise<void>;
}

/** Connects; throws when Home Assistant does not answer or refuses the token. */
export async function connectHomeAssistant(endpoint: Endpoint): Promise<HomeAssistantClient> {
  const { url, token, whenRunning } = endpoint;
  const connection = await createConnection({ auth: createLongLivedTokenAuth(url, token) });
  let paused: Promise<void> | undefined;
  connection.addEventListener('disconnected', () => {
    const until = paused ?? whenRunning?.();
    paused = undefined;
    if (until !== undefined) connection.suspendReconnectUntil(until);
  });
  const command = commandsOver(connection);
  const close = () => connection.close();
  return {
    ...registriesOver(command),
    ...subscriptionsOver(connection),
    command,
    call: async ({ domain, service, data = {}, target, answer = false }) =>
      command(
        {
          type: 'call_service',
          domain,
          service,
          service_data: data,
          ...(target === undefined ? {} : { target }),
          ...(answer ? { return_response: true } : {}),
        },
        actionResultSchema,
      ),
    rest: async ({ path, ...call }, schema) =>
      schema.parse(await rest({ url: `${url}${path}`, token, ...call })),
    pause: async (until) => {
      if (!connection.connected) return;
      paused = until;
      const gone = once(connection, 'disconnected');
      connection.reconnect();
      await gone;
    },
    connected: () => untilConnected(connection),
    close,
    async [Symbol.asyncDispose]() {
      close();
    },
  };
}

type SendCommand = HomeAssistantClient['command'];

/** The library rejects with Home Assistant's bare error object or a number; tests want an Error that says what failed. */
function commandsOver(connection: Connection): SendCommand {
  return async (message, schema) => {
    const answer = await connection.sendMessagePromise<unknown>(message).catch((refusal: unknown) => {
      throw new Error(`Home Assistant refused ${message.type}: ${explain(refusal)}`, { cause: refusal });
    });
    return schema.parse(answer);
  };
}

function explain(refusal: unknown): string {
  const known = z.object({ code: z.union([z.string(), z.number()]), message: z.string() }).safeParse(refusal);
  return known.success ? `${known.data.code}: ${known.data.message}` : JSON.stringify(refusal);
}

type Registries = Pick<
  HomeAssistantClient,
  | 'config'
  | 'states'
  | 'state'
  | 'devices'
  | 'mqttDevice'
  | 'entities'
  | 'mqttEntity'
  | 'deviceTriggers'
  | 'configEntries'
  | 'actions'
>;

function registriesOver(command: SendCommand): Registries {
  const states = () => command({ type: 'get_states' }, z.array(stateSchema));
  const devices = () => command({ type: 'config/device_registry/list' }, z.array(deviceSchema));
  const entities = () => command({ type: 'config/entity_registry/list' }, z.array(entitySchema));
  return {
    states,
    devices,
    entities,
    config: () => command({ type: 'get_config' }, configSchema),
    state: async (entityId) => (await states()).find((state) => state.entity_id === entityId),
    mqttDevice: async (identifier) =>
      (await devices()).find(({ identifiers }) =>
        identifiers.some(([domain, id]) => domain === 'mqtt' && id === identifier),
      ),
    mqttEntity: async (uniqueId) =>
      (await entities()).find(({ platform, unique_id }) => platform === 'mqtt' && unique_id === uniqueId),
    deviceTriggers: (deviceId) =>
      command({ type: 'device_automation/trigger/list', device_id: deviceId }, z.array(deviceTriggerSchema)),
    configEntries: (domain) =>
      command(
        { type: 'config_entries/get', ...(domain === undefined ? {} : { domain }) },
        z.array(configEntrySchema),
      ),
    actions: () => command({ type: 'get_services' }, actionsSchema),
  };
}

type Subscriptions = Pick<HomeAssistantClient, 'onStateChange' | 'onEvent' | 'onTrigger' | 'subscribe'>;

function subscriptionsOver(connection: Connection): Subscriptions {
  const subscribe: Subscriptions['subscribe'] = (message, schema, listener) =>
    connection.subscribeMessage<unknown>((said) => listener(schema.parse(said)), message);
  const onEvent: Subscriptions['onEvent'] = (eventType, listener) =>
    connection.subscribeEvents<unknown>((event) => listener(busEventSchema.parse(event)), eventType);
  return {
    onEvent,
    onStateChange: (listener) =>
      onEvent('state_changed', ({ data }) => listener(stateChangeSchema.parse(data))),
    onTrigger: (trigger, listener) =>
      subscribe({ type: 'subscribe_trigger', trigger }, firedTriggerSchema, listener),
    subscribe,
  };
}

function once(connection: Connection, event: 'ready' | 'disconnected'): Promise<void> {
  return new Promise((resolve) => {
    const heard = () => {
      connection.removeEventListener(event, heard);
      resolve();
    };
    connection.addEventListener(event, heard);
  });
}

async function untilConnected(connection: Connection): Promise<void> {
  if (!connection.connected) {
    await once(connection, 'ready');
  }
  // Commands are handled in order: the answer comes after the subscriptions that were sent again.
  await connection.ping();
}
