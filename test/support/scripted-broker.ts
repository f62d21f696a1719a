import { createServer, type AddressInfo, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import mqttPacket from 'mqtt-packet';
import { filterMatches } from '../../src/outputs/mqtt/topics.ts';
import { patternOf, type TestBroker } from './broker.ts';
import type { Gate } from './crash.ts';

/** Just enough of an MQTT 5 broker to talk to one client, following a script. It hands out what it retained, and forwards nothing. */
export interface ScriptedBroker extends AsyncDisposable {
  readonly url: string;
  readonly packets: readonly mqttPacket.Packet[];
  /** How many messages were at most on their way at once. */
  mostInFlight(): number;
  /** Whether somebody who is connected has subscribed to exactly this. */
  hasSubscriber(filter: string): boolean;
  /** Sends a message to whoever is connected, as if it had subscribed to it; many times at once where told. */
  deliver(message: Delivered, times?: number): void;
  cut(): void;
  guard: TestBroker['guard'];
}

export type Delivered = Pick<mqttPacket.IPublishPacket, 'topic' | 'payload' | 'properties'> & {
  readonly retain?: boolean;
};

export interface Script {
  /** The reason code of every CONNACK; 0 lets the client in. */
  readonly reasonCode: number;
  /** It ends the connection, by 147, on one message more without an acknowledgement; 20, as Mosquitto has it, where left out. */
  readonly receiveMaximum?: number;
  readonly maximumPacketSize?: number;
  /** False: it refuses retained messages, by 154. */
  readonly retains?: boolean;
  /** 0: it refuses messages above QoS 0, by 155. */
  readonly qos?: 0 | 1;
  /** Whether its CONNACK says so; true where left out. Without, it ends the connection on the first such message. */
  readonly announces?: boolean;
  /** The reason code of the acknowledgement for a topic, null for silence; 0 where left out. */
  readonly acknowledge?: (topic: string, payload: string) => number | null;
  /** It acknowledges a message once this is over, 5 ms where left out: late, out of step, or never. */
  readonly beforeAcknowledging?: (packet: mqttPacket.IPublishPacket) => Promise<unknown>;
  /** Hears everything that is published. */
  readonly onPublish?: (packet: mqttPacket.IPublishPacket) => void;
}

export async function startScriptedBroker(script: Script): Promise<ScriptedBroker> {
  const packets: mqttPacket.Packet[] = [];
  const filters = new Map<Socket, string[]>();
  const retained = new Map<string, string | Buffer>();
  let gate: Gate = () => true;
  const inFlight = new Map<Socket, number>();
  let most = 0;
  const { receiveMaximum = 20, beforeAcknowledging = () => sleep(5) } = script;
  const gateOf = (packet: mqttPacket.Packet, how: string) =>
    pointsOf(packet).every((point) => gate(`${point} ${how}`));
  const send = (socket: Socket, answer: mqttPacket.Packet) => {
    if (!socket.destroyed) socket.write(mqttPacket.generate(answer, { protocolVersion: 5 }));
  };
  const acknowledge = (socket: Socket, { topic, payload, messageId = 0 }: mqttPacket.IPublishPacket) => {
    const reasonCode = script.acknowledge ? script.acknowledge(topic, payload.toString()) : 0;
    if (reasonCode === null) return;
    inFlight.set(socket, (inFlight.get(socket) ?? 0) - 1);
    send(socket, { cmd: 'puback', messageId, reasonCode });
  };
  const answers = (socket: Socket, packet: mqttPacket.Packet) => {
    const reply = (answer: mqttPacket.Packet) => send(socket, answer);
    if (!gateOf(packet, 'unsent')) {
      // A bridge that was still connecting when it crashed was not there to be cut off.
      socket.destroy();
      return;
    }
    packets.push(packet);
    if (packet.cmd === 'publish' && isMalformed(packet.topic)) {
      socket.destroy();
      return;
    }
    if (packet.cmd === 'connect') {
      const { retains = true, qos = 1, announces = true } = script;
      const properties = {
        receiveMaximum,
        ...(script.maximumPacketSize === undefined ? {} : { maximumPacketSize: script.maximumPacketSize }),
        ...(announces && !retains ? { retainAvailable: false } : {}),
        ...(announces && qos === 0 ? { maximumQoS: 0 } : {}),
      };
      const reasonCode = script.reasonCode === 0 ? refusalOf(script, packet.will ?? {}) : script.reasonCode;
      reply({ cmd: 'connack', reasonCode, sessionPresent: false, properties });
      if (reasonCode !== 0) socket.end();
    }
    if (packet.cmd === 'publish') {
      const reasonCode = refusalOf(script, packet);
      if (reasonCode !== 0) {
        reply({ cmd: 'disconnect', reasonCode });
        socket.end();
        return;
      }
    }
    if (packet.cmd === 'subscribe') {
      filters.get(socket)?.push(...packet.subscriptions.map(({ topic }) => topic));
      reply({ cmd: 'suback', messageId: packet.messageId ?? 0, granted: packet.subscriptions.map(() => 1) });
      for (const [topic, payload] of retained)
        if (packet.subscriptions.some((subscription) => filterMatches(subscription.topic, topic)))
          reply({ cmd: 'publish', topic, payload, retain: true, qos: 0, dup: false });
    }
    if (packet.cmd === 'unsubscribe')
      reply({
        cmd: 'unsuback',
        messageId: packet.messageId ?? 0,
        granted: packet.unsubscriptions.map(() => 0),
      });
    if (packet.cmd === 'pingreq') reply({ cmd: 'pingresp' });
    if (packet.cmd === 'publish' && packet.retain) retained.set(packet.topic, packet.payload);
    if (packet.cmd === 'publish') script.onPublish?.(packet);
    if (packet.cmd === 'publish' && packet.qos > 0 && gateOf(packet, 'unacknowledged')) {
      const underway = (inFlight.get(socket) ?? 0) + 1;
      inFlight.set(socket, underway);
      most = Math.max(most, underway);
      if (underway > receiveMaximum) {
        reply({ cmd: 'disconnect', reasonCode: 0x93 });
        socket.end();
        return;
      }
      void beforeAcknowledging(packet).then(() => acknowledge(socket, packet));
    }
  };
  const cut = () => {
    for (const socket of filters.keys()) socket.destroy();
  };
  const server = createServer({ noDelay: true }, (socket) => {
    filters.set(socket, []);
    socket.once('close', () => {
      filters.delete(socket);
      inFlight.delete(socket);
    });
    socket.on('error', () => {});
    const parser = mqttPacket.parser({ protocolVersion: 5 });
    parser.on('packet', (packet: mqttPacket.Packet) => answers(socket, packet));
    socket.on('data', (data: Buffer) => parser.parse(data));
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  return {
    url: `mqtt://127.0.0.1:${(server.address() as AddressInfo).port}`,
    packets,
    mostInFlight: () => most,
    hasSubscriber: (filter) => [...filters.values()].some((subscribed) => subscribed.includes(filter)),
    deliver: (message, times = 1) => {
      const packet = { cmd: 'publish', qos: 0, dup: false, retain: false, ...message } as const;
      const bytes = mqttPacket.generate(packet, { protocolVersion: 5 });
      const all = Buffer.concat(Array.from({ length: times }, () => bytes));
      for (const socket of filters.keys()) socket.write(all);
    },
    cut,
    guard: (next) => {
      gate = next;
    },
    [Symbol.asyncDispose]: async () => {
      cut();
      await new Promise((resolve) => {
        server.close(resolve);
      });
    },
  };
}

/** How such a message or will is refused on principle; 0 where it is not. */
function refusalOf(
  { retains = true, qos: most = 1 }: Script,
  { retain = false, qos = 0 }: { readonly retain?: boolean | undefined; readonly qos?: number | undefined },
): number {
  if (retain && !retains) return 0x9a;
  return qos > most ? 0x9b : 0;
}

/** What Mosquitto takes for a broken packet, and ends the connection for. */
function isMalformed(topic: string): boolean {
  return /^$|[#+\p{Cc}\u{FFFD}]/u.test(topic) || topic.split('/').length > 200;
}

/** The points at which a bridge that sends this can crash. */
function pointsOf(packet: mqttPacket.Packet): readonly string[] {
  if (packet.cmd === 'connect') return ['mqtt connect'];
  if (packet.cmd === 'publish') return [`mqtt ${patternOf(packet.topic)}`];
  if (packet.cmd === 'subscribe')
    return packet.subscriptions.map(({ topic }) => `mqtt subscribe ${patternOf(topic)}`);
  return [];
}
