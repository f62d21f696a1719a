import { isDirection, type Order } from '../api/moves.ts';
import { shape, text } from '../api/guards.ts';

/** A move that was confirmed, as the browser's tab remembers it until its outcome has been seen. */
export interface Pending {
  readonly requestId: string;
  readonly order: Order;
}

const key = 'monzo-bridge.move';

const isPending = shape<Pending>({
  requestId: text,
  order: shape<Order>({
    account: text,
    pot: text,
    transfer_type: isDirection,
    amount: text,
  }),
});

/** What was confirmed before the page was loaded again; null where nothing was. */
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
