import type { Question } from './parts/dialog.ts';
import type { Wish } from './place.ts';
import type { Knowledge, Store } from './store.ts';

/** What the parts of the page are given. */
export interface Page {
  readonly store: Store;
  readonly knowledge: Knowledge;
  readonly go: (wish: Wish) => void;
  readonly ask: (question: Question) => void;
  /** Does something, shows its refusal on top of the page, and looks again. */
  readonly act: (deed: () => Promise<unknown>) => void;
}
