import { BridgeError, type ErrorDetails } from '../errors.ts';
import { checked } from '../refusals/mistakes.ts';
import { badRequest, refuse, sentenceOf, withDetails } from '../refusals/refuse.ts';
import type { Caller, Command, CommandResult, CommandTable } from './command.ts';

/**
 * What a door answers. `refused`: nothing was tried; `failed`: it was tried and did not succeed; `unknown`: it was passed
 * on, and nobody knows yet whether it took effect.
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
  const details = found.refusal ?? {};
  const read = checked(found.body, body);
  if ('mistakes' in read) throw badRequest(read.mistakes, { details });
  try {
    return await found.run(read.value, caller);
  } catch (thrown) {
    throw thrown instanceof BridgeError ? withDetails(thrown, details) : thrown;
  }
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

/** An answer that says why a command was refused or failed; `command` adds what all its refusals say. */
export function refused(error: BridgeError, command?: Command): CommandAnswer {
  const { code, message, retryable, details } = withDetails(error, command?.refusal ?? {});
  return { status: retryable ? 'failed' : 'refused', error: { ...details, code, message } };
}

/** An answer for when the bridge itself broke on the way: nobody knows how far the command had come. */
export function defect(command: Command | undefined): CommandAnswer {
  return { status: 'failed', error: { ...openDetails(command), code: 'internal', message: brokenInside } };
}

/** What a command's refusals say, where nobody knows how far it came. */
export function openDetails(command: Command | undefined): ErrorDetails {
  const details = command?.refusal ?? {};
  return 'money_moved' in details ? { ...details, money_moved: 'unknown' } : details;
}

/** What every door says of a defect. */
export const brokenInside = sentenceOf('internal', {});
