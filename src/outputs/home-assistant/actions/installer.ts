import type { Clock } from '../../../clock.ts';
import { messageOf } from '../../../errors.ts';
import type { OutputLog } from '../../output.ts';
import type { HomeAssistantClient } from '../client.ts';
import type { Session } from '../session.ts';
import { standingOf, type Standing, type WantedScript } from './script.ts';
import type { ScriptStore } from './script-store.ts';

/** `leave`: nobody has decided yet, so Home Assistant is only looked at. */
export type Wish = 'have' | 'have_not' | 'leave';

/** How one action stands: `unknown` before the first look, `not_loaded` where it is written and cannot be called. */
export type ActionState = Standing | 'unknown' | 'not_loaded';

export interface InstallerOptions {
  readonly client: HomeAssistantClient;
  readonly store: ScriptStore;
  readonly clock: Clock;
  readonly log: OutputLog;
  readonly scripts: readonly WantedScript[];
  readonly wish: () => Wish;
  readonly onChange: () => void;
}

export interface Installer {
  stateOf(slug: string): ActionState;
  /** Why the scripts could not be looked after at the last try; null where they could. */
  failure(): string | null;
  /**
   * Brings Home Assistant in line with the wish now. `replace` also puts ours over those of ours that somebody changed
   * or that another bridge wrote. Resolves when it is done, or at once while Home Assistant is away; never throws.
   */
  settle(options?: { readonly replace?: boolean }): Promise<void>;
}

/** Somebody may repair by hand what is in the way, without a restart. */
const lookAgain = { shortest: 30_000, longest: 900_000 } as const;

const replaceable: ReadonlySet<ActionState> = new Set(['edited', 'edited_outdated', 'other_bridge']);
const stale: ReadonlySet<ActionState> = new Set(['missing', 'outdated']);
const unchanged: ReadonlySet<ActionState> = new Set(['current', 'outdated']);

/** Creates the scripts, keeps them current and takes them away, each only where the script there is ours and unchanged. */
export function createInstaller(options: InstallerOptions): Installer {
  const { client, clock, log, scripts, wish, onChange } = options;
  const states = new Map<string, ActionState>();
  let failure: string | null = null;
  let turn = Promise.resolve();

  const settleNow = async (replace: boolean) => {
    const session = client.session();
    if (session === null || scripts.length === 0) return;
    try {
      for (const [slug, state] of await settle(options, { session, replace })) states.set(slug, state);
      failure = null;
    } catch (thrown) {
      if (session.ended.aborted) return;
      failure = messageOf(thrown);
      log.warn('The actions in Home Assistant could not be looked after.', { why: failure });
    }
    onChange();
  };
  const isTroubled = () =>
    failure !== null || (wish() === 'have' && scripts.some(({ slug }) => states.get(slug) !== 'current'));
  const installer: Installer = {
    stateOf: (slug) => states.get(slug) ?? 'unknown',
    failure: () => failure,
    settle: ({ replace = false } = {}) => {
      // One after the other: what was wished for last also comes last.
      turn = turn.then(() => settleNow(replace));
      return turn;
    },
  };
  const follow = async (session: Session) => {
    await installer.settle();
    for (let rest: number = lookAgain.shortest; ;) {
      await clock.wait(rest, session.ended);
      rest = isTroubled() ? Math.min(rest * 2, lookAgain.longest) : lookAgain.longest;
      if (isTroubled()) await installer.settle();
    }
  };
  client.onSession((session) => void follow(session).catch(() => {}));
  return installer;
}

interface Turn {
  readonly session: Session;
  readonly replace: boolean;
}

/** One round: looks, then writes or removes, then makes sure that what was written can be called. */
async function settle(options: InstallerOptions, { session, replace }: Turn) {
  const { store, scripts, log } = options;
  const wish = options.wish();
  const states = await look(options, session);
  const due = scripts.filter(({ slug }) => {
    const state = states.get(slug) ?? 'unknown';
    if (wish === 'have') return stale.has(state) || (replace && replaceable.has(state));
    return wish === 'have_not' && unchanged.has(state);
  });
  for (const { slug, marked } of due) {
    await (wish === 'have' ? store.write(slug, marked) : store.remove(slug));
    states.set(slug, wish === 'have' ? 'current' : 'missing');
  }
  if (due.length > 0) {
    const sentence = wish === 'have' ? 'Actions were written into' : 'Actions were taken out of';
    log.info(`${sentence} Home Assistant’s scripts.yaml.`, { scripts: due.map(({ slug }) => slug) });
  }
  const written = scripts.map(({ slug }) => slug).filter((slug) => states.get(slug) === 'current');
  for (const slug of await store.missingAfterLoading(session, written)) states.set(slug, 'not_loaded');
  return states;
}

async function look(
  { store, scripts }: InstallerOptions,
  session: Session,
): Promise<Map<string, ActionState>> {
  const loaded = await store.loaded(session);
  const states = new Map<string, ActionState>();
  for (const script of scripts) {
    const standing = standingOf(await store.read(script.slug), script);
    // One that can be called without standing in scripts.yaml is written elsewhere, by somebody else.
    const isElsewhere = standing === 'missing' && loaded.has(script.slug);
    states.set(script.slug, isElsewhere ? 'foreign' : standing);
  }
  return states;
}
