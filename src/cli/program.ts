import { Command, CommanderError } from 'commander';
import { systemClock } from '../clock.ts';
import { localTimeText } from '../domain/time.ts';
import { BridgeError } from '../errors.ts';
import { launcherPath, versionOfPackage } from '../environment.ts';
import { once } from '../memo.ts';
import { createClient, type Client } from './api-client.ts';
import { addBackupVerbs } from './backup-verbs.ts';
import { adminTokenOf, exitCodes, readPlace, type CliOptions, type CliSession } from './cli-session.ts';
import { blueprintVerbs } from './blueprint-verbs.ts';
import { commandVerbs } from './command-verbs.ts';
import { examine, report } from './doctor.ts';
import { entitiesVerbs } from './entities-verb.ts';
import { addLoginVerbs } from './login-verbs.ts';
import { moveVerb } from './money-verbs.ts';
import { railsVerbs } from './rails-verb.ts';
import { bankVerbs } from './bank-verbs.ts';
import { bridgeVerbs } from './bridge-verbs.ts';
import { addCompletionVerb } from './completion.ts';
import { exportVerb, isBrokenPipe } from './download.ts';
import { homeAssistantVerbs } from './home-assistant-verbs.ts';
import { householdOf } from './household.ts';
import { addRouteVerbs, exampleText } from './route-verb.ts';
import { receiptVerbs } from './receipt-verbs.ts';
import { sumsVerbs } from './sums-verbs.ts';
import { transferVerbs } from './transfer-verbs.ts';
import { addRecordVerb } from './record-verb.ts';
import { addServiceVerb } from './service-verb.ts';
import { printable } from './layout.ts';
import { CommandFailure, createTerminal } from './terminal.ts';

/** The command line of this process. `start` runs the bridge itself; the launcher knows where it is. */
export async function main(start: () => Promise<void>): Promise<void> {
  process.stdout.on('error', (thrown) => {
    if (!isBrokenPipe(thrown)) throw thrown;
  });
  process.exitCode = await runCli({
    argv: process.argv.slice(2),
    env: process.env,
    cwd: process.cwd(),
    program: { node: process.execPath, launcher: launcherPath() },
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
    fetch: askDirectly,
    clock: systemClock,
    start,
  });
}

/** Asks the bridge without the proxy that the environment may name for others: it would learn the admin token. */
async function askDirectly(...[address, init]: Parameters<typeof fetch>): Promise<Response> {
  const { hostname } = new URL(address instanceof Request ? address.url : address);
  const { no_proxy: given = process.env['NO_PROXY'] ?? '' } = process.env;
  const names = given.split(',');
  if (!names.includes(hostname)) process.env['no_proxy'] = [...names, hostname].join(',');
  return fetch(address, init);
}

interface GlobalOptions {
  readonly json?: boolean;
  readonly url?: string;
}

/** Verbs that ask one route each, below the parents that are no verbs themselves. */
const routeVerbs = {
  verbs: [
    ...commandVerbs,
    moveVerb,
    ...bankVerbs,
    ...sumsVerbs,
    exportVerb,
    ...receiptVerbs,
    ...transferVerbs,
    ...bridgeVerbs,
    ...homeAssistantVerbs,
    ...blueprintVerbs,
    ...railsVerbs,
    ...entitiesVerbs,
  ],
  parents: {
    webhook: 'register or remove the webhooks of accounts at Monzo, or test their address',
    receipt: 'the receipt that the Monzo app shows with a transaction',
    'home-assistant': 'show and change what the bridge brings to Home Assistant',
    'home-assistant blueprints': 'automations for Home Assistant to fill in',
  },
};

const doctorCodes = { well: exitCodes.done, wrong: exitCodes.failed, unknown: exitCodes.unknown } as const;

/**
 * Runs one verb and resolves with the exit code: 0 done, 1 failed (for `doctor`: something is wrong), 2 not understood, 3
 * not known yet (for `doctor`: nothing is known to be wrong, and not everything could be looked at).
 */
export async function runCli(options: CliOptions): Promise<number> {
  // Node puts U+FFFD for every byte that is not UTF-8: two different request ids would become one.
  const garbled = options.argv.find((text) => !text.isWellFormed() || text.includes('\u{FFFD}'));
  if (garbled !== undefined) {
    const sentence = `${printable(garbled)} is not valid UTF-8 text. Nothing was done: write it again in UTF-8.`;
    options.stderr.write(isForPrograms(options) ? misunderstood(sentence) : `${sentence}\n`);
    return exitCodes.usage;
  }
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
    complain(options, thrown);
    return thrown instanceof CommandFailure ? thrown.exitCode : exitCodes.failed;
  }
}

/** The tree of all verbs. `finish` is told the exit code where it is not that of the last verb. */
export function createProgram(options: CliOptions, finish: (code: number) => void): Command {
  const program = new Command('monzo-bridge')
    .description('Connects Monzo bank logins to Home Assistant, MQTT and HTTP.')
    .version(versionOfPackage())
    .option('--json', 'print JSON for programs')
    .option('--url <address>', 'address of the private listener, if it differs from the settings')
    .configureHelp({ showGlobalOptions: true })
    .exitOverride()
    .configureOutput({
      writeOut: (text) => void options.stdout.write(text),
      // Only the help of a verb that has others below it is an error, where none of them is named.
      writeErr: (text) => void options.stderr.write(isForPrograms(options) ? misunderstood(noVerb) : text),
      outputError: (text) => void options.stderr.write(isForPrograms(options) ? misunderstood(text) : text),
    });
  const run = (act: (session: CliSession) => Promise<void>) => {
    const given = program.opts<GlobalOptions>();
    // Not through a parser of the option: its refusal would repeat the value, which may hold a password.
    if (given.url !== undefined && !isPlainAddress(given.url))
      program.error(`error: ${wrongAddress}`, { exitCode: exitCodes.usage });
    return act(sessionOf(options, given, finish));
  };
  program
    .command('start')
    .description('run the bridge until it is told to stop')
    .addHelpText('after', exampleText('start'))
    .action(async () => {
      await options.start();
      finish(Number(process.exitCode ?? exitCodes.done));
    });
  addLoginVerbs(program, run);
  addRecordVerb(program, run);
  addRouteVerbs(program, run, routeVerbs);
  addBackupVerbs(program, run);
  addServiceVerb(program, run);
  addCompletionVerb(program, run);
  program
    .command('doctor')
    .description(
      'look at everything in order, from the settings to the limits, and say what to do; works without a running bridge too',
    )
    .addHelpText('after', exampleText('doctor'))
    .action(() =>
      run(async (session) => {
        session.finish(doctorCodes[report(session, await examine(session))]);
      }),
    );
  return program;
}

const wrongAddress =
  '--url must be an address such as http://127.0.0.1:8099, without user name, password, query and fragment.';

function isPlainAddress(text: string): boolean {
  const url = URL.parse(text);
  return (
    url !== null &&
    /^https?:$/.test(url.protocol) &&
    `${url.username}${url.password}${url.search}${url.hash}` === '' &&
    !text.includes('@')
  );
}

function sessionOf(
  options: CliOptions,
  { json, url }: GlobalOptions,
  finish: CliSession['finish'],
): CliSession {
  // Settings are read only when a verb needs them.
  const place = once(() => readPlace(options.cwd, options.env, url));
  const client = once(() => {
    const token = once(() => adminTokenOf(place()));
    return createClient({ url: place().url, token, fetch: options.fetch, clock: options.clock });
  });
  const asked: Client = {
    text: async (call) => client().text(call),
    json: async (schema, call) => client().json(schema, call),
    read: async (schema, call) => client().read(schema, call),
    download: async (call) => client().download(call),
  };
  return {
    options,
    terminal: createTerminal(options),
    place,
    asJson: json === true,
    finish,
    client: asked,
    household: once(() => householdOf(asked)),
    local: (instant) =>
      instant === null ? '' : localTimeText(Date.parse(instant), place().config.TIME_ZONE),
  };
}

function isForPrograms({ argv }: CliOptions): boolean {
  return argv.includes('--json');
}

const noVerb = 'a verb is missing: --help lists those that there are';

/** What a program reads where the command line was not understood. */
function misunderstood(text: string): string {
  const detail = text.replace(/^error: /, '').trim();
  return `${JSON.stringify({ status: null, code: 'not_understood', detail })}\n`;
}

function complain(options: CliOptions, failure: CommandFailure | BridgeError): void {
  const { code, message } = failure;
  const { status, details } = failure instanceof CommandFailure ? failure : { status: null, details: {} };
  const problem = { status, code, detail: message, ...details };
  options.stderr.write(`${isForPrograms(options) ? JSON.stringify(problem) : printable(message)}\n`);
}
