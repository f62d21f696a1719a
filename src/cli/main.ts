import { systemClock } from '../clock.ts';
import { runCli } from './program.ts';

/** The command line of this process. `start` runs the bridge itself; the launcher knows where that is. */
export async function main(start: () => Promise<void>): Promise<void> {
  process.exitCode = await runCli({
    argv: process.argv.slice(2),
    env: process.env,
    cwd: process.cwd(),
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
    fetch: globalThis.fetch,
    clock: systemClock,
    start,
  });
}
