import { html, LitElement } from 'lit';
import './deleted-devices.ts';
import './home-assistant.ts';
import './installed-blueprints.ts';
import './optional-entities.ts';
import './sidebar-dashboard.ts';
import './rails.ts';
import './sessions.ts';
import type { Page } from '../../page.ts';
import { arrivalFor } from '../../parts/arrival.ts';
import { heading } from '../../parts/heading.ts';
import { texts } from '../../texts/people.ts';
import { people } from './people.ts';

/** Logins, limits, the actions, the dashboard and the blueprints in Home Assistant, the devices deleted there, and the browsers that are signed in. */
export class PeoplePage extends LitElement {
  static override properties = { page: { attribute: false } };
  declare page: Page;

  constructor() {
    super();
    arrivalFor(this);
  }

  override createRenderRoot(): this {
    return this;
  }

  override render() {
    return html`${heading(texts.heading)}
      <p class="soft question">${texts.question}</p>
      ${people(this.page)}
      <mb-rails .page=${this.page}></mb-rails>
      <mb-home-assistant-actions .page=${this.page}></mb-home-assistant-actions>
      <mb-optional-entities .page=${this.page}></mb-optional-entities>
      <mb-sidebar-dashboard .page=${this.page}></mb-sidebar-dashboard>
      <mb-installed-blueprints .page=${this.page}></mb-installed-blueprints>
      <mb-deleted-devices .page=${this.page}></mb-deleted-devices>
      <mb-page-sessions .page=${this.page}></mb-page-sessions>`;
  }
}

customElements.define('mb-people', PeoplePage);
