import { availableParallelism, loadavg } from 'node:os';

/** What a figure counts; calls and CPU are those of one ring or move unless the line says otherwise. */
type Unit = 'ms' | 'MB' | 'calls' | 'ms CPU' | 'times';

/** A measured number, and which one it is where a line has several of one unit. */
export interface Figure {
  readonly value: number;
  readonly unit: Unit;
  readonly name?: string;
}

/** One line of the table. */
export interface Line {
  readonly what: string;
  readonly goal?: string | undefined;
  /** What was measured, or why it was not. */
  readonly figures: readonly Figure[] | string;
}

/** A line as several runs measured it, each with the load average of the machine before it. */
export interface Repeated {
  readonly runs: { readonly load: number; readonly line: Line }[];
}

/** The median of several figures. */
export function median(figures: readonly number[]): number {
  const sorted = figures.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const [low = 0, high = 0] = [sorted[sorted.length % 2 === 0 ? middle - 1 : middle], sorted[middle]];
  return (low + high) / 2;
}

/** The figure that this share (0 to 1) of all is below. */
function quantile(figures: readonly number[], share: number): number {
  const sorted = figures.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
}

/** The median and the 99th percentile of durations in milliseconds. */
export const spread = (durations: readonly number[]): readonly Figure[] => [
  { value: quantile(durations, 0.5), unit: 'ms', name: 'p50' },
  { value: quantile(durations, 0.99), unit: 'ms', name: 'p99' },
];

/** The duration of some work in milliseconds. */
export async function timed(work: () => unknown): Promise<number> {
  const begin = performance.now();
  await work();
  return performance.now() - begin;
}

/** Memory of this process in use after a garbage collection, in MB: the heap, and the resident memory in all. */
export function memoryInUse(): { readonly heap: number; readonly resident: number } {
  globalThis.gc?.();
  const { heapUsed, rss } = process.memoryUsage();
  return { heap: Math.round(heapUsed / 1e6), resident: Math.round(rss / 1e6) };
}

/** Prints a figure of a bench that has no goal and compares nothing. */
export function print(what: string, figure: string): void {
  process.stdout.write(`${what.padEnd(64)} ${figure}\n`);
}

export const count = (figure: number) => Math.round(figure).toLocaleString('en-GB');
const short = (figure: number) => (figure < 100 ? figure.toFixed(1) : count(figure));
export const ms = (figure: number) => `${figure < 10 ? figure.toFixed(2) : count(figure)} ms`;
const shown = ({ value, unit, name }: Figure) =>
  `${unit === 'times' ? count(value) : short(value)} ${unit}${name ? ` ${name}` : ''}`;

export const machine = () =>
  `Node ${process.versions.node}, ${availableParallelism()} cores, load ${loadavg().map(short).join(' ')}`;

/** The medians of all runs that measured something; otherwise why none did. */
function medians({ runs }: Repeated): string {
  const measured = runs.flatMap(({ line }) => (typeof line.figures === 'string' ? [] : [line.figures]));
  const [first] = measured;
  if (!first)
    return runs.flatMap(({ line: { figures } }) => (typeof figures === 'string' ? figures : []))[0] ?? '';
  const figures = first.map((figure, place) =>
    shown({ ...figure, value: median(measured.map((each) => each[place]?.value ?? Number.NaN)) }),
  );
  const failed = runs.length - measured.length;
  return figures.join(', ') + (failed > 0 ? ` (${failed} of ${runs.length} runs failed)` : '');
}

/** The lines of one bench: what, the goal, and for each program the medians with the load beside them. */
export function printTable(
  columns: readonly string[],
  lines: ReadonlyMap<string, readonly Repeated[]>,
): void {
  const rows = [...lines].map(([what, repeated]) => {
    const goal = repeated[0]?.runs[0]?.line.goal ?? '';
    const load = median(repeated.flatMap(({ runs }) => runs.map(({ load }) => load)));
    return [what, goal, ...repeated.map(medians), short(load)];
  });
  const all = [['', 'goal', ...columns, 'load'], ...rows];
  const widths = all[0]?.map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0))) ?? [];
  for (const row of all)
    process.stdout.write(
      `${row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd()}\n`,
    );
  process.stdout.write('\n');
}
