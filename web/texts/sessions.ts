/** Texts about the browsers that are signed in to the page. */
export const texts = {
  none: 'No browser is signed in with a link or the admin token.',
  current: 'This browser',
  lastUsed: (time: string) => `Last used ${time}`,
  end: 'Sign out',
  endOf: (browser: string, time: string) => `Sign out ${browser}, last used ${time}`,
  endOthers: 'Sign out all others',
} as const;
