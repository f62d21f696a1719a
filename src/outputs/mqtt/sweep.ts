import { sleep } from '../../async.ts';
import type { Clock } from '../../clock.ts';
import { retainedArriveWithin } from '../../limits.ts';
import type { Connection } from './connection.ts';
import type { Components } from './announced.ts';
import { originName } from './discovery.ts';
import type { RetainedTopics } from './retained-topics.ts';
import type { IncomingMessage, Topics } from './topics.ts';

export interface SweepOptions {
  readonly topics: Topics;
  readonly retained: RetainedTopics;
  readonly connection: Connection;
  readonly clock: Clock;
  readonly closing: AbortSignal;
}

/**
 * Returns what reads the retained messages on the broker and removes those of ours that are not wanted any more. Messages
 * of other programs stay as they are.
 */
export function createSweep({ topics, retained, connection, clock, closing }: SweepOptions): () => void {
  const onMessage = ({ topic, payload, retain }: IncomingMessage) => {
    if (!retain || payload === '') return;
    if (isDocumentTopic(topics, topic)) {
      const components = ownComponents(topics, payload);
      if (components) retained.foundDocument(topic, components);
    } else if (isStateTopic(topics, topic) && retained.wanted(topic)?.retain !== true) retained.clear(topic);
  };
  let stop = () => {};
  return () => {
    stop();
    const ended = new AbortController();
    const subscriptions = sweepFilters(topics).map((filter) => connection.listen({ filter, onMessage }));
    const end = () => {
      ended.abort();
      for (const unsubscribe of subscriptions.splice(0)) unsubscribe();
    };
    stop = end;
    subscriptions.push(connection.onDown(end));
    const endInTime = async () => {
      if (await sleep(clock, retainedArriveWithin, AbortSignal.any([ended.signal, closing]))) end();
    };
    void endInTime();
  };
}

/**
 * Returns what finds out, once on each connection, whether a subscription with a wildcard is handed the retained messages
 * that the bridge has just sent: that is how Home Assistant finds discovery documents. Calls back with the answer.
 */
export function createRetainedCheck(options: SweepOptions): (tell: (isHanded: boolean) => void) => void {
  const { connection, topics, retained, clock, closing } = options;
  const { info } = topics.bridge;
  const check = async (tell: (isHanded: boolean) => void) => {
    const lost = new AbortController();
    const stopWatching = connection.onDown(() => lost.abort());
    await retained.settled();
    const found = new AbortController();
    const stopListening = connection.listen({
      filter: info.replace('/bridge/', '/+/'),
      onMessage: ({ topic, payload, retain }) => {
        if (retain && topic === info && payload !== '') found.abort();
      },
    });
    await sleep(clock, retainedArriveWithin, AbortSignal.any([found.signal, lost.signal, closing]));
    // A broker answers in order: what it hands out has come before the answer to this.
    if (!found.signal.aborted) await connection.publish(probe(retained, info)).catch(() => lost.abort());
    stopListening();
    stopWatching();
    if (!lost.signal.aborted && !closing.aborted && retained.wanted(info)) tell(found.signal.aborted);
  };
  return (tell) => void check(tell);
}

function probe(retained: RetainedTopics, topic: string) {
  return { topic, payload: retained.wanted(topic)?.payload ?? '', retain: true };
}

/** Where earlier runs may have left messages; documents first, so that entities go before their states. */
function sweepFilters({ base, prefix }: Topics): readonly string[] {
  return [`${prefix}/device/+/config`, `${base}/+`, `${base}/+/availability`, `${base}/login/+`];
}

/** Whether a topic can only be one of our state topics: an account's, a pot's or a login's. */
export function isStateTopic({ base }: Topics, topic: string): boolean {
  if (!topic.startsWith(`${base}/`)) return false;
  const rest = topic.slice(base.length + 1);
  return /^(?:acc|pot)_[A-Za-z0-9_-]+(?:\/availability)?$/.test(rest) || /^login\/[A-Za-z0-9_-]+$/.test(rest);
}

export function isDocumentTopic({ prefix }: Topics, topic: string): boolean {
  return topic.startsWith(`${prefix}/device/monzo_`) && topic.endsWith('/config');
}

/**
 * The components of a document that is certainly ours: it names this program as its origin, and all its topics are below
 * our base topic. Null for other programs' documents, and for those of another bridge with another base topic.
 */
export function ownComponents({ base }: Topics, payload: string): Components | null {
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
    components.flatMap(([key, { platform, unique_id: uniqueId }]) =>
      typeof platform === 'string'
        ? [[key, { platform, uniqueId: typeof uniqueId === 'string' ? uniqueId : '' }] as const]
        : [],
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
