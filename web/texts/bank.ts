/** Words for what the bank has: accounts, pots, kinds of transactions. */
export const bank = {
  unknown: 'not known',
  locked: 'Locked',
  stale: 'Not up to date',
  total: 'With pots',
  spent: 'Spent today',
  goalOf: (pot: string) => `How far ${pot} is`,
  goal: (share: string, goal: string) => `${share} of ${goal}`,
  pots: (account: string) => `Pots of ${account}`,
} as const;
