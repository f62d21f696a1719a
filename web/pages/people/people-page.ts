import { html, LitElement } from 'lit';
import './home-assistant.ts';
import './rails.ts';
import type { Page } from '../../page.ts';
import { heading } from '../../parts/heading.ts';
import { texts } from '../../texts/people.ts';
import { people } from './people.ts';

/** Logins, limits, and the actions in Home Assistant. */
export class PeoplePage extends LitElement {
  static override properties = { page: { attribute: false } };
  declare page: Page;

  override createRenderRoot(): this {
    return this;
  }

  override render() {
    return html`${heading(texts.heading)} ${people(this.page)}
      <mb-rails .page=${this.page}></mb-rails>
      <mb-home-assistant-actions .page=${this.page}></mb-home-assistant-actions>`;
  }
}

customElements.define('mb-people', PeoplePage);
