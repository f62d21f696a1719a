import type { Clock } from '../clock.ts';
import type { CommandTable } from '../commands/command.ts';
import type { Config } from '../config.ts';
import { messageOf } from '../errors.ts';
import { refuse } from '../refusals/refuse.ts';
import type { ActionsConsent } from '../http/services.ts';
import { durations, outage } from '../limits.ts';
import type { Log, Secrets } from '../log.ts';
import type { SignIn } from '../logins/sign-in.ts';
import type { HomeAssistantPresence } from '../outputs/home-assistant-presence.ts';
import type { Decision } from '../outputs/home-assistant/actions/actions.ts';
import {
  bridgeIdFrom,
  createHomeAssistantOutput,
  webhookIdsFrom,
  type HomeAssistantOutput,
} from '../outputs/home-assistant/home-assistant-output.ts';
import type { Ring } from '../outputs/home-assistant/webhooks.ts';
import { isEventEntity } from '../outputs/mqtt/entities.ts';
import type { Settings } from '../store/bridge-records.ts';
import type { Store } from '../store/store.ts';

export interface HomeAssistantParts {
  readonly config: Config;
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Log;
  readonly secrets: Secrets;
  readonly secretKey: Uint8Array;
  readonly store: Store;
  readonly signIn: SignIn;
  readonly commands: CommandTable;
  /** Looks at an account, if there is one with this id. */
  readonly ring: (ring: Ring) => void;
  /** Home Assistant's webhooks work from now on; calls in the meantime were lost, so the bridge has to look. */
  readonly onListening: () => void;
  readonly onChange: () => void;
  readonly presence: HomeAssistantPresence;
  /** Resolves when the balances shown so far are published. */
  readonly statesSettled: () => Promise<void>;
}

/** Creates the output to Home Assistant's websocket; null where no address and token are set. */
export function attachHomeAssistant(parts: HomeAssistantParts): HomeAssistantOutput | null {
  const { config, clock, random, log, secrets, store, signIn, ring } = parts;
  const { HOME_ASSISTANT_URL: url, HOME_ASSISTANT_TOKEN: token } = config;
  if (url === null || token === null) return null;
  const webhookIds = webhookIdsFrom(parts.secretKey);
  for (const id of Object.values(webhookIds)) secrets.conceal(id);
  let before = '';
  const output = createHomeAssistantOutput({
    url,
    token,
    webhookIds,
    clock,
    random,
    log: log.for('home_assistant'),
    actions: {
      commands: parts.commands,
      bridge: bridgeIdFrom(parts.secretKey),
      creation: config.HOME_ASSISTANT_ACTIONS,
      money: config.HOME_ASSISTANT_MONEY,
      decision: () => decisionIn(store.settings),
    },
    onCallback: (callback) => {
      // Reads before anything is written: strangers must not be able to keep the database writing.
      if (callback.state === null || store.authorisations.ownerOf(callback.state) === null) return;
      // The browser gets no answer here: what went wrong is shown at the login, or logged.
      signIn.callback(callback).catch((thrown: unknown) => log.for('logins').warn(messageOf(thrown)));
    },
    onRing: ring,
    watches: isEventEntity,
    statesSettled: parts.statesSettled,
    outageAfter: Math.max(outage.after, 2 * durations.second * (config.POLL_SECONDS ?? 0)),
    onChange: () => {
      const now = output.isListening() ? (output.webhookUrl() ?? '') : '';
      if (now !== '' && now !== before) parts.onListening();
      before = now;
      parts.onChange();
    },
  });
  output.client.onSession(() => parts.presence.markSeen());
  return output;
}

const decisionKey = 'home_assistant_actions';

/** What a person decided on the page about the actions in Home Assistant. */
function decisionIn(settings: Settings): Decision {
  const decided = settings.get(decisionKey);
  return decided === 'agreed' || decided === 'declined' ? decided : 'not_asked';
}

interface ConsentParts {
  readonly config: Config;
  readonly settings: Settings;
  readonly homeAssistant: () => HomeAssistantOutput | null;
}

/** Shows the status of the actions on the page, and takes the decision about them. */
export function createActionsConsent({ config, settings, homeAssistant }: ConsentParts): ActionsConsent {
  const setting = config.HOME_ASSISTANT_ACTIONS;
  const show: ActionsConsent['show'] = () => {
    const status = homeAssistant()?.actions.status();
    const decision = decisionIn(settings);
    if (!status) return { connection: 'none', setting, decision, sentence: null, actions: [], yaml: '' };
    const { isConnected, actions, ...rest } = status;
    const connection = isConnected ? 'ok' : 'away';
    return { connection, setting, decision, actions: [...actions], ...rest };
  };
  return {
    show,
    decide: async ({ decision, replace }) => {
      const actions = homeAssistant()?.actions;
      if (!actions) throw refuse('no_home_assistant', {});
      // With the setting `on` the page may still ask to replace scripts.
      if (setting === 'off' || (setting === 'on' && decision === 'decline'))
        throw refuse('decided_by_setting', { setting });
      settings.set(decisionKey, decision === 'agree' ? 'agreed' : 'declined');
      await actions.reconcile({ replace: decision === 'agree' && replace });
      return show();
    },
  };
}
