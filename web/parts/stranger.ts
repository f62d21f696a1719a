import { html, type TemplateResult } from 'lit/html.js';

/** Longer texts are shortened in lists; the details show them in full. */
const longestInList = 160;

// Control characters, and those that change the direction of the text after them.
const unseen = /(?![\t\n])[\p{Cc}\u200B\u2028-\u202E\u2060-\u2069\uFEFF]/gu;

/** A stranger's text: it stays text, cannot change the direction of what follows, and hides nothing. */
export function stranger(text: string): TemplateResult {
  return html`<bdi>${visible(text)}</bdi>`;
}

/** The same, shortened for lists. */
export function strangerInList(text: string): TemplateResult {
  return stranger(
    text.length > longestInList ? `${text.slice(0, longestInList).replace(/\p{Surrogate}$/u, '')}…` : text,
  );
}

/** The text with a mark for every invisible character. */
export function visible(text: string): string {
  return text.replace(unseen, '�');
}
