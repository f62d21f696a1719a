import type { ProjectFile } from './files.ts';
import { tokensOf, type Token } from './tokens.ts';

/** A class, with what follows its name. */
export interface FoundClass {
  readonly path: string;
  readonly name: string;
  readonly extends: boolean;
  /** The names after `implements`, without type arguments. */
  readonly implements: readonly string[];
  /** The lines between its braces. */
  readonly bodyLines: number;
}

/** The classes of a file. */
export function classesIn({ path, text }: ProjectFile): readonly FoundClass[] {
  const tokens = tokensOf(text);
  return tokens.flatMap(({ text: word }, index) => {
    const isDeclared = word === 'class' && !isMember(tokens, index);
    return isDeclared ? [classAt(path, tokens, index)] : [];
  });
}

/** Whether the word is a property, such as `a.class` or `{ class: 1 }`. */
function isMember(tokens: readonly Token[], index: number): boolean {
  const before = tokens[index - 1]?.text ?? '';
  const after = tokens[index + 1]?.text ?? '';
  return before === '.' || before === '?.' || after === ':' || after === '?';
}

function classAt(path: string, tokens: readonly Token[], start: number): FoundClass {
  const open = tokens.findIndex(({ text }, index) => index > start && text === '{');
  const close = closingOf(tokens, open);
  const head = outsideAngles(tokens.slice(start + 1, open).map(({ text }) => text));
  const [first = ''] = head;
  const place = head.indexOf('implements');
  return {
    path,
    name: first === 'extends' || first === 'implements' ? '' : first,
    extends: head.includes('extends'),
    implements: place === -1 ? [] : head.slice(place + 1).filter((word) => word !== ','),
    bodyLines: Math.max(0, (tokens[close]?.line ?? 0) - (tokens[open]?.line ?? 0) - 1),
  };
}

/** The index of the brace that closes the one at `open`. */
function closingOf(tokens: readonly Token[], open: number): number {
  let depth = 0;
  for (let index = open; index < tokens.length; index += 1) {
    const text = tokens[index]?.text ?? '';
    if (text === '{' || text.endsWith('${')) depth += 1;
    if (text.startsWith('}')) depth -= 1;
    if (text.startsWith('}') && text.endsWith('${')) depth += 1;
    if (depth === 0) return index;
  }
  return tokens.length - 1;
}

/** The words that are not part of type arguments or type parameters. */
function outsideAngles(words: readonly string[]): readonly string[] {
  let depth = 0;
  return words.filter((word) => {
    if (word === '<') depth += 1;
    const isOutside = depth === 0;
    if (/^>+$/.test(word)) depth -= word.length;
    return isOutside;
  });
}

/** Classes without `extends` that would fit into a function of `most` lines, a sentence each. */
export function smallClasses(files: readonly ProjectFile[], most: number): readonly string[] {
  return files
    .flatMap(classesIn)
    .filter((found) => !found.extends && found.bodyLines <= most)
    .map(({ path, name, bodyLines }) => `${path}: ${name} has ${bodyLines} lines: make it a function`);
}

/** Interfaces that one class implements and nothing else, a sentence each. */
export function lonelyInterfaces(files: readonly ProjectFile[]): readonly string[] {
  return files
    .flatMap(classesIn)
    .flatMap(({ path, name, implements: interfaces }) =>
      interfaces
        .filter((one) => implementationsOf(files, one) < 2)
        .map((one) => `${path}: only ${name} implements ${one}: export the class`),
    );
}

/** Counts the classes that implement an interface, and the objects and functions of that type; not `return new …`. */
function implementationsOf(files: readonly ProjectFile[], name: string): number {
  const classes = files
    .flatMap(classesIn)
    .filter(({ implements: interfaces }) => interfaces.includes(name)).length;
  const declared = new RegExp(`(\\)|const \\w+): ${name} (= |=> |\\{(?!\\s*return new ))`, 'g');
  const others = files.reduce((sum, { text }) => sum + [...text.matchAll(declared)].length, 0);
  return classes + others;
}

/** File names that more than one folder has, a sentence each. */
export function sharedNames(files: readonly ProjectFile[]): readonly string[] {
  const byName = Map.groupBy(files, ({ path }) => path.slice(path.lastIndexOf('/') + 1));
  return [...byName]
    .filter(([, those]) => those.length > 1)
    .map(([name, those]) => `${name}: ${those.map(({ path }) => path).join(', ')}`);
}

export function linesOf({ text }: ProjectFile): number {
  return text.replace(/\n$/, '').split('\n').length;
}
