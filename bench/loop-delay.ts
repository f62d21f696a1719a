import { monitorEventLoopDelay } from 'node:perf_hooks';
import { isMainThread } from 'node:worker_threads';

/** Loaded into the bridge's process: measures the delay of its event loop and its memory. */
export interface LoopReport {
  /** Milliseconds. */
  readonly p50: number;
  readonly p99: number;
  readonly most: number;
  /** The peak of the resident memory, in MB. */
  readonly resident: number;
}

if (isMainThread) {
  const delay = monitorEventLoopDelay({ resolution: 1 });
  let resident = 0;
  const sample = () => (resident = Math.max(resident, process.memoryUsage.rss() / 1e6));
  setInterval(sample, 50).unref();
  process.on('message', (request) => {
    if (request === 'begin') {
      resident = 0;
      sample();
      delay.reset();
      delay.enable();
    } else {
      const ms = (percentile: number) => delay.percentile(percentile) / 1e6;
      const report: LoopReport = { p50: ms(50), p99: ms(99), most: delay.max / 1e6, resident };
      process.send?.(report);
    }
  });
  process.channel?.unref();
}
