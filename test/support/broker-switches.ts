import type { Client } from 'aedes';

/**
 * What brokers do that nothing guarantees; the first position of each is the usual one. `refused` and `only_0` are a 3.1.1
 * broker's: it closes the connection without a word.
 */
export const brokerSwitches = {
  /** What becomes of retained messages. `not_for_wildcards`: handed to exact subscriptions alone. */
  retained: ['kept', 'not_for_wildcards', 'dropped', 'refused'],
  qos: ['up_to_1', 'only_0'],
  /** Whether the bridge may read Home Assistant's status topics; it is let to subscribe either way. */
  status: ['shown', 'hidden'],
} as const;

export type BrokerPositions = {
  readonly [Name in keyof typeof brokerSwitches]: (typeof brokerSwitches)[Name][number];
};

interface Publication {
  readonly topic: string;
  retain: boolean;
  readonly qos: number;
}

/** The present positions, and what follows from them. */
export function createBrokerSwitches() {
  let positions: BrokerPositions = { retained: 'kept', qos: 'up_to_1', status: 'shown' };
  const isTooMuch = ({ retain, qos }: Pick<Publication, 'retain' | 'qos'>) =>
    (positions.retained === 'refused' && retain) || (positions.qos === 'only_0' && qos > 0);
  return {
    turn: (change: Partial<BrokerPositions>) => {
      positions = { ...positions, ...change };
    },
    positions: () => positions,
    /** Whether it closes the connection for such a message or will. */
    isTooMuch,
    /** Whether it stores a retained message. */
    stores: () => positions.retained === 'kept' || positions.retained === 'not_for_wildcards',
    grantedQos: <Level extends number>(wanted: Level): Level | 0 => (positions.qos === 'only_0' ? 0 : wanted),
    /** Whether a bridge is sent what is published on this topic. */
    shows: (topic: string) =>
      positions.status === 'shown' || topic.startsWith('monzo/') || topic.includes('/device/'),
    /** Which of these subscriptions are handed retained messages. */
    handed: (filters: readonly string[]) =>
      positions.retained === 'not_for_wildcards'
        ? filters.filter((filter) => !/[+#]/.test(filter))
        : [...filters],
  };
}

export type BrokerSwitches = ReturnType<typeof createBrokerSwitches>;

/** The part of a broker's store that hands out retained messages. */
interface RetainedStore {
  createRetainedStreamCombi(patterns: string[]): unknown;
  storeRetained(packet: object): unknown;
}

/** Lets the switches decide which subscriptions are handed retained messages. Returns what forgets all that were stored. */
export function guardStore(
  store: RetainedStore,
  switches: BrokerSwitches,
): (topics: Iterable<string>) => void {
  const hand = store.createRetainedStreamCombi.bind(store);
  store.createRetainedStreamCombi = (patterns) => hand(switches.handed(patterns));
  return (topics) => {
    for (const topic of topics)
      void store.storeRetained({ cmd: 'publish', topic, payload: Buffer.alloc(0), retain: true, qos: 0 });
  };
}

/** Where a broker keeps what is retained; its types do not mention it. */
export function storeOf(broker: object): RetainedStore {
  return (broker as { readonly persistence: RetainedStore }).persistence;
}

/** Ends a connection without a word, as 3.1.1 brokers refuse something. */
export function hangUpOn(client: Client | null): void {
  client?.conn.destroy();
}
