import type { Call } from './api/client.ts';
import type { Favourites } from './favourites.ts';
import type { HiddenAmounts } from './hidden-amounts.ts';
import type { Question } from './parts/dialog.ts';
import type { Route } from './route.ts';
import type { Choice } from './set-up/place.ts';
import type { Knowledge, Store } from './store.ts';

/** What the parts of the page are given. */
export interface Page {
  readonly store: Store;
  readonly knowledge: Knowledge;
  readonly call: Call;
  /** Grows when the bridge answers again: what was shown of an earlier time is asked for anew. */
  readonly renewals: number;
  /** The time zone of days and months. */
  readonly timeZone: string | undefined;
  readonly amounts: HiddenAmounts;
  readonly favourites: Favourites;
  readonly route: Route;
  /** Shows another route; `instead` replaces the current entry of the browser's history. */
  readonly travel: (route: Route, how?: 'instead') => void;
  /**
   * Replaces part of the query of this page's route as it is now: what was drawn may be older, and a change that was made since
   * stays. An empty text removes a member; once another page is shown, nothing changes.
   */
  readonly change: (members: Readonly<Record<string, string>>) => void;
  readonly go: (choice: Choice) => void;
  readonly ask: (question: Question) => void;
  /** Runs an action, shows its refusal at the top of the page, and refreshes. */
  readonly act: (deed: () => Promise<unknown>) => void;
}
