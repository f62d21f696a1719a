import { SyntaxKind } from 'typescript/unstable/ast';
import { tokensOf, type Token } from './tokens.ts';

/** Stands for a dynamic import of something that is only known at run time. */
export const computed = '(computed)';

/**
 * Every module that source text names: `import`, `import type`, `export … from`, `import('…')` as value and as type,
 * each once.
 */
export function importsOf(source: string): readonly string[] {
  return modulesIn(source, () => true);
}

/** The modules that are still imported when the program runs: all but those of `import type` and `export type`. */
export function loadedImportsOf(source: string): readonly string[] {
  return modulesIn(source, (tokens, index) => !isErased(tokens, index));
}

/** The modules named by those import and export keywords that `isWanted` accepts. */
function modulesIn(
  source: string,
  isWanted: (tokens: readonly Token[], index: number) => boolean,
): readonly string[] {
  const tokens = tokensOf(source);
  const found = tokens.flatMap((token, index) => {
    if (tokens[index - 1]?.kind === SyntaxKind.DotToken || !isWanted(tokens, index)) return [];
    if (token.kind === SyntaxKind.ImportKeyword) return importedAt(tokens, index);
    if (token.kind === SyntaxKind.ExportKeyword) return fromAfter(tokens, index + 1);
    return [];
  });
  return [...new Set(found)];
}

/** Whether the statement is `import type …` or `export type …`; a module may also be imported under the name `type`. */
function isErased(tokens: readonly Token[], index: number): boolean {
  const after = tokens[index + 2]?.text;
  return tokens[index + 1]?.text === 'type' && after !== 'from' && after !== ',';
}

function importedAt(tokens: readonly Token[], index: number): readonly string[] {
  const next = tokens[index + 1];
  if (next?.kind === SyntaxKind.DotToken) return [];
  if (next?.kind === SyntaxKind.StringLiteral) return [next.value];
  if (next?.kind !== SyntaxKind.OpenParenToken) return fromAfter(tokens, index + 1);
  const named = tokens[index + 2];
  return [named && isText(named) ? named.value : computed];
}

const clauseKinds: ReadonlySet<SyntaxKind> = new Set([
  SyntaxKind.Identifier,
  SyntaxKind.StringLiteral,
  SyntaxKind.OpenBraceToken,
  SyntaxKind.CloseBraceToken,
  SyntaxKind.CommaToken,
  SyntaxKind.AsteriskToken,
]);

/** Walks over a clause such as `type { a as b }` or `* as x` up to its `from`; a declaration has none. */
function fromAfter(tokens: readonly Token[], start: number): readonly string[] {
  for (let index = start; index < tokens.length; index += 1) {
    const token = tokens[index];
    const next = tokens[index + 1];
    if (token?.text === 'from' && next?.kind === SyntaxKind.StringLiteral) return [next.value];
    if (!token || !(clauseKinds.has(token.kind) || isWord(token))) return [];
  }
  return [];
}

function isWord(token: Token): boolean {
  return /^[\w$]+$/.test(token.text);
}

function isText(token: Token): boolean {
  return token.kind === SyntaxKind.StringLiteral || token.kind === SyntaxKind.NoSubstitutionTemplateLiteral;
}
