import { counted } from './counted.ts';

/** Texts about what is spent in a month, and about the goals of pots. */
export const paceTexts = {
  heading: 'This month',
  charts: 'Charts',
  chartsOf: 'Charts of the spending',
  none: 'Nothing spent yet.',
  spent: 'spent so far',
  unread: (currency: string) => `The bridge has not read all of this month in ${currency} yet.`,
  less: (amount: string) => `${amount} less than usual by this day.`,
  more: (amount: string) => `${amount} more than usual by this day.`,
  same: 'As much as usual by this day.',
  noUsual: 'There is no full month yet to compare it with.',
  ofMonth: (usual: string) => `Spent, of the ${usual} that are usual in a month`,
  usualMonth: (usual: string) => `Usually ${usual} in a whole month.`,
  average: (months: number) =>
    counted(months, {
      one: (count) => `Usual is what was spent in the last ${count} full month.`,
      other: (count) => `Usual is the average of the last ${count} full months.`,
    }),
  left: (amount: string) => `${amount} to go.`,
  reached: 'The goal is reached.',
  outlook: (amount: string, month: string) => `At ${amount} a month it gets there in ${month}.`,
} as const;
