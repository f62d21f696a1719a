import type { Clock } from '../clock.ts';
import type { Environment } from '../environment.ts';
import type { Client } from './client.ts';
import type { Place } from './settings.ts';
import type { Input, Terminal } from './terminal.ts';

/** What the command line is run with; nothing of the process is used beside it. */
export interface CliOptions {
  /** Without the names of program and script. */
  readonly argv: readonly string[];
  readonly env: Environment;
  readonly cwd: string;
  readonly stdin: Input;
  readonly stdout: NodeJS.WritableStream;
  readonly stderr: NodeJS.WritableStream;
  readonly fetch: typeof globalThis.fetch;
  readonly clock: Clock;
  /** Runs the bridge itself until it is told to stop. */
  readonly start: () => Promise<void>;
  /** Ends waiting, as Ctrl-C does. */
  readonly signal?: AbortSignal | undefined;
}

/** What a verb works with. */
export interface Session {
  readonly options: CliOptions;
  readonly terminal: Terminal;
  /** Throws a BridgeError `bad_setting`. */
  readonly place: () => Place;
  readonly client: Client;
  readonly asJson: boolean;
}

/** Prints an answer of the bridge: to the letter for programs, rendered for people. */
export function show(session: Session, text: string, rendered: () => string): void {
  session.terminal.say(session.asJson ? text : rendered());
}
