import { watch } from 'node:fs';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import mqttPacket from 'mqtt-packet';
import type { Faults } from '../sim/faults.ts';
import { until } from '../test/support/until.ts';
import { account, buy, fullBudget } from './bank.ts';
import { anyBroker, subscribe } from './broker.ts';
import { median, type Line } from './measure.ts';
import type { Program } from './program.ts';
import { openScene } from './scene.ts';

const rings = 40;
const apart = 500;

/** When something first happened after the latest ring, by its name. */
type Hops = Map<string, number>;

/** In the order in which they are printed; what did not happen with a ring is left out. */
const names = [
  'ring answered',
  'list asked',
  'list answered',
  'balance asked',
  'balance answered',
  'pots asked',
  'pots answered',
  'last written to the database before the event',
  'state published',
  'state acknowledged',
  'event published',
  'event acknowledged',
  'event at the subscriber',
] as const;

interface Recorder {
  readonly first: (name: string) => void;
  readonly latest: (name: string) => void;
}

const paths: Readonly<Record<string, string>> = {
  '/transactions': 'list',
  '/balance': 'balance',
  '/pots': 'pots',
};

/** Notes when calls of the bank's arrive and when their answers leave. */
const watched =
  ({ first }: Recorder) =>
  (faults: Faults): Faults => ({
    ...faults,
    run: async (call, bank) => {
      const name = paths[call.path];
      if (name) first(`${name} asked`);
      const answer = await faults.run(call, bank);
      if (name) first(`${name} answered`);
      return answer;
    },
  });

/** A way to the broker on which packets are noted as they pass, in the program's direction and back. */
async function openProxy(everything: AsyncDisposableStack, brokerUrl: string, { first }: Recorder) {
  const topics = new Map([
    [`monzo/${account}`, 'state'],
    [`monzo/${account}/event`, 'event'],
  ]);
  const sockets = new Set<Socket>();
  const server = createServer({ noDelay: true }, (bridge) => {
    const broker = connect({ port: Number(new URL(brokerUrl).port), host: '127.0.0.1', noDelay: true });
    const sent = new Map<number, string>();
    const outgoing = mqttPacket.parser();
    let incoming = mqttPacket.parser();
    const acknowledged = (packet: mqttPacket.Packet) => {
      const name = packet.cmd === 'puback' ? sent.get(packet.messageId ?? 0) : undefined;
      if (name) first(`${name} acknowledged`);
    };
    outgoing.on('packet', (packet: mqttPacket.Packet) => {
      if (packet.cmd === 'connect') {
        incoming = mqttPacket.parser({ protocolVersion: packet.protocolVersion ?? 4 });
        incoming.on('packet', acknowledged);
      }
      if (packet.cmd !== 'publish') return;
      const name = topics.get(packet.topic);
      sent.delete(packet.messageId ?? 0);
      if (!name) return;
      first(`${name} published`);
      sent.set(packet.messageId ?? 0, name);
    });
    bridge.on('data', (chunk: Buffer) => void outgoing.parse(chunk));
    broker.on('data', (chunk: Buffer) => void incoming.parse(chunk));
    for (const [from, to] of [
      [bridge, broker],
      [broker, bridge],
    ] as const) {
      sockets.add(from);
      from.on('error', () => {});
      from.once('close', () => to.destroy());
      from.pipe(to);
    }
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve());
  });
  everything.defer(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  return `mqtt://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** Where the time of one ring goes, seen from outside: medians in milliseconds after the bank has sent it. */
export async function measureHops(program: Program): Promise<readonly Line[]> {
  await using everything = new AsyncDisposableStack();
  const all: Hops[] = [];
  let hops: Hops = new Map();
  let began = 0;
  const recorder: Recorder = {
    first: (name) => void (hops.has(name) || hops.set(name, performance.now() - began)),
    latest: (name) => void hops.set(name, performance.now() - began),
  };
  const brokerUrl = await anyBroker(everything);
  const { arrived } = await subscribe(everything, brokerUrl);
  const mqttUrl = await openProxy(everything, brokerUrl, recorder);
  const scene = await openScene(everything, program, {
    mqttUrl,
    watch: watched(recorder),
    onHook: () => recorder.first('ring answered'),
    fill: async (directory) => {
      const watcher = watch(directory, (_event, file) => {
        if (file?.endsWith('-wal') && !hops.has('event published'))
          recorder.latest('last written to the database before the event');
      });
      everything.defer(() => watcher.close());
    },
  });
  await fullBudget(scene.bridge);
  for (let ring = 0; ring < rings; ring += 1) {
    hops = new Map();
    all.push(hops);
    began = performance.now();
    const id = buy(scene);
    await until('the event', () => arrived.has(id));
    await sleep(apart);
    hops.set('event at the subscriber', (arrived.get(id) ?? Number.NaN) - began);
  }
  return names.flatMap((name): readonly Line[] => {
    const times = all.flatMap((each) => each.get(name) ?? []);
    if (times.length < rings / 2) return [];
    return [{ what: `one ring: ${name}`, figures: [{ value: median(times), unit: 'ms', name: 'after it' }] }];
  });
}
