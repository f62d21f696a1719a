import type { Clock } from '../../clock.ts';
import type { EventNames } from '../../domain/names.ts';
import type { DeliveryObserver, Output, OutputLog, Sink } from '../output.ts';
import type { AnnouncementSource, Memory } from '../home-assistant-presence.ts';
import { createActions, type Actions, type ActionSettings } from './actions/actions.ts';
import { createScriptStore } from './actions/script-store.ts';
import { createAnnouncementReader } from './announcement-reader.ts';
import {
  createBlueprintDelivery,
  type BlueprintDelivery,
  type BlueprintSettings,
} from './blueprints/blueprint-delivery.ts';
import { createBusSink } from './bus-sink.ts';
import {
  createMoneyDashboard,
  type DashboardSettings,
  type MoneyDashboard,
} from './dashboard/money-dashboard.ts';
import { EntityDeliveryObserver } from './delivery-observer.ts';
import type { HomeAssistantConnection } from './home-assistant-connection.ts';
import { createLoginNotices, createOutageSummary } from './notices.ts';
import { handToWebhook } from './rest.ts';

export interface HomeAssistantOptions {
  readonly connection: HomeAssistantConnection;
  readonly url: string;
  /** An administrator's long-lived token; it appears in no log and in no health. */
  readonly token: string;
  readonly clock: Clock;
  readonly log: OutputLog;
  readonly memory: Memory;
  /** Home Assistant's user may publish below it and nothing listens there. */
  readonly echoTopic: string;
  /** Which event entities, by unique id, show whether events arrive. */
  readonly watches: (uniqueId: string) => boolean;
  /** Where browsers reach the bridge's page; empty where that is unknown. */
  readonly pageUrl: () => string;
  /** Resolves when the balances shown so far are published. */
  readonly statesSettled: () => Promise<void>;
  /** What pots and categories are called in events. */
  readonly names: EventNames;
  /** An event that arrives this many milliseconds after its transaction was delayed by an outage. */
  readonly outageAfter: number;
  readonly actions: ActionSettings;
  readonly dashboard: DashboardSettings;
  readonly blueprints: BlueprintSettings;
  /** The health of the actions, the dashboard or the blueprints may have changed. */
  readonly onChange: () => void;
}

/** What the bridge does inside a Home Assistant that it has a token for. */
export interface HomeAssistantOutput extends Output {
  readonly sink: Sink;
  readonly observer: DeliveryObserver;
  readonly actions: Actions;
  readonly dashboard: MoneyDashboard;
  readonly blueprints: BlueprintDelivery;
  readonly announcements: AnnouncementSource;
}

/** Shows notices, fires events and offers actions, a dashboard and blueprints in a connected Home Assistant. The connection is its creator's to close. */
export function createHomeAssistantOutput(options: HomeAssistantOptions): HomeAssistantOutput {
  const { connection, clock, log, statesSettled, onChange } = options;
  const { client } = connection;
  const observer = new EntityDeliveryObserver({ ...options, client });
  const summary = createOutageSummary({ client, clock, log, outageAfter: options.outageAfter });
  const notices = createLoginNotices({ client, clock, log, pageUrl: options.pageUrl });
  const store = createScriptStore(options);
  const hand = async (webhookId: string, answer: unknown) => handToWebhook(options, webhookId, answer);
  const actions = createActions({ ...options.actions, client, store, hand, clock, log, onChange });
  const dashboard = createMoneyDashboard({ ...options.dashboard, client, clock, log, onChange });
  const blueprints = createBlueprintDelivery({ ...options.blueprints, client, clock, log, onChange });
  const parts = [observer, actions, dashboard, blueprints];
  return {
    name: 'home_assistant',
    sink: createBusSink({
      client,
      observer,
      names: options.names,
      statesSettled,
      onDelivered: (event) => summary.note(event),
    }),
    observer,
    actions,
    dashboard,
    blueprints,
    announcements: createAnnouncementReader({ ...options, client, observer }),
    show: ({ view }) => notices.show(view.logins),
    health: () => {
      const health = client.health();
      const [trouble] = [connection, ...parts].flatMap((part) => part.trouble() ?? []);
      return health.state === 'ok' && trouble ? { part: health.part, ...trouble } : health;
    },
    close: async () => summary.close(),
  };
}
