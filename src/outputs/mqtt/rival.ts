import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { sleep } from '../../async.ts';
import type { Clock } from '../../clock.ts';
import { rivalAnswers } from '../../limits.ts';
import type { Link } from './link.ts';
import type { IncomingMessage, OutgoingMessage, Topics } from './topics.ts';

/** Tells bridges apart. A copied data directory has the same instance and runs in another process. */
export interface Identity {
  readonly instance: string;
  readonly process: string;
  /** The machine, for people. */
  readonly host: string;
}

const short = z.string().max(100);
const challengeSchema = z.object({ challenge: short });
const answerSchema = z.object({ challenge: short, instance: short, process: short, host: short });
const stateSchema = z.object({ state: z.literal('online') });

export interface ChallengeOptions {
  readonly topics: Pick<Topics, 'bridge'>;
  readonly identity: Identity;
  readonly clock: Clock;
}

/** Asks whether a bridge lives below the base topic, over a link that publishes nothing else and has no will. */
export interface Challenge {
  readonly onMessage: (message: IncomingMessage) => void;
  /** Null where nobody answers in time. Throws where the link ends. */
  ask(link: Link): Promise<Identity | null>;
}

/** A retained "online" proves nothing, but without one nobody lives there, and nobody needs to be waited for. */
export function createChallenge({ topics, identity, clock }: ChallengeOptions): Challenge {
  const { state, challenge: topic, answer: answerTopic } = topics.bridge;
  const challenge = randomUUID();
  const answered = new AbortController();
  let isOnline = false;
  let rival: Identity | null = null;
  return {
    onMessage: ({ topic: from, payload }) => {
      if (from === state) isOnline ||= parsed(stateSchema, payload) !== null;
      const answer = from === answerTopic ? parsed(answerSchema, payload) : null;
      if (answer?.challenge !== challenge || answer.process === identity.process) return;
      rival = answer;
      answered.abort();
    },
    ask: async (link) => {
      for (const filter of [state, answerTopic]) await link.subscribe({ filter });
      const message = { topic, payload: JSON.stringify({ challenge }), retain: false };
      await link.publish(message);
      // A broker answers in order: what it retains has come by then.
      await link.publish(message);
      if (isOnline) await sleep(clock, rivalAnswers, answered.signal);
      return rival;
    },
  };
}

interface Answering {
  listen(listener: {
    readonly filter: string;
    readonly onMessage: (message: IncomingMessage) => void;
  }): unknown;
  publish(message: OutgoingMessage): Promise<unknown>;
}

/** Answers the challenges of other bridges, as long as the connection is up. */
export function answerChallenges(
  connection: Answering,
  { topics, identity }: Omit<ChallengeOptions, 'clock'>,
): void {
  const onMessage = ({ payload, retain }: IncomingMessage) => {
    const asked = retain ? null : parsed(challengeSchema, payload);
    if (asked === null) return;
    const answer = JSON.stringify({ ...asked, ...identity });
    connection.publish({ topic: topics.bridge.answer, payload: answer, retain: false }).catch(() => {});
  };
  connection.listen({ filter: topics.bridge.challenge, onMessage });
}

/** For people: which bridges there are, and what to do. */
export function rivalSentence(
  rival: Identity,
  { identity, base, broker }: { readonly identity: Identity; readonly base: string; readonly broker: string },
): string {
  const copy = rival.instance === identity.instance ? ', with a copy of this one’s data directory' : '';
  return `Another bridge (${named(rival)}${copy}) publishes below ${base} on the MQTT broker at ${broker}, so this one (${named(identity)}) publishes nothing there. Give one of them a base topic of its own in MONZO_BRIDGE_MQTT_BASE_TOPIC, or stop one; this one looks again every half minute.`;
}

function named({ instance, host }: Identity): string {
  return `${instance} on ${host}`.replaceAll(/[^\w .:-]/g, '');
}

function parsed<Shape extends z.ZodType>(schema: Shape, payload: string): z.output<Shape> | null {
  try {
    return schema.safeParse(JSON.parse(payload)).data ?? null;
  } catch {
    return null;
  }
}
