import { deviceIdentifier, safeId } from '../../domain/names.ts';

/** Where everything is published. Neither base nor prefix has a slash at its end. */
export interface Topics {
  readonly base: string;
  readonly prefix: string;
  readonly bridge: {
    readonly state: string;
    readonly info: string;
    readonly health: string;
    /** Outcomes of transfers that were unknown before. */
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

/** Every topic of ours below a base topic and a discovery prefix. */
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
