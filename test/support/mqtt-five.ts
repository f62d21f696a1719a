import { startScriptedBroker, type Delivered, type ScriptedBroker } from './broker.ts';
import { until } from './until.ts';

export interface MqttAnswer {
  readonly topic: string;
  readonly correlation: string;
  readonly answer: Readonly<Record<string, unknown>>;
}

/** Somebody on a broker that speaks MQTT 5, who asks the bridge there. */
export interface Asker extends AsyncDisposable {
  readonly broker: ScriptedBroker;
  /** Resolves once the bridge listens for requests. */
  heard(): Promise<void>;
  /** Sends a request to a command and resolves with the answer. */
  ask(command: string, message: Omit<Delivered, 'topic'>): Promise<MqttAnswer>;
}

export async function startAsker(): Promise<Asker> {
  const broker = await startScriptedBroker({ reasonCode: 0 });
  const answers = () =>
    broker.packets.flatMap((packet) => {
      if (packet.cmd !== 'publish') return [];
      const text = packet.payload.toString();
      return text.includes('"transaction":') && text.includes('"status":') ? [{ packet, text }] : [];
    });
  const isSubscribed = () =>
    broker.packets.some(
      (packet) =>
        packet.cmd === 'subscribe' && packet.subscriptions.some(({ topic }) => topic.endsWith('/request/+')),
    );
  return {
    broker,
    heard: () => until('the subscription to requests', isSubscribed),
    ask: async (command, message) => {
      const before = answers().length;
      broker.deliver({ topic: `monzo/bridge/request/${command}`, ...message });
      await until('the answer', () => answers().length > before);
      const found = answers()[before];
      if (!found) throw new Error('there is no answer');
      const { packet, text } = found;
      const correlation = packet.properties?.correlationData?.toString() ?? '';
      return { topic: packet.topic, correlation, answer: JSON.parse(text) as MqttAnswer['answer'] };
    },
    [Symbol.asyncDispose]: () => broker[Symbol.asyncDispose](),
  };
}
