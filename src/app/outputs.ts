import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import type { Metrics } from '../http/metrics.ts';
import type { CommandTable } from '../commands/command.ts';
import type { OptionalEntities } from '../commands/optional-entities.ts';
import type { Config } from '../config.ts';
import { isOnAllAddresses } from '../http/page-addresses.ts';
import { ourDedupeId } from '../domain/transfer.ts';
import { messageOf } from '../errors.ts';
import { durations } from '../limits.ts';
import type { BankClock } from '../monzo/bank-clock.ts';
import {
  bridgeIdFrom,
  type HomeAssistantConnection,
} from '../outputs/home-assistant/home-assistant-connection.ts';
import type { HomeAssistantOutput } from '../outputs/home-assistant/home-assistant-output.ts';
import {
  usualAnnouncements,
  type Announcements,
  type DeletedDevices,
  type HomeAssistantPresence,
} from '../outputs/home-assistant-presence.ts';
import type { BrokerSource } from '../outputs/mqtt/broker.ts';
import { noObserver } from '../outputs/mqtt/event-sink.ts';
import { createMqttOutput, type MqttOutput } from '../outputs/mqtt/mqtt-output.ts';
import { OutputManager } from '../outputs/manager.ts';
import type { Store } from '../store/store.ts';
import { brokerSource } from '../supervisor/access.ts';
import type { Supervisor } from '../supervisor/supervisor.ts';
import type { AppOptions } from './opened.ts';

/** Whether the bank has told the time, and nothing has happened to our clock since. */
function isKnown(bankClock: BankClock): boolean {
  return bankClock.now() !== null && !bankClock.isInDoubt();
}

/** How often a snapshot is taken without any change: values become stale with time alone. */
const renderOften = durations.minute;

/** Has no output yet: they are added once the parts that they need exist. */
export function createOutputManager(
  { clock, random, config }: AppOptions,
  { store, bankClock, metrics }: Pick<OutputParts, 'store' | 'bankClock'> & { readonly metrics: Metrics },
): OutputManager {
  const renderEvery = Math.min(renderOften, (config.STALE_HOURS * durations.hour) / 4);
  const isTimeKnown = () => isKnown(bankClock);
  const onDelivered = (sink: string, took: number) => metrics.noteDelivery(sink, took);
  return new OutputManager({
    clock,
    random,
    records: store.deliveries,
    renderEvery,
    isTimeKnown,
    onDelivered,
  });
}

interface PagePlace {
  /** Where the listener answers on this machine; empty until it does. */
  readonly listening: string;
  readonly supervisor: Supervisor | null;
}

/** Where browsers reach the page, or Home Assistant's own address of the app's panel; empty where that is unknown. */
export function pageAddress(
  { config, machine }: Pick<AppOptions, 'config' | 'machine'>,
  { listening, supervisor }: PagePlace,
): string {
  const { UI_URL: set, UI_HOST: host, UI_HOSTS: names } = config;
  if (set !== null) return set;
  if (supervisor !== null)
    return supervisor.slug() === null ? '' : `homeassistant://app/${supervisor.slug()}`;
  if (listening === '' || !isOnAllAddresses(host)) return listening;
  // The name of a container means nothing to a browser.
  const name = machine.isContainer ? names[0] : machine.hostName;
  return name === undefined ? '' : `http://${name}:${new URL(listening).port}`;
}

interface OutputParts {
  readonly options: AppOptions;
  readonly pageUrl: () => string;
  readonly bankClock: BankClock;
  readonly outputs: OutputManager;
  readonly supervisor: Supervisor | null;
  readonly connection: HomeAssistantConnection | null;
  readonly store: Store;
  readonly secretKey: Uint8Array;
  readonly commands: CommandTable;
  readonly optionalEntities: Pick<OptionalEntities, 'document'>;
  readonly presence: HomeAssistantPresence;
  readonly deletedDevices: DeletedDevices;
  readonly homeAssistant: HomeAssistantOutput | null;
}

/** Adds every output and sink that the settings ask for. */
export function addOutputs(parts: OutputParts): void {
  const { options, outputs, homeAssistant } = parts;
  const broker = brokerSource(options, parts);
  if (broker !== null) {
    const mqtt = createMqtt(parts, broker);
    outputs.addOutput(mqtt);
    mqtt.connection.onHealthChange(() => outputs.renderSoon());
    if (broker.words.isAddressOffered) addOnceFound(parts, mqtt);
    else outputs.addSink(mqtt.sink);
  }
  if (homeAssistant !== null) {
    outputs.addOutput(homeAssistant);
    outputs.addSink(homeAssistant.sink);
  }
  for (const output of options.outputs ?? []) outputs.addOutput(output);
}

/** Where there has never been a broker no events are kept for it: they would only come late, all at once. */
function addOnceFound({ outputs, store, options }: OutputParts, { sink, connection }: MqttOutput): void {
  if (store.deliveries.knows(sink.name)) return outputs.addSink(sink);
  const stop = connection.onUp(() => {
    stop();
    try {
      outputs.addSink(sink);
    } catch (thrown) {
      options.log.error('Events are not delivered to MQTT until the bridge restarts.', {
        reason: messageOf(thrown),
      });
    }
  });
}

function createMqtt(
  {
    options,
    bankClock,
    store,
    secretKey,
    commands,
    optionalEntities,
    presence,
    deletedDevices,
    homeAssistant,
    pageUrl,
  }: OutputParts,
  broker: BrokerSource,
): MqttOutput {
  const { config, clock, log, random } = options;
  const { deliveries } = store;
  return createMqttOutput({
    broker,
    baseTopic: config.MQTT_BASE_TOPIC,
    discoveryPrefix: config.MQTT_DISCOVERY_PREFIX,
    retainState: config.MQTT_RETAIN_STATE,
    eventDetail: config.MQTT_EVENT_DETAIL,
    presence,
    deletedDevices,
    observer: homeAssistant?.observer ?? noObserver,
    announcements: announcementsIn(config),
    announcementSource: homeAssistant?.announcements ?? { current: () => null, onChange: () => {} },
    memory: store.settings,
    identity: { instance: bridgeIdFrom(secretKey), process: randomUUID(), host: hostname() },
    pageUrl,
    unconfirmed: {
      trust: (sent) => deliveries.trust('mqtt', { ...sent, isTimeKnown: isKnown(bankClock) }),
      sendAgain: () => void deliveries.sendAgain('mqtt'),
      sendUnheardAgain: (heard) => deliveries.sendUnheardAgain('mqtt', heard),
    },
    commands,
    allowedCommands: config.MQTT_COMMANDS,
    postsToFeed: () => optionalEntities.document().feed_posts,
    responsePrefix: config.MQTT_RESPONSE_PREFIX,
    names: store.names,
    transferIdOf: (externalId) => store.transfers.byDedupeId(ourDedupeId(externalId) ?? '')?.id ?? null,
    clock,
    random,
    log: log.for('mqtt'),
  });
}

/** How the settings say that Home Assistant announces itself; null where they say nothing. */
function announcementsIn(config: Config): Announcements | null {
  const { HOME_ASSISTANT_STATUS_TOPIC: set, HOME_ASSISTANT_STATUS_PAYLOADS: payloads } = config;
  if (set === null && payloads === null) return null;
  const topic = set ?? usualAnnouncements.birth.topic;
  const [birth, will] = payloads ?? [usualAnnouncements.birth.payload, usualAnnouncements.will.payload];
  return { birth: { topic, payload: birth }, will: { topic, payload: will } };
}
