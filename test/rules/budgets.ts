import { SyntaxKind } from 'typescript/unstable/ast';
import type { ProjectFile } from './files.ts';
import { tokensOf, type Token } from './tokens.ts';

/** Finds, in one file, what the project has no budget for: each finding as `path:line: what`. */
export type Finder = (file: ProjectFile) => readonly string[];

interface Place {
  readonly token: Token;
  readonly before: Token | undefined;
  readonly next: Token | undefined;
  /** The tokens from this one on, and those before it, as text. */
  readonly ahead: (count: number) => string;
  readonly behind: (count: number) => string;
}

function finderOf(what: string, holds: (place: Place) => boolean): Finder {
  return ({ path, text }) => {
    const tokens = tokensOf(text);
    const textOf = (from: number, to: number) =>
      tokens
        .slice(Math.max(0, from), Math.max(0, to))
        .map((token) => token.text)
        .join(' ');
    return tokens.flatMap((token, index) => {
      const ahead = (count: number) => textOf(index, index + count);
      const behind = (count: number) => textOf(index - count, index);
      const place = { token, before: tokens[index - 1], next: tokens[index + 1], ahead, behind };
      return holds(place) ? [`${path}:${token.line}: ${what}`] : [];
    });
  };
}

const isDot = (token: Token | undefined) => token?.text === '.' || token?.text === '?.';
const isWord = (token: Token | undefined) => token !== undefined && /^[\w$#]+$/.test(token.text);
const isKeyOf = ({ before, next }: Place) =>
  (next?.text === ':' && before !== undefined && '{,;'.includes(before.text)) || next?.text === '(';

/** `any` as a type, and zod's schema that gives it. */
export const anyTypes = finderOf('any', (place) => {
  if (place.token.text !== 'any') return false;
  if (isDot(place.before)) return place.behind(2) === 'z .';
  return !isKeyOf(place);
});

const operators: ReadonlySet<string> = new Set(
  'return typeof void delete await yield case in of instanceof new throw else do if while'.split(' '),
);

/** `value!`, `value!.key` and `let value!: Type`, but not `!value` or `a != b`. */
export const nonNull = finderOf('non-null !', ({ token, before }) => {
  if (token.kind !== SyntaxKind.ExclamationToken || !token.touches || before === undefined) return false;
  if (operators.has(before.text)) return false;
  return isWord(before) || /[)\]}'"`]$/.test(before.text);
});

export const defaultExports = finderOf('default export', ({ token, ahead, behind }) => {
  if (token.text !== 'default') return false;
  return behind(1) === 'export' || (behind(1) === 'as' && /^default (,|\})/.test(ahead(2)));
});

export const enums = finderOf(
  'enum',
  (place) => place.token.text === 'enum' && !isDot(place.before) && isWord(place.next) && !isKeyOf(place),
);

export const namespaces = finderOf('namespace', ({ token, before, next, ahead }) => {
  if (token.text !== 'namespace' && token.text !== 'module') return false;
  return !isDot(before) && isWord(next) && /[{.]$/.test(ahead(3));
});

const silencing = new RegExp(`@ts-(${['ignore', 'expect-error', 'nocheck'].join('|')})`);

/** Comments that silence the compiler. */
export const silencedTypes: Finder = ({ path, text }) =>
  text.split('\n').flatMap((line, index) => (silencing.test(line) ? [`${path}:${index + 1}: silenced`] : []));

/** Tests that do not run, or keep others from running. */
export const idleTests = finderOf('test that does not run', ({ token, before, ahead }) => {
  if (!['skip', 'only', 'todo'].includes(token.text)) return false;
  return isDot(before) ? /^\w+ \($/.test(ahead(2)) : /^\w+ : (true|['"`])/.test(ahead(3));
});

export const mockedModules = finderOf('mocked module', ({ ahead }) => ahead(4) === 'mock . module (');

/** Longest allowed file, in lines. */
const longest = 400;

export const longFiles: Finder = ({ path, text }) => {
  const lines = text.replace(/\n$/, '').split('\n').length;
  return lines > longest ? [`${path}: ${lines} lines`] : [];
};
