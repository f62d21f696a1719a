import type { Api } from './api/api.ts';
import { Refusal, sentenceOf } from './api/client.ts';
import type { Account, Health, Login, Pot, Setup } from './api/contract.ts';
import { isWaiting } from './set-up/place.ts';

/** Everything the page knows; replaced as a whole whenever something is learnt. */
export interface Knowledge {
  readonly session: 'unknown' | 'signed_out' | 'signed_in';
  /** Whether it is the page that signed the person in, and not Home Assistant. */
  readonly canSignOut: boolean;
  readonly setup: Setup | null;
  readonly logins: readonly Login[] | null;
  readonly accounts: readonly Account[];
  readonly pots: readonly Pot[];
  readonly health: Health | null;
  /** The place of the newest event in the bridge's log: when it grows, the ledger has changed. */
  readonly lastEvent: number;
  /** Why the bridge cannot be asked at the moment, as a sentence. */
  readonly trouble: string | null;
}

export interface Store {
  readonly api: Api;
  knowledge(): Knowledge;
  /** Asks the bridge at once, and from then on by itself. Never throws. */
  refresh(): Promise<void>;
}

export interface StoreOptions {
  readonly api: Api;
  readonly onChange: (knowledge: Knowledge) => void;
  /** Whether the person was just sent elsewhere to do something that no login's state tells yet. */
  readonly isExpecting: () => boolean;
  /** Calls once after so many milliseconds; returns the way to call it off. */
  readonly later: (act: () => void, ms: number) => () => void;
}

/** Somebody is about to do something elsewhere, or nobody is. */
const often = 2_000;
const seldom = 15_000;

const nothing: Knowledge = {
  session: 'unknown',
  canSignOut: false,
  setup: null,
  logins: null,
  accounts: [],
  pots: [],
  health: null,
  lastEvent: 0,
  trouble: null,
};

/** The page's picture of the bridge, kept fresh by asking. */
export function createStore({ api, onChange, isExpecting, later }: StoreOptions): Store {
  let knowledge = nothing;
  let running: Promise<void> | null = null;
  let callOff = () => {};
  const learn = (news: Partial<Knowledge>) => {
    knowledge = { ...knowledge, ...news };
    onChange(knowledge);
  };
  const ask = async () => {
    try {
      learn(await read(api, knowledge));
    } catch (thrown) {
      const isOut = thrown instanceof Refusal && thrown.code === 'unauthorised';
      learn(isOut ? { ...nothing, session: 'signed_out' } : { trouble: sentenceOf(thrown) });
    }
  };
  const refresh = async (): Promise<void> => {
    // Whoever asks while an answer is under way wants to know what is true after it.
    if (running) await running;
    if (running) return running;
    callOff();
    running = ask();
    await running;
    running = null;
    callOff = later(() => void refresh(), isExpecting() ? often : intervalFor(knowledge));
  };
  return {
    api,
    knowledge: () => knowledge,
    refresh,
  };
}

function intervalFor({ session, logins, trouble }: Knowledge): number {
  if (session === 'signed_out') return seldom;
  return trouble !== null || logins === null || logins.some(isWaiting) ? often : seldom;
}

async function read(api: Api, { session, canSignOut, setup }: Knowledge): Promise<Partial<Knowledge>> {
  const proof = session === 'signed_in' ? null : await api.session();
  if (proof?.signed_in === false) return { ...nothing, session: 'signed_out' };
  const [logins, accounts, pots, health, known] = await Promise.all([
    api.logins(),
    api.accounts(),
    api.pots(),
    api.health(),
    setup ?? api.setup(),
  ]);
  const news = {
    session: 'signed_in',
    canSignOut: proof === null ? canSignOut : proof.how === 'session',
  } as const;
  return { ...news, logins, accounts, pots, health, setup: known, trouble: null };
}
