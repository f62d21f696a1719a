import type { Direction } from '../api/moves.ts';

const directionWords: Readonly<Record<Direction, string>> = {
  deposit: 'Into the pot',
  withdraw: 'Out of the pot',
};

/** What the page says while money is moved. The bridge's own sentences about an outcome are shown as they come. */
export const texts = {
  open: 'Move money',
  openFor: (account: string) => `Move money between ${account} and its pots`,
  heading: 'Move money',
  account: 'Account',
  pot: 'Pot',
  direction: 'Direction',
  directions: directionWords,
  amount: 'Amount',
  amountHint: (example: string) => `For example ${example}`,
  wrongAmount: 'Write the amount in digits, such as 12.50, without a sign for the currency or for thousands.',
  noPot: 'There is no pot to move money to or from.',
  check: 'Continue',
  cancel: 'Cancel',
  close: 'Close',
  back: 'Change it',
  another: 'Move some more',
  before: 'Now',
  after: 'Afterwards',
  balances: 'Balances before and after',
  confirmHeading: (amount: string) => `Move ${amount}?`,
  summary: {
    deposit: (amount: string, account: string, pot: string) => `${amount} go from ${account} into ${pot}.`,
    withdraw: (amount: string, account: string, pot: string) => `${amount} go from ${pot} to ${account}.`,
  },
  confirm: (amount: string) => `Move ${amount} now`,
  movingHeading: 'Moving the money…',
  moving: 'Monzo is asked once. You may close this page: nothing is moved a second time.',
  doneHeading: 'The money has moved',
  trialHeading: 'Nothing was moved: this was a trial',
  refusedHeading: 'Nothing was moved',
  unknownHeading: 'Not known yet whether the money moved',
  watching: 'The page goes on by itself once it is known.',
  noAnswer:
    'The bridge did not answer. Ask again below: it is the same move, so it cannot take place a second time.',
  askAgain: 'Ask again',
  interrupted:
    'You asked for this move just before the page was loaded again. Ask below what became of it: it is the same move, so it cannot take place a second time.',
  unresolved:
    'Only you can tell: look in the Monzo app, and say on the page Activity whether the money moved.',
  transferId: 'Transfer id',
} as const;
