import { openBroker, subscribe, type BrokerKind } from './broker.ts';
import type { Line } from './measure.ts';
import type { Program } from './program.ts';
import { measureRings, slowed, titleOf, type RingSetting } from './rings.ts';
import { openScene } from './scene.ts';

/** From a ring to its event at a subscriber of a broker. */
export function deliveryOver(kind: BrokerKind, setting: RingSetting) {
  const where = titleOf(kind === 'Mosquitto' ? 'MQTT' : 'MQTT, embedded broker', setting);
  return async (program: Program): Promise<readonly Line[]> => {
    await using everything = new AsyncDisposableStack();
    const mqttUrl = await openBroker(everything, kind);
    if (mqttUrl === null) return [{ what: where, figures: 'not measured: Mosquitto is not installed' }];
    const receiver = await subscribe(everything, mqttUrl);
    const scene = await openScene(everything, program, { mqttUrl, ...setting });
    slowed(scene, setting);
    return await measureRings({ ...scene, ...receiver }, where, setting);
  };
}
