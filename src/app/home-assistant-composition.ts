import type { CommandTable } from '../commands/command.ts';
import type { Config } from '../config.ts';
import type { PartHealth } from '../domain/view.ts';
import { messageOf } from '../errors.ts';
import { refuse } from '../refusals/refuse.ts';
import type { ActionsConsent, Bank } from '../http/services.ts';
import { durations, outage } from '../limits.ts';
import type { HomeAssistantPresence } from '../outputs/home-assistant-presence.ts';
import type { Readers } from '../outputs/home-assistant/actions/action-requests.ts';
import type { Decision } from '../outputs/home-assistant/actions/actions.ts';
import type { DashboardSettings } from '../outputs/home-assistant/dashboard/money-dashboard.ts';
import {
  bridgeIdFrom,
  createHomeAssistantConnection,
  webhookIdsFrom,
  type HomeAssistantConnection,
} from '../outputs/home-assistant/home-assistant-connection.ts';
import {
  createHomeAssistantOutput,
  type HomeAssistantOutput,
} from '../outputs/home-assistant/home-assistant-output.ts';
import type { OutputManager } from '../outputs/manager.ts';
import { isEventEntity } from '../outputs/mqtt/entities.ts';
import type { Settings } from '../store/bridge-records.ts';
import { addMqtt, homeAssistantAccess } from '../supervisor/access.ts';
import type { BlueprintSettings } from '../outputs/home-assistant/blueprints/blueprint-delivery.ts';
import { createBlueprintMemory } from './blueprint-orders.ts';
import { createOrderMemory } from './dashboard-orders.ts';
import type { AppOptions, Opened } from './opened.ts';

/** Connects to Home Assistant; null where no address and token are set and no Supervisor lets the bridge in. */
export function connectHomeAssistant(
  options: AppOptions,
  secretKey: Uint8Array,
): HomeAssistantConnection | null {
  const { clock, random, log, secrets } = options;
  const access = homeAssistantAccess(options);
  if (access === null) return null;
  const webhookIds = webhookIdsFrom(secretKey);
  for (const id of Object.values(webhookIds)) secrets.conceal(id);
  return createHomeAssistantConnection({
    ...access,
    webhookIds,
    clock,
    random,
    log: log.for('home_assistant'),
  });
}

/** The broker is there, and Home Assistant does not use it: the usual reason why a newcomer sees no devices. */
export function mqttUse(
  connection: HomeAssistantConnection | null,
  parts: readonly PartHealth[],
): readonly PartHealth[] {
  const isUp = parts.some(({ part, state }) => part === 'mqtt' && state === 'ok');
  if (!isUp || connection?.hasMqtt() !== false) return [];
  const sentence = `The bridge is connected to the MQTT broker, but Home Assistant has no MQTT integration, so no devices appear there. Add it under Settings → Devices & services (${addMqtt}).`;
  return [{ part: 'mqtt_integration', state: 'needs_user', sentence }];
}

interface OutputParts extends Pick<Opened, 'store' | 'secretKey'> {
  readonly options: AppOptions;
  readonly connection: HomeAssistantConnection | null;
  readonly commands: CommandTable;
  readonly outputs: OutputManager;
  readonly pageUrl: () => string;
  readonly readDashboardFile: DashboardSettings['readFile'];
  readonly blueprints: BlueprintSettings['blueprints'];
}

/** Creates what the bridge does inside Home Assistant; null where it has no connection. */
export function createHomeAssistant(parts: OutputParts): HomeAssistantOutput | null {
  const { connection, options, store, secretKey, commands, outputs, pageUrl } = parts;
  const { config, clock, log } = options;
  const access = homeAssistantAccess(options);
  if (connection === null || access === null) return null;
  const bridge = bridgeIdFrom(secretKey);
  return createHomeAssistantOutput({
    connection,
    ...access,
    clock,
    log: log.for('home_assistant'),
    actions: {
      commands,
      bridge,
      creation: config.HOME_ASSISTANT_ACTIONS,
      money: config.HOME_ASSISTANT_MONEY,
      decision: () => decisionIn(store.settings),
      readers: () => readersIn(store.settings),
    },
    dashboard: {
      bridge,
      version: options.version,
      readFile: parts.readDashboardFile,
      ...createOrderMemory(store.settings),
    },
    blueprints: {
      version: options.version,
      blueprints: parts.blueprints,
      isQuiet: () => outputs.undelivered() === 0,
      ...createBlueprintMemory(store.settings),
    },
    watches: isEventEntity,
    memory: store.settings,
    echoTopic: `${config.MQTT_BASE_TOPIC}/bridge/request/echo`,
    pageUrl,
    statesSettled: () => outputs.settled(),
    names: store.names,
    outageAfter: Math.max(outage.after, 2 * durations.second * (config.POLL_SECONDS ?? 0)),
    onChange: () => outputs.renderSoon(),
  });
}

interface IncomingParts extends Pick<Opened, 'store'> {
  readonly options: AppOptions;
  readonly connection: HomeAssistantConnection;
  readonly bank: Bank;
  readonly outputs: OutputManager;
  readonly presence: HomeAssistantPresence;
}

/** Hands on what comes in through Home Assistant: rings, sign-ins, and that it is there. */
export function followHomeAssistant(parts: IncomingParts): void {
  const { options, connection, store, outputs, presence, bank } = parts;
  const { pool, doorbell, signIn, subscriptions, rang } = bank;
  const log = options.log.for('logins');
  connection.client.onSession(() => presence.markSeen());
  connection.onRing(({ accountId, transactionId, body }) => {
    if (doorbell.ring(accountId, transactionId)) rang(body);
  });
  connection.onCallback((callback) => {
    // Reads before anything is written: strangers must not be able to keep the database writing.
    if (callback.state === null || store.authorisations.ownerOf(callback.state) === null) return;
    // The browser gets no answer here: what went wrong is shown at the login, or logged.
    signIn.callback(callback).catch((thrown: unknown) => log.warn(messageOf(thrown)));
  });
  // After missed webhook calls: reconciles the webhooks and lists every account.
  connection.onListening(() => {
    subscriptions.rings.missed();
    void pool.reconcileWebhooks().catch(() => {});
    doorbell.listEveryAccount();
  });
  connection.onChange(() => outputs.renderSoon());
}

const decisionKey = 'home_assistant_actions';

/** What a person decided on the page about the actions in Home Assistant. */
function decisionIn(settings: Settings): Decision {
  const decided = settings.get(decisionKey);
  return decided === 'agreed' || decided === 'declined' ? decided : 'not_asked';
}

const readersKey = 'home_assistant_readers';

/** Who may read the household's money through an action: administrators, unless a person opened it on the page. */
function readersIn(settings: Settings): Readers {
  return settings.get(readersKey) === 'everyone' ? 'everyone' : 'administrators';
}

interface ConsentParts {
  readonly config: Config;
  readonly settings: Settings;
  readonly homeAssistant: HomeAssistantOutput | null;
}

/** Shows the status of the actions on the page, and takes the decision about them. */
export function createActionsConsent({ config, settings, homeAssistant }: ConsentParts): ActionsConsent {
  const setting = config.HOME_ASSISTANT_ACTIONS;
  const show: ActionsConsent['show'] = () => {
    const status = homeAssistant?.actions.status();
    const asked = { decision: decisionIn(settings), readers: readersIn(settings) };
    if (!status) return { connection: 'none', setting, ...asked, sentence: null, actions: [], yaml: '' };
    const { isConnected, actions, ...rest } = status;
    const connection = isConnected ? 'ok' : 'away';
    return { connection, setting, ...asked, actions: [...actions], ...rest };
  };
  return {
    show,
    decide: async ({ decision, replace }) => {
      const actions = homeAssistant?.actions;
      if (!actions) throw refuse('no_home_assistant', {});
      // With the setting `on` the page may still ask to replace scripts.
      if (setting === 'off' || (setting === 'on' && decision === 'decline'))
        throw refuse('decided_by_setting', { setting });
      settings.set(decisionKey, decision === 'agree' ? 'agreed' : 'declined');
      await actions.reconcile({ replace: decision === 'agree' && replace });
      return show();
    },
    allowReading: (readers) => {
      if (!homeAssistant) throw refuse('no_home_assistant', {});
      settings.set(readersKey, readers);
      return show();
    },
  };
}
