import './activity.css';
import { html, LitElement, nothing, type TemplateResult } from 'lit';
import { audit, type AuditRow } from '../../api/moves.ts';
import { discreet, inSentence, moment, row as inRow } from '../../format.ts';
import type { Page } from '../../page.ts';
import { answerFor } from '../../parts/answer.ts';
import { stranger } from '../../parts/stranger.ts';
import { hashOf, route } from '../../route.ts';
import { inWords } from '../../texts/in-words.ts';
import { texts as moves } from '../../texts/moves.ts';
import { wayOut } from '../../move/way-out.ts';
import { answered } from '../../parts/answered.ts';
import { moveInWords } from './move-words.ts';
import { newestAtOnce, Scrollback } from './scrollback.ts';

const texts = moves.audit;

const tones: Readonly<Partial<Record<string, string>>> = {
  refused: 'warn',
  failed: 'warn',
  not_moved: 'warn',
  not_sent: 'warn',
  unresolved: 'warn',
  moved: 'good',
  done: 'good',
};

/** The audit: who asked for what, and the outcome. */
export class AuditLog extends LitElement {
  static override properties = { page: { attribute: false } };
  declare page: Page;

  readonly #log = new Scrollback<AuditRow>(this, (portion) => audit(this.page.call, portion));
  readonly #answer = answerFor(this, {
    args: () => [this.page.knowledge.heard, this.page.knowledge.lastEvent] as const,
    ask: async (_args, signal) =>
      this.#log.learn(await audit(this.page.call, { limit: newestAtOnce }, signal)),
  });

  override createRenderRoot(): this {
    return this;
  }

  override render() {
    return html`<section aria-labelledby="audit">
      <div class="beside under">
        <h2 id="audit">${texts.heading}</h2>
        ${exportLinks()}
      </div>
      ${answered(this.#answer, () => this.#content())}
    </section>`;
  }

  #content(): TemplateResult {
    const { items } = this.#log;
    if (items.length === 0) return html`<p class="soft">${texts.none}</p>`;
    return html`<ol class="log audit">
        ${items.map((row) => this.#row(row))}
      </ol>
      ${this.#log.foot(texts.older)}`;
  }

  #row(row: AuditRow): TemplateResult {
    const { at, door, user, decision, code, sentence, count, transaction_id: transactionId } = row;
    return html`<li>
      <span class="when soft">${moment(at, this.page.timeZone)}</span>
      <span class="state ${tones[decision] ?? 'calm'}"
        >${texts.decisions[decision] ?? inWords(decision)}</span
      >
      <span class="subject"
        >${stranger(this.#what(row))}
        ${code === null || sentence !== null ? nothing : html`<code class="soft">${code}</code>`}
        ${
          transactionId === null
            ? nothing
            : html`<a href=${hashOf(route('transactions', { tx: transactionId }))}>${texts.transaction}</a>`
        }</span
      >
      ${count > 1 ? html`<span class="soft">${texts.times(count, moment(row.last_at, this.page.timeZone, inSentence))}</span>` : nothing}
      <span class="soft caller">${stranger(texts.by(texts.doors[door] ?? door, user))}</span>
      ${sentence === null ? nothing : html`<p class="soft">${stranger(discreet(sentence))}</p>`}
      ${wayOut(code)}
    </li>`;
  }

  #what({ action, asked, transfer_id: id }: AuditRow): string {
    const { knowledge } = this.page;
    const name = texts.actions[action] ?? inWords(action);
    if (action === 'set_rails' && asked !== null)
      return texts.about(name, inRow(Object.keys(asked).map((key) => texts.limits[key] ?? inWords(key))));
    // Only the row of the request says which move it was.
    const first = this.#log.items.find((one) => one.transfer_id === id && id !== null && one.asked !== null);
    const request = moveInWords(knowledge, asked) ?? moveInWords(knowledge, first?.asked ?? null);
    if (request === null) return id === null ? name : texts.about(name, id);
    return action === 'pot_transfer' ? request : texts.about(name, request);
  }
}

function exportLinks(): TemplateResult {
  return html`<p class="exports">
    <span>${texts.export}</span>
    ${(['csv', 'json'] as const).map((format) => {
      const name = format.toUpperCase();
      return html`<a href="api/audit/export?format=${format}" download aria-label=${texts.exportAs(name)}
        >${name}</a
      >`;
    })}
  </p>`;
}

customElements.define('mb-audit', AuditLog);
