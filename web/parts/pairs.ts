import { html, type TemplateResult } from 'lit/html.js';

/** Values, each with what it is; the class says how they are laid out. */
export function pairs(
  layout: 'figures' | 'pairs' | 'facts',
  shown: readonly (readonly [label: string, value: unknown])[],
): TemplateResult {
  return html`<dl class=${layout}>
    ${shown.map(
      ([label, value]) =>
        html`<div>
          <dt>${label}</dt>
          <dd>${value}</dd>
        </div>`,
    )}
  </dl>`;
}
