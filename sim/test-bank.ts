import type { Bank } from './bank.ts';
import { createFakeClock, seededRandom, type FakeClock } from './fake-clock.ts';
import { createFaults, type Faults } from './faults.ts';
import { household } from './household.ts';
import { bankFetch } from './server.ts';
import type { Switches } from './switches.ts';

export interface Reply {
  readonly status: number;
  readonly headers: Headers;
  /** The parsed JSON object. */
  readonly body: Record<string, unknown>;
}

/** A household's bank with its clock, faults and `fetch`, for tests. */
export interface TestBank {
  readonly bank: Bank;
  readonly clock: FakeClock;
  readonly faults: Faults;
  readonly fetch: typeof globalThis.fetch;
  /** One API request: `what` is `"GET /balance?account_id=…"`; `fields` go as a form. */
  ask(access: string | null, what: string, fields?: Readonly<Record<string, string>>): Promise<Reply>;
}

export interface TestBankOptions {
  readonly switches?: Partial<Switches>;
  readonly seed?: number;
  /** ISO 8601; a winter morning by default. */
  readonly start?: string;
}

/** Creates a test bank at a fixed time with seeded randomness. */
export function openTestBank(options: TestBankOptions = {}): TestBank {
  const clock = createFakeClock(Date.parse(options.start ?? '2026-11-23T09:00:00Z'));
  const { switches = {} } = options;
  const bank = household({ now: () => clock.now(), random: seededRandom(options.seed ?? 1), switches });
  const faults = createFaults(clock);
  const fetch = bankFetch(bank, faults);
  return {
    bank,
    clock,
    faults,
    fetch,
    async ask(access, what, fields) {
      const [method = 'GET', path = '/'] = what.split(' ');
      const response = await fetch(`https://api.monzo.com${path}`, {
        method,
        headers: access === null ? {} : { authorization: `Bearer ${access}` },
        ...(fields ? { body: new URLSearchParams(fields) } : {}),
      });
      const body = (await response.json()) as Record<string, unknown>;
      return { status: response.status, headers: response.headers, body };
    },
  };
}
