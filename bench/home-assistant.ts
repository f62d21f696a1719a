import { setTimeout as sleep } from 'node:timers/promises';
import { alex } from '../sim/household.ts';
import { afterStart } from '../src/limits.ts';
import { isHomeAssistantInstalled } from '../test/home-assistant/install.ts';
import { eventually } from '../test/home-assistant/processes.ts';
import { startRig } from '../test/home-assistant/rig.ts';
import { until } from '../test/support/until.ts';
import { installBridge, openBank } from '../test/support/real-bridge.ts';
import { print, shown as figure, spread } from './measure.ts';

/** Milliseconds between purchases, so that the call budget of a login is not what is measured. */
const apart = 400;
const rings = 60;
const slow = 150;

/** A real Home Assistant, and the latest state of the entities of Alex's account. */
async function openHome(everything: AsyncDisposableStack) {
  const cleaner = {
    after: (end: () => unknown) =>
      everything.defer(async () => {
        await end();
      }),
  };
  const rig = everything.use(await startRig());
  const opened = await openBank(cleaner);
  const bridge = await installBridge(cleaner, opened, () => ({
    MONZO_BRIDGE_MQTT_URL: rig.mqttUrl,
    MONZO_BRIDGE_HOME_ASSISTANT_URL: rig.homeAssistant.url,
    MONZO_BRIDGE_HOME_ASSISTANT_TOKEN: rig.homeAssistant.token,
  }));
  bridge.start();
  await until('it serves', bridge.isServing);
  await bridge.connect();
  const { client } = rig;
  const entity = (key: string) => eventually(key, () => client.mqttEntity(`${alex.current}_${key}`));
  const [event, balance] = [await entity('transaction'), await entity('balance')];
  const shown = { balance: '', eventId: '', at: 0 };
  await client.onStateChange(({ entity_id, new_state }) => {
    if (entity_id === balance.entity_id) shown.balance = new_state?.state ?? '';
    if (entity_id !== event.entity_id) return;
    shown.eventId = String(new_state?.attributes['event_id']);
    shown.at = performance.now();
  });
  return { ...opened, shown };
}

type Home = Awaited<ReturnType<typeof openHome>>;

/** Milliseconds from each purchase to its event in Home Assistant, and how often the balance was still wrong then. */
async function measurePurchases({ bank, shown }: Home) {
  const figures: number[] = [];
  let early = 0;
  for (let ring = 0; ring < rings; ring += 1) {
    const began = performance.now();
    const id = bank.purchase(alex.current, { amount: 120, merchant: 'Corner Shop' });
    await until('the event', () => shown.eventId === `${id}:created`);
    if (Number(shown.balance) !== bank.account(alex.current).balance / 100) early += 1;
    figures.push(shown.at - began);
    await sleep(apart);
  }
  return `${spread(figures).map(figure).join(', ')}, balance wrong ${early} times`;
}

/** From a webhook call to the changed state in Home Assistant; only if the test rig is already installed. */
export async function benchHomeAssistant(): Promise<void> {
  if (!(await isHomeAssistantInstalled()))
    return print('ring to Home Assistant', 'not measured: npm run test:home-assistant installs it');
  await using everything = new AsyncDisposableStack();
  const home = await openHome(everything);
  await sleep(2 * afterStart);
  print('ring to event and balance in Home Assistant, bank at 0 ms', await measurePurchases(home));
  home.faults.add({ kind: 'slow', ms: slow });
  print(`ring to event and balance in Home Assistant, bank at ${slow} ms`, await measurePurchases(home));
}
