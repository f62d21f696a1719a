/** Numbers as people type them, for the page and for the cards in Home Assistant. Without a locale, in the browser's own. */

/**
 * What a person typed as a number, in plain decimal text: a point always works, and so does the decimal sign of the region.
 * Empty where it could mean two things, as 1.000 does where points separate thousands.
 */
export function withPoint(written: string, locale?: string): string {
  const { decimal: sign, group } = signsOf(locale);
  const text = written.trim();
  if (group === '.' && /^[-−]?\d{1,3}(\.\d{3})+$/.test(text)) return '';
  return text.replace(sign, '.');
}

/** The decimal sign, and the sign between thousands, for a number with Latin digits. */
export function signsOf(locale?: string): { readonly decimal: string; readonly group: string } {
  // A million, because some regions leave a number of four digits whole.
  const written = (1_000_000.5).toLocaleString(locale, { numberingSystem: 'latn' });
  return { decimal: written.at(-2) ?? '', group: written.at(-6) ?? '' };
}
