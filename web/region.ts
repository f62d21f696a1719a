/** Whose conventions the page follows: data are written as in the browser's region, and sentences stay in one language. */

/** The language of `web/texts`. */
const language = 'en';
/** How it is written where no other convention is known for a region. */
const fallback = 'en-GB';

/** The locale of amounts, numbers and dates: the language that the person prefers, in their region. */
export function dataLocale(preferred: readonly string[] = preferredLanguages()): string {
  return preferred.find((tag) => isKnown(tag)) ?? fallback;
}

/** The locale of the words and dates within a sentence: the language of the page, as it is written in the person's region. */
export function sentenceLocale(preferred?: readonly string[]): string {
  const { region } = new Intl.Locale(dataLocale(preferred)).maximize();
  const wanted = `${language}-${region ?? ''}`;
  // Browsers take the conventions of the United States for regions in which they know no English.
  return isKnown(wanted) && resolved(wanted) === wanted ? wanted : fallback;
}

function preferredLanguages(): readonly string[] {
  return typeof navigator === 'object' ? (navigator.languages ?? []) : [];
}

function isKnown(tag: string): boolean {
  try {
    return Intl.DateTimeFormat.supportedLocalesOf(tag).length > 0;
  } catch {
    return false;
  }
}

function resolved(tag: string): string {
  return new Intl.DateTimeFormat(tag).resolvedOptions().locale;
}
