import { listingInterval } from '../domain/schedule.ts';
import { spanText } from '../domain/time.ts';
import type { PartHealth } from '../domain/view.ts';
import { listEvery } from '../limits.ts';
import type { Silence } from './ring-watch.ts';

/** The status of one account's webhook: wanted by the bridge, and registered at the bank. */
export interface Subscription {
  readonly accountId: string;
  readonly loginId: string;
  readonly wanted: string | null;
  readonly actual: boolean;
  /** Why it is not as wanted, as a sentence; null where it is. */
  readonly trouble: string | null;
  /** Why it counts as silent although it is registered; null where it does not. */
  readonly silence: Silence | null;
}

const silent = {
  nothing_arrives:
    'A proxy’s challenge page, a closed tunnel or an expired address may stop the calls. Test the address under Activity → Monzo, or with: monzo-bridge webhook test',
  others_ring:
    'Calls for other accounts do arrive, so the address works. There is nothing to do; to register the webhooks anew: monzo-bridge webhook unregister, then monzo-bridge webhook register',
} as const satisfies Readonly<Record<Silence, string>>;

/**
 * How the webhooks are, how transactions are found, and how late they may be. `pollEvery` is the interval that was set, in
 * milliseconds; null where none was.
 */
export function webhookHealth(all: readonly Subscription[], pollEvery: number | null): PartHealth {
  const part = 'webhooks';
  const late = (webhooksWork: boolean) =>
    spanText(listingInterval({ pollEvery, webhooksWork, figures: { listEvery } }));
  const wanted = all.filter((subscription) => subscription.wanted !== null);
  const trouble = all.flatMap((subscription) => subscription.trouble ?? []);
  const silences = all.flatMap(({ silence }) => silence ?? []);
  if (wanted.length === 0)
    return {
      part,
      state: 'ok',
      sentence: `There are no webhooks without an address that Monzo can reach. The bridge polls: transactions arrive up to ${late(false)} late.`,
    };
  if (trouble.length > 0) {
    const sentence = `Webhooks do not work for ${trouble.length} of ${wanted.length} accounts. Polling finds their transactions, up to ${late(false)} late. ${trouble[0]}`;
    return { part, state: 'degraded', sentence };
  }
  if (silences.length > 0) {
    const silence = silences.includes('nothing_arrives') ? 'nothing_arrives' : 'others_ring';
    const sentence = `Webhooks are registered at Monzo, but none arrived for the last transactions of ${silences.length} of ${wanted.length} accounts. Polling finds them, up to ${late(false)} late. ${silent[silence]}`;
    return { part, state: 'degraded', sentence };
  }
  return {
    part,
    state: 'ok',
    sentence: `Webhooks work for every account: transactions arrive within seconds. Where a call is lost, polling finds the transaction, up to ${late(true)} late.`,
  };
}
