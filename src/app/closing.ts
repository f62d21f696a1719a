import { withDeadline } from '../async.ts';
import type { Clock } from '../clock.ts';
import { messageOf } from '../errors.ts';
import { closingPatience } from '../limits.ts';
import type { Log } from '../log.ts';

/** Closes what was opened, in the reverse order. */
export interface Closing {
  /** Has a part closed when everything is, before the parts that were added earlier. */
  add(part: string, close: () => void | Promise<void>): void;
  /** Never rejects: a part that fails or takes too long is logged, and the others are still closed. */
  close(): Promise<void>;
}

export function createClosing({ clock, log }: { readonly clock: Clock; readonly log: Log }): Closing {
  const stack = new AsyncDisposableStack();
  const late = () => new Error(`Not closed within ${closingPatience / 1_000} seconds.`);
  let closed: Promise<void> | null = null;
  return {
    add: (part, close) => {
      stack.defer(async () => {
        try {
          await withDeadline({ clock, ms: closingPatience, late }, async () => close());
        } catch (thrown) {
          const sentence = 'A part of the bridge could not be closed properly; the others are still closed.';
          log.error(sentence, { part, reason: messageOf(thrown) });
        }
      });
    },
    close: () => (closed ??= stack.disposeAsync()),
  };
}
