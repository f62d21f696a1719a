import type { PageName } from '../route.ts';

const pageWords: Readonly<Record<PageName, string>> = {
  overview: 'Overview',
  transactions: 'Transactions',
  charts: 'Charts',
  activity: 'Activity',
  people: 'Settings',
};

/** Words that every part of the page shares; the sentences of the bridge itself are shown as they come. */
export const common = {
  product: 'monzo-bridge',
  loading: 'One moment…',
  cancel: 'Cancel',
  back: 'Back',
  busy: 'One moment…',
  copy: 'Copy',
  copied: 'Copied',
  copyWhat: (what: string) => `Copy ${what}`,
  navigation: {
    label: 'Pages',
    words: pageWords,
    skip: 'Skip to the content',
    changed: 'The bridge was updated. Load the page again to see this part.',
    reload: 'Load again',
  },
  freshness: {
    live: 'Live',
    checked: (time: string) => `As of ${time}`,
    asOf: (time: string) => `Not up to date: last heard at ${time}`,
  },
  toOverview: 'Go to the overview',
  trouble: {
    unreachable: 'The bridge does not answer. The page keeps trying; check that the bridge runs.',
    unexpected:
      'The bridge gave an answer that this page does not understand. Load the page again; if that does not help, look at the log of the bridge.',
  },
  session: {
    heading: 'Sign in to the bridge',
    intro:
      'Use the link that the bridge prints when it starts: it signs you in by itself. If it is older than ten minutes, enter the admin token.',
    token: 'Admin token',
    where:
      'The token is in the file admin-token in the data directory of the bridge, unless you set it yourself with MONZO_BRIDGE_ADMIN_TOKEN.',
    submit: 'Sign in',
    signOut: 'Sign out',
  },
} as const;
