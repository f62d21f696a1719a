import type { Clock } from '../../clock.ts';
import { consentExpiresAbout, type LoginView } from '../../domain/login.ts';
import { instantText, toMajorNumber, type Currency, type Instant, type Minor } from '../../domain/values.ts';
import type { AccountView, PotView } from '../../domain/view.ts';
import type { BridgeSnapshot, Snapshot } from '../output.ts';
import { discoveryDocuments, type DiscoverySettings } from './discovery.ts';
import type { Wanted } from './retained-topics.ts';

/** What a topic is to carry. States with the same content are equal, even where `changed` differs in their payloads. */
interface TopicState {
  readonly topic: string;
  readonly content: Readonly<Record<string, unknown>> | string;
  /** Whether the payload has `changed`, the instant of the last change. */
  readonly dated: boolean;
  readonly retain: boolean;
}

export interface RenderSettings extends Omit<DiscoverySettings, 'version'> {
  /** False keeps the balances off the broker's disk. */
  readonly retainState: boolean;
  readonly clock: Clock;
}

/** Returns what turns snapshots into topics. It remembers when the content of each topic last changed. */
export function createRenderer(
  settings: RenderSettings,
): (snapshot: Snapshot) => ReadonlyMap<string, Wanted> {
  const since = new Map<string, { readonly content: string; readonly at: Instant }>();
  const payload = (state: TopicState) => {
    const content = JSON.stringify(state.content);
    const before = since.get(state.topic);
    const at = before?.content === content ? before.at : settings.clock.now();
    since.set(state.topic, { content, at });
    return payloadOf(state, at);
  };
  return (snapshot) => {
    const documents = discoveryDocuments(snapshot.view, { ...settings, version: snapshot.bridge.version });
    return new Map<string, Wanted>([
      ...[...documents].map(
        ([topic, document]) =>
          [topic, { payload: JSON.stringify(document), retain: true, document }] as const,
      ),
      ...topicStates(snapshot, settings).map(
        (state) => [state.topic, { payload: payload(state), retain: state.retain }] as const,
      ),
    ]);
  };
}

/** Everything but the discovery documents, in the order of publishing: "online" comes last. Amounts in major units. */
function topicStates(
  { view, bridge }: Snapshot,
  { topics, retainState }: Pick<RenderSettings, 'topics' | 'retainState'>,
): readonly TopicState[] {
  const kept = { dated: false, retain: true } as const;
  const money = { dated: true, retain: retainState } as const;
  const dated = [
    ...view.accounts.map((account) => ({ topic: topics.state(account.id), content: accountState(account) })),
    ...view.pots.map((pot) => ({ topic: topics.state(pot.id), content: potState(pot) })),
  ];
  const plain = [
    ...view.logins.map((login) => ({ topic: topics.login(login.id), content: loginState(login) })),
    ...[...view.accounts, ...view.pots].map(({ id, available }) => ({
      topic: topics.availability(id),
      content: available ? 'online' : 'offline',
    })),
    { topic: topics.bridge.info, content: infoState(bridge) },
    { topic: topics.bridge.health, content: healthState(bridge) },
    { topic: topics.bridge.state, content: { state: 'online' } },
  ];
  return [
    ...dated.map((state) => ({ ...state, ...money })),
    ...plain.map((state) => ({ ...state, ...kept })),
  ];
}

/** The payload as text. `changed` is the instant of the last change of the content. */
function payloadOf({ content, dated }: TopicState, changed: Instant): string {
  if (typeof content === 'string') return content;
  return JSON.stringify(dated ? { ...content, changed: instantText(changed) } : content);
}

/** The payload of the bridge's last will. */
export const offlinePayload = JSON.stringify({ state: 'offline' });

function accountState({ balance, totalBalance, spentToday, spentSince, currency }: AccountView) {
  return {
    balance: major(balance, currency),
    total_balance: major(totalBalance, currency),
    spent_today: major(spentToday, currency),
    spent_since: text(spentSince),
    currency,
  };
}

function potState({ balance, goal, locked, currency }: PotView) {
  return { balance: major(balance, currency), goal: major(goal, currency), locked, currency };
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

function infoState({ version, paused, undelivered, counts }: BridgeSnapshot) {
  return { version, paused, undelivered, counts };
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
