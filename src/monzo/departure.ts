import { AsyncLocalStorage } from 'node:async_hooks';
import { subscribe } from 'node:diagnostics_channel';
import type { Effect } from './bank-error.ts';

/**
 * How far a request has come on its way out of this machine, as Node's own HTTP client tells it: a bank that never got a
 * request did not act on it, whatever went wrong: no connection, a wrong certificate, no answer in time.
 */
export interface Departure {
  /** What a failure says of the bank: there is no effect where the request surely never left. */
  effect(): Effect;
  /** Whether the client was not seen at work, so that only the kind of a failure can tell. */
  isUnseen(): boolean;
  /** Whether the client sent it again by itself, as it does after a 421: then a refusal may be one of the repetition. */
  isRepeated(): boolean;
  /** Runs what sends the request. */
  watch<T>(send: () => Promise<T>): Promise<T>;
}

/** What the client tells of one request. */
interface Steps {
  created(): void;
  left(): void;
}

const departing = new AsyncLocalStorage<Steps>();
/** By the client's own object for a request. */
const stepsOf = new WeakMap<object, Steps>();

/** A request that has not begun. */
export function createDeparture(): Departure {
  /** `begun`: handed to `fetch`, which may have sent it; `waiting`: for a connection. */
  let state: 'idle' | 'begun' | 'waiting' | 'left' = 'idle';
  let times = 0;
  const steps: Steps = {
    created: () => {
      if (state === 'begun') state = 'waiting';
    },
    left: () => {
      state = 'left';
      times += 1;
    },
  };
  return {
    effect: () => (state === 'idle' || state === 'waiting' ? 'none' : 'unknown'),
    isUnseen: () => state === 'begun',
    isRepeated: () => times > 1,
    watch: (send) => {
      state = 'begun';
      return departing.run(steps, send);
    },
  };
}

function requestIn(message: unknown): object | null {
  const { request } = message as { readonly request?: unknown };
  return typeof request === 'object' ? request : null;
}

subscribe('undici:request:create', (message) => {
  const request = requestIn(message);
  const steps = departing.getStore();
  if (request === null || steps === undefined) return;
  stepsOf.set(request, steps);
  steps.created();
});

/** Told before the first byte is written. */
subscribe('undici:client:sendHeaders', (message) => {
  const request = requestIn(message);
  if (request !== null) stepsOf.get(request)?.left();
});
