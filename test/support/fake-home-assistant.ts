import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer, type RawData, type WebSocket } from 'ws';
import type { Gate } from './crash.ts';
import type { Answer, Received, Result } from './fake-answers.ts';
import { blueprintResults, createFakeBlueprints, type FakeBlueprints } from './fake-blueprints.ts';
import { createFakeDashboards, dashboardResults, type FakeDashboards } from './fake-dashboards.ts';
import { FakeEntities } from './fake-entities.ts';
import { userList, type FakeUser } from './fake-users.ts';
import { createFakeScripts, serveScripts, type FakeScripts } from './fake-scripts.ts';
import { diagnosticsPath, mqttEntry, serveDiagnostics, serveState, webhookCallIn } from './fake-routes.ts';
import { freePort } from './port.ts';

export interface FakeNotification {
  readonly notification_id: string;
  readonly title: string;
  readonly message: string;
}

/** Just enough of Home Assistant's websocket API for a client to live with, and every kind of trouble on request. */
export interface FakeHomeAssistant extends AsyncDisposable {
  /** `http://127.0.0.1:<port>`, followed by the base path. */
  readonly url: string;
  /** Changed by tests at any time; holds from the next question on. */
  readonly world: World;
  /** All commands received, in order. */
  readonly commands: readonly Received[];
  /** The same as text, as they came over the line. */
  readonly frames: readonly string[];
  readonly notifications: ReadonlyMap<string, FakeNotification>;
  readonly entities: FakeEntities;
  /** How many were let in and not yet gone. */
  connected(): number;
  /** How many connections were tried since the start. */
  attempts(): number;
  of(type: string): readonly Received[];
  /** Calls a webhook whose trigger somebody has subscribed; `variables` as Home Assistant would render them. */
  callWebhook(id: string, variables: Readonly<Record<string, unknown>>): void;
  /** `event` as whoever has subscribed sees it, with `data` and `context`. */
  fire(eventType: string, event?: unknown): void;
  /** Whether somebody who is connected has subscribed to such events. */
  hasSubscriber(eventType: string): boolean;
  /** Calls back with the data of such events that somebody who is connected fires. */
  on(eventType: string, listener: (data: unknown) => void): void;
  /** Cuts every connection without a word. */
  cut(): void;
  /** What comes in passes the gate first, and once more when it has its effect and no answer. */
  guard(gate: Gate): void;
  /** Sends close frames and leaves ending the lines to the others, as Home Assistant does; resolves with how long that took, in milliseconds. */
  hangUp(): Promise<number>;
  /** Keeps the lines and never looks at them again, like a machine that hangs. */
  freeze(): void;
  stop(): Promise<void>;
  /** On the same port; what people were shown before is forgotten, as after a restart. */
  start(): Promise<void>;
}

export interface World {
  token: string;
  isAdministrator: boolean;
  state: 'STARTING' | 'RUNNING';
  /** When its process started, in milliseconds of this machine's clock: a day ago, and anew with each `start`. */
  startedAt: number;
  /** Whether its MQTT client has subscribed to what triggers automations. */
  areTriggersAttached: boolean;
  components: readonly string[];
  /** Whether its configuration could not be read, so that it runs without anything of it. */
  isRecovering: boolean;
  urls: { internal: string | null; external: string | null; cloud: string | null };
  /** Null: the cloud integration is not there. */
  cloud: { logged_in: boolean; cloud: string; cloudhooks: Record<string, unknown> } | null;
  readonly scripts: FakeScripts;
  readonly dashboards: FakeDashboards;
  readonly blueprints: FakeBlueprints;
  /** The options of the MQTT integration, as its diagnostics tell them; null without the diagnostics integration. */
  mqttOptions: Readonly<Record<string, unknown>> | null;
  /** Everybody with an account, by id. */
  readonly users: Map<string, FakeUser>;
  /** The device registry and the entity registry, as they are listed. */
  devices: readonly Readonly<Record<string, unknown>>[];
  entities: readonly Readonly<Record<string, unknown>>[];
  /** Answers that are not the usual ones, by command type; one that takes time is a promise. */
  readonly script: Map<string, Answer | Promise<Answer>>;
}

export async function startFakeHomeAssistant(basePath = ''): Promise<FakeHomeAssistant> {
  const world: World = {
    token: 'a-long-lived-token',
    isAdministrator: true,
    state: 'RUNNING',
    startedAt: Date.now() - 86_400_000,
    areTriggersAttached: true,
    components: ['webhook', 'persistent_notification', 'mqtt', 'automation'],
    isRecovering: false,
    urls: { internal: 'http://home.local:8123', external: 'https://home.example.org', cloud: null },
    cloud: null,
    scripts: createFakeScripts(),
    dashboards: createFakeDashboards(),
    blueprints: createFakeBlueprints(),
    mqttOptions: null,
    users: new Map(),
    devices: [],
    entities: [],
    script: new Map(),
  };
  const commands: Received[] = [];
  const frames: string[] = [];
  const notifications = new Map<string, FakeNotification>();
  const lines = new Set<WebSocket>();
  const raw = new Set<Duplex>();
  const subscriptions = new Set<{ line: WebSocket; command: Received }>();
  let attempts = 0;
  let gate: Gate = () => true;
  const port = await freePort();
  let running: { http: Server; sockets: WebSocketServer } | null = null;

  const entities = new FakeEntities(
    (entityId, update) => {
      for (const held of subscriptions) if (entityIdsOf(held.command).includes(entityId)) send(held, update);
    },
    () => fire('entity_registry_updated'),
  );
  const listeners = new Map<string, (data: unknown) => void>();
  const results = resultsOf({ world, notifications, entities, listeners });
  const answer = async (line: WebSocket, command: Received) => {
    const scripted = world.script.get(command.type);
    const usual = results.get(command.type);
    const found = scripted ?? usual?.(command) ?? { refuse: 'unknown_command' };
    const given = found instanceof Promise ? await found : found;
    if (!gate(`${nameOf(command)} unanswered`) || given === 'silence') return;
    if (command.type === 'ping') return line.send(JSON.stringify({ id: command.id, type: 'pong' }));
    const failed = 'refuse' in given;
    if (!failed && command.type.startsWith('subscribe_')) subscriptions.add({ line, command });
    if (command.type === 'unsubscribe_events')
      for (const held of subscriptions)
        if (held.line === line && held.command.id === command['subscription']) subscriptions.delete(held);
    line.send(
      JSON.stringify(
        failed
          ? { id: command.id, type: 'result', success: false, error: { code: given.refuse, message: 'no' } }
          : { id: command.id, type: 'result', success: true, result: given.result },
      ),
    );
    if (!failed && command.type === 'subscribe_entities')
      send({ line, command }, entities.states(entityIdsOf(command)));
    // The only template that the bridge asks for.
    if (!failed && command.type === 'render_template')
      send({ line, command }, { result: [Date.now() / 1_000, world.startedAt / 1_000], listeners: {} });
    if (command['domain'] === 'mqtt' && command['service'] === 'publish' && world.areTriggersAttached)
      for (const held of subscriptions)
        if (triggerOf(held.command).topic === (command['service_data'] as { topic?: unknown }).topic)
          send(held, { variables: { trigger: { payload: 'echo' } }, context: null });
  };
  const serve = (line: WebSocket) => {
    attempts += 1;
    line.on('error', () => {});
    line.once('close', () => {
      lines.delete(line);
      for (const held of subscriptions) if (held.line === line) subscriptions.delete(held);
    });
    line.send(JSON.stringify({ type: 'auth_required', ha_version: '2026.11.0' }));
    line.once('message', (data) => {
      const { access_token: token } = JSON.parse(textOf(data)) as { access_token?: unknown };
      if (token !== world.token) {
        line.send(JSON.stringify({ type: 'auth_invalid', message: 'Invalid access token or password' }));
        return line.close();
      }
      lines.add(line);
      line.on('message', (frame) => {
        const text = textOf(frame);
        const command = JSON.parse(text) as Received;
        // A bridge that was still connecting when it crashed was not there to be cut off.
        if (!gate(`${nameOf(command)} unsent`)) return line.terminate();
        frames.push(text);
        commands.push(command);
        void answer(line, command);
      });
      return line.send(JSON.stringify({ type: 'auth_ok', ha_version: '2026.11.0' }));
    });
  };
  const send = ({ line, command }: { line: WebSocket; command: Received }, event: unknown) =>
    line.send(JSON.stringify({ id: command.id, type: 'event', event }));
  const fire: FakeHomeAssistant['fire'] = (eventType, event = {}) => {
    for (const held of subscriptions) if (held.command['event_type'] === eventType) send(held, event);
  };
  const callWebhook: FakeHomeAssistant['callWebhook'] = (id, variables) => {
    for (const held of subscriptions)
      if (triggerOf(held.command).webhook_id === id) send(held, { variables, context: null });
  };
  const cut = () => {
    for (const line of running?.sockets.clients ?? []) line.terminate();
  };
  const start = async () => {
    if (running) return;
    if (attempts > 0) world.startedAt = Date.now();
    notifications.clear();
    const http = createServer((request, response) => {
      const served = { request, response, token: world.token, basePath };
      const webhook = `${basePath}/api/webhook/`;
      if (request.url?.startsWith(diagnosticsPath(basePath))) serveDiagnostics(world.mqttOptions, served);
      else if (request.url === `${basePath}/api/core/state`) serveState(world.state, served);
      else if (request.url?.startsWith(webhook) && world.scripts.takesWebhooks) {
        callWebhook(...webhookCallIn(request.url, webhook));
        world.scripts.take(request);
        response.writeHead(200).end();
      } else void serveScripts(world.scripts, served);
    });
    const sockets = new WebSocketServer({ noServer: true });
    http.on('upgrade', (request: IncomingMessage, socket, head) => {
      if (request.url !== `${basePath}/api/websocket`) return socket.end('HTTP/1.1 404 Not Found\r\n\r\n');
      raw.add(socket);
      socket.once('close', () => raw.delete(socket));
      return sockets.handleUpgrade(request, socket, head, serve);
    });
    await new Promise<void>((resolve) => {
      http.listen(port, '127.0.0.1', resolve);
    });
    running = { http, sockets };
  };
  const stop = async () => {
    if (!running) return;
    cut();
    const { http } = running;
    running = null;
    await new Promise((resolve) => {
      http.close(resolve);
      http.closeAllConnections();
    });
  };
  await start();
  return {
    url: `http://127.0.0.1:${port}${basePath}`,
    world,
    commands,
    frames,
    notifications,
    entities,
    connected: () => lines.size,
    attempts: () => attempts,
    of: (type) => commands.filter((command) => command.type === type),
    callWebhook,
    fire,
    hasSubscriber: (eventType) =>
      [...subscriptions].some(({ command }) => command['event_type'] === eventType),
    on: (eventType, listener) => void listeners.set(eventType, listener),
    cut,
    guard: (next) => {
      gate = next;
    },
    hangUp: async () => {
      const began = performance.now();
      await Promise.all([...raw].map(sayGoodBye));
      return performance.now() - began;
    },
    freeze: () => {
      for (const socket of raw) socket.removeAllListeners('data').resume();
    },
    stop,
    start,
    [Symbol.asyncDispose]: stop,
  };
}

/** As a point where a bridge can crash. */
function nameOf({ type, ...rest }: Received): string {
  const what = ['event_type', 'domain', 'service'].map((key) => rest[key]);
  return ['home_assistant', type, ...what.filter((part) => typeof part === 'string')].join(' ');
}

const normalClosure = Buffer.from([0x88, 0x02, 0x03, 0xe8]);

/** Past the library, which would end the line itself as soon as the close frame is answered. */
function sayGoodBye(socket: Duplex): Promise<void> {
  const ended = new Promise<void>((resolve) => {
    socket.once('end', resolve).once('close', () => resolve());
  });
  socket.removeAllListeners('data');
  socket.write(normalClosure);
  socket.resume();
  return ended;
}

function triggerOf({ trigger }: Received): { readonly webhook_id?: unknown; readonly topic?: unknown } {
  return typeof trigger === 'object' && trigger !== null ? trigger : {};
}

function entityIdsOf(command: Received): readonly string[] {
  return Array.isArray(command['entity_ids']) ? (command['entity_ids'] as readonly string[]) : [];
}

interface Inside {
  readonly world: World;
  readonly notifications: Map<string, FakeNotification>;
  readonly entities: FakeEntities;
  readonly listeners: ReadonlyMap<string, (data: unknown) => void>;
}

/** What each command is answered with when nothing else was scripted. */
function resultsOf({ world, notifications, entities, listeners }: Inside): ReadonlyMap<string, Result> {
  const done: Result = () => ({ result: null });
  return new Map<string, Result>([
    ...dashboardResults(world.dashboards),
    ...blueprintResults(world.blueprints),
    ['ping', done],
    ['auth/current_user', () => ({ result: { id: 'user', is_admin: world.isAdministrator } })],
    [
      'get_config',
      () => ({
        result: {
          version: world.blueprints.version,
          state: world.state,
          components: world.components,
          recovery_mode: world.isRecovering,
          safe_mode: world.dashboards.isSafeMode,
        },
      }),
    ],
    ['subscribe_trigger', done],
    ['subscribe_events', done],
    ['subscribe_entities', done],
    ['render_template', done],
    [
      'device_automation/trigger/list',
      () => ({ result: world.areTriggersAttached ? [{ domain: 'mqtt', type: 'transaction created' }] : [] }),
    ],
    ['unsubscribe_events', done],
    [
      'fire_event',
      ({ event_type: type, event_data: data }) => {
        listeners.get(String(type))?.(data);
        return { result: { context: { id: 'context' } } };
      },
    ],
    ['get_services', () => ({ result: { script: world.scripts.loaded() } })],
    ['config/auth/list', () => ({ result: userList(world.users) })],
    ['config/device_registry/list', () => ({ result: world.devices })],
    ['config/entity_registry/list', () => ({ result: [...entities.registry(), ...world.entities] })],
    ['config_entries/get', () => ({ result: [{ entry_id: mqttEntry, domain: 'mqtt', state: 'loaded' }] })],
    ['network/url', () => ({ result: world.urls })],
    ['cloud/status', () => cloudStatus(world)],
    [
      'cloud/cloudhook/create',
      ({ webhook_id: id }) => {
        const hook = { webhook_id: id, cloudhook_url: `https://hooks.nabu.casa/${String(id).slice(0, 8)}` };
        if (world.cloud) world.cloud.cloudhooks[String(id)] = hook;
        return { result: hook };
      },
    ],
    ['persistent_notification/get', () => ({ result: [...notifications.values()] })],
    [
      'call_service',
      ({ domain, service, service_data: data }) => {
        if (domain === 'automation' && service === 'reload') world.blueprints.reload();
        const notification = data as FakeNotification;
        if (service === 'create') notifications.set(notification.notification_id, notification);
        if (service === 'dismiss') notifications.delete(notification.notification_id);
        return { result: { context: { id: 'context' } } };
      },
    ],
  ]);
}

function cloudStatus({ cloud }: World): Answer {
  if (cloud === null) return { refuse: 'unknown_command' };
  const { cloudhooks, ...rest } = cloud;
  return { result: { ...rest, prefs: { cloudhooks } } };
}

/** A server that was told nothing else gets each message as one buffer. */
function textOf(data: RawData): string {
  return (data as Buffer).toString();
}
