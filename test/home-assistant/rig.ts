import { connect } from 'mqtt';
import { connectHomeAssistant } from './client.ts';
import type { HomeAssistantClient } from './client.ts';
import { installHomeAssistant } from './install.ts';
import { startHomeAssistant } from './instance.ts';
import type { HomeAssistant, StartOptions } from './instance.ts';
import { startMosquitto } from './mosquitto.ts';
import type { Mosquitto } from './mosquitto.ts';
import { addMqtt } from './onboarding.ts';
import { acceptsConnections } from './processes.ts';

/** A real Home Assistant with its MQTT integration on a real Mosquitto, and a client that sees everything. */
export interface Rig extends AsyncDisposable {
  readonly mosquitto: Mosquitto;
  readonly homeAssistant: HomeAssistant;
  readonly client: HomeAssistantClient;
  readonly mqttUrl: string;
  /** Restarts Home Assistant; resolves when it listens on MQTT again (where it uses MQTT) and the client is connected. */
  restartHomeAssistant(how?: 'stop' | 'kill', usesMqtt?: boolean): Promise<void>;
  /** Stops Home Assistant, does something, and starts it again; resolves as `restartHomeAssistant` does. */
  whileHomeAssistantIsDown(meanwhile: () => Promise<unknown>): Promise<void>;
  /** Resolves when Home Assistant, after `action`, has announced itself on MQTT: it has subscribed by then. */
  untilBorn(action: () => Promise<unknown>): Promise<void>;
  /** Ends all processes and deletes their files. Safe to call twice. */
  dispose(): Promise<void>;
}

/** The settings of a bridge that uses all of it: the broker, the token, and the actions. */
export function settingsIn({ mqttUrl, homeAssistant }: Rig) {
  return {
    MONZO_BRIDGE_MQTT_URL: mqttUrl,
    MONZO_BRIDGE_HOME_ASSISTANT_URL: homeAssistant.url,
    MONZO_BRIDGE_HOME_ASSISTANT_TOKEN: homeAssistant.token,
    MONZO_BRIDGE_HOME_ASSISTANT_ACTIONS: 'on',
  } as const;
}

type RigOptions = Pick<StartOptions, 'externalUrl' | 'integrations' | 'files'>;

/** Installs what is missing and starts everything. Whatever was started is ended when a later step fails. */
export async function startRig(options: RigOptions = {}): Promise<Rig> {
  await using starting = new AsyncDisposableStack();
  const installation = await installHomeAssistant();
  const mosquitto = starting.use(await startMosquitto());
  const homeAssistant = starting.use(await startHomeAssistant(installation, options));
  const untilBorn = (action: () => Promise<unknown>) => awaitBirth(mosquitto, action);
  await untilBorn(() => addMqtt(homeAssistant, mosquitto.port));
  const client = starting.use(await connectHomeAssistant(homeAssistant));
  const everything = starting.move();
  const dispose = () => everything.disposeAsync();
  return {
    mosquitto,
    homeAssistant,
    client,
    mqttUrl: mosquitto.url,
    untilBorn,
    restartHomeAssistant: async (how = 'stop', usesMqtt = true) => {
      const back = Promise.withResolvers<void>();
      // Home Assistant's stop waits ten seconds for each websocket whose client leaves closing the line to it.
      if (how === 'stop') await client.pause(back.promise);
      const restart = () => homeAssistant.restart(how);
      await (usesMqtt ? untilBorn(restart) : restart()).finally(back.resolve);
      await client.connected();
    },
    whileHomeAssistantIsDown: async (meanwhile) => {
      const back = Promise.withResolvers<void>();
      await client.pause(back.promise);
      await homeAssistant.stop();
      await meanwhile();
      await untilBorn(() => homeAssistant.start()).finally(back.resolve);
      await client.connected();
    },
    dispose,
    [Symbol.asyncDispose]: dispose,
  };
}

const BIRTH_PATIENCE_MS = 600_000;

/** The birth message is not retained: whoever wants it must be subscribed before. */
async function awaitBirth({ url, port }: Mosquitto, action: () => Promise<unknown>): Promise<void> {
  // The broker may be one that `action` starts.
  const mqtt = connect(url, { reconnectPeriod: 100 });
  mqtt.on('error', () => undefined);
  try {
    const born = Promise.withResolvers<void>();
    mqtt.on('message', (_topic, payload) => {
      if (payload.toString() === 'online') born.resolve();
    });
    const listening = mqtt.subscribeAsync('homeassistant/status');
    listening.catch(() => undefined);
    if (await acceptsConnections(port)) await listening;
    const patience = AbortSignal.timeout(BIRTH_PATIENCE_MS);
    patience.addEventListener('abort', () => born.reject(new Error('Home Assistant did not come to MQTT.')));
    await Promise.all([born.promise, action()]);
  } finally {
    await mqtt.endAsync(true);
  }
}
