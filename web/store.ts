import type { Api } from './api/api.ts';
import { Refusal, sentenceOf } from './api/client.ts';
import type { Account, Former, Health, Login, Pot, Session, Setup, Snapshot } from './api/contract.ts';
import { createAlarm, createLine, type Later, type Listen } from './live.ts';
import { isWaiting } from './set-up/place.ts';
import { common } from './texts/common.ts';

/** Everything the page knows; replaced as a whole on every update. */
export interface Knowledge {
  readonly session: 'unknown' | 'signed_out' | 'turned_away' | 'signed_in';
  /** Why Home Assistant's user is not let in; null for everybody else. */
  readonly refusal: Refusal | null;
  /** What the person proved who they are with; null while they have not. */
  readonly proof: Session['how'];
  readonly setup: Setup | null;
  readonly logins: readonly Login[] | null;
  readonly accounts: readonly Account[];
  readonly pots: readonly Pot[];
  /** What is shown no more, for what still names it. */
  readonly former: readonly Former[];
  readonly health: Health | null;
  /** Whether money moves are paused; null if unknown. */
  readonly paused: boolean | null;
  /** The position of the newest event in the log: when it grows, the ledger has changed. */
  readonly lastEvent: number;
  /** Whether the bridge pushes every change. */
  readonly isLive: boolean;
  /** When the bridge last answered or pushed, in milliseconds since the epoch. */
  readonly heard: number | null;
  /** Why the bridge cannot be reached, as a sentence. */
  readonly trouble: string | null;
}

/** The name of an account or pot, and how it is where it is shown no more; null for one that was never shown. */
export function nameIn(
  { accounts, pots, former }: Pick<Knowledge, 'accounts' | 'pots' | 'former'>,
  wanted: string | null,
): string | null {
  const shown = [...accounts, ...pots].find(({ id }) => id === wanted);
  if (shown) return shown.name;
  const one = former.find(({ id }) => id === wanted);
  if (!one) return null;
  return one.closed ? common.closed(one.name) : common.disconnected(one.name);
}

/** What the page knows, beyond its own end: kept while the bridge answers, and shown with its time while it does not. */
export interface Memory {
  /** The page knows something new. */
  learnt(knowledge: Knowledge): void;
  /** Tells the bridge of a sign-out that it has not heard of. Throws the `Refusal` where it does not answer. */
  tell(api: Api): Promise<void>;
  /** What to show while the bridge does not answer; null for what is shown already. */
  inSilence(knowledge: Knowledge): Promise<Partial<Knowledge> | null>;
  /** Signs this browser out, also where the bridge does not answer: it is told once it does. */
  signOut(api: Api): Promise<void>;
  /** Somebody signs in: no sign-out is owed any more. */
  signIn(work: () => Promise<void>): Promise<void>;
}

export interface Store {
  readonly api: Api;
  knowledge(): Knowledge;
  /** Loads everything now and subscribes to changes. Never throws. */
  refresh(): Promise<void>;
  /** The tab is hidden: closes the connection, because a browser has few of them for all its tabs. */
  rest(): void;
}

export interface StoreOptions {
  readonly api: Api;
  readonly listen: Listen;
  readonly onChange: (knowledge: Knowledge) => void;
  readonly memory?: Memory;
  /** Whether the person was just sent elsewhere for something that no login's state shows yet. */
  readonly isExpecting: () => boolean;
  /** Calls once after so many milliseconds; returns what cancels it. */
  readonly later: Later;
  readonly now: () => number;
}

/** How often to poll without a connection: while a person is acting elsewhere, and otherwise. */
const often = 2_000;
const seldom = 15_000;

const nothing: Knowledge = {
  session: 'unknown',
  refusal: null,
  proof: null,
  setup: null,
  logins: null,
  accounts: [],
  pots: [],
  former: [],
  health: null,
  paused: null,
  lastEvent: 0,
  isLive: false,
  heard: null,
  trouble: null,
};

/** What the page knows of the bridge, kept up to date by server-sent events, or by polling where they fail. */
export function createStore(options: StoreOptions): Store {
  const { onChange, isExpecting, later, now } = options;
  let knowledge = nothing;
  let running: Promise<void> | null = null;
  let pushes = 0;
  let isResting = false;
  const alarm = createAlarm(later);
  const learn = (news: Partial<Knowledge>) => {
    knowledge = { ...knowledge, ...news };
    onChange(knowledge);
  };
  const line = createLine(options, {
    onSnapshot: (snapshot, isLive) => {
      pushes += 1;
      if (isLive) alarm.off();
      learn({ ...pictureIn(snapshot), isLive, heard: now(), trouble: null });
    },
    onBeat: () => {
      alarm.off();
      learn({ isLive: true, heard: now() });
    },
    onLost: () => {
      if (knowledge.isLive) alarm.set(() => void again(), often);
      learn({ isLive: false });
    },
  });
  const ask = async () => {
    const pushesBefore = pushes;
    const news = await answerOf(options, knowledge, learn);
    learn(pushes === pushesBefore ? news : withPushed(news, knowledge));
  };
  const again = async (): Promise<void> => {
    // A refresh during a request must return what is true after it.
    if (running) await running;
    if (running) return running;
    alarm.off();
    running = ask();
    await running;
    running = null;
    const isFine = knowledge.session === 'signed_in' && knowledge.trouble === null;
    if (knowledge.isLive && isFine) return;
    alarm.set(() => void again(), isExpecting() ? often : intervalFor(knowledge));
    if (isFine && !isResting) line.open();
    else line.close();
  };
  return {
    api: withMemory(options),
    knowledge: () => knowledge,
    refresh: () => {
      isResting = false;
      return again();
    },
    rest: () => {
      isResting = true;
      line.close();
      learn({ isLive: false });
      alarm.set(() => void again(), seldom);
    },
  };
}

function withMemory({ api, memory }: StoreOptions): Api {
  if (memory === undefined) return api;
  return {
    ...api,
    signIn: (proof) => memory.signIn(() => api.signIn(proof)),
    signOut: () => memory.signOut(api),
  };
}

type Picture = Pick<Knowledge, 'logins' | 'accounts' | 'pots' | 'former' | 'health' | 'paused' | 'lastEvent'>;

function pictureIn({ last_event: lastEvent, ...snapshot }: Snapshot): Picture {
  const { logins, accounts, pots, former, health, paused } = snapshot;
  return { logins, accounts, pots, former, health, paused, lastEvent };
}

/** What was pushed meanwhile is newer than the answer to an earlier request. */
function withPushed(news: Partial<Knowledge>, pushed: Knowledge): Partial<Knowledge> {
  if (news.logins === null) return news;
  const { logins, accounts, pots, former, health, paused, lastEvent } = pushed;
  return { ...news, logins, accounts, pots, former, health, paused, lastEvent };
}

function intervalFor({ session, refusal, logins, trouble }: Knowledge): number {
  if (refusal?.code === 'user_not_checked') return often;
  if (session === 'signed_out' || session === 'turned_away') return seldom;
  return trouble !== null || logins === null || logins.some(isWaiting) ? often : seldom;
}

export type TurnedAway = keyof typeof common.turnedAway.headings;

/** Whether a code is one of those with which the bridge turns users of Home Assistant away. */
export function isTurnedAway(code: string): code is TurnedAway {
  return Object.hasOwn(common.turnedAway.headings, code);
}

type Learn = (news: Partial<Knowledge>) => void;

/** The result of polling, including refusals and silence. */
async function answerOf(
  { api, memory, now }: StoreOptions,
  knowledge: Knowledge,
  learn: Learn,
): Promise<Partial<Knowledge>> {
  try {
    await memory?.tell(api);
    const signedIn: Learn = (news) => learn({ heard: now(), ...news });
    return { heard: now(), ...(await read(api, knowledge, signedIn)) };
  } catch (thrown) {
    const code = thrown instanceof Refusal ? thrown.code : '';
    // Home Assistant may be back in a moment, and what the person was doing stays.
    const isPassing = code === 'user_not_checked' && knowledge.session === 'signed_in';
    if (thrown instanceof Refusal && isTurnedAway(code) && !isPassing)
      return { ...nothing, session: 'turned_away', refusal: thrown };
    if (code === 'unauthorised') return { ...nothing, session: 'signed_out' };
    const known = code === 'unreachable' ? await memory?.inSilence(knowledge) : null;
    return { trouble: sentenceOf(thrown), isLive: false, ...known };
  }
}

/** At first all is asked for at once: on a slow network that takes hardly longer than one answer. */
async function read(
  api: Api,
  { session, proof: known, setup }: Knowledge,
  learn: Learn,
): Promise<Partial<Knowledge>> {
  const asking = session === 'signed_in' ? null : api.session();
  const early = session === 'unknown' ? everything(api, setup) : null;
  // Whoever is not signed in is refused it all.
  early?.catch(() => {});
  const asked = await asking;
  if (asked?.signed_in === false) return { ...nothing, session: 'signed_out' };
  const news = { session: 'signed_in', refusal: null, proof: asked?.how ?? known } as const;
  if (asked !== null) learn(news);
  const [logins, accounts, pots, former, health, lastEvent, setUp] = await (early ?? everything(api, setup));
  return { ...news, logins, accounts, pots, former, health, lastEvent, setup: setUp, trouble: null };
}

function everything(api: Api, setup: Setup | null) {
  return Promise.all([
    api.logins(),
    api.accounts(),
    api.pots(),
    api.former(),
    api.health(),
    api.lastEvent(),
    setup ?? api.setup(),
  ]);
}
