import { html, svg, type TemplateResult } from 'lit';
import type { HiddenAmounts } from '../hidden-amounts.ts';
import { texts } from '../texts/amounts.ts';

/** Drawn on a field of 24 by 24, in strokes. */
const eye = 'M2 12s3.6-6.5 10-6.5S22 12 22 12s-3.6 6.5-10 6.5S2 12 2 12Z';
const pupil = 'M12 9a3 3 0 1 0 0 6 3 3 0 0 0 0-6Z';
const stroke = 'M4 20 20 4';

/** Hides every amount of the page, or shows them again; says so to those who do not see it. */
export function amountsButton({ isOn, toggle }: HiddenAmounts): TemplateResult {
  return html`<button
      type="button"
      class="link eye"
      aria-label=${isOn ? texts.show : texts.hide}
      title=${isOn ? texts.show : texts.hide}
      @click=${toggle}
    >
      <svg viewBox="0 0 24 24" aria-hidden="true" focusable="false">
        ${svg`<path d=${isOn ? `${eye}${pupil}${stroke}` : `${eye}${pupil}`} />`}
      </svg>
    </button>
    <p class="heard" role="status">${isOn ? texts.hidden : ''}</p>`;
}
