import { html, LitElement, nothing, type TemplateResult } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import { placesOf } from '../../../src/domain/values.ts';
import { WrongField } from '../../api/client.ts';
import type { DetailedTransaction } from '../../api/ledger.ts';
import { addReceipt, receiptOf, removeReceipt, type NewReceipt, type Receipt } from '../../api/receipts.ts';
import { count, money, written } from '../../format.ts';
import type { Page } from '../../page.ts';
import { answerFor } from '../../parts/answer.ts';
import { deedsFor } from '../../parts/deeds.ts';
import '../../parts/form.ts';
import { stranger } from '../../parts/stranger.ts';
import { tableOf } from '../../parts/table.ts';
import { texts } from '../../texts/receipt.ts';
import { leftOf, lineAmount, type Line } from './receipt-lines.ts';

/** The bridge's receipt of one transaction. Monzo is asked for it once it is opened. */
export class TransactionReceipt extends LitElement {
  static override properties = {
    page: { attribute: false },
    item: { attribute: false },
    lines: { state: true },
    isOpen: { state: true },
    said: { state: true },
  };
  declare page: Page;
  declare item: DetailedTransaction;
  /** Null while none is being written. */
  declare lines: readonly Line[] | null;
  declare isOpen: boolean;
  declare said: string;
  #keys = 0;

  readonly #answer = answerFor(this, {
    args: () => [this.item.id, this.isOpen] as const,
    ask: async ([id, isOpen], signal) =>
      isOpen ? { id, receipt: await receiptOf(this.page.call, id, signal) } : null,
  });
  readonly #deeds = deedsFor(this, () => this.#answer.again());

  constructor() {
    super();
    this.lines = null;
    this.isOpen = false;
    this.said = '';
  }

  override createRenderRoot(): this {
    return this;
  }

  override willUpdate(changes: Map<string, unknown>): void {
    const before = changes.get('item') as DetailedTransaction | undefined;
    if (before === undefined || before.id === this.item.id) return;
    this.lines = null;
    this.said = '';
  }

  override render() {
    const toggled = ({ currentTarget }: Event) => {
      this.isOpen = currentTarget instanceof HTMLDetailsElement && currentTarget.open;
    };
    return html`<details class="receipt" @toggle=${toggled}>
      <summary>${texts.heading}</summary>
      <p class="hint">${texts.hint}</p>
      ${this.isOpen ? this.#content() : nothing}
      <div role="status">${this.said === '' ? nothing : html`<p class="notice good">${this.said}</p>`}</div>
    </details>`;
  }

  #content(): TemplateResult {
    const { value, problem } = this.#answer;
    if (value?.id !== this.item.id)
      return problem === null
        ? html`<p class="soft">${texts.loading}</p>`
        : html`<p class="notice bad" role="alert">${problem}</p>`;
    const { receipt } = value;
    if (receipt === null || this.lines !== null)
      return html`${receipt === null ? html`<p>${texts.none}</p>` : nothing} ${this.#form(receipt)}`;
    return html`${linesOf(receipt)}
      <div class="buttons">
        <button type="button" class="quiet small" @click=${() => this.#write(this.#linesOf(receipt))}>
          ${texts.replace}
        </button>
        ${this.#deeds.button({
          label: texts.remove,
          work: async () => {
            await removeReceipt(this.page.call, this.item.id);
            this.said = texts.removed;
          },
        })}
      </div>`;
  }

  get #places(): number {
    return placesOf(this.item.local_currency);
  }

  get #total(): number {
    return Math.abs(this.item.local_amount_minor);
  }

  #write(lines: readonly Line[] | null): void {
    this.lines = lines;
    this.said = '';
  }

  #newLine(amount: number): Line {
    this.#keys += 1;
    return { key: this.#keys, description: '', amount: written(amount, this.#places) };
  }

  #linesOf({ items }: Receipt): readonly Line[] {
    return items.map((before) => {
      const { description, amount_minor: amount } = before;
      return { ...this.#newLine(amount), description, before };
    });
  }

  #form(receipt: Receipt | null): TemplateResult {
    const lines = this.lines ?? [{ key: 0, description: '', amount: written(this.#total, this.#places) }];
    const left = leftOf(this.#total, lines, this.#places);
    const more = () => this.#write([...lines, this.#newLine(left)]);
    const fields = html`<fieldset class="receipt-lines">
        <legend>${texts.form}</legend>
        <p class="hint">${texts.linesHint}</p>
        ${repeat(
          lines,
          ({ key }) => key,
          (line, place) => this.#lineFields(lines, line, place),
        )}
        <button type="button" class="quiet small" @click=${more}>${texts.more}</button>
      </fieldset>
      <p role="status" class="hint">${this.#sumInWords(left)}</p>`;
    const aside =
      receipt === null
        ? nothing
        : html`<button type="button" class="quiet" @click=${() => this.#write(null)}>${texts.keep}</button>`;
    const submit = async () => {
      await addReceipt(this.page.call, this.item.id, this.#toSend(lines, receipt));
      this.lines = null;
      this.said = texts.saved;
      this.#answer.again();
    };
    return html`<mb-form .fields=${fields} .label=${texts.save} .aside=${aside} .submit=${submit}></mb-form>`;
  }

  #lineFields(lines: readonly Line[], { key, description, amount }: Line, place: number): TemplateResult {
    const shown = count(place + 1);
    const change =
      (member: 'description' | 'amount') =>
      ({ target }: InputEvent) => {
        const value = (target as HTMLInputElement).value;
        this.#write(lines.map((line) => (line.key === key ? { ...line, [member]: value } : line)));
      };
    const take = () => this.#write(lines.filter((line) => line.key !== key));
    return html`<div class="receipt-line">
      <input
        name="description-${key}"
        maxlength="200"
        autocomplete="off"
        aria-label=${texts.descriptionOf(shown)}
        placeholder=${texts.what}
        .value=${description}
        @input=${change('description')}
      />
      <input
        name="amount-${key}"
        class="amount"
        inputmode="text"
        autocomplete="off"
        aria-label=${texts.amountOf(shown)}
        .value=${amount}
        @input=${change('amount')}
      />
      ${
        lines.length === 1
          ? nothing
          : html`<button
              type="button"
              class="quiet small"
              aria-label=${texts.removeLine(shown)}
              @click=${take}
            >
              ×
            </button>`
      }
    </div>`;
  }

  #sumInWords(left: number): string {
    const { local_currency: currency } = this.item;
    if (left === 0) return texts.whole(money(this.#total, currency));
    return left > 0 ? texts.left(money(left, currency)) : texts.over(money(-left, currency));
  }

  #toSend(lines: readonly Line[], replaced: Receipt | null): NewReceipt {
    const items = lines.map(({ key, description, amount, before }) => {
      const minor = lineAmount(amount, this.#places);
      if (description.trim() === '') throw new WrongField(`description-${key}`, texts.problems.description);
      if (minor === null) throw new WrongField(`amount-${key}`, texts.problems.amount);
      const { quantity = 1, unit = null } = before ?? {};
      const tax_minor = before?.amount_minor === minor ? before.tax_minor : 0;
      return { description, quantity, ...(unit !== null && { unit }), amount_minor: minor, tax_minor };
    });
    const taxes = (replaced?.taxes ?? []).map(({ tax_number: number, ...tax }) => ({
      description: tax.description,
      amount_minor: tax.amount_minor,
      ...(number !== null && { tax_number: number }),
    }));
    return { items, taxes };
  }
}

function linesOf({ items, taxes, total_minor: total, currency }: Receipt): TemplateResult {
  const rows = [
    ...items.map((line) => [stranger(lineInWords(line)), money(line.amount_minor, currency)]),
    [texts.total, money(total, currency)],
    ...taxes.map(({ description, amount_minor: tax }) => [
      stranger(texts.of(description)),
      money(tax, currency),
    ]),
  ];
  return tableOf({ head: [texts.what, texts.amount], rows }, { label: texts.heading });
}

function lineInWords({ description, quantity, unit }: Receipt['items'][number]): string {
  if (unit !== null) return texts.measured(count(quantity), unit, description);
  return quantity === 1 ? description : texts.times(count(quantity), description);
}

customElements.define('mb-receipt', TransactionReceipt);
