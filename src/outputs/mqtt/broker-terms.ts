import type { Clock, Monotonic } from '../../clock.ts';
import { brokerTrials } from '../../limits.ts';
import { refusedTerm, type Term, type Terms } from './broker.ts';
import type { LinkEnd } from './link.ts';

const full: Terms = { retains: true, qos: 1 };
const least = { retains: false, qos: 0 } as const;
/** Tried one after the other where the broker closes the connection without a word. */
const ladder: readonly Terms[] = [full, { retains: false, qos: 1 }, least];

/**
 * How a term came to be lowered: the broker named it by a reason code; it was seen to close the connection for it; or that
 * is only suspected.
 */
export type Why = 'named' | 'seen' | 'suspected';

interface Lowered {
  readonly why: Why;
  readonly since: Monotonic;
}

/**
 * Learns what the broker takes from how connections end. MQTT 5 names it. Over 3.1.1 a broker only closes the connection:
 * after some connections that ended at once without a reason the next one does without; once that lasts, the term is tried
 * again, and only where the broker closes the connection for it then is it believed.
 */
export class BrokerTerms {
  readonly #clock: Clock;
  #lowered = new Map<Term, Lowered>();
  #silentEnds = 0;
  #step = 0;
  #trial: Term | null = null;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** What the next connection asks for, and the present one uses unless its broker has named less. */
  current(): Terms {
    const has = (term: Term) => !this.#lowered.has(term) || this.#trial === term;
    return { retains: has('retains'), qos: has('qos') ? 1 : 0 };
  }

  /** Why a term is lowered; null where it is not. */
  why(term: Term): Why | null {
    return this.#lowered.get(term)?.why ?? null;
  }

  /** A connection ended that lasted this many milliseconds. Returns whether to try again at once, asking for less. */
  ended(end: LinkEnd, lasted: number): boolean {
    const trial = this.#trial;
    this.#trial = null;
    const refused = refusedTerm(end.error);
    if (refused !== null && this.why(refused) !== 'named') {
      this.#lower(refused, 'named');
      return true;
    }
    // The broker will name it again where it still holds.
    if (end.wasUp)
      for (const [term, { why }] of this.#lowered) if (why === 'named') this.#lowered.delete(term);
    if (!isSilent(end) || refused !== null) this.#silentEnds = 0;
    else if (trial !== null) this.#judge(trial, end);
    else if (lasted < brokerTrials.atOnce && isSuspect(end, this.current())) this.#suspect();
    else this.#silentEnds = 0;
    return false;
  }

  /** The connection has lasted. Returns the term to try again on it; null where there is none. */
  nextTrial(): Term | null {
    this.#silentEnds = 0;
    const now = this.#clock.monotonic();
    const isDue = ({ why, since }: Lowered) =>
      why === 'suspected' || (why === 'seen' && now - since >= brokerTrials.again);
    this.#trial = [...this.#lowered].find(([, lowered]) => isDue(lowered))?.[0] ?? null;
    return this.#trial;
  }

  /** The connection has survived the trial. */
  passed(term: Term): void {
    if (this.#trial !== term) return;
    this.#trial = null;
    this.#lowered.delete(term);
    this.#step = 0;
  }

  #judge(term: Term, { acknowledged }: LinkEnd): void {
    if (term === 'retains' ? acknowledged.retained : acknowledged.qos1) this.#lowered.delete(term);
    else this.#lower(term, 'seen');
  }

  #suspect(): void {
    this.#silentEnds += 1;
    if (this.#silentEnds < brokerTrials.silentEnds) return;
    this.#silentEnds = 0;
    this.#step = (this.#step + 1) % ladder.length;
    const next = ladder[this.#step] ?? full;
    for (const term of ['retains', 'qos'] as const) {
      if (next[term] === full[term]) this.#lowered.delete(term);
      else if (!this.#lowered.has(term)) this.#lower(term, 'suspected');
    }
  }

  #lower(term: Term, why: Why): void {
    this.#lowered.set(term, { why, since: this.#clock.monotonic() });
  }
}

/** The network's own errors say that nothing answers, not that the broker dislikes something. */
function isSilent({ error }: LinkEnd): boolean {
  const code = error !== null && typeof error === 'object' && 'code' in error ? error.code : null;
  return error === null || code === 'ECONNRESET' || code === 'EPIPE';
}

/** Whether something was asked of the broker that it never once acknowledged. */
function isSuspect({ acknowledged }: LinkEnd, { retains, qos }: Terms): boolean {
  return (retains && !acknowledged.retained) || (qos === 1 && !acknowledged.qos1) || (!retains && qos === 0);
}

interface TermsInUse {
  terms(): Terms;
  /** Why a term is lowered; null where it is not. */
  lowered(term: Term): Why | null;
}

/** What the broker does not take, and what that means, as a sentence; null where it takes everything. */
export function termTrouble(connection: TermsInUse, isConfirmed: boolean): string | null {
  const { retains, qos } = connection.terms();
  if (!retains) return retainSentences[connection.lowered('retains') ?? 'named'];
  if (qos === 1) return null;
  const why = connection.lowered('qos') ?? 'named';
  if (why === 'suspected') return guess;
  const after = isConfirmed
    ? 'Home Assistant confirms each event.'
    : 'Events go on, but only a token shows that they arrive (MONZO_BRIDGE_HOME_ASSISTANT_TOKEN).';
  return `${qosSentences[why]} It may drop messages without saying so. ${after} Allow QoS 1 on the broker (max_qos in Mosquitto).`;
}

const guess =
  'The MQTT broker closed several connections at once without a reason. The bridge now tries without what some brokers refuse: retained messages, or QoS 1.';
const instead =
  'Instead everything is sent again when Home Assistant starts, and every five minutes while no start was seen. Allow retained messages on the broker (retain_available in Mosquitto).';

const retainSentences: Readonly<Record<Why, string>> = {
  named: `The MQTT broker refuses retained messages (reason code 154). ${instead}`,
  seen: `The MQTT broker closes the connection on retained messages. ${instead}`,
  suspected: guess,
};
const qosSentences = {
  named: 'The MQTT broker takes no message above QoS 0 (reason code 155).',
  seen: 'The MQTT broker closes the connection on messages above QoS 0.',
} as const;

/** A subscription with a wildcard was handed nothing of what was retained. */
export const notHanded =
  'The MQTT broker hands out none of the bridge’s retained messages: it keeps none, or none for subscriptions with wildcards, or its access rules hide them. Everything is sent again when Home Assistant starts, and every five minutes while no start was seen. Allow retained messages on the broker, and let the bridge’s user read its own topics.';
