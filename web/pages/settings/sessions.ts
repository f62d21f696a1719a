import './sessions.css';
import { html, LitElement, nothing, type TemplateResult } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import { endOtherSessions, endSession, readSessions, type PageSession } from '../../api/sessions.ts';
import { inSentence, moment } from '../../format.ts';
import type { Page } from '../../page.ts';
import { answerFor } from '../../parts/answer.ts';
import { answered } from '../../parts/answered.ts';
import { deedsFor } from '../../parts/deeds.ts';
import { strangerInList, visible } from '../../parts/stranger.ts';
import { placeWords } from '../../texts/places.ts';
import { texts } from '../../texts/sessions.ts';

/** The browsers that are signed in, each with a button to sign it out from here. */
export class PageSessions extends LitElement {
  static override properties = { page: { attribute: false } };
  declare page: Page;
  readonly #sessions = answerFor(this, {
    args: () => [],
    ask: (_args, signal) => readSessions(this.page.call, signal),
  });
  readonly #deeds = deedsFor(this, () => this.#sessions.again());

  override createRenderRoot(): this {
    return this;
  }

  override render() {
    return answered(this.#sessions, (sessions) => this.#content(sessions));
  }

  #content(sessions: readonly PageSession[]): TemplateResult {
    if (sessions.length === 0) return html`<p>${texts.none}</p>`;
    const others = sessions.filter(({ current }) => !current);
    return html`<article class="card">
      <ul class="browsers" aria-label=${placeWords['settings/browsers'].name}>
        ${repeat(
          sessions,
          ({ id }) => id,
          (session) => this.#session(session),
        )}
      </ul>
      ${
        others.length < 2
          ? nothing
          : html`<div class="buttons">
              ${this.#button(texts.endOthers, texts.endOthers, () => endOtherSessions(this.page.call))}
            </div>`
      }
    </article>`;
  }

  #session({ id, browser, last_used: used, current }: PageSession): TemplateResult {
    const time = moment(used, this.page.timeZone, inSentence);
    return html`<li>
      <p>
        ${strangerInList(browser)}
        ${current ? html`<span class="state calm">${texts.current}</span>` : nothing}
      </p>
      <p class="soft">${texts.lastUsed(time)}</p>
      ${
        current
          ? nothing
          : this.#button(texts.end, texts.endOf(visible(browser), time), () => endSession(this.page.call, id))
      }
    </li>`;
  }

  #button(label: string, name: string, work: () => Promise<void>): TemplateResult {
    return this.#deeds.button({ label, name, work });
  }
}

customElements.define('mb-page-sessions', PageSessions);
