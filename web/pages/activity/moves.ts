import { html, LitElement, nothing, type TemplateResult } from 'lit';
import { setPause } from '../../api/activity.ts';
import { audit, decide, pause, transfers, type AuditRow, type Transfer } from '../../api/moves.ts';
import { moment, money } from '../../format.ts';
import type { Page } from '../../page.ts';
import { answerFor } from '../../parts/answer.ts';
import { stranger } from '../../parts/stranger.ts';
import { texts } from '../../texts/moves.ts';
import { answeredSection } from './section.ts';

const step = 20;
const mostAtOnce = 500;

/** Moves of money: whether they may go on, those nobody knows the outcome of, and everything that was asked for. */
export class Moves extends LitElement {
  static override properties = { page: { attribute: false }, shown: { state: true } };
  declare page: Page;
  declare shown: number;

  readonly #answer = answerFor(this, {
    args: () => [this.shown, this.page.knowledge.heard, this.page.knowledge.lastEvent] as const,
    ask: async ([shown], signal) => {
      const { call } = this.page;
      const [paused, unresolved, open, rows] = await Promise.all([
        pause(call, signal),
        transfers(call, { state: 'unresolved' }, signal),
        transfers(call, { state: 'open' }, signal),
        audit(call, shown, signal),
      ]);
      return { paused, unsettled: [...unresolved.items, ...open.items], rows };
    },
  });

  constructor() {
    super();
    this.shown = step;
  }

  override createRenderRoot(): this {
    return this;
  }

  override render() {
    return answeredSection({
      id: 'moves',
      heading: texts.heading,
      answer: this.#answer,
      content: ({ paused, unsettled, rows }) =>
        html`${this.#brake(paused)} ${unsettled.map((one) => this.#unsettled(one))}
        ${this.#audit(rows.items, rows.next !== null)}`,
    });
  }

  #brake({ paused, why }: { readonly paused: boolean; readonly why: string | null }): TemplateResult {
    const set = () => this.#act(() => setPause(this.page.call, !paused));
    return html`<div class="notice ${paused ? 'warn' : 'calm'}">
      <p>${paused ? texts.paused(why ?? '') : texts.running}</p>
      <button type="button" class="${paused ? 'quiet' : 'danger'} small" @click=${set}>
        ${paused ? texts.resume : texts.pause}
      </button>
    </div>`;
  }

  #unsettled(transfer: Transfer): TemplateResult {
    const { id, state, sentence, amount_minor: amount, currency } = transfer;
    const say = (moved: 'yes' | 'no') => () => this.#act(() => decide(this.page.call, id, moved));
    return html`<article class="card">
      <header>
        <h3>${this.#what(transfer)}</h3>
        <span class="state warn">${texts.open}</span>
      </header>
      <p>${sentence ?? texts.openHint}</p>
      <p class="hint"><code>${id}</code></p>
      ${
        state === 'open'
          ? nothing
          : html`<p class="soft">${texts.openHint}</p>
              <div class="buttons" role="group" aria-label=${texts.decide(money(amount, currency))}>
                <button type="button" class="quiet small" @click=${say('yes')}>${texts.moved}</button>
                <button type="button" class="quiet small" @click=${say('no')}>${texts.notMoved}</button>
              </div>`
      }
    </article>`;
  }

  #audit(rows: readonly AuditRow[], hasMore: boolean): TemplateResult {
    const more = () => {
      this.shown = Math.min(mostAtOnce, this.shown + step);
    };
    return html`<div class="beside under">
        <h3>${texts.auditHeading}</h3>
        <p class="exports">
          <span>${texts.export}</span>
          ${(['csv', 'json'] as const).map((format) => {
            const name = format.toUpperCase();
            return html`<a
              href="api/audit/export?format=${format}"
              download
              aria-label=${texts.exportAs(name)}
              >${name}</a
            >`;
          })}
        </p>
      </div>
      ${rows.length === 0 ? html`<p class="soft">${texts.none}</p>` : this.#table(rows)}
      ${hasMore && this.shown < mostAtOnce ? html`<button type="button" class="quiet more" @click=${more}>${texts.more}</button>` : nothing}`;
  }

  #table(rows: readonly AuditRow[]): TemplateResult {
    return html`<div class="scroll audit" tabindex="0" role="group" aria-label=${texts.auditHeading}>
      <table>
        <thead>
          <tr>
            ${texts.columns.map((column) => html`<th scope="col">${column}</th>`)}
          </tr>
        </thead>
        <tbody>
          ${rows.map(
            (row) =>
              html`<tr>
                <th scope="row">${moment(row.at, this.page.timeZone)}</th>
                <td>${stranger(texts.by(texts.doors[row.door] ?? row.door, row.user))}</td>
                <td>${this.#asked(row)}</td>
                <td>
                  <span class="tag">${inWords(row.decision)}</span>
                  ${row.sentence === null ? nothing : stranger(row.sentence)}
                </td>
              </tr>`,
          )}
        </tbody>
      </table>
    </div>`;
  }

  /** The move that a row is about, or else what was done in words. */
  #asked({ action, asked }: AuditRow): string {
    const { pot, amount_minor: amount, currency, transfer_type: type } = asked ?? {};
    if (typeof pot !== 'string' || typeof amount !== 'number' || typeof currency !== 'string')
      return inWords(action);
    return this.#what({ pot, amount_minor: amount, currency, transfer_type: type });
  }

  #what(order: {
    readonly pot: string;
    readonly amount_minor: number;
    readonly currency: string;
    readonly transfer_type: unknown;
  }): string {
    const pot = this.page.knowledge.pots.find(({ id }) => id === order.pot)?.name ?? order.pot;
    const amount = money(order.amount_minor, order.currency);
    return order.transfer_type === 'withdraw' ? texts.outOf(amount, pot) : texts.into(amount, pot);
  }

  #act(deed: () => Promise<void>): void {
    this.page.act(async () => {
      await deed();
      this.#answer.again();
    });
  }
}

/** A word of the bridge's, such as not_moved, as a person writes it. */
function inWords(word: string): string {
  const words = word.replaceAll('_', ' ');
  return words.slice(0, 1).toUpperCase() + words.slice(1);
}

customElements.define('mb-moves', Moves);
