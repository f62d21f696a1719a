import type { ActionState } from '../api/home-assistant.ts';

const stateWords: Readonly<Record<ActionState, string>> = {
  unknown: 'Not looked at yet',
  missing: 'Not created',
  current: 'Ready',
  outdated: 'Out of date',
  edited: 'Changed by you',
  edited_outdated: 'Changed by you, out of date',
  foreign: 'Name taken',
  other_bridge: 'Another bridge’s',
  not_loaded: 'Not loaded',
};

/** What the page says about the actions in Home Assistant. */
export const texts = {
  heading: 'Actions in Home Assistant',
  intro:
    'The bridge can offer its commands in Home Assistant as actions, with a form and an answer. Automations and scripts then use them like any other action.',
  ask: 'To create them, Home Assistant writes its file scripts.yaml anew. Your own scripts stay as they are, but comments in that file are lost.',
  declined: 'You chose not to have them created. You can change your mind at any time.',
  off: 'MONZO_BRIDGE_HOME_ASSISTANT_ACTIONS is off, so the bridge does not create them.',
  away: 'Home Assistant is not there just now; what you choose is done as soon as it is back.',
  agree: 'Create the actions',
  decline: 'Do not create them',
  remove: 'Remove the actions',
  replace: 'Replace',
  replaceHint: 'Puts the bridge’s version over those that were changed or that another bridge wrote.',
  states: stateWords,
  byHand: 'Write them into scripts.yaml yourself',
  byHandHint:
    'Paste this into scripts.yaml, then reload the scripts in Home Assistant’s developer tools. They do the same. From then on they are yours: the bridge neither changes nor removes them.',
  yaml: 'the scripts',
} as const;
