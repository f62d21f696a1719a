import type { Clock } from '../clock.ts';
import { BridgeError } from '../errors.ts';
import type { Log, Secrets } from '../log.ts';
import type { ClientOptions } from '../outputs/home-assistant/home-assistant-client.ts';
import type { HomeAssistantConnection } from '../outputs/home-assistant/home-assistant-connection.ts';
import {
  brokerAddress,
  brokerAt,
  parseBrokerUrl,
  type BrokerAddress,
  type BrokerSource,
} from '../outputs/mqtt/broker.ts';
import { createSupervisor, type MqttService, type Supervisor } from './supervisor.ts';

/** What the Supervisor of Home Assistant offers its apps, and what a person chose instead. */

/** The settings that decide it, by their names. */
export interface AccessSettings {
  readonly MQTT_URL: string | null;
  readonly HOME_ASSISTANT_URL: string | null;
  readonly HOME_ASSISTANT_TOKEN: string | null;
  /** Null where the bridge is no Home Assistant app. */
  readonly supervisor: {
    readonly token: string;
    readonly brokerUser: { readonly username: string; readonly password: string | null } | null;
  } | null;
}

export interface AccessOptions {
  readonly config: AccessSettings;
  /** Where the Supervisor is; used only where its token is among the settings. */
  readonly supervisor?: { readonly url: string };
  readonly clock: Clock;
  /** Between 0 and 1. */
  readonly random: () => number;
  readonly log: Log;
  readonly secrets: Pick<Secrets, 'conceal'>;
}

/** The same for every Home Assistant app. */
export const supervisorOfApps = { url: 'http://supervisor', address: '172.30.32.2' } as const;

/** Null where no Supervisor runs the bridge. */
export function connectSupervisor(options: AccessOptions): Supervisor | null {
  const { config, supervisor: place, clock, random, log } = options;
  if (config.supervisor === null || place === undefined) return null;
  const { token } = config.supervisor;
  return createSupervisor({ url: place.url, token, clock, random, log: log.for('supervisor') });
}

/** How the bridge reaches Home Assistant: as a person set it, else through the Supervisor; null where by neither. */
export function homeAssistantAccess({
  config,
  supervisor: place,
}: Pick<AccessOptions, 'config' | 'supervisor'>): Pick<
  ClientOptions,
  'url' | 'token' | 'isThroughSupervisor'
> | null {
  const { HOME_ASSISTANT_URL: url, HOME_ASSISTANT_TOKEN: token, supervisor } = config;
  if (url !== null && token !== null) return { url, token };
  if (supervisor === null || place === undefined) return null;
  return { url: `${place.url}/core`, token: supervisor.token, isThroughSupervisor: true };
}

interface Around {
  readonly supervisor: Supervisor | null;
  readonly connection: Pick<HomeAssistantConnection, 'hasMqtt'> | null;
}

/** The broker that a person set, else the one that the Supervisor names each time; null where there can be none. */
export function brokerSource(
  { config, secrets }: Pick<AccessOptions, 'config' | 'secrets'>,
  { supervisor, connection }: Around,
): BrokerSource | null {
  const { MQTT_URL: url } = config;
  if (supervisor === null) return url === null ? null : brokerAt(url);
  const user = brokerUserIn(config);
  const words = {
    address: 'the option mqtt_url',
    user:
      user === null && url !== null ? 'the option mqtt_url' : 'the options mqtt_username and mqtt_password',
    distrust: 'give it one from an issuer that browsers trust, or use mqtt:// within your home',
    isAddressOffered: url === null,
    isUserOffered: url === null && user === null,
  };
  if (url !== null) {
    const address = { ...parseBrokerUrl(url), ...user };
    return { words, find: async () => address };
  }
  let last: BrokerAddress | null = null;
  const find = async (signal: AbortSignal): Promise<BrokerAddress> => {
    try {
      const service = await supervisor.mqttService(signal);
      last = service && brokerAddress({ ...addressOf(service), ...user });
    } catch (thrown) {
      // The broker may well be there while the Supervisor restarts.
      if (last === null) throw thrown;
    }
    if (last === null) throw noBroker(connection?.hasMqtt() === true);
    secrets.conceal(last.password ?? '');
    return last;
  };
  return { words, find };
}

function addressOf({ host, port, ssl, username, password }: MqttService): Omit<BrokerAddress, 'shown'> {
  return {
    protocol: ssl ? 'mqtts' : 'mqtt',
    host,
    port,
    ...(username ? { username } : {}),
    ...(password ? { password } : {}),
  };
}

function brokerUserIn({ supervisor }: AccessSettings): Pick<BrokerAddress, 'username' | 'password'> | null {
  const user = supervisor?.brokerUser ?? null;
  if (user === null) return null;
  const { username, password } = user;
  return password === null ? { username } : { username, password };
}

/** Home Assistant's own dialog installs and starts the broker's app, and connects itself to it. */
export const addMqtt = 'https://my.home-assistant.io/redirect/config_flow_start/?domain=mqtt';

const noneYet = `Home Assistant has no MQTT broker, so no devices appear there yet. Install the Mosquitto broker app: adding the MQTT integration does it for you (${addMqtt}). If it is installed, start it. The bridge finds it by itself within a minute; everything else works meanwhile.`;
const another =
  'Home Assistant uses an MQTT broker that is none of its apps and whose password it tells no one, so no devices of the bridge appear yet. Enter that broker and a user for the bridge in the app’s Configuration tab (mqtt_url, mqtt_username, mqtt_password) and restart the app, or start the Mosquitto broker app if that is the one. Everything else works meanwhile.';

/** `hasMqtt`: Home Assistant itself is connected to a broker. */
function noBroker(hasMqtt: boolean): BridgeError {
  return new BridgeError('no_broker', hasMqtt ? another : noneYet, { needsPerson: true });
}
