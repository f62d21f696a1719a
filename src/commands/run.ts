import { z } from 'zod';
import { BridgeError } from '../errors.ts';
import type { Asked, CommandTable } from './command.ts';

/** What a door answers. `refused`: nothing was tried; `failed`: it was tried and did not succeed. */
export type CommandAnswer =
  | { readonly status: 'done'; readonly data: Readonly<Record<string, unknown>> }
  | {
      readonly status: 'refused' | 'failed';
      readonly error: { readonly code: string; readonly message: string };
    };

export interface CommandRequest extends Asked {
  readonly name: string;
  readonly body: unknown;
}

/** Runs a command of the table. Throws a BridgeError: `unknown_command`, `bad_request`, or what the command throws. */
export async function invoke(
  table: CommandTable,
  { name, body, door, user }: CommandRequest,
): Promise<Readonly<Record<string, unknown>>> {
  const found = table.get(name);
  if (!found) {
    const sentence = `There is no command ${name}. There are: ${[...table.keys()].join(', ')}.`;
    throw new BridgeError('unknown_command', sentence);
  }
  const shape = found.body.safeParse(body);
  if (!shape.success)
    throw new BridgeError('bad_request', `${name}: ${z.prettifyError(shape.error).replaceAll('\n', ' ')}`);
  return found.run(shape.data, { door, user });
}

/** Runs a command and puts every outcome into an answer. Throws only what is a defect of ours. */
export async function runCommand(table: CommandTable, request: CommandRequest): Promise<CommandAnswer> {
  try {
    return { status: 'done', data: await invoke(table, request) };
  } catch (thrown) {
    if (!(thrown instanceof BridgeError)) throw thrown;
    const { code, message, retryable } = thrown;
    return { status: retryable ? 'failed' : 'refused', error: { code, message } };
  }
}

/** An answer that says why nothing was tried. */
export function refused(code: string, message: string): CommandAnswer {
  return { status: 'refused', error: { code, message } };
}
