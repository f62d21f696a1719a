import { html, type TemplateResult } from 'lit';
import { lookClass, type Look } from '../../parts/category.ts';
import { hashOf, type Route } from '../../route.ts';

/** What the colours of a chart mean. */

export interface Meaning {
  readonly name: TemplateResult | string;
  readonly look: Look | 'spent' | 'earned';
  /** Where what has the colour can be seen. */
  readonly to?: Route;
}

export function legend(meanings: readonly Meaning[]): TemplateResult {
  return html`<ul class="legend">
    ${meanings.map(({ name, look, to }) => {
      const swatch = html`<span
        class="swatch ${look === 'spent' || look === 'earned' ? look : lookClass(look)}"
        aria-hidden="true"
      ></span>`;
      return html`<li>
        ${to === undefined ? html`${swatch}${name}` : html`<a class="plain" href=${hashOf(to)}>${swatch}${name}</a>`}
      </li>`;
    })}
  </ul>`;
}
