/** Words that people mark with `#` in their notes, such as “#work”. */

const letter = String.raw`[\p{L}\p{N}\p{M}_]`;
/** What may stand before the mark: an address has one too. */
const apart = String.raw`(?<![\p{L}\p{N}\p{M}_&/#])`;
const tag = new RegExp(`${apart}#(?=[\\p{N}_-]*\\p{L})(${letter}(?:-?${letter})*)`, 'gu');

const longest = 60;

/** The tags of some notes, without the mark, in small letters, each once. Numbers alone are none: “order #12345”. */
export function tagsOf(notes: string): readonly string[] {
  if (!notes.includes('#')) return [];
  const found = Array.from(notes.matchAll(tag), ([, word = '']) => tagText(word));
  return [...new Set(found)].filter((word) => word.length <= longest);
}

/** A tag as `tagsOf` writes it, of what a person wrote with the mark or without. */
export function tagText(written: string): string {
  return written.trim().replace(/^#/, '').normalize('NFC').toLowerCase();
}
