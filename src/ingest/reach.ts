import type { Clock } from '../clock.ts';
import type { AccountReach } from '../domain/learnt.ts';
import type { Instant } from '../domain/values.ts';
import { durations, readableReach, reachHolds, reachSteps, timeOverlap } from '../limits.ts';
import { BankError } from '../monzo/bank-error.ts';
import type { MonzoClient } from '../monzo/monzo-client.ts';
import { refusesId } from '../monzo/page-walk.ts';
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

/** A known row from which a list begins, by its id: what comes after it costs the same however many rows came before. */
export interface Cursor {
  readonly id: string;
  readonly created: Instant;
}

/**
 * Lists from a row on. Where the bank refuses its id, it lists from the row's time within the same run, and for a week from
 * there at once. Otherwise as `listWithinReach`.
 */
export async function listFromCursor(
  tools: ReachTools,
  { since, ...request }: Omit<ReachRequest, 'since'> & { readonly since: Cursor },
  list: (since: Instant | string) => Promise<void>,
): Promise<Instant> {
  const { store, clock, loginId } = tools;
  const fromTime = () => listWithinReach(tools, { ...request, since: since.created - timeOverlap }, list);
  const { refusesIds } = store.learnt.of(loginId);
  if (refusesIds !== null && Math.abs(clock.now() - refusesIds) < reachHolds) return fromTime();
  try {
    await list(since.id);
    return since.created;
  } catch (thrown) {
    if (!refusesId(thrown) && !mayRefuseReach(thrown)) throw thrown;
    const begin = await fromTime();
    store.learnt.save(loginId, { refusesIds: clock.now() });
    return begin;
  }
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
  const { since } = request;
  try {
    await list(since);
    forgetShorterReach(tools, request);
    return since;
  } catch (thrown) {
    const nearer = mayRefuseReach(thrown) ? await learnReach(tools, request) : null;
    if (nearer === null) throw thrown;
    await list(nearer);
    return nearer;
  }
}

/** Whether a list may have been refused because it goes back too far; only other lists tell. */
export function mayRefuseReach(thrown: unknown): boolean {
  return thrown instanceof BankError && (thrown.status === 403 || thrown.fault === 'bad_request');
}

/**
 * Finds from when on the bank lists an account, after it refused `since`, and remembers the reach; null where it refuses
 * the shortest as well: then the refusal has another reason. What is refused once and then accepted was refused by chance,
 * and says nothing of the reach.
 */
export async function learnReach(tools: ReachTools, request: ReachRequest): Promise<Instant | null> {
  const { store, clock, loginId } = tools;
  const { accountId, since } = request;
  const steps = reachSteps.filter((step) => step < clock.now() - since);
  const from = (reach: number) => ({ ...request, since: clock.now() - reach });
  const accepts = async (what: ReachRequest) => (await lists(tools, what)) || lists(tools, what);
  let reach = steps.at(-1);
  if (reach === undefined || !(await lists(tools, from(reach)))) return null;
  if (await lists(tools, request)) return since;
  for (const step of steps.slice(0, -1).toReversed()) {
    if (!(await accepts(from(step)))) break;
    reach = step;
  }
  const others = store.learnt.of(loginId).reaches.filter((one) => one.accountId !== accountId);
  store.learnt.save(loginId, { reaches: [...others, { accountId, reach, at: clock.now() }] });
  return clock.now() - reach;
}

/** Whether the bank lists an account from an instant on. */
export async function lists({ client }: ReachTools, request: ReachRequest): Promise<boolean> {
  try {
    await client.transactions({ ...request, limit: 1 });
    return true;
  } catch (thrown) {
    if (!mayRefuseReach(thrown)) throw thrown;
    return false;
  }
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
