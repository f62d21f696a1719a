import { setTimeout as sleep } from 'node:timers/promises';
import { until } from '../test/support/until.ts';
import { account, buy, fullBudget } from './bank.ts';
import { cpuDuring } from './bridge.ts';
import type { Receiver } from './broker.ts';
import { count, spread, type Figure, type Line } from './measure.ts';
import type { Scene } from './scene.ts';

/** A bridge with its bank, and who receives its events. */
export interface RingScene extends Scene, Receiver {}

export interface RingSetting {
  /** How long the bank takes for each answer, in milliseconds. */
  readonly bankAt: 0 | 150;
  /** Rows of the account in the last two hours. */
  readonly recentRows: number;
}

export const titleOf = (where: string, { bankAt, recentRows }: RingSetting) =>
  `ring to ${where}, bank at ${bankAt} ms, ${count(recentRows)} rows`;

/** Rows in the last two hours change no goal. */
const goals = {
  0: { oneByOne: '10 / 25 ms, 8 ms CPU', closeTogether: '15 / 40 ms', burst: '1,000 ms, 25 calls' },
  150: { oneByOne: '165 / 190 ms', closeTogether: undefined, burst: undefined },
} as const;

/** From now on the bank takes as long as the setting says. */
export function slowed({ faults }: Pick<Scene, 'faults'>, { bankAt }: Pick<RingSetting, 'bankAt'>): void {
  if (bankAt > 0) faults.add({ kind: 'slow', ms: bankAt });
}

const patience = 120_000;
/** Apart enough that three calls a ring are no more than the budget of a login gains meanwhile. */
const alone = { rings: 60, apart: 300 } as const;
const close = { rings: 60, apart: 20 } as const;
const burst = 1_000;

/** Rings one by one, 20 ms apart, and all at once, each from a full budget. */
export async function measureRings(
  scene: RingScene,
  where: string,
  { bankAt }: Pick<RingSetting, 'bankAt'>,
): Promise<readonly Line[]> {
  const goal = goals[bankAt];
  await fullBudget(scene.bridge);
  const oneByOne = await inTurn(scene);
  await fullBudget(scene.bridge);
  const closeTogether = await apart(scene);
  await fullBudget(scene.bridge);
  return [
    { what: `${where}, one by one`, goal: goal.oneByOne, figures: oneByOne },
    {
      what: `${where}, ${close.rings} at ${close.apart} ms`,
      goal: goal.closeTogether,
      figures: closeTogether,
    },
    { what: `${where}, ${count(burst)} to the last`, goal: goal.burst, figures: await burstOf(scene) },
  ];
}

interface Rung {
  readonly id: string;
  readonly at: number;
  /** The account's balance after it, in minor units. */
  readonly balance: number;
}

const ring = (scene: RingScene): Rung => {
  const at = performance.now();
  const id = buy(scene);
  return { at, id, balance: scene.bank.account(account).balance };
};

async function inTurn(scene: RingScene): Promise<readonly Figure[]> {
  return measured(scene, alone.rings, async () => {
    const rung: Rung[] = [];
    for (let number = 0; number < alone.rings; number += 1) {
      const latest = ring(scene);
      rung.push(latest);
      await until('the event', () => scene.arrived.has(latest.id), { patience });
      await sleep(alone.apart);
    }
    return rung;
  });
}

async function apart(scene: RingScene): Promise<readonly Figure[]> {
  return measured(scene, close.rings, async () => {
    const begin = performance.now();
    const rung: Rung[] = [];
    for (let number = 0; number < close.rings; number += 1) {
      await sleep(Math.max(0, begin + number * close.apart - performance.now()));
      rung.push(ring(scene));
    }
    await allArrived(scene, rung);
    return rung;
  });
}

const allArrived = ({ arrived }: RingScene, rung: readonly Rung[]) =>
  until('all events', () => rung.every(({ id }) => arrived.has(id)), { patience });

const latencies = ({ arrived }: RingScene, rung: readonly Rung[]) =>
  rung.map(({ id, at }) => (arrived.get(id) ?? Number.NaN) - at);

/** How many events arrived while the balance shown did not include them. */
const early = ({ balances }: RingScene, rung: readonly Rung[]): Figure => ({
  value: rung.filter(({ id, balance }) => (balances.get(id) ?? Number.NaN) > balance).length,
  unit: 'times',
  name: 'before their balance',
});

/** Latencies, with calls and processor time by ring. */
async function measured(
  scene: RingScene,
  rings: number,
  work: () => Promise<readonly Rung[]>,
): Promise<readonly Figure[]> {
  const before = scene.calls();
  let rung: readonly Rung[] = [];
  const cpu = await cpuDuring(scene.bridge, async () => {
    rung = await work();
  });
  return [
    ...spread(latencies(scene, rung)),
    { value: (scene.calls() - before) / rings, unit: 'calls' },
    { value: cpu / rings, unit: 'ms CPU' },
    early(scene, rung),
  ];
}

/** A thousand at once: from the first purchase to the last event, with all calls until then. */
export async function burstOf(scene: RingScene): Promise<readonly Figure[]> {
  const begin = { calls: 0, at: 0 };
  const end = { calls: 0, at: 0 };
  let rung: readonly Rung[] = [];
  const cpu = await cpuDuring(scene.bridge, async () => {
    Object.assign(begin, { calls: scene.calls(), at: performance.now() });
    rung = Array.from({ length: burst }, () => ring(scene));
    await allArrived(scene, rung);
    end.calls = scene.calls();
    end.at = Math.max(...rung.map(({ id }) => scene.arrived.get(id) ?? 0));
  });
  return [
    { value: end.at - begin.at, unit: 'ms' },
    { value: end.calls - begin.calls, unit: 'calls', name: 'in all' },
    { value: cpu / burst, unit: 'ms CPU' },
    early(scene, rung),
  ];
}
