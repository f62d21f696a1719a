import { resolve } from 'node:path';
import { readConfig, type Config } from '../config.ts';
import { readEnvironment, textIn, type Environment } from '../environment.ts';
import { BridgeError } from '../errors.ts';
import { webAddress } from '../http/server.ts';
import type { SupervisorPlace } from '../http/request-origin.ts';
import type { Clock } from '../clock.ts';
import type { CallBank } from '../monzo/bank-connection.ts';
import { presentAdminToken, type PresentKeyOptions } from '../store/directory.ts';
import type { Client } from './api-client.ts';
import type { Household } from './household.ts';
import type { Shown } from './layout.ts';
import { CommandFailure, type Input, type Output, type Terminal } from './terminal.ts';

/** Where the bridge is and how to talk to it, by the settings of the working directory. */
export interface Place {
  readonly config: Config;
  readonly dataDirectory: string;
  /** The address of the private listener. */
  readonly url: string;
}

/** Throws a BridgeError `bad_setting`. */
export function readPlace(cwd: string, env: Environment, url?: string): Place {
  const config = readConfig({
    environment: readEnvironment(cwd, env),
    readFile: (path) => textIn(resolve(cwd, path)),
  });
  return {
    config,
    dataDirectory: resolve(cwd, config.DATA_DIR),
    url: url?.replace(/\/+$/, '') ?? webAddress(config.UI_HOST, config.UI_PORT),
  };
}

/** The admin token: from the settings, else from its file. Throws `no_admin_token`, `admin_token_malformed`. */
export function adminTokenOf({ config, dataDirectory: directory }: Place): string {
  const token = readToken({ directory, given: config.ADMIN_TOKEN ?? undefined });
  if (token !== null) return token;
  throw new CommandFailure(
    'no_admin_token',
    `There is no readable file admin-token in ${directory}. Start the bridge once, run this where it runs, or set MONZO_BRIDGE_ADMIN_TOKEN or MONZO_BRIDGE_DATA_DIR.`,
  );
}

function readToken(options: PresentKeyOptions): string | null {
  try {
    return presentAdminToken(options);
  } catch (thrown) {
    if (thrown instanceof BridgeError && thrown.code === 'data_directory_unusable') return null;
    throw thrown;
  }
}

/** The files that run the program, as absolute paths without links. */
export interface ProgramFiles {
  readonly node: string;
  readonly launcher: string;
}

/** What the command line is run with; it uses nothing else of the process. */
export interface CliOptions {
  /** Without the names of the program and the script. */
  readonly argv: readonly string[];
  readonly env: Environment;
  readonly cwd: string;
  /** The files of this process itself. */
  readonly program: ProgramFiles;
  readonly stdin: Input;
  readonly stdout: Output;
  readonly stderr: NodeJS.WritableStream;
  readonly fetch: typeof globalThis.fetch;
  readonly clock: Clock;
  /** The way to the bank; over the network where left out. */
  readonly callBank?: CallBank;
  /** Where the Supervisor is, if one runs the bridge. */
  readonly supervisor?: SupervisorPlace;
  /** Runs the bridge itself until it is told to stop. */
  readonly start: () => Promise<void>;
  /** Ends waiting, as Ctrl-C does. */
  readonly signal?: AbortSignal | undefined;
}

/** What a verb works with. */
export interface CliSession {
  readonly options: CliOptions;
  readonly terminal: Terminal;
  /** Throws a BridgeError `bad_setting`. */
  readonly place: () => Place;
  readonly client: Client;
  /** The names of accounts and pots; asked for when a verb first needs them. Throws a CommandFailure. */
  readonly household: () => Promise<Household>;
  /** An instant of the bridge in its time zone, such as 2026-11-02 09:05:00; empty for null. */
  readonly local: (instant: string | null) => string;
  readonly asJson: boolean;
  /** Ends the run with this exit code, unless it fails. */
  readonly finish: (code: number) => void;
}

/** The path of a file to write. Throws `unwritable_file` for what stands for standard output in other commands. */
export function fileToWrite({ options }: CliSession, name: string): string {
  if (name !== '-') return resolve(options.cwd, name);
  const sentence = 'This is written into a file, not to standard output. Nothing was written: name a file.';
  throw new CommandFailure('unwritable_file', sentence);
}

/** 1: for `doctor`, something is wrong; 2: not understood; 3: not known yet. */
export const exitCodes = { done: 0, failed: 1, usage: 2, unknown: 3 } as const;

/** Prints an answer of the bridge: unchanged for programs, rendered for people. */
export function show(session: CliSession, text: string, rendered: () => Shown): void {
  session.terminal.say(session.asJson ? text : rendered());
}

/** Runs a verb with its session. */
export type Run = (act: (session: CliSession) => Promise<void>) => Promise<void>;
