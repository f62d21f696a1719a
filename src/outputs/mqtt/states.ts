import { isDeepStrictEqual } from 'node:util';
import type { Clock } from '../../clock.ts';
import { consentExpiresAbout, type LoginView } from '../../domain/login.ts';
import { instantText, toMajorNumber, type Currency, type Instant, type Minor } from '../../domain/values.ts';
import { isGoalReached, type PotView, type ShownAccount } from '../../domain/view.ts';
import type { BridgeSnapshot, Release, Snapshot } from '../output.ts';
import { documentSources, originName, type DiscoverySettings } from './discovery.ts';
import type { Asked } from './entities.ts';
import type { Wanted } from './retained-topics.ts';

/** What a topic is to carry. States with the same content are equal, even where `changed` differs in their payloads. */
interface TopicState {
  readonly topic: string;
  /** All that the content is made of: it is the same as long as this is. */
  readonly from: unknown;
  readonly content: () => Readonly<Record<string, unknown>> | string;
  /** Whether the payload has `changed`, the instant of the last change. */
  readonly dated: boolean;
  readonly retain: boolean;
}

export interface RenderSettings extends Omit<DiscoverySettings, 'version' | keyof Asked> {
  /** False keeps the balances off the broker's disk. */
  readonly retainState: boolean;
  readonly clock: Clock;
}

/** Returns what turns snapshots into topics: it makes what differs from before, and remembers when each content last changed. */
export function createRenderer(
  settings: RenderSettings,
): (snapshot: Snapshot) => ReadonlyMap<string, Wanted> {
  const since = new Map<string, { readonly content: string; readonly at: Instant }>();
  const stateOf = ({ topic, content, dated, retain }: TopicState): Wanted => {
    const made = content();
    const text = typeof made === 'string' ? made : JSON.stringify(made);
    if (!dated || typeof made === 'string') return { payload: text, retain };
    const before = since.get(topic);
    const at = before?.content === text ? before.at : settings.clock.now();
    since.set(topic, { content: text, at });
    return { payload: JSON.stringify({ ...made, changed: instantText(at) }), retain };
  };
  const remembered = createMemory();
  return (snapshot) => {
    const { version, postsToFeed, release } = snapshot.bridge;
    const asked = { postsToFeed, tellsReleases: release !== null };
    const sources = documentSources(snapshot.view, { ...settings, ...asked, version });
    const documents = sources.map(({ topic, from, make }) => {
      const wanted = () => {
        const document = make();
        return { payload: JSON.stringify(document), retain: true, document };
      };
      return [topic, remembered(topic, from, wanted)] as const;
    });
    const states = topicStates(snapshot, settings).map(
      (state) => [state.topic, remembered(state.topic, state.from, () => stateOf(state))] as const,
    );
    return new Map([...documents, ...states]);
  };
}

/** Returns what makes the message of a topic only where it would be another one. Nearly everything is as it was before. */
function createMemory() {
  const known = new Map<string, { readonly from: unknown; readonly wanted: Wanted }>();
  return (topic: string, from: unknown, make: () => Wanted): Wanted => {
    const before = known.get(topic);
    if (before && isDeepStrictEqual(before.from, from)) return before.wanted;
    const wanted = make();
    known.set(topic, { from, wanted });
    return wanted;
  };
}

/** Everything but the discovery documents, in the order of publishing: "online" comes last. Amounts in major units. */
function topicStates(
  { view, bridge }: Snapshot,
  { topics, retainState }: Pick<RenderSettings, 'topics' | 'retainState'>,
): readonly TopicState[] {
  const kept = { dated: false, retain: true } as const;
  const money = { dated: true, retain: retainState } as const;
  const { version, paused, undelivered, counts, health, release } = bridge;
  return [
    ...view.accounts.map((account) => ({
      ...money,
      topic: topics.state(account.id),
      from: account,
      content: () => accountState(account),
    })),
    ...view.pots.map((pot) => ({
      ...money,
      topic: topics.state(pot.id),
      from: pot,
      content: () => potState(pot),
    })),
    ...view.logins.map((login) => ({
      ...kept,
      topic: topics.login(login.id),
      from: login,
      content: () => loginState(login),
    })),
    ...[...view.accounts, ...view.pots].map(({ id, available }) => ({
      ...kept,
      topic: topics.availability(id),
      from: available,
      content: () => (available ? 'online' : 'offline'),
    })),
    {
      ...kept,
      topic: topics.bridge.info,
      from: [version, paused, undelivered, counts],
      content: () => ({ version, paused, undelivered, counts }),
    },
    ...(release === null
      ? []
      : [{ ...kept, topic: topics.bridge.update, from: release, content: () => updateState(release) }]),
    { ...kept, topic: topics.bridge.health, from: health, content: () => healthState(bridge) },
    { ...kept, topic: topics.bridge.state, from: null, content: () => ({ state: 'online' }) },
  ];
}

/** The payload of the bridge's last will. */
export const offlinePayload = JSON.stringify({ state: 'offline' });

function accountState(account: ShownAccount) {
  const { balance, totalBalance, spentToday, spentThisMonth, leftToMoveToday, currency } = account;
  return {
    balance: major(balance, currency),
    total_balance: major(totalBalance, currency),
    spent_today: major(spentToday, currency),
    spent_since: text(account.spentSince),
    spent_this_month: major(spentThisMonth, currency),
    month_since: text(account.monthSince),
    left_to_move_today: major(leftToMoveToday, currency),
    low_balance: account.lowBalance?.isLow ?? null,
    currency,
  };
}

function potState(pot: PotView) {
  const { balance, goal, locked, currency } = pot;
  return {
    balance: major(balance, currency),
    goal: major(goal, currency),
    goal_reached: isGoalReached(pot),
    locked,
    currency,
  };
}

const hour = 3_600_000;

function loginState(login: LoginView) {
  // The bank answers every few minutes; rounded to the hour, not every reading changes the topic.
  const lastSuccess = login.lastSuccess === null ? null : Math.floor(login.lastSuccess / hour) * hour;
  return {
    state: login.state,
    needs: login.needs,
    last_success: text(lastSuccess),
    consent_expires_about: text(consentExpiresAbout(login)),
  };
}

/** As Home Assistant’s update entities read it. */
function updateState({ installed, latest, url }: Release) {
  return { installed_version: installed, latest_version: latest, title: originName, release_url: url };
}

function healthState({ health }: BridgeSnapshot) {
  return {
    parts: health.map(({ part, state, sentence }) => ({ part, state, sentence })),
  };
}

function major(amount: Minor | null, currency: Currency): number | null {
  return amount === null ? null : toMajorNumber(amount, currency);
}

function text(instant: Instant | null): string | null {
  return instant === null ? null : instantText(instant);
}
