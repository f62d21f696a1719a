import type { Direction } from '../api/moves.ts';

const directionWords: Readonly<Record<Direction, string>> = {
  deposit: 'Into the pot',
  withdraw: 'Out of the pot',
};

/** Texts of the move dialog. The bridge's own sentences about an outcome are shown unchanged. */
export const texts = {
  open: 'Move money',
  openFor: (account: string) => `Move money between ${account} and its pots`,
  heading: 'Move money',
  account: 'Account',
  pot: 'Pot',
  direction: 'Direction',
  directions: directionWords,
  amount: 'Amount',
  amountHint: (example: string, currency: string) => `For example ${example} (${currency})`,
  wrongAmount: (example: string) =>
    `Enter the amount in digits, such as ${example}, without a currency sign or thousands separators.`,
  noPot: 'There is no pot to move money into or out of.',
  check: 'Continue',
  cancel: 'Cancel',
  close: 'Close',
  back: 'Change it',
  another: 'Make another move',
  before: 'Now',
  after: 'Afterwards',
  balances: 'Balances before and after',
  confirmHeading: (amount: string) => `Move ${amount}?`,
  summary: {
    deposit: (amount: string, account: string, pot: string) =>
      `${amount} will move from ${account} to ${pot}.`,
    withdraw: (amount: string, account: string, pot: string) =>
      `${amount} will move from ${pot} to ${account}.`,
  },
  confirm: (amount: string) => `Move ${amount} now`,
  movingHeading: 'Moving the money…',
  moving: 'You can close this page. The money will not move twice.',
  doneHeading: 'The money has moved',
  trialHeading: 'Dry run: nothing was moved',
  refusedHeading: 'Nothing was moved',
  unknownHeading: 'The outcome is not known yet',
  watching: 'This page updates once the outcome is known.',
  noAnswer:
    'The bridge did not answer. Ask again below: it is the same move, so the money cannot move twice.',
  askAgain: 'Ask again',
  interrupted:
    'The page was reloaded before this move was answered. Ask again below: it is the same move, so the money cannot move twice.',
  unresolved: 'Check the Monzo app, then record under Activity → Money moves whether the money moved.',
  transferId: 'Transfer id',
  toLimits: 'Go to the limits',
  toMoves: 'Go to the money moves',
} as const;
