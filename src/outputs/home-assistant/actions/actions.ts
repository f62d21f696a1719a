import { stringify } from 'yaml';
import type { Clock } from '../../../clock.ts';
import type { CommandTable } from '../../../commands/command.ts';
import type { PartHealth } from '../../../domain/view.ts';
import type { OutputLog } from '../../output.ts';
import type { HomeAssistantClient } from '../home-assistant-client.ts';
import { createReconciler } from '../reconciler.ts';
import type { Session } from '../websocket-session.ts';
import { actionForms } from './action-forms.ts';
import {
  answerRequests,
  type MoneyAllowance,
  type Readers,
  type RequestsOptions,
} from './action-requests.ts';
import { scriptFor, statusOf, type ActionScript, type ScriptStatus } from './action-scripts.ts';
import type { ScriptStore } from './script-store.ts';

/** What a person decided on the page about creating the actions. */
export type Decision = 'not_asked' | 'agreed' | 'declined';

/** What the actions need beyond a connection to Home Assistant. */
export interface ActionSettings {
  readonly commands: CommandTable;
  /** Tells bridges apart that share a Home Assistant; the same after every start, and not secret. */
  readonly bridge: string;
  /** `on` creates the actions, `off` does not, and `ask` leaves it to a person. */
  readonly creation: 'ask' | 'on' | 'off';
  readonly money: MoneyAllowance;
  readonly decision: () => Decision;
  /** Who may read the household's money, beside automations. */
  readonly readers: () => Readers;
}

export interface ActionsOptions extends ActionSettings {
  readonly client: HomeAssistantClient;
  readonly store: ScriptStore;
  readonly hand: RequestsOptions['hand'];
  readonly clock: Clock;
  readonly log: OutputLog;
  readonly onChange: () => void;
}

/** The status of one action: `unknown` before the first check, `not_loaded` where it is written and cannot be called. */
export type ActionState = ScriptStatus | 'unknown' | 'not_loaded';

/** The status of the actions, for the page. */
export interface ActionsStatus {
  readonly isConnected: boolean;
  /** What prevents the actions from working, and what to do. */
  readonly sentence: string | null;
  readonly actions: readonly {
    /** As automations call it, such as `script.monzo_refresh`. */
    readonly name: string;
    readonly description: string;
    readonly state: ActionState;
    readonly sentence: string | null;
  }[];
  /** What people may put into scripts.yaml themselves. */
  readonly yaml: string;
}

export interface Actions {
  status(): ActionsStatus;
  /** What prevents actions that are wanted from working while Home Assistant is connected; null where nothing does. */
  trouble(): Omit<PartHealth, 'part'> | null;
  /**
   * Brings Home Assistant's scripts in line with the current decision. `replace` also overwrites the bridge's scripts
   * that were edited, and those of another bridge. Resolves when it is done, or at once while Home Assistant is away;
   * never throws.
   */
  reconcile(options?: { readonly replace?: boolean }): Promise<void>;
}

/** `undecided`: the scripts are only looked at. */
type Desired = 'installed' | 'removed' | 'undecided';

/** The bridge's commands as actions in Home Assistant: scripts that ask over the event bus, and their answers. */
export function createActions(options: ActionsOptions): Actions {
  const { client, commands, bridge } = options;
  const scripts = scriptsOf(commands, bridge);
  const installer = createInstaller(options, scripts);
  const requests = answerRequests(options);

  const explained = (script: ActionScript) =>
    explanations[desiredBy(options)][installer.stateOf(script)]?.(script.slug) ?? null;
  const firstExplained = () => {
    if (desiredBy(options) !== 'installed') return null;
    const broken = scripts.find((script) => isBroken.has(installer.stateOf(script)));
    return broken ? explained(broken) : null;
  };
  const sentence = () => requests.trouble() ?? installer.failure() ?? firstExplained();
  return {
    reconcile: installer.reconcile,
    trouble: () => {
      const found = sentence();
      return found === null ? null : { state: 'degraded', sentence: found };
    },
    status: () => ({
      isConnected: client.session() !== null,
      sentence: sentence(),
      actions: scripts.map((script) => ({
        name: `script.${script.slug}`,
        description: script.description,
        state: installer.stateOf(script),
        sentence: explained(script),
      })),
      yaml: yamlOf(scripts),
    }),
  };
}

interface Installer extends Pick<Actions, 'reconcile'> {
  stateOf(script: ActionScript): ActionState;
  /** Why the scripts could not be checked or written at the last try; null where they could. */
  failure(): string | null;
}

function createInstaller(options: ActionsOptions, scripts: readonly ActionScript[]): Installer {
  const states = new Map<string, ActionState>();
  const stateOf = ({ slug }: ActionScript) => states.get(slug) ?? 'unknown';
  const { reconcile, failure } = createReconciler<{ readonly replace: boolean }>({
    ...options,
    what: 'the actions',
    usual: { replace: false },
    bring: async (session, { replace }) => {
      if (scripts.length === 0) return;
      for (const [slug, state] of await reconciled({ options, scripts, session, replace }))
        states.set(slug, state);
    },
    isOff: () =>
      desiredBy(options) === 'installed' && scripts.some((script) => stateOf(script) !== 'current'),
  });
  return { stateOf, failure, reconcile: ({ replace = false } = {}) => reconcile({ replace }) };
}

function desiredBy({ creation, decision }: ActionSettings): Desired {
  if (creation === 'on' || (creation === 'ask' && decision() === 'agreed')) return 'installed';
  return creation === 'ask' && decision() === 'not_asked' ? 'undecided' : 'removed';
}

function scriptsOf(commands: CommandTable, bridge: string): readonly ActionScript[] {
  return actionForms.flatMap((form) => {
    const command = commands.get(form.command);
    return command ? [scriptFor(form, command, bridge)] : [];
  });
}

const replaceable: ReadonlySet<ActionState> = new Set(['edited', 'edited_outdated', 'other_bridge']);
const stale: ReadonlySet<ActionState> = new Set(['missing', 'outdated']);
const unchanged: ReadonlySet<ActionState> = new Set(['current', 'outdated']);

interface Reconciliation {
  readonly options: ActionsOptions;
  readonly scripts: readonly ActionScript[];
  readonly session: Session;
  readonly replace: boolean;
}

/**
 * Checks every script, then writes, updates or removes it, but only where the script there is ours and unchanged, and
 * makes sure that what was written can be called. Resolves with the status of each.
 */
async function reconciled(task: Reconciliation): Promise<ReadonlyMap<string, ActionState>> {
  const { options, scripts, session, replace } = task;
  const { store, log } = options;
  const desired = desiredBy(options);
  const states = await statesIn(store, session, scripts);
  const due = scripts.filter(({ slug }) => {
    const state = states.get(slug) ?? 'unknown';
    if (desired === 'installed') return stale.has(state) || (replace && replaceable.has(state));
    return desired === 'removed' && unchanged.has(state);
  });
  for (const { slug, marked } of due) {
    await (desired === 'installed' ? store.write(slug, marked) : store.remove(slug));
    states.set(slug, desired === 'installed' ? 'current' : 'missing');
  }
  if (due.length > 0) {
    const done = desired === 'installed' ? 'Wrote actions to' : 'Removed actions from';
    log.info(`${done} Home Assistant’s scripts.yaml`, { scripts: due.map(({ slug }) => slug) });
  }
  const written = scripts.map(({ slug }) => slug).filter((slug) => states.get(slug) === 'current');
  for (const slug of await store.missingAfterLoading(session, written)) states.set(slug, 'not_loaded');
  return states;
}

async function statesIn(
  store: ScriptStore,
  session: Session,
  scripts: readonly ActionScript[],
): Promise<Map<string, ActionState>> {
  const loaded = await store.loaded(session);
  const states = new Map<string, ActionState>();
  for (const script of scripts) {
    const status = statusOf(await store.read(script.slug), script);
    // A script that can be called and is not in scripts.yaml is defined elsewhere, by a person.
    const isElsewhere = status === 'missing' && loaded.has(script.slug);
    states.set(script.slug, isElsewhere ? 'foreign' : status);
  }
  return states;
}

type Explanation = (slug: string) => string;
const orReplace = 'or choose “Replace” on the bridge’s page';
const edited: Explanation = (slug) =>
  `script.${slug} was changed in Home Assistant after the bridge wrote it, so the bridge does not touch it.`;
const editedAndUnwanted: Explanation = (slug) =>
  `${edited(slug)} Delete it in Home Assistant if you do not want it.`;

/** What a person should know about a script, by what is desired and its state. */
const explanations: Readonly<Record<Desired, Readonly<Partial<Record<ActionState, Explanation>>>>> = {
  undecided: {},
  removed: { edited: editedAndUnwanted, edited_outdated: editedAndUnwanted },
  installed: {
    edited,
    edited_outdated: (slug) =>
      `${edited(slug)} It comes from an older version of the bridge: to get the new one, delete it in Home Assistant ${orReplace}.`,
    other_bridge: (slug) =>
      `script.${slug} was written by another bridge, or by this one before it got a new secret key, so the bridge does not touch it. If no other bridge uses this Home Assistant, delete it there ${orReplace}.`,
    foreign: (slug) =>
      `Home Assistant has a script ${slug} that is not the bridge’s, so this action is not created. Give that script another id, or do without the action.`,
    not_loaded: (slug) =>
      `script.${slug} is in scripts.yaml, but Home Assistant does not load that file. Add “script: !include scripts.yaml” to configuration.yaml and restart Home Assistant.`,
  },
};

/** A script that was edited and is otherwise current works; its owner knows. */
const isBroken: ReadonlySet<ActionState> = new Set([
  'edited_outdated',
  'other_bridge',
  'foreign',
  'not_loaded',
]);

/** Home Assistant reads YAML 1.1, where a bare “on” is true. */
function yamlOf(scripts: readonly ActionScript[]): string {
  const bySlug = Object.fromEntries(scripts.map(({ slug, plain }) => [slug, plain]));
  return stringify(bySlug, { version: '1.1', lineWidth: 0, aliasDuplicateObjects: false });
}
