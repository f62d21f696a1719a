import { createHmac } from 'node:crypto';
import type { Clock } from '../../clock.ts';
import type { Output, OutputLog, Sink } from '../output.ts';
import { createActions, type Actions, type ActionSettings } from './actions/actions.ts';
import { createBusSink } from './bus-sink.ts';
import { createClient, type HomeAssistantClient } from './client.ts';
import { openDoorbell, type Ring } from './doorbell.ts';
import { createNotices } from './notices.ts';
import { watchReach } from './reach.ts';
import { createDeliveryObserver, type EntityObserver } from './delivery-observer.ts';
import { createSummary } from './summary.ts';
import { openRedirect, type RedirectCallback } from './redirect.ts';
import { createRest } from './rest.ts';
import { findTargets, type FindTarget } from './targets.ts';

export interface HomeAssistantOptions {
  readonly url: string;
  /** An administrator's long-lived token; it appears in no log and in no health. */
  readonly token: string;
  /** 256 random bits each as hexadecimal digits, the same after every start. */
  readonly webhookIds: { readonly redirect: string; readonly doorbell: string };
  readonly clock: Clock;
  /** Between 0 and 1. */
  readonly random: () => number;
  readonly log: OutputLog;
  /** Somebody came back from Monzo's sign-in. Written by strangers until the state has been checked. */
  readonly onCallback: (callback: RedirectCallback) => void;
  readonly onRing: (ring: Ring) => void;
  /** Which event entities, by unique id, show whether events arrive. */
  readonly watches: (uniqueId: string) => boolean;
  /** Resolves when the balances shown so far are on their way. */
  readonly statesSettled: () => Promise<void>;
  /** Events this long after their transaction came late because something was down, in milliseconds. */
  readonly outageAfter: number;
  readonly actions: ActionSettings;
  /** Health, addresses or whether calls reach us may have changed. */
  readonly onChange: () => void;
}

/** What the bridge does inside a Home Assistant it has a token for. */
export interface HomeAssistantOutput extends Output {
  readonly client: HomeAssistantClient;
  readonly sink: Sink;
  /** What the event entities show. */
  readonly observer: EntityObserver;
  readonly actions: Actions;
  readonly findTarget: FindTarget;
  /** Monzo's way back through Home Assistant, while it works. */
  redirectUri(): string | null;
  /** The address for Monzo's webhooks; kept while Home Assistant is away. */
  webhookUrl(): string | null;
  /** Whether webhook calls reach us now. Each time this becomes true, what came before may have been missed. */
  isListening(): boolean;
}

/** Connects to Home Assistant and stays connected until closed. */
export function createHomeAssistantOutput(options: HomeAssistantOptions): HomeAssistantOutput {
  const { clock, log, webhookIds, onCallback, onRing, onChange } = options;
  const client = createClient(options);
  const reach = watchReach({ client, clock, log, webhookId: webhookIds.doorbell });
  const common = { client, reach, log };
  const redirect = openRedirect({ ...common, webhookId: webhookIds.redirect, onCallback });
  const doorbell = openDoorbell({ ...common, webhookId: webhookIds.doorbell, onRing });
  const observer = createDeliveryObserver({ client, clock, log, watches: options.watches });
  const summary = createSummary({ client, clock, log, outageAfter: options.outageAfter });
  const { statesSettled } = options;
  const notices = createNotices({ client, clock, log });
  const actions = createActions({
    ...common,
    ...options.actions,
    clock,
    rest: createRest(options),
    onChange,
  });
  for (const part of [client, reach, redirect.webhook, doorbell.webhook]) part.onChange(onChange);
  return {
    name: 'home_assistant',
    client,
    sink: createBusSink({ client, observer, statesSettled, onDelivered: (event) => summary.note(event) }),
    observer,
    actions,
    findTarget: findTargets(client),
    redirectUri: () => redirect.redirectUri(),
    webhookUrl: () => doorbell.webhookUrl(),
    isListening: () => doorbell.webhook.isListening(),
    show: ({ view }) => notices.show(view.logins),
    health: () => {
      const health = client.health();
      const parts = [redirect.webhook, doorbell.webhook, observer, actions];
      const trouble = parts.map((part) => part.trouble()).find((found) => found !== null);
      return health.state === 'ok' && trouble ? { part: health.part, ...trouble } : health;
    },
    close: async () => {
      summary.close();
      await client.close();
    },
  };
}

/** The ids of both webhooks: the same after every start, and as secret as the key they follow from. */
export function webhookIdsFrom(secretKey: Uint8Array): HomeAssistantOptions['webhookIds'] {
  const idFor = (purpose: string) => derived(secretKey, `home-assistant-webhook ${purpose}`);
  return { redirect: idFor('redirect'), doorbell: idFor('doorbell') };
}

/** What tells bridges apart that share a Home Assistant: the same after every start, and no secret. */
export function bridgeIdFrom(secretKey: Uint8Array): string {
  return derived(secretKey, 'home-assistant-bridge').slice(0, 16);
}

function derived(secretKey: Uint8Array, purpose: string): string {
  return createHmac('sha256', secretKey).update(purpose).digest('hex');
}
