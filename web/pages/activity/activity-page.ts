import './activity.css';
import { html, LitElement } from 'lit';
import './audit.ts';
import './bank.ts';
import './events.ts';
import './health.ts';
import './moves.ts';
import './positions.ts';
import type { Page } from '../../page.ts';
import { arrivalFor } from '../../parts/arrival.ts';
import { heading } from '../../parts/heading.ts';
import { texts } from '../../texts/activity.ts';

/** Health, money moves, audit, events, and calls to Monzo. */
export class ActivityPage extends LitElement {
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
    const { page } = this;
    return html`${heading(texts.heading)}
      <p class="soft question">${texts.question}</p>
      <mb-health .page=${page}></mb-health>
      <mb-moves .page=${page}></mb-moves>
      <mb-audit .page=${page}></mb-audit>
      <mb-events .page=${page}></mb-events>
      <mb-bank-activity .page=${page}></mb-bank-activity>
      <mb-bank-positions .page=${page}></mb-bank-positions>`;
  }
}

customElements.define('mb-activity', ActivityPage);
