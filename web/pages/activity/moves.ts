import './activity.css';
import { html, LitElement, nothing, type TemplateResult } from 'lit';
import { setPause } from '../../api/activity.ts';
import { decide, pause, transfers, type FittingTransaction, type Transfer } from '../../api/moves.ts';
import { discreet, inSentence, moment, money } from '../../format.ts';
import type { Page } from '../../page.ts';
import { hashOf, route } from '../../route.ts';
import { answerFor } from '../../parts/answer.ts';
import { stranger } from '../../parts/stranger.ts';
import { texts } from '../../texts/moves.ts';
import { answered } from '../../parts/answered.ts';
import { moveInWords } from './move-words.ts';

/** Money moves: whether they are paused, and those with an unknown outcome. */
export class Moves extends LitElement {
  static override properties = { page: { attribute: false }, told: { state: true } };
  declare page: Page;
  /** The result of the person's decision. */
  declare told: string | null;

  readonly #answer = answerFor(this, {
    args: () => [this.page.knowledge.heard, this.page.knowledge.lastEvent] as const,
    ask: async (_args, signal) => {
      const { call } = this.page;
      const [paused, unresolved, open] = await Promise.all([
        pause(call, signal),
        transfers(call, { state: 'unresolved' }, signal),
        transfers(call, { state: 'open' }, signal),
      ]);
      return { paused, unsettled: [...unresolved.items, ...open.items] };
    },
  });

  constructor() {
    super();
    this.told = null;
  }

  override createRenderRoot(): this {
    return this;
  }

  override render() {
    return answered(
      this.#answer,
      ({ paused, unsettled }) =>
        html`${this.#pauseControl(paused)}
          <div role="status">
            ${this.told === null ? nothing : html`<p class="notice good">${stranger(discreet(this.told))}</p>`}
          </div>
          ${unsettled.map((one) => this.#unsettled(one))}`,
    );
  }

  #pauseControl({ paused, why }: { readonly paused: boolean; readonly why: string | null }): TemplateResult {
    const set = () => this.#act(() => setPause(this.page.call, !paused));
    return html`<div class="notice pause-control ${paused ? 'warn' : 'calm'}">
      <p>${paused ? texts.paused(discreet(why ?? '')) : texts.running}</p>
      <button type="button" class="${paused ? 'quiet' : 'danger'} small" @click=${set}>
        ${paused ? texts.resume : texts.pause}
      </button>
    </div>`;
  }

  #unsettled(transfer: Transfer): TemplateResult {
    const { id, state, sentence, amount_minor: amount, currency } = transfer;
    const isOpen = state === 'open';
    const button = (moved: 'yes' | 'no') =>
      html`<button type="button" class="quiet small" @click=${() => this.#ask(transfer, moved)}>
        ${texts.decisions[moved]}
      </button>`;
    return html`<article class="card">
      <header>
        <h2>${stranger(this.#what(transfer))}</h2>
        <span class="state warn">${isOpen ? texts.states.open : texts.states.unresolved}</span>
      </header>
      <p>${discreet(sentence ?? (isOpen ? texts.openHint : texts.unresolvedHint))}</p>
      ${fittingRows(transfer.fitting_transactions, this.page.timeZone)}
      <p class="hint"><code>${id}</code></p>
      ${
        isOpen
          ? nothing
          : html`<div class="buttons" role="group" aria-label=${texts.decide(money(amount, currency))}>
              ${button('yes')} ${button('no')}
            </div>`
      }
    </article>`;
  }

  /** A decision cannot be undone, so it is confirmed first. */
  #ask(transfer: Transfer, moved: 'yes' | 'no'): void {
    const { call, store, ask } = this.page;
    const what = this.#what(transfer);
    ask({
      heading: texts.decideHeading[moved](money(transfer.amount_minor, transfer.currency, { always: true })),
      fields: html`<p>${texts.decideHint}</p>`,
      label: texts.decisions[moved],
      danger: false,
      submit: async () => {
        const { sentence } = await decide(call, transfer.id, moved);
        this.told = texts.audit.about(what, sentence ?? '');
        await store.refresh();
        this.#answer.again();
      },
    });
  }

  #what(transfer: Transfer): string {
    return moveInWords(this.page.knowledge, { ...transfer }) ?? transfer.id;
  }

  #act(deed: () => Promise<void>): void {
    this.told = null;
    this.page.act(async () => {
      await deed();
      this.#answer.again();
    });
  }
}

/** What to compare with the Monzo app; each leads to the transaction. */
function fittingRows(
  rows: readonly FittingTransaction[],
  timeZone: string | undefined,
): TemplateResult | typeof nothing {
  if (rows.length === 0) return nothing;
  return html`<p>${texts.fitting}</p>
    <ul>
      ${rows.map(
        ({ transaction_id: tx, created, amount_minor: amount, currency }) =>
          html`<li>
            <a href=${hashOf(route('transactions', { tx }))}
              >${texts.fittingRow(money(amount, currency), moment(created, timeZone, inSentence))}</a
            >
          </li>`,
      )}
    </ul>`;
}

customElements.define('mb-moves', Moves);
