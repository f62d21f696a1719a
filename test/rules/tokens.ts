import { createScanner, SyntaxKind } from 'typescript/unstable/ast';

/** One token of TypeScript; comments and white space are none. */
export interface Token {
  readonly kind: SyntaxKind;
  /** As it stands in the source. */
  readonly text: string;
  /** The content of a string; else like `text`. */
  readonly value: string;
  /** Whether it follows the token before it without a gap. */
  readonly touches: boolean;
  /** Counted from 1. */
  readonly line: number;
}

/** What a value can end with: a slash behind it divides, any other slash begins a regular expression. */
const valueEnds: ReadonlySet<SyntaxKind> = new Set([
  SyntaxKind.Identifier,
  SyntaxKind.PrivateIdentifier,
  SyntaxKind.NumericLiteral,
  SyntaxKind.BigIntLiteral,
  SyntaxKind.StringLiteral,
  SyntaxKind.NoSubstitutionTemplateLiteral,
  SyntaxKind.TemplateTail,
  SyntaxKind.RegularExpressionLiteral,
  SyntaxKind.CloseParenToken,
  SyntaxKind.CloseBracketToken,
  SyntaxKind.CloseBraceToken,
  SyntaxKind.ThisKeyword,
  SyntaxKind.SuperKeyword,
  SyntaxKind.TrueKeyword,
  SyntaxKind.FalseKeyword,
  SyntaxKind.NullKeyword,
]);

/** Cuts source text into tokens, into template literals too. */
export function tokensOf(source: string): readonly Token[] {
  const scanner = createScanner(true, undefined, source);
  const tokens: Token[] = [];
  /** Open braces: true where the brace belongs to a template, which goes on behind it. */
  const braces: boolean[] = [];
  let line = 1;
  let counted = 0;
  for (;;) {
    const kind = rescanned(scanner, tokens.at(-1)?.kind, braces);
    if (kind === SyntaxKind.EndOfFile) return tokens;
    for (; counted < scanner.getTokenStart(); counted += 1) if (source[counted] === '\n') line += 1;
    const touches = scanner.getTokenFullStart() === scanner.getTokenStart();
    tokens.push({ kind, text: scanner.getTokenText(), value: scanner.getTokenValue(), touches, line });
  }
}

type Scanner = ReturnType<typeof createScanner>;

/** The next token, where only what came before tells what a slash or a closing brace means. */
function rescanned(scanner: Scanner, before: SyntaxKind | undefined, braces: boolean[]): SyntaxKind {
  const kind = scanner.scan();
  const isSlash = kind === SyntaxKind.SlashToken || kind === SyntaxKind.SlashEqualsToken;
  if (isSlash && (before === undefined || !valueEnds.has(before))) return scanner.reScanSlashToken();
  if (kind === SyntaxKind.OpenBraceToken) braces.push(false);
  if (kind === SyntaxKind.TemplateHead) braces.push(true);
  if (kind !== SyntaxKind.CloseBraceToken) return kind;
  if (braces.pop() !== true) return kind;
  const part = scanner.reScanTemplateToken(false);
  if (part === SyntaxKind.TemplateMiddle) braces.push(true);
  return part;
}
