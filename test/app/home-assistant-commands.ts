import { z } from 'zod';
import {
  command,
  done,
  type Caller,
  type CommandResult,
  type CommandTable,
} from '../../src/commands/command.ts';

export interface Ran extends Caller {
  readonly body: unknown;
}

/** Two commands that there are actions for, one that is for the page alone, and what they were asked. */
export function twoCommands(run: (body: unknown) => Promise<CommandResult> = async () => done({ ok: true })) {
  const ran: Ran[] = [];
  const commands: CommandTable = new Map([
    [
      'refresh',
      command({
        class: 'money',
        answer: z.looseObject({}),
        refusals: [],
        meaning: 'Reads.',
        body: z.strictObject({ login: z.string().optional() }),
        refusal: { money_moved: 'no' },
        run: async (body, asked) => {
          ran.push({ body, ...asked });
          return run(body);
        },
      }),
    ],
    [
      'annotate',
      command({
        class: 'write',
        answer: z.looseObject({}),
        refusals: [],
        meaning: 'Writes.',
        body: z.strictObject({ transaction_id: z.string(), notes: z.string() }),
        run: async (body, asked) => {
          ran.push({ body, ...asked });
          return done({});
        },
      }),
    ],
    [
      'resume',
      command({
        class: 'private',
        answer: z.looseObject({}),
        refusals: [],
        meaning: 'Resumes.',
        body: z.strictObject({}),
        run: async () => done({}),
      }),
    ],
  ]);
  return { ran, commands };
}
