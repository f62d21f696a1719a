import type { CommandTable } from '../commands/command.ts';
import { ourDedupeId } from '../domain/transfer.ts';
import { durations } from '../limits.ts';
import type { HomeAssistantPresence } from '../outputs/home-assistant-presence.ts';
import type { HomeAssistantOutput } from '../outputs/home-assistant/home-assistant-output.ts';
import type { LiveOutput } from '../outputs/live/live.ts';
import { noObserver } from '../outputs/mqtt/event-sink.ts';
import { createMqttOutput, type MqttOutput } from '../outputs/mqtt/publisher.ts';
import type { Snapshot } from '../outputs/output.ts';
import { OutputManager } from '../outputs/manager.ts';
import type { Store } from '../store/store.ts';
import type { AppOptions } from './options.ts';

export interface OutputManagerParts {
  readonly options: AppOptions;
  readonly store: Store;
  readonly commands: CommandTable;
  readonly presence: HomeAssistantPresence;
  readonly homeAssistant: HomeAssistantOutput | null;
  readonly live: LiveOutput;
  readonly snapshot: () => Snapshot;
}

/** How often the snapshot is drawn again by itself: time alone makes values stale. */
const renderOften = durations.minute;

/** Every output and sink that the settings ask for. */
export function createOutputManager(parts: OutputManagerParts): OutputManager {
  const { options, store, homeAssistant, live, snapshot } = parts;
  const { config, clock, random } = options;
  const renderEvery = Math.min(renderOften, (config.STALE_HOURS * durations.hour) / 4);
  const manager = new OutputManager({ clock, random, records: store.deliveries, renderEvery, snapshot });
  manager.addOutput(live);
  if (config.MQTT_URL !== null) {
    const mqtt = createMqtt(parts, config.MQTT_URL);
    manager.addOutput(mqtt);
    manager.addSink(mqtt.sink);
  }
  if (homeAssistant !== null) {
    manager.addOutput(homeAssistant);
    manager.addSink(homeAssistant.sink);
  }
  return manager;
}

function createMqtt(
  { options, store, commands, presence, homeAssistant }: OutputManagerParts,
  url: string,
): MqttOutput {
  const { config, clock, log, random } = options;
  const { deliveries } = store;
  return createMqttOutput({
    url,
    baseTopic: config.MQTT_BASE_TOPIC,
    discoveryPrefix: config.MQTT_DISCOVERY_PREFIX,
    retainState: config.MQTT_RETAIN_STATE,
    eventDetail: config.MQTT_EVENT_DETAIL,
    presence,
    observer: homeAssistant?.observer ?? noObserver,
    unproven: {
      trust: (sent) => deliveries.trust('mqtt', sent),
      sendAgain: () => void deliveries.sendAgain('mqtt'),
    },
    commands,
    allowedCommands: config.MQTT_COMMANDS,
    transferIdOf: (externalId) => store.transfers.byDedupeId(ourDedupeId(externalId) ?? '')?.id ?? null,
    clock,
    random,
    log: log.for('mqtt'),
  });
}
