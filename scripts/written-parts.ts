import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A part of a document that is written from the code: the file it comes from, and its text. */
export type WrittenPart = readonly [source: string, make: () => string];

const end = '<!-- End of what is written by npm run docs. -->';

/** A document with some parts written anew between their markers. Throws where a marker is missing. */
export function withParts(path: string, parts: readonly WrittenPart[]): string {
  return parts.reduce(
    (page, [source, make]) => {
      const begin = `<!-- Written by \`npm run docs\` from ${source}: change it there. -->`;
      const from = page.indexOf(begin);
      const to = page.indexOf(end, from);
      if (from === -1 || to === -1) throw new Error(`The markers of the part from ${source} are missing.`);
      return `${page.slice(0, from)}${begin}\n\n${make()}\n\n${page.slice(to)}`;
    },
    readFileSync(join(import.meta.dirname, '..', path), 'utf8'),
  );
}
