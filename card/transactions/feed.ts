import { joined, mostRows, pageIn, renewed, type Failure, type Page } from './rows.ts';

/** What the person looks for; an empty member looks for nothing. */
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
  #question: Asked | undefined;

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
    return this.#question !== undefined;
  }

  get hasMore(): boolean {
    return Boolean(this.#page?.next) && this.#shown < mostRows;
  }

  /** Begins another search. The rows of the one before stay until its first answer. */
  async search(filters: Filters): Promise<void> {
    this.#filters = Object.fromEntries(Object.entries(filters).filter(([, value]) => value));
    await this.#read({ limit: firstPage }, (page) => page);
  }

  /** Reads the next, older page. Without effect while another one is read, and after the last one. */
  async more(): Promise<void> {
    const { page } = this;
    if (!page || this.isBusy || !this.hasMore) return;
    const older = { limit: Math.min(largestPage, mostRows - this.#shown), cursor: page.next };
    await this.#read(older, ({ rows, next }) => ({ rows: joined(page.rows, rows), next }));
  }

  /** Reads the newest page again, because something has happened. */
  async renew(): Promise<void> {
    const limit = this.#shown > firstPage ? largestPage : firstPage;
    await this.#read({ limit }, (page) => (this.#page ? renewed(this.#page, page) : page));
  }

  get #shown(): number {
    return this.#page?.rows.length ?? 0;
  }

  async #read(asked: Asked, pageAfter: (page: Page) => Page): Promise<void> {
    const question = { ...this.#filters, ...asked, on_failure: 'answer' };
    this.#become(question);
    const answer = await this.#ask(question).then(pageIn, (): Failure => ({ sentence: null }));
    if (question !== this.#question) return;
    const hasRows = 'rows' in answer;
    if (hasRows) this.#page = pageAfter(answer);
    this.#failure = hasRows ? undefined : answer;
    this.#become(undefined);
  }

  #become(question: Asked | undefined): void {
    this.#question = question;
    this.dispatchEvent(new Event('change'));
  }
}
