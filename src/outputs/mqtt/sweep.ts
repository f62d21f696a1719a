import { originName } from './discovery.ts';
import type { Topics } from './topics.ts';

/** What a retained discovery document of ours holds: its components' platforms by key. */
export type FoundComponents = ReadonlyMap<string, string>;

/** Where leftovers of an earlier run may lie; documents first, so that entities go before their states. */
export function sweepFilters({ base, prefix }: Topics): readonly string[] {
  return [`${prefix}/device/+/config`, `${base}/+`, `${base}/+/availability`, `${base}/login/+`];
}

/** Whether a topic can only be a state topic of ours: an account's, a pot's or a login's. */
export function isStateTopic({ base }: Topics, topic: string): boolean {
  if (!topic.startsWith(`${base}/`)) return false;
  const rest = topic.slice(base.length + 1);
  return /^(?:acc|pot)_[A-Za-z0-9_-]+(?:\/availability)?$/.test(rest) || /^login\/[A-Za-z0-9_-]+$/.test(rest);
}

export function isDocumentTopic({ prefix }: Topics, topic: string): boolean {
  return topic.startsWith(`${prefix}/device/monzo_`) && topic.endsWith('/config');
}

/**
 * The components of a document that is ours beyond doubt: it names us as its origin, and everything it reads or
 * writes lies below our base topic. Null for everybody else's, and for a second bridge's with another base topic.
 */
export function ownComponents({ base }: Topics, payload: string): FoundComponents | null {
  const document = record(parsed(payload));
  const components = Object.entries(record(document['components'])).map(
    ([key, component]) => [key, record(component)] as const,
  );
  const topics = components.flatMap(([, component]) =>
    ['state_topic', 'command_topic', 'topic']
      .map((name) => component[name])
      .filter((topic) => topic !== undefined),
  );
  const isOurs =
    record(document['origin'])['name'] === originName &&
    topics.length > 0 &&
    topics.every((topic) => typeof topic === 'string' && topic.startsWith(`${base}/`));
  if (!isOurs) return null;
  return new Map(
    components.flatMap(([key, { platform }]) =>
      typeof platform === 'string' ? [[key, platform] as const] : [],
    ),
  );
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return null;
  }
}

function record(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}
