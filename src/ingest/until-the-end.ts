import { BridgeError } from '../errors.ts';
import { BankError } from '../monzo/transport.ts';

/** What the bank answered about one thing alone; everything else would meet the next thing as well. */
const aboutOneThing = new Set(['unknown_shape', 'not_found', 'bad_request']);
/** The bank's own trouble with one call. When it is trouble with all of them, the breaker opens and ends the work. */
const troubleOfBank = new Set(['bank_down', 'not_json']);

/**
 * Does the work for one after another. An answer that may be about one of them alone does not stop the others, and is
 * thrown at the end; any other trouble, that of renewing the tokens before all, ends the work at once.
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
      if (!mayBeAboutOneThing(thrown)) throw isConsequence(thrown) ? (told[0] ?? thrown) : thrown;
      told.push(thrown);
    }
  }
  if (told[0]) throw told[0];
}

/** That nothing was sent any more says less than what came before it. */
function isConsequence(thrown: unknown): boolean {
  return thrown instanceof BankError && thrown.fault === 'breaker_open';
}

function mayBeAboutOneThing(thrown: unknown): thrown is BridgeError {
  if (thrown instanceof BankError && troubleOfBank.has(thrown.fault)) return thrown.purpose === 'data';
  return thrown instanceof BridgeError && aboutOneThing.has(thrown.code);
}
