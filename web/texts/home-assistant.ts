import type { ActionState, FileState } from '../api/home-assistant.ts';

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

/** What is missing where the bridge has no token for Home Assistant. */
export const noAccess = {
  short: 'Needs a token for Home Assistant',
  whole:
    'Without a token for Home Assistant the bridge cannot do this. Set MONZO_BRIDGE_HOME_ASSISTANT_URL and MONZO_BRIDGE_HOME_ASSISTANT_TOKEN, and restart the bridge.',
} as const;

/** Texts about the actions in Home Assistant. */
export const texts = {
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

/** Texts about the entities that a person asks for. */
export const optionalTexts = {
  heading: 'Optional entities',
  lowBalance: 'Low balance',
  lowBalanceHint: (least: string) =>
    `An account with an amount here has the entity “Low balance”. It turns on below the amount, and off again once the balance is a tenth above it, and at least ${least}. Leave it empty for none.`,
  amountOf: (account: string, currency: string) => `${account} in ${currency}`,
  wrongAmount: (example: string) => `Write an amount such as 50 or ${example}.`,
  feedPosts: 'Let Home Assistant post to the feed of the Monzo app',
  feedPostsHint:
    'Each account then has the entity “Post to the Monzo feed”, for title and text. Whoever may publish the bridge’s requests on your MQTT broker can post as well.',
  updateCheck: 'Tell Home Assistant when there is a new version of the bridge',
  updateCheckHint:
    'The bridge then asks the package registry npmjs.org once a day which version is the newest. The registry sees the address of your network, and nothing else of you.',
  save: 'Save',
  saved: 'Saved.',
} as const;

const kindWords: Readonly<Record<string, string>> = {
  bridge: 'The bridge itself',
  login: 'A login',
  account: 'An account',
  pot: 'A pot',
};

/** Texts about the devices that were deleted in Home Assistant. */
export const deletedTexts = {
  heading: 'Deleted devices',
  intro: 'You deleted these devices in Home Assistant. They stay away until you bring them back.',
  restore: 'Bring back',
  restoreOf: (name: string) => `Bring back ${name}`,
  restoreAll: 'Bring all back',
  kinds: kindWords,
} as const;

const fileWords: Readonly<Record<FileState, string>> = {
  unknown: 'Not checked yet',
  missing: 'File missing',
  current: 'Ready',
  outdated: 'Out of date',
  other_bridge: 'Another bridge’s file',
  elsewhere: 'Ready, with your own file',
  by_hand: 'File missing',
  unsupported: 'Not possible',
};

/** Texts about the Money dashboard in Home Assistant. */
export const dashboardTexts = {
  viewers: 'Who has it in the sidebar',
  administrators: 'Administrators',
  everyone: 'Everyone in this Home Assistant',
  viewersHint:
    'This is about the page alone: Home Assistant lets all its users see every entity, balances included.',
  away: 'Home Assistant is not connected. What you choose takes effect as soon as it is back.',
  waiting: {
    add: 'The dashboard is added as soon as Home Assistant is there and lets the bridge do it.',
    remove: 'The dashboard is removed as soon as Home Assistant is there and lets the bridge do it.',
  },
  place: 'In the sidebar:',
  title: 'Money',
  edited: 'Changed by you',
  unfinished: 'Not finished',
  fileAlone: 'The file for cards in your own dashboards:',
  states: fileWords,
  add: 'Add the Money dashboard',
  takeOver: 'Take it over',
  cancel: 'Do not add it',
  remove: 'Remove the dashboard',
  removeFile: 'Remove the file',
  byHand: 'Add the file yourself',
  byHandSteps: (file: string) =>
    `Put ${file} into the folder www beside configuration.yaml, add these lines there, and restart Home Assistant. HACS can bring the file, too, and keep it current; the line’s url is then the one that HACS shows.`,
  download: 'Download monzo-bridge.js',
  lines: 'the lines',
} as const;
