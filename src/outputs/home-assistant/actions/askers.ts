import { z } from 'zod';
import { BridgeError } from '../../../errors.ts';
import type { Session } from '../session.ts';

/** Who may move money from Home Assistant; its automations count as administrators, who write them. */
export type MoneyAllowance = 'nobody' | 'administrators' | 'everyone';

/** Whoever is behind a request: a person with an account in Home Assistant, or an automation. */
export type Asker =
  | { readonly kind: 'automation' }
  | { readonly kind: 'person'; readonly name: string; readonly isAdministrator: boolean };

const usersSchema = z.array(
  z.object({
    id: z.string(),
    name: z.string().nullable().catch(null),
    is_owner: z.boolean().catch(false),
    is_active: z.boolean().catch(true),
    group_ids: z.array(z.string()).catch([]),
  }),
);
const administrators = 'system-admin';

/**
 * Who is behind an event of Home Assistant's, by its context: a person's own call carries their id, what runs in an
 * automation carries none. Asked anew each time, because rights are taken away. Throws what `Session.command` throws.
 */
export async function askerOf(session: Session, userId: string | null): Promise<Asker> {
  if (userId === null) return { kind: 'automation' };
  const users = usersSchema.parse(await session.command({ type: 'config/auth/list' }));
  const user = users.find(({ id }) => id === userId);
  const isAdministrator =
    user?.is_active === true && (user.is_owner || user.group_ids.includes(administrators));
  return { kind: 'person', name: user?.name ?? userId, isAdministrator };
}

/** Throws `not_allowed` with the reason, unless this asker may move money. */
export function mustBeAllowed(asker: Asker, allowance: MoneyAllowance): void {
  if (allowance === 'everyone') return;
  if (allowance === 'nobody')
    throw notAllowed(
      'No money has moved: MONZO_BRIDGE_HOME_ASSISTANT_MONEY is nobody, so Home Assistant may not move any.',
    );
  if (asker.kind === 'person' && !asker.isAdministrator)
    throw notAllowed(
      'No money has moved: only administrators of Home Assistant and automations may move it. Ask an administrator, or set MONZO_BRIDGE_HOME_ASSISTANT_MONEY to everyone.',
    );
}

function notAllowed(sentence: string): BridgeError {
  return new BridgeError('not_allowed', sentence, { needsPerson: true });
}
