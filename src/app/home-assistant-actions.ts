import type { Config } from '../config.ts';
import { BridgeError } from '../errors.ts';
import type { ActionsDesk } from '../http/services.ts';
import type { Decision } from '../outputs/home-assistant/actions/actions.ts';
import type { HomeAssistantOutput } from '../outputs/home-assistant/home-assistant.ts';
import type { Settings } from '../store/settings.ts';

const key = 'home_assistant_actions';

/** What a person decided on the page about the actions in Home Assistant. */
export function decisionOf(settings: Settings): Decision {
  const decided = settings.get(key);
  return decided === 'agreed' || decided === 'declined' ? decided : 'not_asked';
}

interface DeskParts {
  readonly config: Config;
  readonly settings: Settings;
  readonly homeAssistant: () => HomeAssistantOutput | null;
}

/** Where a person sees how the actions stand and decides about them. */
export function createActionsDesk({ config, settings, homeAssistant }: DeskParts): ActionsDesk {
  const setting = config.HOME_ASSISTANT_ACTIONS;
  const show: ActionsDesk['show'] = () => {
    const status = homeAssistant()?.actions.status();
    const decision = decisionOf(settings);
    if (!status) return { connection: 'none', setting, decision, sentence: null, actions: [], yaml: '' };
    const { isConnected, actions, ...rest } = status;
    const connection = isConnected ? 'ok' : 'away';
    return { connection, setting, decision, actions: [...actions], ...rest };
  };
  return {
    show,
    decide: async ({ decision, replace }) => {
      const actions = homeAssistant()?.actions;
      if (!actions) throw noHomeAssistant();
      // With the setting on, the page may still have what stands in the way replaced.
      if (setting === 'off' || (setting === 'on' && decision === 'decline')) throw decidedBySetting(setting);
      settings.set(key, decision === 'agree' ? 'agreed' : 'declined');
      await actions.settle({ replace: decision === 'agree' && replace });
      return show();
    },
  };
}

function noHomeAssistant(): BridgeError {
  const sentence =
    'The bridge is not connected to Home Assistant: set MONZO_BRIDGE_HOME_ASSISTANT_URL and MONZO_BRIDGE_HOME_ASSISTANT_TOKEN, and start it again.';
  return new BridgeError('no_home_assistant', sentence, { needsPerson: true });
}

function decidedBySetting(setting: 'on' | 'off'): BridgeError {
  const sentence = `MONZO_BRIDGE_HOME_ASSISTANT_ACTIONS is ${setting}, which decides it; set it to ask to decide here.`;
  return new BridgeError('decided_by_setting', sentence, { needsPerson: true });
}
