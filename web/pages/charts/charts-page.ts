import { html, LitElement } from 'lit';
import type { Page } from '../../page.ts';
import { heading } from '../../parts/heading.ts';
import { texts } from '../../texts/charts.ts';

export class ChartsPage extends LitElement {
  static override properties = { page: { attribute: false } };
  declare page: Page;

  override createRenderRoot(): this {
    return this;
  }

  override render() {
    return html`${heading(texts.heading)}`;
  }
}

customElements.define('mb-charts', ChartsPage);
