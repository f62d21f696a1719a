import { html, type TemplateResult } from 'lit';

/** The one heading of what is shown; the focus goes there when the page moves on. */
export function heading(text: string): TemplateResult {
  return html`<h1 tabindex="-1">${text}</h1>`;
}

/** An address that is opened beside this page, which goes on waiting. */
export function outside(href: string, label: string, kind: 'main' | 'quiet'): TemplateResult {
  return html`<a class="button ${kind}" href=${href} target="_blank" rel="noopener noreferrer">${label}</a>`;
}
