import { html, type TemplateResult } from 'lit';

/** The page's one main heading; it gets the focus when another page is shown. */
export function heading(text: string): TemplateResult {
  return html`<h1 tabindex="-1">${text}</h1>`;
}

/** A link that opens in a new tab while this page keeps waiting. */
export function outside(href: string, label: string, kind: 'main' | 'quiet'): TemplateResult {
  return html`<a class="button ${kind}" href=${href} target="_blank" rel="noopener noreferrer">${label}</a>`;
}
