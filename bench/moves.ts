import { setTimeout as sleep } from 'node:timers/promises';
import { alex } from '../sim/household.ts';
import { fullBudget } from './bank.ts';
import { anyBroker } from './broker.ts';
import { cpuDuring } from './bridge.ts';
import { spread, type Figure, type Line } from './measure.ts';
import type { Program } from './program.ts';
import { slowed, type RingSetting } from './rings.ts';
import { openScene, type Scene } from './scene.ts';

const few = { moves: 30, apart: 1_000 } as const;
const many = { moves: 100, apart: 300 } as const;
/** A move that took so many milliseconds longer than the bank's own answers has waited for something. */
const waited = 500;

const goals = {
  0: { few: '15 / 40 ms, 5 calls', many: '15 / 40 ms, 5 calls, 0 times' },
  150: { few: '5 calls', many: '5 calls, 0 times' },
} as const;

/** Deposits and withdrawals over HTTP in turn, from a full budget: the time until each is answered. */
export function moves({ bankAt }: Pick<RingSetting, 'bankAt'>) {
  const goal = goals[bankAt];
  return async (program: Program): Promise<readonly Line[]> => {
    await using everything = new AsyncDisposableStack();
    const scene = await openScene(everything, program, { mqttUrl: await anyBroker(everything) });
    await allowMuch(scene);
    slowed(scene, { bankAt });
    const where = `move of money answered, bank at ${bankAt} ms`;
    const lines: Line[] = [];
    for (const [name, pace] of Object.entries({ few, many })) {
      await fullBudget(scene.bridge);
      const what = `${where}, ${pace.moves} at ${pace.apart} ms`;
      lines.push({ what, goal: goal[name as 'few' | 'many'], figures: await measured(scene, pace, bankAt) });
    }
    return lines;
  };
}

async function allowMuch({ bridge }: Scene): Promise<void> {
  const rails = { per_move: { '*': '100' }, per_day: { '*': '100000' } };
  const answer = await bridge.api('/api/rails', { method: 'PUT', body: JSON.stringify(rails) });
  if (!answer.ok) throw new Error(await answer.text());
}

let moved = 0;

/** One pound into a pot or out of it. Returns the milliseconds until the answer, which must say that it was made. */
async function move({ bridge }: Scene): Promise<number> {
  moved += 1;
  const body = {
    pot: alex.pots.holiday,
    transfer_type: moved % 2 === 1 ? 'deposit' : 'withdraw',
    amount: '1.00',
    request_id: `bench-${process.pid}-${moved}`,
  };
  const begin = performance.now();
  const answer = await bridge.api('/api/commands/pot_transfer', {
    method: 'POST',
    body: JSON.stringify(body),
  });
  const took = performance.now() - begin;
  const text = await answer.text();
  if (!answer.ok) throw new Error(text);
  return took;
}

async function measured(
  scene: Scene,
  pace: { readonly moves: number; readonly apart: number },
  bankAt: number,
): Promise<readonly Figure[]> {
  const before = scene.calls();
  const times: number[] = [];
  const cpu = await cpuDuring(scene.bridge, async () => {
    for (let number = 0; number < pace.moves; number += 1) {
      const took = await move(scene);
      times.push(took);
      await sleep(Math.max(0, pace.apart - took));
    }
    await sleep(1_000);
  });
  return [
    ...spread(times),
    { value: (scene.calls() - before) / pace.moves, unit: 'calls' },
    { value: cpu / pace.moves, unit: 'ms CPU' },
    // A move needs three round trips: what is read before, the move, and what shows it.
    { value: times.filter((took) => took > 3 * bankAt + waited).length, unit: 'times', name: 'waited' },
  ];
}
