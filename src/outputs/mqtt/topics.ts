import { deviceIdentifier, safeId } from '../../domain/names.ts';

/** Every topic that the bridge publishes to. Neither base nor prefix ends with a slash. */
export interface Topics {
  readonly base: string;
  readonly prefix: string;
  readonly bridge: {
    readonly state: string;
    readonly info: string;
    readonly health: string;
    /** Outcomes of transfers that were unknown at first. */
    readonly transfer: string;
  };
  readonly pauseRequest: string;
  login(id: string): string;
  /** An account's or a pot's state. */
  state(id: string): string;
  availability(id: string): string;
  transaction(accountId: string): string;
  event(accountId: string): string;
  /** The discovery document of one device. */
  document(id: string): string;
}

/** The topics below a base topic and a discovery prefix. */
export function topicsBelow(base: string, prefix: string): Topics {
  return {
    base,
    prefix,
    bridge: {
      state: `${base}/bridge/state`,
      info: `${base}/bridge/info`,
      health: `${base}/bridge/health`,
      transfer: `${base}/bridge/transfer`,
    },
    pauseRequest: `${base}/bridge/request/pause`,
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
  /** True for the broker's stored copy, and for live messages where the subscription says retain-as-published. */
  readonly retain: boolean;
  /** MQTT 5 only. */
  readonly responseTopic?: string;
  /** MQTT 5 only: in how many seconds it expires; left out where its sender set no expiry. */
  readonly expiresIn?: number;
  readonly correlationData?: Uint8Array;
}
