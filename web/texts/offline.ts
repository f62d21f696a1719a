/** Texts about a bridge that does not answer, and about a page that was updated. */
export const texts = {
  deviceOffline: 'This device is offline. The page goes on by itself once there is a connection.',
  asOf: (time: string) => `What you see is what was known at this time: ${time}.`,
  signedOut:
    'You are signed out in this browser. The bridge does not answer; it is told as soon as it does, if you leave this page open or open it again.',
  unopened: 'Not opened here before: this part comes once the bridge answers.',
  unloaded: 'This part of the page is not loaded yet. It opens once the bridge answers again.',
  updated: 'The page was updated with the bridge. Reload it to use the new version.',
} as const;
