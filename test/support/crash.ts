import assert from 'node:assert/strict';
import { join, relative } from 'node:path';
import type { Clock } from '../../src/clock.ts';
import type { CallBank, OutgoingRequest } from '../../src/monzo/bank-connection.ts';

/** Asked by an edge before the bridge gets past a point; false once it has crashed, there or earlier. */
export type Gate = (point: string) => boolean;

/**
 * Where the bridge can crash, has been and did crash. A point is a kind and a place: `bank GET /balance unanswered`,
 * `write INSERT INTO event`, `wait outputs/delivery-loop.ts`, `mqtt monzo/+/transaction unsent`, `home_assistant ping unsent`.
 */
export interface Crashes {
  /** Every point passed so far, with how often. */
  readonly reached: ReadonlyMap<string, number>;
  /** The points at which the bridge crashed, in order. */
  readonly happened: readonly string[];
  /** The next point that this accepts is the last one the bridge reaches; it holds for one crash. */
  arm(when: ((point: string) => boolean) | null): void;
  /** Notes that the bridge is at a point, and whether it crashes there. */
  strikes(point: string): boolean;
}

export function createCrashes(): Crashes {
  const reached = new Map<string, number>();
  const happened: string[] = [];
  let strikesAt: ((point: string) => boolean) | null = null;
  return {
    reached,
    happened,
    arm: (when) => {
      strikesAt = when;
    },
    strikes: (point) => {
      reached.set(point, (reached.get(point) ?? 0) + 1);
      if (strikesAt?.(point) !== true) return false;
      strikesAt = null;
      happened.push(point);
      return true;
    },
  };
}

/** Prints how many different points were reached, and fails with the expected ones that never were. */
export function assertReached({ reached }: Crashes, expected: readonly string[]): void {
  console.log(`crash points: ${reached.size} different ones reached`);
  const missed = expected.filter((point) => !reached.has(point));
  assert.deepEqual(missed, [], 'crash points that were never reached');
}

/** All that one composition has of the world. When it is over nothing comes through any more, in no direction. */
export interface Life {
  readonly clock: Clock;
  readonly callBank: CallBank;
  readonly beforeWrite: (sql: string) => void;
  readonly gate: Gate;
  readonly over: AbortSignal;
  end(): void;
}

export interface LifeOptions {
  readonly clock: Clock;
  /** The way to the bank. */
  readonly callBank: CallBank;
  /** Undefined where nobody arms a crash or reads which points were reached. */
  readonly crashes: Crashes | undefined;
  /** Called at the very instant of the end, before anything else can happen. */
  readonly onEnd: () => void;
}

export function createLife({ clock, callBank, crashes, onEnd }: LifeOptions): Life {
  const ending = new AbortController();
  const over = ending.signal;
  const end = () => {
    if (over.aborted) return;
    onEnd();
    ending.abort(new Error('the bridge has crashed'));
  };
  const gate: Gate = (point) => {
    if (over.aborted) return false;
    if (crashes?.strikes(point) === true) end();
    return !over.aborted;
  };
  return {
    over,
    end,
    gate,
    clock: mortalClock(clock, gate, crashes ? () => `wait ${callerInSource()}` : () => 'wait'),
    callBank: async (request) => {
      const call = nameOfCall(request);
      if (!gate(`bank ${call} unsent`)) throw over.reason as Error;
      const answer = await unlessOver(over, callBank(request));
      if (!gate(`bank ${call} unanswered`)) throw over.reason as Error;
      return answer;
    },
    beforeWrite: namedWrites((point) => {
      if (!gate(point)) throw over.reason as Error;
    }),
  };
}

/** The call's own outcome, or the crash that comes before it. */
export function unlessOver<T>(over: AbortSignal, call: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const cut = () => reject(over.reason as Error);
    if (over.aborted) cut();
    else over.addEventListener('abort', cut, { once: true });
    void call.then(resolve, reject).finally(() => over.removeEventListener('abort', cut));
  });
}

/** Nobody wakes who waited when the bridge crashed; being told to give up still works, so that it can be thrown away. */
function mortalClock(clock: Clock, gate: Gate, nameOfWait: () => string): Clock {
  return {
    now: () => clock.now(),
    monotonic: () => clock.monotonic(),
    wait: async (ms, signal) => {
      const point = nameOfWait();
      await clock.wait(ms, signal);
      if (!gate(point)) await untilAborted(signal);
    },
  };
}

function untilAborted(signal: AbortSignal | undefined): Promise<never> {
  return new Promise((_resolve, reject) => {
    const giveUp = () => reject(signal?.reason as Error);
    if (signal?.aborted) giveUp();
    else signal?.addEventListener('abort', giveUp, { once: true });
  });
}

const source = join(import.meta.dirname, '../../src');

/** The file below `src` that waits, as the stack shows it: not the module through which all waiting goes. */
function callerInSource(): string {
  const lines = (new Error().stack ?? '').split('\n');
  const paths = lines.flatMap((line) => /(?:file:\/\/)?(\/[^():]+):\d+:\d+/.exec(line)?.[1] ?? []);
  const caller = paths.find((path) => path.startsWith(`${source}/`) && path !== `${source}/async.ts`);
  return caller === undefined ? 'elsewhere' : relative(source, caller);
}

function nameOfCall({ method, url }: OutgoingRequest): string {
  const route = new URL(url).pathname.replaceAll(/\/(?:acc|pot|tx|webhook)_[^/]+/g, '/:id');
  return `${method} ${route}`;
}

const startOfWrite =
  /^\s*((?:INSERT|REPLACE|CREATE|DROP|ALTER)\b.*?\b(?:INTO|TABLE|INDEX|TRIGGER)\s+\w+|\w+(?:\s+FROM)?(?:\s+\w+)?)/s;

/** Each write is known by the start of its SQL, and a commit by the last write before it. */
function namedWrites(reach: (point: string) => void): (sql: string) => void {
  let before = 'nothing';
  return (sql) => {
    const name = sql.startsWith('COMMIT')
      ? `COMMIT after ${before}`
      : (startOfWrite.exec(sql)?.[1] ?? sql).replaceAll(/\s+/g, ' ');
    before = name;
    reach(`write ${name}`);
  };
}
