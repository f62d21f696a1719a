import assert from 'node:assert/strict';
import { PassThrough, Writable } from 'node:stream';
import { runCli } from '../../src/cli/program.ts';
import type { CliOptions } from '../../src/cli/cli-session.ts';
import { systemClock } from '../../src/clock.ts';
import type { World } from '../support/world.ts';

export interface CliRun {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

export interface Keyboard {
  /** Lines a person types at a terminal. */
  readonly typed?: readonly string[];
  /** Text that is piped in. */
  readonly piped?: string;
}

export interface Screen {
  /** Sees what is printed, as it is printed. */
  readonly onPrinted?: (text: string) => void;
  /** How wide the terminal is; without it the output is piped into a file or another program. */
  readonly columns?: number;
}

export type RunOptions = Partial<CliOptions> & Keyboard & Screen;

/** No test calls the real one. */
const noBank: NonNullable<CliOptions['callBank']> = async () => {
  throw Object.assign(new Error('no bank'), { code: 'ECONNREFUSED' });
};

/** Runs the command line as a process would, in memory. */
export async function runOnTerminal(argv: readonly string[], given: RunOptions = {}): Promise<CliRun> {
  const { options, out, err } = optionsOfRun(argv, given);
  return { code: await runCli(options), out: out(), err: err() };
}

/** The settings with which the command line finds the running bridge. */
export function settingsBeside({ directory, app }: Pick<World, 'directory' | 'app'>) {
  return { MONZO_BRIDGE_DATA_DIR: directory, MONZO_BRIDGE_UI_PORT: new URL(app().uiUrl).port };
}

/** Runs the command line beside the bridge of a world, which may be made later. */
export function commandLineBeside(world: () => World) {
  const run = (argv: readonly string[], options: RunOptions = {}): Promise<CliRun> => {
    const { directory, clock } = world();
    return runOnTerminal(argv, { cwd: directory, clock, env: settingsBeside(world()), ...options });
  };
  return {
    run,
    /** What was printed; fails where the verb did, or where it complained. */
    good: async (...argv: readonly string[]): Promise<string> => {
      const { code, out, err } = await run(argv);
      assert.deepEqual([code, err], [0, ''], argv.join(' '));
      return out;
    },
  };
}

/** What `runOnTerminal` gives to the command line, and what was printed so far. */
export function optionsOfRun(argv: readonly string[], given: RunOptions = {}) {
  const { typed, piped = '', onPrinted, columns, callBank = noBank, ...rest } = given;
  const stdin = Object.assign(new PassThrough(), { isTTY: typed !== undefined, setRawMode: () => {} });
  if (typed === undefined) stdin.end(piped);
  const stdout = collector(onPrinted);
  // A person types only when asked.
  const waiting = [...(typed ?? [])];
  const stderr = collector((text) => {
    const answer = text.trimEnd().endsWith(':') ? waiting.shift() : undefined;
    if (answer !== undefined) setImmediate(() => stdin.write(`${answer}\n`));
  });
  const options: CliOptions = {
    argv,
    env: {},
    cwd: '/nonexistent',
    program: { node: '/usr/bin/node', launcher: '/usr/lib/node_modules/monzo-bridge/bin/monzo-bridge.js' },
    fetch: globalThis.fetch,
    clock: systemClock,
    start: async () => {},
    ...rest,
    callBank,
    stdin,
    stdout: Object.assign(stdout.stream, columns === undefined ? {} : { isTTY: true, columns }),
    stderr: stderr.stream,
  };
  return { options, out: stdout.text, err: stderr.text };
}

function collector(onText: (text: string) => void = () => {}) {
  let collected = '';
  const stream = new Writable({
    write(chunk, _encoding, done) {
      collected += String(chunk);
      onText(String(chunk));
      done();
    },
  });
  return { stream, text: () => collected };
}
