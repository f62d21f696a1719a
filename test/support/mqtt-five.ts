import { startScriptedBroker, type Delivered, type ScriptedBroker } from './scripted-broker.ts';
import { until } from './until.ts';

export interface MqttAnswer {
  readonly topic: string;
  readonly correlation: string;
  readonly answer: Readonly<Record<string, unknown>>;
}

/** A message for a command, and how often it is delivered: at least once is all that a broker promises. */
export interface MqttRequest {
  readonly command: string;
  readonly message: Omit<Delivered, 'topic'>;
  readonly times?: number;
}

/** Somebody on a broker that speaks MQTT 5, who asks the bridge there. */
export interface Asker extends AsyncDisposable {
  readonly broker: ScriptedBroker;
  isHeard(): boolean;
  /** Resolves once the bridge listens for requests. */
  heard(): Promise<void>;
  /** Sends a request; `hear` gets every answer to it. */
  send(request: MqttRequest, hear: (answer: MqttAnswer) => void): void;
  /** Sends a request to a command and resolves with the answer. */
  ask(command: string, message: MqttRequest['message']): Promise<MqttAnswer>;
}

export async function startAsker(): Promise<Asker> {
  const waiting = new Map<string, (answer: MqttAnswer) => void>();
  const broker = await startScriptedBroker({
    reasonCode: 0,
    onPublish: ({ topic, payload, properties }) => {
      const correlation = properties?.correlationData?.toString() ?? '';
      const answer = () => JSON.parse(payload.toString()) as MqttAnswer['answer'];
      waiting.get(correlation)?.({ topic, correlation, answer: answer() });
    },
  });
  let asked = 0;
  const isHeard = () => broker.hasSubscriber('monzo/bridge/request/+');
  const send: Asker['send'] = ({ command, message, times = 1 }, hear) => {
    asked += 1;
    const { correlationData = Buffer.from(`request ${asked}`), ...others } = message.properties ?? {};
    const properties = { ...others, correlationData };
    waiting.set(correlationData.toString(), hear);
    for (let time = 0; time < times; time += 1)
      broker.deliver({ ...message, topic: `monzo/bridge/request/${command}`, properties });
  };
  return {
    broker,
    isHeard,
    heard: () => until('the subscription to requests', isHeard),
    send,
    ask: async (command, message) => {
      const answers: MqttAnswer[] = [];
      send({ command, message }, (answer) => answers.push(answer));
      await until('the answer', () => answers.length > 0);
      return answers[0] ?? Promise.reject(new Error('there is no answer'));
    },
    [Symbol.asyncDispose]: () => broker[Symbol.asyncDispose](),
  };
}
