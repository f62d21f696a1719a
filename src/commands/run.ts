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

/** Runs a command of the table and puts every outcome into an answer. Throws only what is a defect of ours. */
export async function runCommand(table: CommandTable, request: CommandRequest): Promise<CommandAnswer> {
  const { name, body, door, user } = request;
  const found = table.get(name);
  if (!found)
    return refused(
      'unknown_command',
      `There is no command ${name}. There are: ${[...table.keys()].join(', ')}.`,
    );
  const shape = found.body.safeParse(body);
  if (!shape.success)
    return refused('bad_request', `${name}: ${z.prettifyError(shape.error).replaceAll('\n', ' ')}`);
  try {
    return { status: 'done', data: await found.run(shape.data, { door, user }) };
  } catch (thrown) {
    if (!(thrown instanceof BridgeError)) throw thrown;
    return {
      status: thrown.retryable ? 'failed' : 'refused',
      error: { code: thrown.code, message: thrown.message },
    };
  }
}

/** An answer that says why nothing was tried. */
export function refused(code: string, message: string): CommandAnswer {
  return { status: 'refused', error: { code, message } };
}
