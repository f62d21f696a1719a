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

/** Runs a measurement several times and returns the median. */
export async function medianOf(runs: number, run: () => Promise<number>): Promise<number> {
  const figures: number[] = [];
  for (let number = 0; number < runs; number += 1) figures.push(await run());
  return median(figures);
}

/** The duration of some work in milliseconds. */
export async function timed(work: () => unknown): Promise<number> {
  const begin = performance.now();
  await work();
  return performance.now() - begin;
}

/** Memory in use after a garbage collection, in MB: the heap, and the resident memory in all. */
export function memoryInUse(): { readonly heap: number; readonly resident: number } {
  globalThis.gc?.();
  const { heapUsed, rss } = process.memoryUsage();
  return { heap: Math.round(heapUsed / 1e6), resident: Math.round(rss / 1e6) };
}

export function print(what: string, figure: string): void {
  process.stdout.write(`${what.padEnd(64)} ${figure}\n`);
}

export const count = (figure: number) => Math.round(figure).toLocaleString('en-GB');
export const ms = (figure: number) => `${figure < 10 ? figure.toFixed(2) : count(figure)} ms`;
/** The median and the 99th percentile of durations in milliseconds. */
export const spread = (figures: readonly number[]) =>
  `${ms(quantile(figures, 0.5))} p50, ${ms(quantile(figures, 0.99))} p99`;
