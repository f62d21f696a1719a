import { joined, mostRows, pageIn, renewed, type Failure, type Page } from './rows.ts';

/** What the person looks for; nothing where a member is empty. */
export interface Filters {
  readonly q: string;
  readonly kind: string;
  /** The account's device. */
  readonly account: string;
}

export type Asked = Readonly<Record<string, unknown>>;

const firstPage = 20;
/** The most that the action gives at once. */
const largestPage = 50;

/** The rows of one search, read page by page. Fires `change`. An answer to an earlier question is dropped. */
export class Feed extends EventTarget {
  readonly #ask: (data: Asked) => Promise<unknown>;
  #filters: Asked = {};
  #page: Page | undefined;
  #failure: Failure | undefined;
  #asked = 0;
  #isBusy = false;
  #isStale = false;

  /** `ask` calls the action and resolves with its answer. Rejects as `callService` does. */
  constructor(ask: (data: Asked) => Promise<unknown>) {
    super();
    this.#ask = ask;
  }

  /** Undefined until the first answer. */
  get page(): Page | undefined {
    return this.#page;
  }

  /** Why the last question brought no rows. */
  get failure(): Failure | undefined {
    return this.#failure;
  }

  get isBusy(): boolean {
    return this.#isBusy;
  }

  get hasMore(): boolean {
    return Boolean(this.#page?.next) && this.#shown < mostRows;
  }

  /** Begins another search. The rows of the one before stay until its first answer. */
  async search(filters: Filters): Promise<void> {
    const given = Object.entries(filters).filter(([, value]) => value !== '');
    this.#filters = Object.fromEntries(given);
    await this.#read({ limit: firstPage }, (page) => page);
  }

  /** Reads the next, older page. Without effect while another one is read, and after the last one. */
  async more(): Promise<void> {
    if (this.#isBusy || !this.hasMore) return;
    const limit = Math.min(largestPage, mostRows - this.#shown);
    await this.#read({ limit, cursor: this.#page?.next }, ({ rows, next }) => ({
      rows: joined(this.#page?.rows ?? [], rows),
      next,
    }));
  }

  /** Reads the newest page again, because something has happened; what happens meanwhile is read once more after it. */
  async renew(): Promise<void> {
    this.#isStale = true;
    if (this.#isBusy) return;
    this.#isStale = false;
    const limit = this.#shown > firstPage ? largestPage : firstPage;
    await this.#read({ limit }, (page) => (this.#page ? renewed(this.#page, page) : page));
  }

  get #shown(): number {
    return this.#page?.rows.length ?? 0;
  }

  async #read(asked: Asked, pageAfter: (page: Page) => Page): Promise<void> {
    this.#asked += 1;
    const question = this.#asked;
    this.#become(true);
    const answer = await this.#ask({ ...this.#filters, ...asked, on_failure: 'answer' }).then(
      pageIn,
      (): Failure => ({ code: 'unanswered', sentence: '' }),
    );
    if (question !== this.#asked) return;
    const hasRows = 'rows' in answer;
    if (hasRows) this.#page = pageAfter(answer);
    this.#failure = hasRows ? undefined : answer;
    this.#become(false);
    if (this.#isStale) await this.renew();
  }

  #become(isBusy: boolean): void {
    this.#isBusy = isBusy;
    this.dispatchEvent(new Event('change'));
  }
}
