import { sleep } from '../async.ts';
import type { Clock, Monotonic } from '../clock.ts';
import type { Knowledge } from '../domain/fold.ts';
import { mostClockDifference } from '../domain/moment.ts';
import type { Instant } from '../domain/values.ts';
import type { PartHealth } from '../domain/view.ts';
import { durations } from '../limits.ts';
import type { Log } from '../log.ts';
import { leastStep, type BankClock } from '../monzo/bank-clock.ts';

export interface StepWatch {
  /** The machine's own clocks. */
  readonly wallClock: Clock;
  readonly log: Log;
  readonly signal: AbortSignal;
  /** The wall clock was set, or the machine slept. */
  readonly onStep: () => void;
}

const lookEvery = 30_000;
/** What is missed in a shorter time, by a clock that is set again and again or a machine that naps, the schedule finds. */
const leastApart = 5 * durations.minute;

/**
 * Notices that the wall clock was set or that the machine slept: then it has moved differently from monotonic time. What
 * was missed meanwhile must be looked for at once, but not again within five minutes. Resolves when the signal is aborted.
 */
export async function watchForSteps({ wallClock, log, signal, onStep }: StepWatch): Promise<void> {
  const offset = () => wallClock.now() - wallClock.monotonic();
  let before = offset();
  let looked: { readonly now: Instant; readonly monotonic: Monotonic } | null = null;
  /** By the clock that says most: only one of them goes on while the machine sleeps. */
  const sinceLook = () =>
    looked === null
      ? Number.POSITIVE_INFINITY
      : Math.max(wallClock.now() - looked.now, wallClock.monotonic() - looked.monotonic);
  while (await sleep(wallClock, lookEvery, signal)) {
    const step = offset() - before;
    before += step;
    if (Math.abs(step) < leastStep) continue;
    const seconds = Math.round(step / 1_000);
    if (sinceLook() < leastApart) {
      log.debug('The clock was set, or the machine slept, soon after the last time.', { seconds });
      continue;
    }
    log.warn('The clock was set, or the machine slept: the bridge reads everything again.', { seconds });
    looked = { now: wallClock.now(), monotonic: wallClock.monotonic() };
    onStep();
  }
}

/** Whether this machine's clock is right by the bank's, and nothing that is stored is dated ahead of it. */
export function clockHealth(clock: Clock, bank: BankClock, knowledge: Knowledge): PartHealth {
  const wrong = bank.isInDoubt() ? null : wrongClockSentence(bank.ahead());
  const sentence =
    wrong ??
    (bank.isSilent() ? silentSentence : null) ??
    aheadSentence(newestReading(knowledge) - clock.now());
  return { part: 'clock', state: sentence === null ? 'ok' : 'degraded', sentence };
}

/** Unknown is not right. */
const silentSentence =
  'Monzo’s answers do not say what time it is, or repeat an old time, so this machine’s clock cannot be checked. Look for a proxy between the bridge and Monzo that removes or keeps the Date of answers. Meanwhile money is moved only where the time since the last moves is certain.';

function wrongClockSentence(ahead: number): string | null {
  if (Math.abs(ahead) <= mostClockDifference) return null;
  const direction = ahead > 0 ? 'ahead of' : 'behind';
  return `This machine’s clock is ${spanText(Math.abs(ahead))} ${direction} Monzo’s. Until it is right the bridge goes by Monzo’s time and moves no money. Turn on network time (NTP) on this machine.`;
}

function aheadSentence(ahead: number): string | null {
  if (ahead <= mostClockDifference) return null;
  return `What was last read from Monzo is dated ${spanText(ahead)} ahead, because this machine’s clock was wrong. The next reading replaces it; there is nothing to do.`;
}

function newestReading({ accounts, balances, pots }: Knowledge): number {
  const dates = [accounts, balances, pots].flatMap((readings) => [...readings.values()].map(({ at }) => at));
  return Math.max(Number.NEGATIVE_INFINITY, ...dates);
}

const units = [
  { name: 'day', ms: durations.day },
  { name: 'hour', ms: durations.hour },
  { name: 'minute', ms: durations.minute },
] as const;

function spanText(ms: number): string {
  const unit = units.find((one) => ms >= one.ms * 1.5) ?? units[2];
  const count = Math.round(ms / unit.ms);
  return `about ${count} ${unit.name}${count === 1 ? '' : 's'}`;
}
