import { BridgeError } from '../errors.ts';

/** What the bank answered about one thing alone; everything else would meet the next thing as well. */
const aboutOneThing = new Set(['unknown_shape', 'not_found', 'bad_request']);

/**
 * Does the work for one after another. An answer that is about one of them alone does not stop the others, and is
 * thrown at the end; any other trouble ends the work at once.
 */
export async function untilTheEnd<Item>(
  items: Iterable<Item>,
  work: (item: Item) => Promise<void>,
): Promise<void> {
  const told: BridgeError[] = [];
  for (const item of items) {
    try {
      await work(item);
    } catch (thrown) {
      if (!(thrown instanceof BridgeError) || !aboutOneThing.has(thrown.code)) throw thrown;
      told.push(thrown);
    }
  }
  if (told[0]) throw told[0];
}
