import { isDirection, type MoveRequest } from '../api/moves.ts';
import { shape, text } from '../api/guards.ts';

/** A confirmed move, kept in the browser's tab until its outcome was shown. */
export interface Pending {
  readonly requestId: string;
  readonly request: MoveRequest;
}

const key = 'monzo-bridge.move';

const isPending = shape<Pending>({
  requestId: text,
  request: shape<MoveRequest>({
    account: text,
    pot: text,
    transfer_type: isDirection,
    amount: text,
  }),
});

/** The move that was confirmed before the page was reloaded; null if none. */
export function pendingMove(memory: Storage): Pending | null {
  try {
    const pending: unknown = JSON.parse(memory.getItem(key) ?? 'null');
    return isPending(pending) ? pending : null;
  } catch {
    return null;
  }
}

export function remember(memory: Storage, pending: Pending): void {
  memory.setItem(key, JSON.stringify(pending));
}

export function forget(memory: Storage): void {
  memory.removeItem(key);
}
