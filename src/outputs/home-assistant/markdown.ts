/** Line ends, tabs, other control characters, and those that turn the reading direction round. */
const invisible = /[\p{Cc}\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]+/gu;
/** Whatever markdown, HTML or an automatic link could begin with. */
const special = /[\\`*_{}[\]<>()#&|~!$@]|:(?=\/\/)|\.(?=\S)/g;
/** At the beginning of a text these would make a list or a heading. */
const leading = /^(\d{0,9})([-+=.)])/;

/** Text that means itself and nothing else, on one line. */
export function plainLine(text: string): string {
  return text.toWellFormed().replaceAll(invisible, ' ').replaceAll(/\s+/g, ' ').trim();
}

/** The same as markdown: shown exactly as it is, no link, image, tag or list coming out of it. Escape once only. */
export function escapeMarkdown(text: string): string {
  return plainLine(text)
    .replaceAll(special, String.raw`\$&`)
    .replace(leading, String.raw`$1\$2`);
}
