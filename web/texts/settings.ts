import { counted } from './counted.ts';

/** How the settings are set, each in a sentence. */
export const texts = {
  connected: (names: string) => `Connected: ${names}`,
  needing: (names: string) => `Needs attention: ${names}`,
  limits: (perMove: string, perDay: string) => `At most ${perMove} per move, and ${perDay} per day`,
  dryRun: 'Dry run: moves are checked, but no money moves',
  nothingMoves: 'No money can be moved',
  toLookAt: 'There is something to look at',
  notCreated: 'Not created',
  ready: (ready: number, all: number) =>
    counted(all, { other: (shown) => `${ready} of ${shown} actions ready` }),
  notAdded: 'Not added',
  inSidebar: {
    administrators: 'In the sidebar of administrators',
    everyone: 'In everyone’s sidebar',
  },
  entities: {
    lowBalance: 'low balance',
    posts: 'posts to the Monzo feed',
    updates: 'new versions',
  },
  noEntities: 'No optional entities',
  withEntities: (names: string) => `Optional entities: ${names}`,
  deleted: (amount: number) =>
    counted(amount, {
      one: (count) => `· ${count} deleted device`,
      other: (count) => `· ${count} deleted devices`,
    }),
  browsers: (amount: number) =>
    counted(amount, {
      one: (count) => `${count} browser is signed in`,
      other: (count) => `${count} browsers are signed in`,
    }),
} as const;
