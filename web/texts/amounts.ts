/** Texts about amounts that are hidden on the page. */
export const texts = {
  hide: 'Hide amounts',
  show: 'Show amounts',
  hidden: 'Amounts are hidden.',
} as const;
