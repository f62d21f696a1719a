import type { PageName, PlaceBelow } from '../route.ts';

/** What a place is called, and what it answers. */
interface PlaceWords {
  readonly name: string;
  readonly question: string;
}

/** A page of the navigation that is divided into places, each of which answers one question. */
export type Chapter = 'activity' | 'settings';

/** The pages of the navigation, and one that another leads to. */
export const pageWords: Readonly<Record<PageName | 'report', string>> = {
  overview: 'Overview',
  transactions: 'Transactions',
  charts: 'Charts',
  activity: 'Activity',
  settings: 'Settings',
  report: 'Month report',
};

/** What the pages with places of their own answer, as a whole. */
export const questions: Readonly<Record<Chapter, string>> = {
  activity: 'Whether everything works, and what the bridge has done.',
  settings: 'Who is connected, and what the bridge may do.',
};

export const placeWords: Readonly<Record<PlaceBelow<Chapter>, PlaceWords>> = {
  'activity/health': { name: 'Health', question: 'Whether every part of the bridge works.' },
  'activity/moves': {
    name: 'Money moves',
    question: 'Whether money can be moved, who asked for what, and what came of it.',
  },
  'activity/events': {
    name: 'Events',
    question: 'What happened in the accounts, and who was told of it.',
  },
  'activity/monzo': {
    name: 'Monzo',
    question: 'Whether Monzo answers and calls the bridge, and how much was read.',
  },
  'settings/people': { name: 'People', question: 'Whose accounts the bridge reads.' },
  'settings/limits': {
    name: 'Limits',
    question: 'What every move of money must stay within, from wherever it is requested.',
  },
  'settings/actions': {
    name: 'Actions in Home Assistant',
    question:
      'The bridge can offer its commands in Home Assistant as actions, with a form and a response. Automations and scripts use them like any other action.',
  },
  'settings/dashboard': {
    name: 'Money dashboard in Home Assistant',
    question:
      'A page in Home Assistant’s sidebar with the balances, pots and transactions of every account. The bridge draws it from the devices, and keeps it current.',
  },
  'settings/blueprints': {
    name: 'Blueprints in Home Assistant',
    question:
      'Automations to fill in, without YAML. Installed ones are in Home Assistant under Settings → Automations & scenes → Blueprints. The bridge keeps them current, and leaves alone what you change.',
  },
  'settings/entities': {
    name: 'Devices and entities in Home Assistant',
    question: 'What Home Assistant has only once you ask for it here.',
  },
  'settings/browsers': {
    name: 'Signed-in browsers',
    question:
      'Each of these can use this page. A browser is signed out after ninety days without use. Sign out those you no longer have.',
  },
};
