import { html, LitElement, nothing, type TemplateResult } from 'lit';
import '../../parts/form.ts';
import './receipt.ts';
import {
  annotate,
  categories,
  nameCategory,
  transaction,
  type Category,
  type DetailedTransaction,
} from '../../api/ledger.ts';
import { areAmountsHidden, moment, money, row as rowOf } from '../../format.ts';
import type { Page } from '../../page.ts';
import { answerFor } from '../../parts/answer.ts';
import { categoryMark, lookOfRow } from '../../parts/category.ts';
import type { Submit } from '../../parts/form.ts';
import { pairs } from '../../parts/pairs.ts';
import { stranger, strangerInList } from '../../parts/stranger.ts';
import { hashOf, route } from '../../route.ts';
import { potName, titleOf } from '../../parts/transaction-title.ts';
import { emojiAfter } from './list.ts';
import { rateInWords } from './rate.ts';
import { amountOf } from './rows.ts';
import { bank } from '../../texts/bank.ts';
import { texts as ofSearch } from '../../texts/search.ts';
import { texts } from '../../texts/transactions.ts';

/** One transaction beside the list: its fields, editable notes, and Monzo's own data. */
export class TransactionDetails extends LitElement {
  static override properties = {
    page: { attribute: false },
    txId: { attribute: false },
    saved: { state: true },
  };
  declare page: Page;
  declare txId: string;
  declare saved: boolean;

  readonly #answer = answerFor(this, {
    args: () => [this.txId, this.page.knowledge.lastEvent] as const,
    ask: ([id], signal) => transaction(this.page.call, id, signal),
  });

  readonly #categories = answerFor(this, {
    args: () => [this.page.knowledge.lastEvent] as const,
    ask: (_args, signal) => categories(this.page.call, signal),
  });

  constructor() {
    super();
    this.saved = false;
  }

  override createRenderRoot(): this {
    return this;
  }

  override firstUpdated(): void {
    this.querySelector('dialog')?.showModal();
  }

  override render() {
    const { value, problem } = this.#answer;
    const shown = value?.id === this.txId ? value : null;
    return html`<dialog class="drawer" aria-labelledby="transaction" @close=${() => this.#leave()}>
      <div class="beside">
        ${shown === null ? nothing : categoryMark(lookOfRow(shown))}
        <h2 id="transaction">
          ${shown === null ? texts.loading : strangerInList(titleOf(this.page, shown))}
          ${emojiAfter(shown?.emoji ?? null)}
        </h2>
        <button type="button" class="quiet small" @click=${() => this.querySelector('dialog')?.close()}>
          ${texts.close}
        </button>
      </div>
      ${problem === null ? nothing : html`<p class="notice bad" role="alert">${problem}</p>`}
      ${shown === null ? nothing : this.#content(shown)}
    </dialog>`;
  }

  #content(item: DetailedTransaction): TemplateResult {
    return html`<p class="balance ${item.amount_minor > 0 ? 'in' : ''} ${item.status}">${amountOf(item)}</p>
      ${pairs('facts', factsOf(this.page, item, this.#nameOf))}
      ${this.#ownCategories(item).map((category) => this.#naming(category))} ${this.#notes(item)}
      <p>
        <a href=${hashOf(route('transactions', { merchant: item.name }))}>${texts.showMerchant}</a>
      </p>
      ${
        areAmountsHidden()
          ? nothing
          : html`${item.local_amount_minor === 0 || item.status === 'declined' ? nothing : this.#receipt(item)}
            ${verbatim(item)}`
      }`;
  }

  readonly #nameOf = (category: string): string =>
    this.#categories.value?.find(({ id }) => id === category)?.name ?? category;

  #ownCategories({ category, categories_minor: shares }: DetailedTransaction): readonly Category[] {
    const own = new Set([category, ...Object.keys(shares)]);
    return (this.#categories.value ?? []).filter(({ id, custom }) => custom && own.has(id));
  }

  #naming({ id, name, named }: Category): TemplateResult {
    const fields = html`<div class="field">
      <label for=${id}>${texts.categoryName}</label>
      <input
        id=${id}
        name="name"
        maxlength="60"
        autocomplete="off"
        aria-describedby="hint-${id}"
        .value=${named ? name : ''}
      />
      <p class="hint" id="hint-${id}">${texts.categoryHint}</p>
    </div>`;
    const submit: Submit = async (read) => {
      await nameCategory(this.page.call, id, read('name'));
      this.#categories.again();
      this.#answer.again();
      this.dispatchEvent(new Event('named'));
    };
    return html`<mb-form .fields=${fields} .label=${texts.saveName} .submit=${submit}></mb-form>`;
  }

  #notes({ id, notes }: DetailedTransaction): TemplateResult {
    const fields = html`<div class="field">
      <label for="notes">${texts.notes}</label>
      <textarea id="notes" name="notes" rows="3" aria-describedby="notes-hint" .value=${notes}></textarea>
      <p class="hint" id="notes-hint">${texts.notesHint}</p>
    </div>`;
    const submit: Submit = async (read) => {
      this.saved = false;
      await annotate(this.page.call, id, read('notes'));
      this.saved = true;
      this.#answer.again();
    };
    return html`<mb-form .fields=${fields} .label=${texts.save} .submit=${submit}></mb-form>
      <div role="status">${this.saved ? html`<p class="notice good">${texts.saved}</p>` : nothing}</div>`;
  }

  #receipt(item: DetailedTransaction): TemplateResult {
    return html`<mb-receipt .page=${this.page} .item=${item}></mb-receipt>`;
  }

  #leave(): void {
    this.page.change({ tx: '' });
  }
}

function verbatim({ raw }: DetailedTransaction): TemplateResult {
  return html`<details>
    <summary>${texts.raw}</summary>
    <pre tabindex="0">${JSON.stringify(raw, null, 2)}</pre>
  </details>`;
}

type Fact = readonly [label: string, value: unknown];

function factsOf(
  page: Page,
  item: DetailedTransaction,
  categoryNamed: (category: string) => string,
): readonly Fact[] {
  const { fields } = texts;
  const { knowledge, timeZone } = page;
  const nameIn = (all: readonly { readonly id: string; readonly name: string }[], id: string | null) =>
    all.find((one) => one.id === id)?.name ?? id;
  const isAbroad = item.local_currency !== '' && item.local_currency !== item.currency;
  const abroad = money(item.local_amount_minor, item.local_currency, { signed: true });
  const facts: readonly Fact[] = [
    [fields.created, moment(item.created, timeZone)],
    [fields.account, nameIn(knowledge.accounts, item.account_id)],
    [fields.pot, potName(page, item) ?? item.pot_id],
    [fields.kind, bank.kinds[item.kind]],
    [fields.status, bank.statuses[item.status]],
    [ofSearch.reversed, reversedFrom(item)],
    [fields.declined, item.decline_reason],
    settling(item.settled, timeZone),
    [fields.category, item.category_name],
    [fields.split, splitInWords(item, categoryNamed)],
    [fields.spender, item.spender === null ? null : stranger(item.spender)],
    [fields.flow, bank.flows[item.flow]],
    [fields.chargedBy, pairLink(item.charged_by, texts.theCharge)],
    [fields.hold, pairLink(item.hold_id, texts.theHold)],
    [fields.abroad, isAbroad ? abroad : null],
    [ofSearch.rate.label, exchange(item)],
    [ofSearch.tags.label, tagLinks(item.tags)],
    [fields.counterparty, item.counterparty === null ? null : stranger(item.counterparty)],
    [fields.description, item.description === '' ? null : stranger(item.description)],
    [fields.id, html`<code>${item.id}</code>`],
  ];
  return facts.filter(([, value]) => value !== null);
}

/** The shares of a purchase that is split over categories; null where it is not. */
function splitInWords(
  { categories_minor: shares, currency }: DetailedTransaction,
  categoryNamed: (category: string) => string,
): string | null {
  const parts = Object.entries(shares);
  if (parts.length < 2) return null;
  return rowOf(parts.map(([name, share]) => `${categoryNamed(name)} ${money(share, currency)}`));
}

/** The other one of an amount that was held and then charged. */
function pairLink(id: string | null, words: string): TemplateResult | null {
  return id === null ? null : html`<a href=${hashOf(route('transactions', { tx: id }))}>${words}</a>`;
}

/** What a reversed one was. The amount above is that too, where it is known. */
function reversedFrom(item: DetailedTransaction): string | null {
  return item.status === 'reversed' ? amountOf(item) : null;
}

function exchange(item: DetailedTransaction): string | null {
  const was = item.reversed_amount_minor ?? item.amount_minor;
  const rate = rateInWords({ ...item, amount_minor: was });
  return rate === null ? null : ofSearch.rate.is(...rate);
}

/** Links to all transactions with a tag. */
function tagLinks(tags: readonly string[]): TemplateResult | null {
  if (tags.length === 0) return null;
  return html`<ul class="tags">
    ${tags.map(
      (tag) =>
        html`<li>
          <a href=${hashOf(route('transactions', { tag }))} aria-label=${ofSearch.tags.show(tag)}
            >#${stranger(tag)}</a
          >
        </li>`,
    )}
  </ul>`;
}

/** The settlement date, which may be in the future. */
function settling(at: string | null, timeZone: string | undefined): Fact {
  const { settled, settles } = texts.fields;
  if (at === null) return [settled, null];
  return [Date.parse(at) <= Date.now() ? settled : settles, moment(at, timeZone)];
}

customElements.define('mb-transaction', TransactionDetails);
