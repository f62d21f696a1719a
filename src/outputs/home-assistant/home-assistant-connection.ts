import { createHmac } from 'node:crypto';
import { z } from 'zod';
import { createNotifier, sleep } from '../../async.ts';
import type { Clock } from '../../clock.ts';
import type { PartHealth } from '../../domain/view.ts';
import { createTargets, type Targets } from './actions/action-requests.ts';
import { watchAddresses } from './addresses.ts';
import { HomeAssistantClient, type ClientOptions } from './home-assistant-client.ts';
import { createStandingFinder, type FindStanding } from './users.ts';
import type { Session } from './websocket-session.ts';
import { openDoorbell, openRedirect, type RedirectCallback, type Ring } from './webhooks.ts';

export interface ConnectionOptions extends ClientOptions {
  /** 256 random bits each as hexadecimal digits, the same after every start. */
  readonly webhookIds: { readonly redirect: string; readonly doorbell: string };
}

/** The way into a Home Assistant that the bridge has a token for, and what reaches the bridge through it. */
export interface HomeAssistantConnection {
  readonly client: HomeAssistantClient;
  readonly targets: Targets;
  readonly standingOf: FindStanding;
  /** The redirect URI for Monzo's sign-in through Home Assistant, while that works. */
  redirectUri(): string | null;
  /** The address for Monzo's webhooks; kept while Home Assistant is away. */
  webhookUrl(): string | null;
  /** Whether webhook calls reach the bridge now. */
  isListening(): boolean;
  /** What prevents the webhooks from working while Home Assistant is connected; null where nothing does. */
  trouble(): Omit<PartHealth, 'part'> | null;
  /** Whether Home Assistant has its MQTT integration, without which it shows no device of the bridge; null before it told. */
  hasMqtt(): boolean | null;
  /** Monzo's sign-in page redirected a browser to Home Assistant. Written by strangers until the state has been checked. */
  onCallback(listener: (callback: RedirectCallback) => void): void;
  /** A webhook call arrived. Strangers may have written it. */
  onRing(listener: (ring: Ring) => void): void;
  /** Webhook calls reach the bridge from now on, or at another address; earlier ones may have been lost. */
  onListening(listener: () => void): void;
  /** Health, addresses or whether webhook calls reach the bridge may have changed. */
  onChange(listener: () => void): void;
  /** Home Assistant has ended the session, as it does when it stops, or is cut off. */
  onLost(listener: () => void): void;
  close(): Promise<void>;
}

/** Connects to Home Assistant and stays connected until closed. */
export function createHomeAssistantConnection(options: ConnectionOptions): HomeAssistantConnection {
  const { clock, log, webhookIds } = options;
  const callbacks = createNotifier<RedirectCallback>();
  const rings = createNotifier<Ring>();
  const listening = createNotifier();
  const changes = createNotifier();
  const losses = createNotifier();
  const client = new HomeAssistantClient(options);
  client.onSession(({ ended }) => ended.addEventListener('abort', () => losses.notify(), { once: true }));
  const addresses = watchAddresses({ client, clock, log, webhookId: webhookIds.doorbell });
  const parts = { client, addresses, log };
  const redirect = openRedirect({ ...parts, webhookId: webhookIds.redirect }, (callback) =>
    callbacks.notify(callback),
  );
  const doorbell = openDoorbell({ ...parts, webhookId: webhookIds.doorbell }, (ring) => rings.notify(ring));
  const targets = createTargets(client);
  const mqtt = watchMqtt({ client, clock, onChange: () => changes.notify() });
  let listensAt = '';
  const onPartChange = () => {
    const now = doorbell.webhook.isListening() ? (doorbell.webhookUrl() ?? '') : '';
    if (now !== '' && now !== listensAt) listening.notify();
    listensAt = now;
    changes.notify();
  };
  for (const part of [client, addresses, redirect.webhook, doorbell.webhook]) part.onChange(onPartChange);
  return {
    client,
    targets,
    standingOf: createStandingFinder(client, clock),
    redirectUri: () => redirect.redirectUri(),
    webhookUrl: () => doorbell.webhookUrl(),
    isListening: () => doorbell.webhook.isListening(),
    hasMqtt: () => mqtt.isLoaded(),
    trouble: () => redirect.webhook.trouble() ?? doorbell.webhook.trouble(),
    onCallback: (listener) => void callbacks.subscribe(listener),
    onRing: (listener) => void rings.subscribe(listener),
    onListening: (listener) => void listening.subscribe(listener),
    onChange: (listener) => void changes.subscribe(listener),
    onLost: (listener) => void losses.subscribe(listener),
    close: () => client.close(),
  };
}

const configSchema = z.object({ components: z.array(z.string()) });
/** How often it is looked whether a person has added what is missing, in milliseconds. */
const lookEvery = 30_000;

interface MqttWatch {
  readonly client: HomeAssistantClient;
  readonly clock: Clock;
  readonly onChange: () => void;
}

/** Looks in every session, and as long as it is missing, whether Home Assistant's MQTT integration is loaded. */
function watchMqtt({ client, clock, onChange }: MqttWatch) {
  let isLoaded: boolean | null = null;
  const note = (next: boolean | null): boolean | null => {
    if (next !== isLoaded) {
      isLoaded = next;
      onChange();
    }
    return next;
  };
  const look = async (session: Session): Promise<boolean | null> => {
    const config = configSchema.safeParse(await session.command({ type: 'get_config' }));
    return note(config.data?.components.includes('mqtt') ?? null);
  };
  const follow = async (session: Session): Promise<void> => {
    while ((await look(session)) === false) if (!(await sleep(clock, lookEvery, session.ended))) return;
  };
  client.onSession((session) => void follow(session).catch(() => note(null)));
  return { isLoaded: () => isLoaded };
}

/** The ids of both webhooks: the same after every start, and as secret as the key they are derived from. */
export function webhookIdsFrom(secretKey: Uint8Array): ConnectionOptions['webhookIds'] {
  const idFor = (purpose: string) => derived(secretKey, `home-assistant-webhook ${purpose}`);
  return { redirect: idFor('redirect'), doorbell: idFor('doorbell') };
}

/** Tells bridges apart that share a Home Assistant: the same after every start, and not secret. */
export function bridgeIdFrom(secretKey: Uint8Array): string {
  return derived(secretKey, 'home-assistant-bridge').slice(0, 16);
}

function derived(secretKey: Uint8Array, purpose: string): string {
  return createHmac('sha256', secretKey).update(purpose).digest('hex');
}
