import type { Clock } from '../clock.ts';
import type { AccountReach } from '../domain/learnt.ts';
import type { Instant } from '../domain/values.ts';
import { durations, readableReach, reachHolds, reachSteps } from '../limits.ts';
import { BankError } from '../monzo/bank-error.ts';
import type { MonzoClient } from '../monzo/monzo-client.ts';
import type { Store } from '../store/store.ts';

/** A list that is slow begins further back than it was asked for. */
const forgiven = durations.hour;

/** What it takes to learn how far back an account can be listed through one login. */
export interface ReachTools {
  readonly loginId: string;
  readonly client: MonzoClient;
  readonly store: Pick<Store, 'learnt'>;
  readonly clock: Clock;
}

/** How far back the bank lists an account's transactions at any time, as far as was seen; in milliseconds. */
export function reachOf(tools: Omit<ReachTools, 'client'>, accountId: string): number {
  const known = knownReach(tools, accountId);
  const isFresh = known !== undefined && Math.abs(tools.clock.now() - known.at) < reachHolds;
  return isFresh ? known.reach : readableReach;
}

interface ReachRequest {
  readonly accountId: string;
  readonly since: Instant;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Lists from `since` on. Where the bank refuses that and lists what is nearer, it lists from as far back as the bank allows,
 * which is remembered for the account. Returns from when on was listed. Throws what the bank answers to every `since`
 * alike.
 */
export async function listWithinReach(
  tools: ReachTools,
  request: ReachRequest,
  list: (since: Instant) => Promise<void>,
): Promise<Instant> {
  const { accountId, since } = request;
  try {
    await list(since);
    forgetShorterReach(tools, request);
    return since;
  } catch (thrown) {
    if (!mayRefuseReach(thrown)) throw thrown;
    const reach = await findReach(tools, request);
    if (reach === null) throw thrown;
    const { store, clock, loginId } = tools;
    const others = store.learnt.of(loginId).reaches.filter((one) => one.accountId !== accountId);
    store.learnt.save(loginId, { reaches: [...others, { accountId, reach, at: clock.now() }] });
    const nearer = clock.now() - reach;
    await list(nearer);
    return nearer;
  }
}

/** Whether a list may have been refused because it goes back too far; only other lists tell. */
export function mayRefuseReach(thrown: unknown): boolean {
  return thrown instanceof BankError && (thrown.status === 403 || thrown.fault === 'bad_request');
}

/**
 * The longest reach that the bank accepts, shorter than the one that it refused; null where it refuses the shortest as
 * well: then the refusal has another reason.
 */
async function findReach(
  tools: ReachTools,
  { accountId, since, signal }: ReachRequest,
): Promise<number | null> {
  const { client, clock } = tools;
  const accepts = async (reach: number): Promise<boolean> => {
    try {
      await client.transactions({ accountId, since: clock.now() - reach, limit: 1, signal });
      return true;
    } catch (thrown) {
      if (!mayRefuseReach(thrown)) throw thrown;
      return false;
    }
  };
  const steps = reachSteps.filter((step) => step < clock.now() - since);
  const shortest = steps.at(-1);
  if (shortest === undefined || !(await accepts(shortest))) return null;
  for (const step of steps) if (step === shortest || (await accepts(step))) return step;
  return null;
}

function knownReach(
  { store, loginId }: Omit<ReachTools, 'client'>,
  accountId: string,
): AccountReach | undefined {
  return store.learnt.of(loginId).reaches.find((one) => one.accountId === accountId);
}

function forgetShorterReach(tools: ReachTools, { accountId, since }: ReachRequest): void {
  const { store, clock, loginId } = tools;
  const known = knownReach(tools, accountId);
  if (known === undefined || clock.now() - since <= known.reach + forgiven) return;
  const others = store.learnt.of(loginId).reaches.filter((one) => one.accountId !== accountId);
  store.learnt.save(loginId, { reaches: others });
}
