import type { z } from 'zod';
import { BridgeError, type ErrorDetails } from '../errors.ts';
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
  if (!found) {
    const sentence = `There is no command ${name}. There are: ${[...table.keys()].join(', ')}.`;
    throw new BridgeError('unknown_command', sentence);
  }
  const details = found.refusal ?? {};
  const shape = found.body.safeParse(body);
  if (!shape.success) {
    throw new BridgeError('bad_request', mistakesOf(found, shape.error), { details });
  }
  try {
    return await found.run(shape.data, caller);
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
    const { code, message, retryable, details } = thrown;
    return { status: retryable ? 'failed' : 'refused', error: { ...details, code, message } };
  }
}

/** An answer that says why nothing was tried. */
export function refused(code: string, message: string, details: ErrorDetails = {}): CommandAnswer {
  return { status: 'refused', error: { ...details, code, message } };
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
export const brokenInside =
  'Something went wrong inside the bridge, and nobody knows how far the command had come; its log says more.';

/** What is wrong with the arguments, and what there could be instead. */
function mistakesOf({ body }: Command, { issues }: z.ZodError): string {
  const sentences = issues.map((issue) => {
    if (issue.code === 'unrecognized_keys') {
      const known = Object.keys(body.shape).join(', ') || 'none';
      return `There is no argument ${issue.keys.join(', ')}. There are: ${known}.`;
    }
    const where = issue.path.join('.') || 'The request';
    return issue.message.endsWith('received undefined')
      ? `${where} is missing.`
      : `${where}: ${issue.message}.`;
  });
  return sentences.join(' ');
}

/** The same error with what every refusal of the command says; what it says itself counts. */
function withDetails(error: BridgeError, details: ErrorDetails): BridgeError {
  if (Object.keys(details).every((name) => name in error.details)) return error;
  const { code, message, retryable, needsPerson } = error;
  const all = { ...details, ...error.details };
  return new BridgeError(code, message, { retryable, needsPerson, cause: error, details: all });
}
