import type { Clock, Monotonic } from '../../clock.ts';
import { elapsed, mostClockDifference, type Elapsed, type Moment } from '../../domain/moment.ts';
import type { Transfer } from '../../domain/transfer.ts';
import type { Instant } from '../../domain/values.ts';
import type { BankClock } from '../../monzo/bank-clock.ts';

/** When this process did what with a transfer. */
interface Marks {
  readonly first?: Monotonic;
  readonly last?: Monotonic;
  readonly settled?: Monotonic;
}

/** The longest day, on which the clocks go back. */
const longestDay = 25 * 3_600_000;

/**
 * Time as money needs it. The wall clock may be wrong and put right, monotonic time ends with the process and sleeps with
 * the machine, and the bank's time is only as new as its last answer: so every question is put to all three.
 */
export class MoneyClock {
  readonly #clock: Clock;
  readonly #bank: BankClock;
  readonly #began: Monotonic;
  readonly #marks = new Map<string, Marks>();

  constructor(clock: Clock, bank: BankClock) {
    this.#clock = clock;
    this.#bank = bank;
    this.#began = clock.monotonic();
  }

  moment(): Moment {
    return { wall: this.#clock.now(), bank: this.#bank.now(), monotonic: this.#clock.monotonic() };
  }

  /** By how much our wall clock is wrong by the bank's, in milliseconds; null before the bank has told the time. */
  difference(): number | null {
    return this.#bank.difference();
  }

  /** Whether the bank's clock and ours agree well enough to move money, or to conclude that none moved. */
  agrees(): boolean {
    const difference = this.difference();
    return difference !== null && difference <= mostClockDifference;
  }

  /**
   * The difference as the bank told it in answer to a request of this moment or a later one; where it did not, as it told it
   * before, unless the clock was set or the machine slept since. Null where nobody knows.
   */
  differenceSince(asked: Monotonic): number | null {
    return this.#bank.isSince(asked) || !this.#bank.isInDoubt() ? this.difference() : null;
  }

  /** Whether the bank has told the time to this process. */
  wasTold(): boolean {
    return this.#bank.now() !== null;
  }

  /** Whether the clocks are known to differ: then nothing is concluded from them. Where nobody knows, monotonic time counts. */
  contradicts(asked: Monotonic): boolean {
    const difference = this.differenceSince(asked);
    return difference !== null && difference > mostClockDifference;
  }

  /** Whether what was done before this process began was certainly done before today. */
  hasRunForADay(): boolean {
    return this.#clock.monotonic() - this.#began >= longestDay;
  }

  /** The transfers that this process sent and that may be of today, whatever the day is. */
  sentWithinADay(): readonly string[] {
    const since = this.#clock.monotonic() - longestDay;
    return [...this.#marks].flatMap(([id, { last }]) => (last !== undefined && last >= since ? [id] : []));
  }

  /** Whether the bank told the time in answer to a request of this moment or a later one. */
  isToldSince(asked: Monotonic): boolean {
    return this.#bank.isSince(asked);
  }

  /** The time now: ours, unless the bank says that it is wrong. */
  now(): Instant {
    const { wall, bank } = this.moment();
    return bank === null || this.agrees() ? wall : bank;
  }

  noteSend({ id, sends }: Pick<Transfer, 'id' | 'sends'>): void {
    const now = this.#clock.monotonic();
    this.#marks.set(id, { ...this.#marks.get(id), ...(sends === 1 ? { first: now } : {}), last: now });
  }

  noteSettled(id: string): void {
    const now = this.#clock.monotonic();
    for (const [old, { settled = now }] of this.#marks)
      if (settled < now - longestDay) this.#marks.delete(old);
    this.#marks.set(id, { ...this.#marks.get(id), settled: now });
  }

  /** The transfers that this process settled at this moment or later. */
  settledSince(asked: Monotonic): readonly string[] {
    return [...this.#marks].flatMap(([id, { settled }]) =>
      settled !== undefined && settled >= asked ? [id] : [],
    );
  }

  /** Null if there was no send. */
  sinceFirstSend({ id, firstSentAt }: Transfer, now = this.moment()): Elapsed | null {
    return this.#since(firstSentAt, this.#marks.get(id)?.first, now);
  }

  sinceLastSend({ id, lastSentAt }: Transfer, now = this.moment()): Elapsed | null {
    return this.#since(lastSentAt, this.#marks.get(id)?.last, now);
  }

  /** Since a transfer ended, or began where it has not ended. */
  sinceEnd({ id, settledAt, created }: Transfer, now = this.moment()): Elapsed | null {
    const { settled, first } = this.#marks.get(id) ?? {};
    return settledAt === null ? this.#since(created, first, now) : this.#since(settledAt, settled, now);
  }

  #since(at: Instant | null, monotonic: Monotonic | undefined, now: Moment): Elapsed | null {
    return at === null ? null : elapsed({ at, monotonic: monotonic ?? null }, now, this.#began);
  }
}
