import { html, type TemplateResult } from 'lit/html.js';

/** Cannot stand in a text. */
const slot = '\u{f0000}';

/** A whole sentence of the texts around something that is more than text. */
export function around(sentence: (inside: string) => string, inside: TemplateResult): TemplateResult {
  const [before = '', after = ''] = sentence(slot).split(slot);
  return html`${before}${inside}${after}`;
}
