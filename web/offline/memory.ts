import type { Api } from '../api/api.ts';
import { Refusal } from '../api/client.ts';
import { isSetup, isSnapshot } from '../api/contract.ts';
import type { Knowledge, Memory } from '../store.ts';
import { texts } from '../texts/offline.ts';
import { isTooOld, type Kept, type KeptText } from './kept.ts';
import type { SignOuts } from './sign-out.ts';

export interface MemoryOptions {
  readonly kept: Kept;
  readonly signOuts: SignOuts;
  /** Lets the page be opened without the bridge; false where the browser does not offer that. */
  readonly install: () => Promise<boolean>;
  readonly now: () => number;
}

const name = 'knowledge';
/** What has not changed is kept again after this long, so that its time is right. In milliseconds. */
const keptAgain = 60_000;

/** Nothing is known. */
const nothing = { logins: null, accounts: [], pots: [], former: [], health: null, proof: null } as const;
const signedOut = { ...nothing, session: 'signed_out' } as const;

export function createMemory({ kept, signOuts, install, now }: MemoryOptions): Memory {
  let isInstalled: Promise<boolean> | null = null;
  let last = { text: '', at: 0 };
  let wipes = 0;
  const keep = async (knowledge: Knowledge) => {
    const text = textOf(knowledge);
    const before = wipes;
    isInstalled ??= install();
    if (!(await isInstalled) || text === null || wipes !== before) return;
    if (text === last.text && now() - last.at < keptAgain) return;
    last = { text, at: now() };
    kept.begin();
    kept.keep(name, text);
  };
  const wipe = () => {
    last = { text: '', at: 0 };
    wipes += 1;
    return kept.wipe();
  };
  const tell = async (api: Api) => {
    if (!signOuts.isOwed()) return;
    await api.signOut();
    signOuts.told();
  };
  return {
    tell,
    learnt(knowledge) {
      const { session, proof, trouble } = knowledge;
      if (session === 'signed_out' || session === 'turned_away') void wipe();
      // Inside Home Assistant the session is Home Assistant's: nothing is kept.
      else if (proof === 'session' && trouble === null) void keep(knowledge);
    },
    async inSilence({ session, proof, logins, heard }) {
      if (signOuts.isOwed()) return { ...signedOut, trouble: texts.signedOut };
      if (logins !== null)
        return proof === 'session' && heard !== null && isTooOld(heard, now()) ? signedOut : null;
      if (session !== 'unknown' && proof !== 'session') return null;
      const found = await kept.recall(name);
      return found === null ? null : knowledgeIn(found);
    },
    async signOut(api) {
      signOuts.begin();
      await wipe();
      await tell(api).catch((thrown: unknown) => {
        if (!(thrown instanceof Refusal) || thrown.code !== 'unreachable') throw thrown;
      });
    },
    async signIn(work) {
      const wasOwed = signOuts.isOwed();
      // The bridge ends the old session by itself when a new one begins.
      signOuts.told();
      try {
        await work();
      } catch (thrown) {
        if (wasOwed) signOuts.begin();
        throw thrown;
      }
    },
  };
}

function textOf({
  setup,
  logins,
  accounts,
  pots,
  former,
  health,
  paused,
  lastEvent,
}: Knowledge): string | null {
  if (setup === null || logins === null || health === null) return null;
  const state = { logins, accounts, pots, former, health, paused: paused ?? false, undelivered: 0 };
  return JSON.stringify({ setup, snapshot: { ...state, at: '', last_event: lastEvent } });
}

/** Null where another version of the page has kept it in another shape. */
function knowledgeIn({ text, at }: KeptText): Partial<Knowledge> | null {
  const { setup, snapshot } = JSON.parse(text) as Readonly<Record<string, unknown>>;
  if (!isSetup(setup) || !isSnapshot(snapshot)) return null;
  const { logins, accounts, pots, former, health, paused, last_event: lastEvent } = snapshot;
  const state = { logins, accounts, pots, former, health, paused, lastEvent };
  return { ...state, setup, session: 'signed_in', proof: 'session', heard: at };
}
