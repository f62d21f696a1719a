export const texts = { heading: 'Activity' } as const;
