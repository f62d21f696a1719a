import type { ActionState } from '../api/home-assistant.ts';

const stateWords: Readonly<Record<ActionState, string>> = {
  unknown: 'Not checked yet',
  missing: 'Not created',
  current: 'Ready',
  outdated: 'Out of date',
  edited: 'Changed by you',
  edited_outdated: 'Changed by you, out of date',
  foreign: 'Name taken',
  other_bridge: 'Another bridge’s',
  not_loaded: 'Not loaded',
};

/** Texts about the actions in Home Assistant. */
export const texts = {
  heading: 'Actions in Home Assistant',
  intro:
    'The bridge can offer its commands in Home Assistant as actions, with a form and a response. Automations and scripts use them like any other action.',
  ask: 'Creating them makes Home Assistant rewrite its file scripts.yaml. Your own scripts are kept, but comments in that file are lost.',
  declined: 'You chose not to create them. You can change this at any time.',
  off: 'MONZO_BRIDGE_HOME_ASSISTANT_ACTIONS is off, so the bridge does not create them.',
  away: 'Home Assistant is not connected. Your choice takes effect as soon as it is back.',
  agree: 'Create the actions',
  decline: 'Do not create them',
  remove: 'Remove the actions',
  replace: 'Replace',
  replaceHint: 'Overwrites those that were changed or written by another bridge.',
  readers: 'Everyone in this Home Assistant may read balances and transactions through these actions',
  readersHint: 'Otherwise only administrators and automations may. Moving money is not affected.',
  states: stateWords,
  byHand: 'Add them to scripts.yaml yourself',
  byHandHint:
    'Paste this into scripts.yaml, then reload scripts in Home Assistant’s developer tools. These scripts are yours: the bridge answers them, but never changes or removes them.',
  yaml: 'the scripts',
} as const;

const kindWords: Readonly<Record<string, string>> = {
  bridge: 'The bridge itself',
  login: 'A login',
  account: 'An account',
  pot: 'A pot',
};

/** Texts about the devices that were deleted in Home Assistant. */
export const deletedTexts = {
  heading: 'Deleted in Home Assistant',
  intro: 'You deleted these devices in Home Assistant. They stay away until you bring them back.',
  restore: 'Bring back',
  restoreOf: (name: string) => `Bring back ${name}`,
  restoreAll: 'Bring all back',
  kinds: kindWords,
} as const;
