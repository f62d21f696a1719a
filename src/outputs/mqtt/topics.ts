import { deviceIdentifier, safeId } from '../../domain/names.ts';
import { longestResponseTopic } from '../../limits.ts';

/** Every topic that the bridge publishes to. Neither base nor prefix ends with a slash. */
export interface Topics {
  readonly base: string;
  readonly prefix: string;
  /** What tells this bridge's own devices in Home Assistant from those of another; null with the usual base topic. */
  readonly apart: string | null;
  readonly bridge: {
    readonly state: string;
    readonly info: string;
    readonly health: string;
    /** The version that runs, and the newest one. */
    readonly update: string;
    /** Outcomes of transfers that were unknown at first. */
    readonly transfer: string;
    /** Where bridges ask whether another one lives below the base topic, and where it answers. */
    readonly challenge: string;
    readonly answer: string;
    /** Nobody publishes to it. */
    readonly silent: string;
  };
  readonly pauseRequest: string;
  readonly feedRequest: string;
  /** Home Assistant requires one for a select. Nothing listens. */
  readonly refuser: string;
  login(id: string): string;
  /** An account's or a pot's state. */
  state(id: string): string;
  availability(id: string): string;
  transaction(accountId: string): string;
  event(accountId: string): string;
  /** The discovery document of one device. */
  document(id: string): string;
}

const usualBase = 'monzo';

/** The topics below a base topic and a discovery prefix. */
export function topicsBelow(base: string, prefix: string): Topics {
  return {
    base,
    prefix,
    apart: base === usualBase ? null : base,
    bridge: {
      state: `${base}/bridge/state`,
      info: `${base}/bridge/info`,
      health: `${base}/bridge/health`,
      update: `${base}/bridge/update`,
      transfer: `${base}/bridge/transfer`,
      challenge: `${base}/bridge/challenge`,
      answer: `${base}/bridge/challenge/answer`,
      silent: `${base}/bridge/silent`,
    },
    pauseRequest: `${base}/bridge/request/pause`,
    feedRequest: `${base}/bridge/request/feed_item`,
    refuser: `${base}/bridge/action_failure`,
    login: (id) => `${base}/login/${safeId(id)}`,
    state: (id) => `${base}/${safeId(id)}`,
    availability: (id) => `${base}/${safeId(id)}/availability`,
    transaction: (accountId) => `${base}/${safeId(accountId)}/transaction`,
    event: (accountId) => `${base}/${safeId(accountId)}/event`,
    document: (id) => `${prefix}/device/${deviceIdentifier(id)}/config`,
  };
}

/** Whether a topic falls under a filter with `+` and `#`, by MQTT's rules. */
export function filterMatches(filter: string, topic: string): boolean {
  const wanted = filter.split('/');
  const levels = topic.split('/');
  const matches = wanted.every(
    (part, index) => part === '#' || (index < levels.length && (part === '+' || part === levels[index])),
  );
  return matches && (wanted.at(-1) === '#' || wanted.length === levels.length);
}

export interface ResponseTopicRules {
  readonly topics: Pick<Topics, 'base' | 'prefix'>;
  /** Callers may also name topics below this one; null where only those below the bridge's own response topic. */
  readonly responsePrefix: string | null;
}

/** Home Assistant's own topics, also where its discovery prefix is another one. */
const homeAssistant = 'homeassistant';

/** Wildcards, and characters that a broker may take for a broken packet: it then closes the connection. */
const unpublishable = /[#+\p{Cc}\p{Noncharacter_Code_Point}\u{FFFD}]/u;

/**
 * Whether a caller may have its answer on this topic. Only below the bridge's own response topic and below the prefix that
 * the setting names, because whoever may name the topic could otherwise command every other program on the broker. Only
 * topics that every broker takes: some end the connection on any other.
 */
export function mayAnswerTo(topic: string, { topics, responsePrefix }: ResponseTopicRules): boolean {
  return isPublishable(topic) && isAllowed(topic, { topics, responsePrefix });
}

function isPublishable(topic: string): boolean {
  const { bytes, levels } = longestResponseTopic;
  return (
    topic !== '' &&
    topic.length <= bytes &&
    Buffer.byteLength(topic) <= bytes &&
    topic.split('/').length <= levels &&
    topic.isWellFormed() &&
    !topic.startsWith('$') &&
    !unpublishable.test(topic)
  );
}

function isAllowed(topic: string, { topics: { base, prefix }, responsePrefix }: ResponseTopicRules): boolean {
  if (isBelow(`${base}/bridge/response`, topic)) return true;
  if (responsePrefix === null || !isBelow(responsePrefix, topic)) return false;
  return ![base, prefix, homeAssistant].some((root) => topic === root || isBelow(root, topic));
}

function isBelow(root: string, topic: string): boolean {
  return topic.startsWith(`${root}/`) && topic.length > root.length + 1;
}

export interface OutgoingMessage {
  readonly topic: string;
  /** Empty to clear the retained message. */
  readonly payload: string;
  readonly retain: boolean;
  /** MQTT 5 only: belongs to the request that this answers. */
  readonly correlationData?: Uint8Array;
}

export interface IncomingMessage {
  readonly topic: string;
  readonly payload: string;
  /** Whether the payload was valid UTF-8. Where it was not, two different payloads may read the same. */
  readonly isText: boolean;
  /** True for the broker's stored copy, and for live messages where the subscription says retain-as-published. */
  readonly retain: boolean;
  /** MQTT 5 only. */
  readonly responseTopic?: string;
  /** MQTT 5 only: in how many seconds it expires; left out where its sender set no expiry. */
  readonly expiresIn?: number;
  readonly correlationData?: Uint8Array;
}
