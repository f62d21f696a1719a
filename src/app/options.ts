import type { Clock } from '../clock.ts';
import type { Config } from '../config.ts';
import type { Supervisor } from '../http/request-origin.ts';
import type { Log, Secrets } from '../log.ts';

/** What the program is given of the world: settings, time, chance, the network and the log. */
export interface AppOptions {
  readonly config: Config;
  readonly clock: Clock;
  readonly log: Log;
  readonly secrets: Secrets;
  readonly fetch: typeof globalThis.fetch;
  /** Between 0 and 1. */
  readonly random: () => number;
  readonly randomBytes: (size: number) => Uint8Array;
  readonly version: string;
  readonly supervisor?: Supervisor;
  /** Called before every write to the database; what it throws stops the write. */
  readonly beforeWrite?: (sql: string) => void;
  /** Where the built page lies, if not beside the program. */
  readonly webDirectory?: string;
}
