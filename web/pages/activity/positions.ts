import { html, LitElement, type TemplateResult } from 'lit';
import { bankPositions, type BankPositions } from '../../api/activity.ts';
import { count, moment } from '../../format.ts';
import type { Page } from '../../page.ts';
import { answerFor } from '../../parts/answer.ts';
import { texts } from '../../texts/activity.ts';
import { answered } from '../../parts/answered.ts';

const words = texts.positions;

/** How Monzo was seen to behave where no source says it. */
export class PositionsCard extends LitElement {
  static override properties = { page: { attribute: false } };
  declare page: Page;

  readonly #answer = answerFor(this, {
    args: () => [this.page.knowledge.heard] as const,
    ask: (_args, signal) => bankPositions(this.page.call, signal),
  });

  override createRenderRoot(): this {
    return this;
  }

  override render() {
    return html`<section aria-labelledby="positions">
      <h2 id="positions">${words.heading}</h2>
      ${answered(this.#answer, ({ items }) => this.#content(items))}
    </section>`;
  }

  #content(items: BankPositions['items']): TemplateResult {
    const seen = items.filter(({ positions }) => positions.length > 0);
    return html`<p class="hint">${words.intro}</p>
      <details>
        <summary>${words.seen(count(seen.length), count(items.length))}</summary>
        <div class="scroll" tabindex="0" role="group" aria-label=${words.heading}>
          <table>
            <thead>
              <tr>
                ${words.columns.map((column) => html`<th scope="col">${column}</th>`)}
              </tr>
            </thead>
            <tbody>
              ${items.flatMap((item) => this.#rows(item))}
            </tbody>
          </table>
        </div>
      </details>`;
  }

  #rows({ asks, positions }: BankPositions['items'][number]): readonly TemplateResult[] {
    if (positions.length === 0)
      return [
        html`<tr>
          <th scope="row">${asks}</th>
          <td class="soft" colspan="2">${words.unseen}</td>
        </tr>`,
      ];
    return positions.map(
      ({ position, first_seen: first }) =>
        html`<tr>
          <th scope="row">${asks}</th>
          <td><code>${position}</code></td>
          <td>${moment(first, this.page.timeZone)}</td>
        </tr>`,
    );
  }
}

customElements.define('mb-bank-positions', PositionsCard);
