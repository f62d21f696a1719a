export const texts = { heading: 'Charts' } as const;
