export const texts = { heading: 'Transactions' } as const;
