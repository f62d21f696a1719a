import { stringify } from 'yaml';
import type { Clock } from '../../../clock.ts';
import type { CommandTable } from '../../../commands/command.ts';
import type { PartHealth } from '../../../domain/health.ts';
import type { OutputLog } from '../../output.ts';
import type { HomeAssistantClient } from '../client.ts';
import type { Rest } from '../rest.ts';
import type { MoneyAllowance } from './askers.ts';
import { createInstaller, type ActionState, type Installer, type Wish } from './installer.ts';
import { answerRequests } from './requests.ts';
import { scriptFor, type WantedScript } from './script.ts';
import { createScriptStore } from './script-store.ts';
import { actions as table } from './table.ts';

/** What a person said on the page about creating the actions. */
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
}

export interface ActionsOptions extends ActionSettings {
  readonly client: HomeAssistantClient;
  readonly rest: Rest;
  readonly clock: Clock;
  readonly log: OutputLog;
  readonly onChange: () => void;
}

/** How the actions stand, for the page. */
export interface ActionsStatus {
  readonly isConnected: boolean;
  /** What stands in the way, and what to do. */
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
  /** What keeps actions from working although Home Assistant is there and somebody wants them; null where nothing does. */
  trouble(): Omit<PartHealth, 'part'> | null;
  /** Does what the decision now asks for; see `Installer.settle`. */
  settle: Installer['settle'];
}

/** The bridge's commands as actions in Home Assistant: scripts that ask over the event bus, and who answers them. */
export function createActions(options: ActionsOptions): Actions {
  const { client, rest, clock, log, commands, bridge, onChange } = options;
  const scripts = scriptsOf(commands, bridge);
  const wish = () => wishOf(options);
  const store = createScriptStore(rest, clock);
  const installer = createInstaller({ client, store, clock, log, scripts, wish, onChange });
  const requests = answerRequests(options);

  const remarkOn = ({ slug }: WantedScript) => remarks[wish()][installer.stateOf(slug)]?.(slug) ?? null;
  const firstTrouble = () => {
    const troubled = scripts.find(({ slug }) => wish() === 'have' && troubles.has(installer.stateOf(slug)));
    return troubled ? remarkOn(troubled) : null;
  };
  const sentence = () => requests.trouble() ?? installer.failure() ?? firstTrouble();
  return {
    trouble: () => {
      const why = sentence();
      return why === null ? null : { state: 'degraded', sentence: why };
    },
    settle: (how) => installer.settle(how),
    status: () => ({
      isConnected: client.session() !== null,
      sentence: sentence(),
      actions: scripts.map((script) => ({
        name: `script.${script.slug}`,
        description: script.description,
        state: installer.stateOf(script.slug),
        sentence: remarkOn(script),
      })),
      yaml: yamlOf(scripts),
    }),
  };
}

function wishOf({ creation, decision }: ActionSettings): Wish {
  const isAgreed = creation === 'on' || (creation === 'ask' && decision() === 'agreed');
  if (isAgreed) return 'have';
  return creation === 'ask' && decision() === 'not_asked' ? 'leave' : 'have_not';
}

function scriptsOf(commands: CommandTable, bridge: string): readonly WantedScript[] {
  return table.flatMap((action) => {
    const command = commands.get(action.command);
    return command ? [scriptFor(action, command, bridge)] : [];
  });
}

type Remark = (slug: string) => string;
const replaceIt = 'or choose “Replace” on the bridge’s page';
const byHand: Remark = (slug) =>
  `script.${slug} was changed in Home Assistant after the bridge wrote it, so it is left as it is.`;

/** What a person should know about a script, by what is wished for and how it stands. */
const remarks: Readonly<Record<Wish, Readonly<Partial<Record<ActionState, Remark>>>>> = {
  leave: {},
  have_not: {
    edited: (slug) => `${byHand(slug)} Delete it in Home Assistant, if you do not want it.`,
    edited_outdated: (slug) => `${byHand(slug)} Delete it in Home Assistant, if you do not want it.`,
  },
  have: {
    edited: byHand,
    edited_outdated: (slug) =>
      `${byHand(slug)} It comes from an older version of the bridge: delete it in Home Assistant, ${replaceIt}, and it is written anew.`,
    other_bridge: (slug) =>
      `script.${slug} was written by another bridge, or by this one before it got a new secret key, so it is left as it is. If no other bridge uses this Home Assistant, delete it there, ${replaceIt}.`,
    foreign: (slug) =>
      `Home Assistant has a script ${slug} that is not the bridge’s, so it is left as it is and this action is not created. Give that script another id, or do without the action.`,
    not_loaded: (slug) =>
      `script.${slug} stands in scripts.yaml, but Home Assistant does not load that file. Put “script: !include scripts.yaml” into configuration.yaml and restart Home Assistant.`,
  },
};

/** One that was changed by hand and is otherwise right works: its person knows. */
const troubles: ReadonlySet<ActionState> = new Set([
  'edited_outdated',
  'other_bridge',
  'foreign',
  'not_loaded',
]);

/** Home Assistant reads YAML 1.1, where a bare “on” is true. */
function yamlOf(scripts: readonly WantedScript[]): string {
  const bySlug = Object.fromEntries(scripts.map(({ slug, plain }) => [slug, plain]));
  return stringify(bySlug, { version: '1.1', lineWidth: 0, aliasDuplicateObjects: false });
}
