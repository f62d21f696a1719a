import type { Grant, Model } from './model.ts';
import { Refusal } from './refusal.ts';
import type { Switches } from './switches.ts';
import { minutes } from './wire-time.ts';

interface CallLimit {
  readonly most: number;
  readonly perMs: number;
  /** Whether refused calls count too, so that who goes on asking goes on being refused. */
  readonly isSticky: boolean;
}

/** Nobody knows the bank's figures; the sticky ones are from the only report there is. */
const limits: Readonly<Record<Switches['callLimit'], CallLimit | null>> = {
  none: null,
  sliding: { most: 60, perMs: minutes, isSticky: false },
  sticky: { most: 30, perMs: 5 * minutes, isSticky: true },
};

/** Counts a call of a sign-in. Throws 429, without `Retry-After`, where there were too many before it. */
export function countCall(model: Model, grant: Grant): void {
  const limit = limits[model.switches.callLimit];
  if (limit === null) return;
  const key = `${grant.clientId} ${grant.userId}`;
  const recent = (model.callTimes.get(key) ?? []).filter((at) => at > model.now() - limit.perMs);
  const isRefused = recent.length >= limit.most;
  if (!isRefused || limit.isSticky) recent.push(model.now());
  model.callTimes.set(key, recent);
  if (isRefused)
    throw new Refusal({ code: 'rate_limited', message: 'Too many requests', retryable: { value: true } });
}
