import { setImmediate as nextTurn } from 'node:timers/promises';
import { messageOf } from '../errors.ts';
import type { Log } from '../log.ts';
import { Reader } from '../store/reader.ts';
import type { Store } from '../store/store.ts';

/** Few enough that a doorbell does not notice them. */
const atOnce = 200;

/** The reading side of the ledger, and the care of its derived columns. */
export class Books {
  readonly reader: Reader;
  readonly #store: Store;
  readonly #log: Log;
  #isClosed = false;

  constructor(store: Store, log: Log) {
    this.#store = store;
    this.#log = log;
    this.reader = new Reader({ path: store.path });
  }

  /** Judges older rows again, bit by bit, where the time zone or the rules have changed; ends by itself. */
  async revise(): Promise<void> {
    try {
      while (!this.#isClosed && this.#store.ledger.reviseSome(atOnce)) await nextTurn();
    } catch (thrown) {
      this.#log.warn(`Days and sums of older transactions are not up to date: ${messageOf(thrown)}`);
    }
  }

  /** How many transactions there are. */
  async transactions(): Promise<number> {
    const counts = await this.reader.ask('counts', null);
    return [...counts.values()].reduce((sum, count) => sum + count, 0);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.reader.close();
  }
}
