import { consentExpiresAbout, type LoginView } from '../../domain/login.ts';
import { instantText, toMajorNumber, type Currency, type Instant, type Minor } from '../../domain/values.ts';
import type { AccountView, PotView } from '../../domain/view.ts';
import type { BridgeSnapshot, Snapshot } from '../output.ts';
import type { Topics } from './topics.ts';

/** What a topic shall show. Two with the same `content` are the same, however their payloads differ in `changed`. */
export interface TopicState {
  readonly topic: string;
  readonly content: Readonly<Record<string, unknown>> | string;
  /** Whether the payload tells since when it has been like this. */
  readonly dated: boolean;
  readonly retain: boolean;
}

export interface StateSettings {
  readonly topics: Topics;
  /** False keeps the balances off the broker's disk. */
  readonly retainState: boolean;
}

/** Everything but the discovery documents, in the order of publishing: "online" comes last. Amounts in major units. */
export function topicStates(
  { view, bridge }: Snapshot,
  { topics, retainState }: StateSettings,
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

/** The payload as text. `changed` is the instant since which the content has been what it is. */
export function payloadOf({ content, dated }: TopicState, changed: Instant): string {
  if (typeof content === 'string') return content;
  return JSON.stringify(dated ? { ...content, changed: instantText(changed) } : content);
}

/** What the broker says for us once we are gone. */
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
  // The bank answers every few minutes: to the hour, this is not a message per poll.
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
