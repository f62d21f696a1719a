import { z } from 'zod';
import type { Clock, Monotonic } from '../../clock.ts';
import { rightsHold } from '../../limits.ts';
import { away } from './connection-failures.ts';
import type { HomeAssistantClient } from './home-assistant-client.ts';
import type { Session } from './websocket-session.ts';

/** The users of Home Assistant and their rights, which are Home Assistant's alone to give and to take away. */

/** `unknown`: Home Assistant lists no such user, or has deactivated it. */
export type Standing = 'administrator' | 'member' | 'unknown';

export interface User {
  readonly name: string | null;
  readonly standing: Standing;
}

export type Users = ReadonlyMap<string, User>;

const userSchema = z.object({
  id: z.string().min(1),
  name: z.string().nullable().catch(null),
  is_owner: z.boolean().catch(false),
  is_active: z.boolean().catch(false),
  group_ids: z.array(z.string()).catch([]),
});
const administrators = 'system-admin';

/** Every user by id. Throws what `Session.command` throws; what cannot be read as a user is none. */
export async function readUsers(session: Session): Promise<Users> {
  const rows = z.array(z.unknown()).parse(await session.command({ type: 'config/auth/list' }));
  const users = new Map<string, User>();
  for (const row of rows) {
    const user = userSchema.safeParse(row).data;
    if (user !== undefined) users.set(user.id, { name: user.name, standing: standingOf(user) });
  }
  return users;
}

function standingOf({
  is_active: isActive,
  is_owner: isOwner,
  group_ids: groups,
}: z.output<typeof userSchema>) {
  if (!isActive) return 'unknown';
  return isOwner || groups.includes(administrators) ? 'administrator' : 'member';
}

/** Tells a user's standing. Throws what `Session.command` throws, and `home_assistant_away` without a connection. */
export type FindStanding = (userId: string) => Promise<Standing>;

interface Asked {
  readonly at: Monotonic;
  readonly users: Promise<Users>;
}

/**
 * Asks Home Assistant for its users, and keeps an answer for a minute where it lets someone in; where it does not, only for
 * seconds, because rights may just have been given.
 */
export function createStandingFinder(client: HomeAssistantClient, clock: Clock): FindStanding {
  let known: Asked | null = null;
  const ask = (): Asked => {
    const session = client.opened();
    if (session === null) throw away();
    const asked = { at: clock.monotonic(), users: readUsers(session) };
    known = asked;
    asked.users.catch(() => {
      if (known === asked) known = null;
    });
    return asked;
  };
  const youngerThan = (ms: number) => (known !== null && clock.monotonic() - known.at < ms ? known : null);
  return async (userId) => {
    const standing = (asked: Asked) => asked.users.then((users) => users.get(userId)?.standing ?? 'unknown');
    const first = await standing(youngerThan(rightsHold.given) ?? ask());
    if (first === 'administrator') return first;
    return standing(youngerThan(rightsHold.refused) ?? ask());
  };
}
