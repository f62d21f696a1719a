import type { Clock } from '../clock.ts';
import type { Finding } from '../domain/check.ts';
import type { Knowledge } from '../domain/fold.ts';
import { mostClockDifference } from '../domain/moment.ts';
import type { PartHealth } from '../domain/view.ts';
import { durations } from '../limits.ts';
import type { BankClock } from './bank-clock.ts';

/** Whether this machine's clock is right by the bank's, and nothing that is stored is dated ahead of it. */
export function clockHealth(clock: Clock, bank: BankClock, knowledge: Knowledge | null): PartHealth {
  const wrong = bank.isInDoubt() ? null : wrongClockSentence(bank.ahead());
  const sentence =
    wrong ??
    (bank.isSilent() ? silentSentence : null) ??
    aheadSentence(knowledge === null ? 0 : newestReading(knowledge) - clock.now());
  return { part: 'clock', state: sentence === null ? 'ok' : 'degraded', sentence };
}

/** The same for a person who looks: also where nothing is wrong, and where the bank has not told the time since the clock was set. */
export function clockFinding(clock: Clock, bank: BankClock, knowledge: Knowledge | null): Finding {
  const { state, sentence } = clockHealth(clock, bank, knowledge);
  if (sentence !== null) return { state, sentence };
  if (bank.now() === null || bank.isInDoubt())
    return {
      state: 'unknown',
      sentence: 'Monzo did not answer, so this machine’s clock could not be compared with its.',
    };
  return { state, sentence: 'This machine’s clock agrees with Monzo’s.' };
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
