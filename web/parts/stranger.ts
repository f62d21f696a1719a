import { html, type TemplateResult } from 'lit';

/** Longer texts are cut in lists; the details have them whole. */
const longestInList = 160;

// Control characters, and those that turn the direction of what follows.
const unseen = /(?![\t\n])[\p{Cc}\u200B\u2028-\u202E\u2060-\u2069\uFEFF]/gu;

/** Text that somebody else wrote: whatever is in it, it stays text, keeps its direction to itself, and hides nothing. */
export function stranger(text: string): TemplateResult {
  return html`<bdi>${visible(text)}</bdi>`;
}

/** The same, cut to what a list can hold. */
export function strangerInList(text: string): TemplateResult {
  return stranger(
    text.length > longestInList ? `${text.slice(0, longestInList).replace(/\p{Surrogate}$/u, '')}…` : text,
  );
}

/** The text with a mark for every character that would not be seen. */
export function visible(text: string): string {
  return text.replace(unseen, '�');
}
