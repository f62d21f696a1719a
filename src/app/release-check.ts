import { z } from 'zod';
import { createSignal, withDeadline } from '../async.ts';
import type { Clock } from '../clock.ts';
import { isNewer } from '../domain/version.ts';
import { messageOf } from '../errors.ts';
import { durations } from '../limits.ts';
import type { Log } from '../log.ts';
import { sendPlain } from '../plain-http.ts';
import type { Release } from '../outputs/output.ts';
import type { Settings } from '../store/bridge-records.ts';

export interface ReleaseCheck {
  /** The newest version as far as is known, or the one that runs; null where nobody asked to be told. */
  release(): Release | null;
  /** Looks at once whether it is to ask now. */
  wake(): void;
  run(): Promise<void>;
  close(): void;
}

export interface ReleaseCheckOptions {
  readonly clock: Clock;
  /** Between 0 and 1. */
  readonly random: () => number;
  readonly log: Log;
  readonly settings: Pick<Settings, 'get' | 'set'>;
  readonly version: string;
  /** The registry's document of the newest version. */
  readonly url?: string | undefined;
  readonly isWanted: () => boolean;
  readonly onChange: () => void;
}

/**
 * Every machine at its own time of the day. An answer has a few thousand bytes; what is much longer is none. After a start the
 * bank first tells what time it is.
 */
const releaseCheck = {
  every: durations.day,
  jitter: 0.25,
  afterStart: 5 * durations.minute,
  answer: 10 * durations.second,
  mostBytes: 256 * 1024,
} as const;

const packageName = 'monzo-bridge';
const registry = `https://registry.npmjs.org/${packageName}/latest`;
/** Nothing of an address is taken from what the registry answers. */
const pageOf = (version: string) => `https://www.npmjs.com/package/${packageName}/v/${version}`;

const versionForm = /^(\d{1,5})\.(\d{1,5})\.(\d{1,5})$/;
const answerSchema = z.object({
  name: z.literal(packageName),
  version: z.string().max(20).regex(versionForm),
});

const key = 'release_check';
const storedSchema = z
  .object({ asked_at: z.number(), latest: z.string().regex(versionForm).nullable() })
  .nullable()
  .catch(null);

/**
 * Asks the package registry at most once a day which version is the newest, where a person wants to be told. What goes wrong
 * is logged for developers alone, and changes nothing: the registry is no part of the bridge's health.
 */
export function createReleaseCheck(options: ReleaseCheckOptions): ReleaseCheck {
  const { clock, random, log, settings, version, url = registry, isWanted, onChange } = options;
  const closing = new AbortController();
  const signal = createSignal(clock, closing.signal);
  let stored = storedSchema.parse(settings.get(key) ?? null);

  const keep = (next: NonNullable<typeof stored>) => {
    stored = next;
    try {
      settings.set(key, next);
    } catch (thrown) {
      log.debug('The check for a new version could not be noted.', { reason: messageOf(thrown) });
    }
  };
  const ask = async () => {
    const latest = stored?.latest ?? null;
    keep({ asked_at: clock.now(), latest });
    try {
      const newest = await askRegistry({ clock, url, signal: closing.signal });
      keep({ asked_at: clock.now(), latest: newest });
      if (newest !== latest) onChange();
    } catch (thrown) {
      log.debug('The package registry did not say which version is the newest.', {
        reason: messageOf(thrown),
      });
    }
  };
  return {
    release: () => {
      if (!isWanted()) return null;
      const latest = newestOf(version, stored?.latest ?? version);
      return { installed: version, latest, url: pageOf(latest) };
    },
    wake: () => signal.wake(),
    run: async () => {
      // By then the bank has told the time; and a house with many machines does not ask all at once after a power cut.
      if (stored !== null) await signal.raised({ atMost: releaseCheck.afterStart * (1 + random()) });
      while (!closing.signal.aborted) {
        const every = releaseCheck.every * (1 + releaseCheck.jitter * random());
        const left = stored === null ? 0 : stored.asked_at + every - clock.now();
        if (!isWanted()) await signal.raised();
        // Further away than that it was noted by a clock that was wrong.
        else if (left <= 0 || left > 2 * releaseCheck.every) await ask();
        else await signal.raised({ atMost: left });
      }
    },
    close: () => closing.abort(new Error('the bridge is stopping')),
  };
}

interface Asked {
  readonly clock: Clock;
  readonly url: string;
  readonly signal: AbortSignal;
}

/** The newest version by the registry. Throws whatever keeps it from saying so. */
async function askRegistry({ clock, url, signal }: Asked): Promise<string> {
  const late = () => new Error('It did not answer in time.');
  const { status, text } = await withDeadline({ clock, ms: releaseCheck.answer, late, signal }, (until) =>
    sendPlain({
      method: 'GET',
      url,
      headers: { accept: 'application/json' },
      most: releaseCheck.mostBytes,
      signal: until,
    }),
  );
  if (status !== 200) throw new Error(`It answered ${status}.`);
  const read = answerSchema.safeParse(parsed(text));
  if (!read.success) throw new Error('Its answer is not about a version of this package.');
  return read.data.version;
}

/** Undefined for what is not JSON: the error would quote it. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The later one of two versions; the first where they are alike, or one is no release. */
function newestOf(installed: string, other: string): string {
  return versionForm.test(installed) && isNewer(other, installed) ? other : installed;
}
