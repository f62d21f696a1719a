import { setTimeout as sleep } from 'node:timers/promises';
import { until } from '../test/support/until.ts';
import { buy, fullBudget, type OpenBank } from './bank.ts';
import { cpuDuring, type Bridge } from './bridge.ts';
import { spread, type Figure, type Line } from './measure.ts';

/** A bridge with its bank, and when each event arrived at the one who receives them. */
export interface RingScene extends OpenBank {
  readonly bridge: Bridge;
  /** By event id; milliseconds of this process's monotonic time. */
  readonly arrived: ReadonlyMap<string, number>;
}

export interface RingGoals {
  readonly oneByOne?: string;
  readonly closeTogether?: string;
  readonly burst?: string;
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
  goals: RingGoals = {},
): Promise<readonly Line[]> {
  await fullBudget(scene.bridge);
  const oneByOne = await inTurn(scene);
  await fullBudget(scene.bridge);
  const closeTogether = await apart(scene);
  await fullBudget(scene.bridge);
  const atOnce = await allAtOnce(scene);
  return [
    { what: `${where}, one by one`, goal: goals.oneByOne, figures: oneByOne },
    {
      what: `${where}, ${close.rings} at ${close.apart} ms`,
      goal: goals.closeTogether,
      figures: closeTogether,
    },
    { what: `${where}, ${burst} at once, to the last`, goal: goals.burst, figures: atOnce },
  ];
}

interface Rung {
  readonly id: string;
  readonly at: number;
}

const ring = (scene: RingScene): Rung => {
  const at = performance.now();
  return { at, id: buy(scene) };
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
  ];
}

/** From the first purchase to the last event, with all calls until then. */
async function allAtOnce(scene: RingScene): Promise<readonly Figure[]> {
  const begin = { calls: 0, at: 0 };
  const end = { calls: 0, at: 0 };
  const cpu = await cpuDuring(scene.bridge, async () => {
    Object.assign(begin, { calls: scene.calls(), at: performance.now() });
    const rung = Array.from({ length: burst }, () => ring(scene));
    await allArrived(scene, rung);
    end.calls = scene.calls();
    end.at = Math.max(...rung.map(({ id }) => scene.arrived.get(id) ?? 0));
  });
  return [
    { value: end.at - begin.at, unit: 'ms' },
    { value: end.calls - begin.calls, unit: 'calls', name: 'in all' },
    { value: cpu / burst, unit: 'ms CPU' },
  ];
}
