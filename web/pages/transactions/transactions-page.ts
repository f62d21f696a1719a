import './transactions.css';
import { html, LitElement, nothing, type PropertyValues } from 'lit';
import './details.ts';
import './merchant.ts';
import { sentenceOf } from '../../api/client.ts';
import { categories, filtersIn, transactions, type FilterName, type Filters } from '../../api/ledger.ts';
import { searchSums, tagList } from '../../api/search.ts';
import { dateIn, here } from '../../format.ts';
import type { Page } from '../../page.ts';
import { answerFor } from '../../parts/answer.ts';
import { withPoint } from '../../written-number.ts';
import { heading } from '../../parts/heading.ts';
import { common } from '../../texts/common.ts';
import { texts as offline } from '../../texts/offline.ts';
import { texts } from '../../texts/transactions.ts';
import { exportLinks, filterBar } from './filters.ts';
import { daySection } from './list.ts';
import { filtersOn } from './periods.ts';
import { sumsPanel } from './sums.ts';
import { byDay, firstRows, refreshed, withMore, type Rows } from './rows.ts';

/** A search starts this long after the last key press. */
const pause = 250;

/** All transactions, with search and filters. The filters are in the address. */
export class TransactionsPage extends LitElement {
  static override properties = {
    page: { attribute: false },
    rows: { state: true },
    isOpen: { state: true },
    moreProblem: { state: true },
  };
  declare page: Page;
  declare rows: Rows | null;
  declare isOpen: boolean;
  declare moreProblem: string | null;
  readonly #typed = new Map<FilterName, string>();
  #pause: ReturnType<typeof setTimeout> | undefined;
  #isLoadingMore = false;
  readonly #end = new IntersectionObserver(
    ([entry]) => {
      if (entry?.isIntersecting === true) void this.#more();
    },
    { rootMargin: '600px' },
  );

  readonly #answer = answerFor(this, {
    args: () => [this.#question(), this.page.knowledge.lastEvent] as const,
    ask: async ([question], signal) => {
      const first = await transactions(this.page.call, filtersIn(new URLSearchParams(question)), { signal });
      signal.throwIfAborted();
      this.rows = this.rows?.question === question ? refreshed(this.rows, first) : firstRows(question, first);
      return first;
    },
  });

  readonly #categories = answerFor(this, {
    args: () => [this.page.knowledge.lastEvent, this.page.route.query.get('tx')] as const,
    ask: (_args, signal) => categories(this.page.call, signal),
  });

  /** Asked for beside the list, which does not wait for them. */
  readonly #sums = answerFor(this, {
    args: () => [this.#question(), this.page.knowledge.lastEvent] as const,
    ask: async ([question], signal) => {
      if (question === '') return { question, sums: [] };
      const filters = filtersIn(new URLSearchParams(question));
      return { question, sums: await searchSums(this.page.call, filters, signal) };
    },
  });

  readonly #tags = answerFor(this, {
    args: () => [this.isOpen, this.page.knowledge.lastEvent] as const,
    ask: ([isOpen], signal) => (isOpen ? tagList(this.page.call, signal) : Promise.resolve([])),
  });

  constructor() {
    super();
    this.rows = null;
    this.isOpen = false;
    this.moreProblem = null;
  }

  override createRenderRoot(): this {
    return this;
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearTimeout(this.#pause);
    this.#end.disconnect();
  }

  override render() {
    const { page } = this;
    const filters = this.#filters();
    const opened = page.route.query.get('tx');
    return html`${heading(texts.heading)}
      ${filterBar({
        page,
        categories: this.#categories.value ?? [],
        tags: this.#tags.value ?? [],
        isOpen: this.isOpen,
        toggle: () => {
          this.isOpen = !this.isOpen;
        },
        valueOf: (name) => this.#typed.get(name) ?? filters[name] ?? '',
        type: (name, value) => this.#type(name, value),
      })}
      <div role="alert">
        ${this.#answer.problem === null ? nothing : html`<p class="notice bad">${this.#answer.problem}</p>`}
      </div>
      ${this.#merchant()} ${this.#found()} ${this.#answered()}
      ${
        opened === null
          ? nothing
          : html`<mb-transaction
              .page=${page}
              .txId=${opened}
              @named=${() => this.#answer.again()}
            ></mb-transaction>`
      }`;
  }

  override updated(_changed: PropertyValues<this>): void {
    this.#end.disconnect();
    const more = this.querySelector('.more');
    if (more) this.#end.observe(more);
  }

  #merchant() {
    const name = this.page.route.query.get('merchant') ?? '';
    return name === '' ? nothing : html`<mb-merchant .page=${this.page} .name=${name}></mb-merchant>`;
  }

  /** What a search adds up to; of everything there ever was, nobody needs it. */
  #found() {
    const question = this.#question();
    const { value, problem } = this.#sums;
    if (question === '' || problem !== null) return nothing;
    const known = value !== null && value.question !== '' ? value : null;
    return sumsPanel(known?.sums ?? null, known?.question !== question);
  }

  /** Rows of another question stay while this one is asked, and not beside its refusal. */
  #answered() {
    const { rows } = this;
    const { problem, busy } = this.#answer;
    if (rows !== null && (busy || rows.question === this.#question())) return this.#list(rows);
    if (busy) return html`<p class="soft">${common.loading}</p>`;
    return problem === null ? html`<p class="soft">${offline.unopened}</p>` : nothing;
  }

  #list(rows: Rows) {
    const { items, next, question } = rows;
    const days = byDay(items, (instant) => dateIn(instant, this.page.timeZone));
    const nothingFound = question === '' ? texts.none : texts.noMatch;
    const isOld = question !== this.#question();
    return html`<div class="beside under">
        <p role="status">
          ${isOld ? common.loading : items.length === 0 ? nothingFound : (next === null ? texts.allShown : texts.shown)(items.length)}
        </p>
        ${exportLinks(this.#filters())}
      </div>
      <div class="ledger ${isOld ? 'old' : ''}">${days.map((day) => daySection(this.page, day))}</div>
      <div role="alert">
        ${this.moreProblem === null ? nothing : html`<p class="notice bad">${this.moreProblem}</p>`}
      </div>
      ${
        next === null
          ? nothing
          : html`<button type="button" class="quiet more" @click=${() => void this.#more()}>
              ${texts.more}
            </button>`
      }`;
  }

  /** The filters as one text. */
  #question(): string {
    return new URLSearchParams(Object.entries(this.#filters())).toString();
  }

  #filters(): Filters {
    const { route, timeZone } = this.page;
    return filtersOn(dateIn(new Date().toISOString(), timeZone), route.query);
  }

  #type(name: FilterName, value: string): void {
    this.#typed.set(name, plainIn(name, value));
    clearTimeout(this.#pause);
    this.#pause = setTimeout(() => {
      const { since = '', before = '' } = this.#filters();
      // Whoever changes one day of a period keeps the other.
      const isOfDays = this.#typed.has('since') || this.#typed.has('before');
      const days = isOfDays ? { period: '', since, before } : {};
      const members = { ...days, ...Object.fromEntries(this.#typed) };
      this.#typed.clear();
      this.page.change(members);
    }, pause);
  }

  async #more(): Promise<void> {
    const { rows } = this;
    if (rows === null || rows.next === null || this.#isLoadingMore) return;
    this.#isLoadingMore = true;
    this.moreProblem = null;
    try {
      const filters = filtersIn(new URLSearchParams(rows.question));
      const page = await transactions(this.page.call, filters, { cursor: rows.next });
      // The filters may have changed meanwhile, or the rows been loaded again.
      if (this.rows?.question === rows.question && this.rows.next === rows.next)
        this.rows = withMore(this.rows, page);
    } catch (thrown) {
      this.moreProblem = sentenceOf(thrown);
    } finally {
      this.#isLoadingMore = false;
    }
  }
}

/** An amount in the sign of the person's region is asked for with a point; what is no number yet stays as it is. */
function plainIn(name: FilterName, value: string): string {
  if (name !== 'min' && name !== 'max') return value;
  const plain = withPoint(value, here);
  return /^\d+\.\d+$/.test(plain) ? plain : value;
}

customElements.define('mb-transactions', TransactionsPage);
