import type { z } from 'zod';
import type { Monotonic } from '../clock.ts';
import { BridgeError, type ErrorDetails } from '../errors.ts';
import { checked } from '../refusals/mistakes.ts';
import { badRequest, refuse, sentenceOf, withDetails, type RefusalCode } from '../refusals/refuse.ts';

/**
 * Who may use a command: `read`, `write` and `money` are opened on MQTT by a setting, each including the ones before;
 * `always` is open on every door; `private` only to callers who are signed in.
 */
export type CommandClass = 'read' | 'write' | 'money' | 'always' | 'private';

/** One command, as every door (MQTT, HTTP, command line, Home Assistant) offers it. */
export interface Command {
  readonly class: CommandClass;
  /** Whether its answer shows what the household has and spends: inside Home Assistant not everybody may read that. */
  readonly showsMoney?: boolean;
  /** One sentence for people who choose it. */
  readonly meaning: string;
  readonly body: z.ZodObject;
  /** What it answers: `status` and, beside it, its data. */
  readonly answer: z.ZodObject;
  /** What it can be refused with, beside what every request can. */
  readonly refusals: readonly RefusalCode[];
  /** Takes what `body` has parsed: `invoke` does that once, for every door. Throws a BridgeError whose sentence says why it was refused or failed. */
  readonly run: (body: unknown, caller: Caller) => Promise<CommandResult>;
  /** Details of each of its refusals, unless the error itself has others. */
  readonly refusal?: ErrorDetails;
  /** Told of every refusal and failure before its caller is, whether a door or the command gave it. */
  readonly onRefusal?: (refusal: BridgeError, request: CommandRequest) => void;
}

/** The result of a command. `unknown`: it was sent to the bank, and it is not known yet whether it took effect. */
export interface CommandResult<Data = Readonly<Record<string, unknown>>> {
  readonly status: 'done' | 'unknown';
  readonly data: Data;
}

/** Where a command came in. */
export type Door = 'mqtt' | 'http' | 'cli' | 'page' | 'home_assistant';

/** Which door a command came through, and which user sent it, where that is known. */
export interface Caller {
  readonly door: Door;
  readonly user: string | null;
  /** When the caller began to wait, where the door had something to look up first; left out for now. */
  readonly since?: Monotonic;
}

export type CommandTable = ReadonlyMap<string, Command>;

interface CommandOf<Body extends z.ZodObject, Answer extends z.ZodObject> extends Omit<
  Command,
  'body' | 'answer' | 'run'
> {
  readonly body: Body;
  readonly answer: Answer;
  readonly run: (
    body: z.output<Body>,
    caller: Caller,
  ) => Promise<CommandResult<Omit<z.output<Answer>, 'status'>>>;
}

/** Ties a command's work to the shapes of its body and its answer by types. */
export function command<Body extends z.ZodObject, Answer extends z.ZodObject>(
  definition: CommandOf<Body, Answer>,
): Command {
  return { ...definition, run: (body, caller) => definition.run(body as z.output<Body>, caller) };
}

/** The result of a command whose effect is certain. */
export function done<Data>(data: Data): CommandResult<Data> {
  return { status: 'done', data };
}

/**
 * What a door answers. `refused`: the same would be refused again; `failed`: it may work later; `unknown`: it was sent to
 * the bank, and it is not known yet whether it took effect.
 */
export type CommandAnswer =
  | CommandResult
  | {
      readonly status: 'refused' | 'failed';
      readonly error: ErrorDetails & { readonly code: string; readonly message: string };
    };

export interface CommandRequest extends Caller {
  readonly name: string;
  readonly body: unknown;
}

/**
 * Runs a command of the table. Throws a BridgeError: `unknown_command`, `bad_request`, or what the command throws; its
 * details are complete.
 */
export async function invoke(
  table: CommandTable,
  { name, body, ...caller }: CommandRequest,
): Promise<CommandResult> {
  const found = table.get(name);
  if (!found) throw refuse('unknown_command', { name, commands: [...table.keys()] });
  try {
    const read = checked(found.body, body);
    if ('mistakes' in read) throw badRequest(read.mistakes);
    return await found.run(read.value, caller);
  } catch (thrown) {
    throw thrown instanceof BridgeError ? noted(thrown, found, { name, body, ...caller }) : thrown;
  }
}

/** A refusal of a request, as its caller is told: with the command's details, and after the command has noted it. */
function noted(refusal: BridgeError, command: Command | undefined, request: CommandRequest): BridgeError {
  command?.onRefusal?.(refusal, request);
  return withDetails(refusal, command?.refusal ?? {});
}

/** Runs a command and puts every outcome into an answer. Throws only what is a defect of ours. */
export async function runCommand(table: CommandTable, request: CommandRequest): Promise<CommandAnswer> {
  try {
    return await invoke(table, request);
  } catch (thrown) {
    if (!(thrown instanceof BridgeError)) throw thrown;
    return refused(thrown);
  }
}

/** The answer to a request that a door does not let in. */
export function refusedAtDoor(
  table: CommandTable,
  request: CommandRequest,
  refusal: BridgeError,
): CommandAnswer {
  return refused(noted(refusal, table.get(request.name), request));
}

function refused({ code, message, retryable, details }: BridgeError): CommandAnswer {
  return { status: retryable ? 'failed' : 'refused', error: { ...details, code, message } };
}

/** The answer where the bridge itself failed: it is not known how far the command had come. */
export function defect(command: Command | undefined): CommandAnswer {
  return { status: 'failed', error: { ...openDetails(command), code: 'internal', message: brokenInside } };
}

/** The details of a command's refusals, where it is not known how far it came. */
export function openDetails(command: Command | undefined): ErrorDetails {
  const details = command?.refusal ?? {};
  return 'money_moved' in details ? { ...details, money_moved: 'unknown' } : details;
}

/** What every door says of a defect of the bridge. */
export const brokenInside = sentenceOf('internal', { during: 'command' });
