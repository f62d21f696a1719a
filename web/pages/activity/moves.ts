import { html, LitElement, nothing, type TemplateResult } from 'lit';
import { setPause } from '../../api/activity.ts';
import { decide, pause, transfers, type Transfer } from '../../api/moves.ts';
import { money } from '../../format.ts';
import type { Page } from '../../page.ts';
import { answerFor } from '../../parts/answer.ts';
import { stranger } from '../../parts/stranger.ts';
import { texts } from '../../texts/moves.ts';
import { orderInWords } from './order-words.ts';
import { answeredSection } from './section.ts';

/** Moves of money: whether they may go on, and those nobody knows the outcome of. */
export class Moves extends LitElement {
  static override properties = { page: { attribute: false } };
  declare page: Page;

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

  override createRenderRoot(): this {
    return this;
  }

  override render() {
    return answeredSection({
      id: 'moves',
      heading: texts.heading,
      answer: this.#answer,
      content: ({ paused, unsettled }) =>
        html`${this.#brake(paused)} ${unsettled.map((one) => this.#unsettled(one))}`,
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
        <h3>${stranger(orderInWords(this.page.knowledge, { ...transfer }) ?? id)}</h3>
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

  #act(deed: () => Promise<void>): void {
    this.page.act(async () => {
      await deed();
      this.#answer.again();
    });
  }
}

customElements.define('mb-moves', Moves);
