import { html, LitElement } from 'lit';
import type { Page } from '../../page.ts';
import { heading } from '../../parts/heading.ts';
import { texts } from '../../texts/activity.ts';

export class ActivityPage extends LitElement {
  static override properties = { page: { attribute: false } };
  declare page: Page;

  override createRenderRoot(): this {
    return this;
  }

  override render() {
    return html`${heading(texts.heading)}`;
  }
}

customElements.define('mb-activity', ActivityPage);
