import { connectAsync } from 'mqtt';
import { setTimeout as sleep } from 'node:timers/promises';
import { account, fullBudget } from './bank.ts';
import type { Bridge } from './bridge.ts';
import { anyBroker, subscribe } from './broker.ts';
import { count, median, type Line } from './measure.ts';
import type { Program } from './program.ts';
import { burstOf } from './rings.ts';
import { openScene, type Scene } from './scene.ts';

const starts = 3;
const bursts = 3;
const settling = 3_000;

/** For how long the program is left alone at the end, in milliseconds. */
export const idle = { short: 60_000, long: 600_000 } as const;

/** The time to the first state, and the memory then, after bursts, and after it was left alone; of a person with five accounts. */
export function startAndMemory(leftAlone: number) {
  return async (program: Program): Promise<readonly Line[]> => {
    await using everything = new AsyncDisposableStack();
    const mqttUrl = await anyBroker(everything);
    const receiver = await subscribe(everything, mqttUrl);
    const scene = await openScene(everything, program, { mqttUrl });
    const started = await startAgain(scene, mqttUrl);
    const { bridge } = started;
    const atRest = bridge.resident();
    const afterBursts: number[] = [];
    for (let number = 0; number < bursts; number += 1) {
      await fullBudget(bridge);
      await burstOf({ ...scene, ...receiver, bridge });
      await sleep(settling);
      afterBursts.push(bridge.resident());
    }
    await sleep(leftAlone);
    const memory = (when: string, value: number, goal?: string): Line => ({
      what: `resident memory ${when}`,
      goal,
      figures: [{ value, unit: 'MB' }],
    });
    return [
      {
        what: 'start to the first state published',
        goal: '500 ms',
        figures: [{ value: started.took, unit: 'ms' }],
      },
      memory('3 s after the start', atRest, '110 MB'),
      ...afterBursts.map((value, number) => memory(`after ${number + 1} × 1,000 rings`, value, '140 MB')),
      memory(`after ${count(leftAlone / 60_000)} min more without rings`, bridge.resident()),
    ];
  };
}

/** Stops the program and starts it several times; the last one runs on. */
async function startAgain(scene: Scene, mqttUrl: string) {
  const times: number[] = [];
  let bridge: Bridge = scene.bridge;
  for (let number = 0; number < starts; number += 1) {
    await bridge.stop();
    const { published } = await nextState(mqttUrl);
    const begin = performance.now();
    bridge = scene.start();
    times.push((await published) - begin);
    await sleep(settling);
  }
  return { bridge, took: median(times) };
}

/** Clears an account's retained state; then the instant at which it is published again. */
async function nextState(mqttUrl: string): Promise<{ readonly published: Promise<number> }> {
  const topic = `monzo/${account}`;
  const client = await connectAsync(mqttUrl, { protocolVersion: 4 });
  await client.publishAsync(topic, '', { retain: true, qos: 1 });
  const { promise, resolve } = Promise.withResolvers<number>();
  client.on('message', (_topic, payload) => {
    if (payload.length === 0) return;
    resolve(performance.now());
    client.end();
  });
  await client.subscribeAsync(topic);
  return { published: promise };
}
