import { systemClock, type Clock } from '../../src/clock.ts';

/** A clock on the wall that says this instant now, and goes on as the machine's does. */
export function clockFrom(instant: string): Clock {
  const ahead = Date.parse(instant) - systemClock.now();
  return { ...systemClock, now: () => systemClock.now() + ahead };
}

/**
 * The clock of bridge, bank and browser: its day is the same on every day on which the tests run, so that no verdict depends
 * on it. `MONZO_BRIDGE_TEST_NOW` names another instant.
 */
export const clockOfToday = clockFrom(process.env['MONZO_BRIDGE_TEST_NOW'] ?? '2026-11-25T10:00:00Z');

/** A script that gives a page the clock. */
export function scriptOf(clock: Clock): string {
  const ahead = clock.now() - systemClock.now();
  return `{
    const Machine = Date;
    const now = () => Machine.now() + ${ahead};
    globalThis.Date = class Date extends Machine {
      constructor(...parts) {
        super(...(parts.length === 0 ? [now()] : parts));
      }
      static now() {
        return now();
      }
    };
  }`;
}
