import { Command, CommanderError } from 'commander';
import { BridgeError } from '../errors.ts';
import { createClient } from './client.ts';
import { examine, report } from './doctor.ts';
import { CommandFailure } from './failure.ts';
import { versionOfPackage } from '../version.ts';
import { addCommandVerbs } from './command-verbs.ts';
import { addLinkVerb } from './link-verb.ts';
import { addLoginVerbs } from './login-verbs.ts';
import { addMoneyVerbs } from './money-verbs.ts';
import { addRailsVerb } from './rails-verb.ts';
import { addReadVerbs } from './read-verbs.ts';
import type { CliOptions, Session } from './session.ts';
import { adminTokenOf, readPlace } from './settings.ts';
import { createTerminal, printable } from './terminal.ts';

export type { CliOptions } from './session.ts';

interface GlobalOptions {
  readonly json?: boolean;
  readonly url?: string;
}

const exitCodes = { done: 0, failed: 1, usage: 2, unknown: 3 } as const;

/**
 * Runs one command and resolves with the exit code: 0 done, 1 failed (or, for `doctor`, not well), 2 not understood, 3
 * nobody knows yet.
 */
export async function runCli(options: CliOptions): Promise<number> {
  let code: number = exitCodes.done;
  const program = createProgram(options, (failed) => {
    code = failed;
  });
  try {
    await program.parseAsync([...options.argv], { from: 'user' });
    return code;
  } catch (thrown) {
    if (thrown instanceof CommanderError) return thrown.exitCode === 0 ? exitCodes.done : exitCodes.usage;
    if (!(thrown instanceof CommandFailure || thrown instanceof BridgeError)) throw thrown;
    complain(options, thrown, options.argv.includes('--json'));
    return thrown instanceof CommandFailure ? thrown.exitCode : exitCodes.failed;
  }
}

function createProgram(options: CliOptions, finish: (code: number) => void): Command {
  const program = new Command('monzo-bridge')
    .description('Connects Monzo bank logins to Home Assistant, MQTT and HTTP.')
    .version(versionOfPackage())
    .option('--json', 'print what programs can read')
    .option('--url <address>', 'where the private listener of the bridge is, when not as in the settings')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => void options.stdout.write(text),
      writeErr: (text) => void options.stderr.write(text),
    });
  const run = (act: (session: Session) => Promise<void>) =>
    act(sessionOf(options, program.opts<GlobalOptions>()));
  program
    .command('start')
    .description('run the bridge until it is told to stop')
    .action(async () => {
      await options.start();
      finish(Number(process.exitCode ?? exitCodes.done));
    });
  addLoginVerbs(program, run);
  addReadVerbs(program, run);
  addLinkVerb(program, run);
  addCommandVerbs(program, run);
  addMoneyVerbs({ program, run, finish: () => finish(exitCodes.unknown) });
  addRailsVerb(program, run);
  program
    .command('doctor')
    .description(
      'check settings, files, the running bridge and every login; works without a running bridge too',
    )
    .action(() =>
      run(async (session) => {
        if (!report(session, await examine(session))) finish(exitCodes.failed);
      }),
    );
  return program;
}

function sessionOf(options: CliOptions, { json, url }: GlobalOptions): Session {
  const place = once(() => readPlace(options.cwd, options.env, url));
  const client = once(() => {
    const token = once(() => adminTokenOf(place()));
    return createClient({ url: place().url, token, fetch: options.fetch });
  });
  return {
    options,
    terminal: createTerminal(options),
    place,
    asJson: json === true,
    client: {
      text: async (call) => client().text(call),
      json: async (schema, call) => client().json(schema, call),
    },
  };
}

/** Settings are read when a verb needs them, and then only once. */
function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | null = null;
  return () => (made ??= { value: make() }).value;
}

function complain({ stderr }: CliOptions, failure: CommandFailure | BridgeError, asJson: boolean): void {
  const { code, message } = failure;
  const { status, details } = failure instanceof CommandFailure ? failure : { status: null, details: {} };
  const problem = { status, code, detail: message, ...details };
  stderr.write(`${asJson ? JSON.stringify(problem) : printable(message)}\n`);
}
