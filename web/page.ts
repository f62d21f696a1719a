import type { Call } from './api/client.ts';
import type { Question } from './parts/dialog.ts';
import type { Route } from './route.ts';
import type { Wish } from './set-up/place.ts';
import type { Knowledge, Store } from './store.ts';

/** What the parts of the page are given. */
export interface Page {
  readonly store: Store;
  readonly knowledge: Knowledge;
  readonly call: Call;
  /** In which days and months are counted. */
  readonly timeZone: string | undefined;
  readonly route: Route;
  /** Shows another route; `instead` leaves no step back to the one before. */
  readonly travel: (route: Route, how?: 'instead') => void;
  readonly go: (wish: Wish) => void;
  readonly ask: (question: Question) => void;
  /** Does something, shows its refusal on top of the page, and looks again. */
  readonly act: (deed: () => Promise<unknown>) => void;
}
