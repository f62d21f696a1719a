import { z } from 'zod';
import type { Log } from '../log.ts';
import type { LoginRegistry } from '../logins/registry.ts';
import { command, noBody, type CommandTable } from './command.ts';
import type { Brake } from './brake.ts';

export interface CommandTools {
  readonly registry: LoginRegistry;
  readonly brake: Brake;
  readonly log: Log;
  /** Reads a login anew, at once; resolves when that is over, well or not. */
  readonly tryNow: (loginId: string) => Promise<void>;
}

/** Every command there is. A door offers what its class allows and adds nothing of its own. */
export function createCommands({ registry, brake, log, tryNow }: CommandTools): CommandTable {
  return new Map([
    [
      'refresh',
      command({
        class: 'read',
        meaning: 'Reads accounts, balances, pots and new transactions at once.',
        body: z.strictObject({ login: z.string().min(1).optional() }),
        run: async ({ login }) => {
          const wanted = login === undefined ? registry.all().map(({ id }) => id) : [registry.get(login).id];
          await Promise.all(wanted.map(tryNow));
          return { logins: wanted };
        },
      }),
    ],
    [
      'pause',
      command({
        class: 'always',
        meaning: 'Stops every money move until somebody who is signed in resumes.',
        body: noBody,
        run: async (_body, { door, user }) => {
          brake.pull();
          log.warn('Money moves are paused.', { door, user });
          return { paused: true };
        },
      }),
    ],
    [
      'resume',
      command({
        class: 'private',
        meaning: 'Lets money move again.',
        body: noBody,
        run: async (_body, { door, user }) => {
          brake.release();
          log.warn('Money moves are allowed again.', { door, user });
          return { paused: false };
        },
      }),
    ],
  ]);
}
