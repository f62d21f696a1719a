import { createHmac } from 'node:crypto';
import type { Clock } from '../../clock.ts';
import type { DeliveryObserver, Output, OutputLog, Sink } from '../output.ts';
import { createTargetFinder, type FindTarget } from './actions/action-requests.ts';
import { createActions, type Actions, type ActionSettings } from './actions/actions.ts';
import { createScriptStore } from './actions/script-store.ts';
import { watchAddresses } from './addresses.ts';
import { createBusSink } from './bus-sink.ts';
import { EntityDeliveryObserver } from './delivery-observer.ts';
import { HomeAssistantClient } from './home-assistant-client.ts';
import { createLoginNotices, createOutageSummary } from './notices.ts';
import { openDoorbell, openRedirect, type RedirectCallback, type Ring } from './webhooks.ts';

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
  /** Monzo's sign-in page redirected a browser here. Written by strangers until the state has been checked. */
  readonly onCallback: (callback: RedirectCallback) => void;
  readonly onRing: (ring: Ring) => void;
  /** Which event entities, by unique id, show whether events arrive. */
  readonly watches: (uniqueId: string) => boolean;
  /** Resolves when the balances shown so far are published. */
  readonly statesSettled: () => Promise<void>;
  /** An event that arrives this many milliseconds after its transaction was delayed by an outage. */
  readonly outageAfter: number;
  readonly actions: ActionSettings;
  /** Health, addresses or whether webhook calls reach the bridge may have changed. */
  readonly onChange: () => void;
}

/** What the bridge does inside a Home Assistant that it has a token for. */
export interface HomeAssistantOutput extends Output {
  readonly client: HomeAssistantClient;
  readonly sink: Sink;
  readonly observer: DeliveryObserver;
  readonly actions: Actions;
  readonly findTarget: FindTarget;
  /** The redirect URI for Monzo's sign-in through Home Assistant, while that works. */
  redirectUri(): string | null;
  /** The address for Monzo's webhooks; kept while Home Assistant is away. */
  webhookUrl(): string | null;
  /** Whether webhook calls reach the bridge now. Whenever this becomes true, earlier calls may have been lost. */
  isListening(): boolean;
}

/** Connects to Home Assistant and stays connected until closed. */
export function createHomeAssistantOutput(options: HomeAssistantOptions): HomeAssistantOutput {
  const { clock, log, webhookIds, statesSettled, onCallback, onRing, onChange } = options;
  const client = new HomeAssistantClient(options);
  const addresses = watchAddresses({ client, clock, log, webhookId: webhookIds.doorbell });
  const webhookParts = { client, addresses, log };
  const redirect = openRedirect({ ...webhookParts, webhookId: webhookIds.redirect }, onCallback);
  const doorbell = openDoorbell({ ...webhookParts, webhookId: webhookIds.doorbell }, onRing);
  const observer = new EntityDeliveryObserver({ client, clock, log, watches: options.watches });
  const summary = createOutageSummary({ client, clock, log, outageAfter: options.outageAfter });
  const notices = createLoginNotices({ client, clock, log });
  const store = createScriptStore(options);
  const actions = createActions({ ...options.actions, client, store, clock, log, onChange });
  for (const part of [client, addresses, redirect.webhook, doorbell.webhook]) part.onChange(onChange);
  return {
    name: 'home_assistant',
    client,
    sink: createBusSink({ client, observer, statesSettled, onDelivered: (event) => summary.note(event) }),
    observer,
    actions,
    findTarget: createTargetFinder(client),
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

/** The ids of both webhooks: the same after every start, and as secret as the key they are derived from. */
export function webhookIdsFrom(secretKey: Uint8Array): HomeAssistantOptions['webhookIds'] {
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
