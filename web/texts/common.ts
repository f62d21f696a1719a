/** Texts shared by all parts of the page; the bridge's own sentences are shown unchanged. */
export const common = {
  loading: 'Loading…',
  cancel: 'Cancel',
  back: 'Back',
  busy: 'One moment…',
  /** Of accounts and pots that are shown no more. */
  closed: (name: string) => `${name} (closed)`,
  disconnected: (name: string) => `${name} (no longer connected)`,
  openInHomeAssistant: 'open it in Home Assistant',
  copy: 'Copy',
  copied: 'Copied',
  notCopied: 'The browser does not allow it: select the text and copy it yourself.',
  copyWhat: (what: string) => `Copy ${what}`,
  navigation: {
    label: 'Pages',
    skip: 'Skip to the content',
    changed: 'The bridge was updated. Reload the page to see this part.',
    reload: 'Reload the page',
  },
  freshness: {
    live: 'Live',
    checked: (time: string) => `As of ${time}`,
    asOf: (time: string) => `Out of date: last update at ${time}`,
  },
  toOverview: 'Go to the overview',
  trouble: {
    unreachable: 'The bridge does not answer. This page keeps trying; check that the bridge is running.',
    signedOutBetween:
      'Home Assistant, or whatever stands before the bridge, no longer knows this page. It keeps trying; if this stays, open it again.',
    unexpected:
      'The bridge returned an answer that this page does not understand. Reload the page; if that does not help, check the bridge’s log.',
  },
  session: {
    heading: 'Sign in to the bridge',
    intro:
      'Open the link that the bridge prints when it starts. It is good for one use, within ten minutes. For a new one, run this where the bridge runs:',
    ways: { installed: 'Installed', clone: 'In a clone of the repository', docker: 'Docker' },
    orToken: 'Or enter the admin token:',
    token: 'Admin token',
    where:
      'The token is in the file admin-token in the bridge’s data directory, unless you set MONZO_BRIDGE_ADMIN_TOKEN.',
    submit: 'Sign in',
    signOut: 'Sign out',
  },
  /** Inside Home Assistant, by the bridge's own codes. */
  turnedAway: {
    headings: {
      administrators_only: 'This page is for administrators',
      unknown_user: 'This page needs a user of Home Assistant',
      user_not_checked: 'Home Assistant does not answer yet',
    },
    who: (user: string) => `You are signed in to Home Assistant as ${user}.`,
  },
} as const;
