import { createHash } from 'node:crypto';

/** Where everything is published. Neither base nor prefix has a slash at its end. */
export interface Topics {
  readonly base: string;
  readonly prefix: string;
  readonly bridge: { readonly state: string; readonly info: string; readonly health: string };
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
    bridge: { state: `${base}/bridge/state`, info: `${base}/bridge/info`, health: `${base}/bridge/health` },
    pauseRequest: `${base}/bridge/request/pause`,
    login: (id) => `${base}/login/${safeId(id)}`,
    state: (id) => `${base}/${safeId(id)}`,
    availability: (id) => `${base}/${safeId(id)}/availability`,
    transaction: (accountId) => `${base}/${safeId(accountId)}/transaction`,
    event: (accountId) => `${base}/${safeId(accountId)}/event`,
    document: (id) => `${prefix}/device/${deviceIdentifier(id)}/config`,
  };
}

/** The device's identifier and the node of its discovery topic; Home Assistant allows letters, digits, `_` and `-`. */
export function deviceIdentifier(id: string): string {
  return `monzo_${safeId(id)}`;
}

/** The id itself where it may stand in a topic, as all of Monzo's and ours do; else a stand-in that keeps it distinct. */
export function safeId(id: string): string {
  if (/^[A-Za-z0-9_-]{1,80}$/.test(id)) return id;
  const digest = createHash('sha256').update(id).digest('hex').slice(0, 16);
  return `${id.replaceAll(/[^A-Za-z0-9_-]+/g, '_').slice(0, 40)}-${digest}`;
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
