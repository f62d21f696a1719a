/** What a program does to a file, in AppArmor's letters: read, write, lock, map as code, execute. */
export type Permission = 'r' | 'w' | 'k' | 'm' | 'x';

/** A file that a program uses, and how; the path of a directory ends with a slash. */
export interface FileUse {
  readonly path: string;
  readonly permission: Permission;
}

export interface FileRule {
  readonly text: string;
  readonly pattern: RegExp;
  readonly permissions: string;
}

/** Reads the rules about files of a profile as `apparmor_parser --preprocess` prints it, with everything that it includes. */
export function fileRulesIn(text: string): readonly FileRule[] {
  const lines = text.split('\n').map((line) => line.trim());
  const variables = new Map(
    lines.flatMap((line): [string, readonly string[]][] => {
      const [, name, values] = /^@\{(\w+)\}\s*=\s*(.+)$/.exec(line) ?? [];
      return name === undefined || values === undefined ? [] : [[name, values.split(/\s+/)]];
    }),
  );
  return lines.flatMap((line) => {
    const [, path, permissions] = /^(?:owner\s+)?([/@]\S+)\s+([a-zA-Z]+),$/.exec(line) ?? [];
    if (path === undefined || permissions === undefined) return [];
    return [{ text: line, pattern: patternOf(path, variables), permissions }];
  });
}

/** The capabilities that a profile allows itself, without its includes: in upper case, and without `CAP_`. */
export function capabilitiesIn(text: string): readonly string[] {
  return [...text.matchAll(/^\s*capability\s+(\w+),$/gm)].map(([, name = '']) => name.toUpperCase());
}

/** The uses that no rule allows. */
export function forbiddenBy(rules: readonly FileRule[], uses: readonly FileUse[]): readonly FileUse[] {
  const isAllowed = ({ path, permission }: FileUse) =>
    rules.some(({ pattern, permissions }) => permissions.includes(permission) && pattern.test(path));
  return uses.filter((use) => !isAllowed(use));
}

/** The parts of a path with wildcards, and what each is as a regular expression. */
const parts: readonly (readonly [part: RegExp, meaning: (part: string) => string])[] = [
  [/^\/\*\*/, () => '/[^/].*'],
  [/^\/\*(?=\/|$)/, () => '/[^/]+'],
  [/^\*\*/, () => '.*'],
  [/^\*/, () => '[^/]*'],
  [/^\?/, () => '[^/]'],
  [/^\[[^\]]+\]/, (part) => part],
  [/^\{/, () => '(?:'],
  [/^,/, () => '|'],
  [/^\}/, () => ')'],
  [/^[\s\S]/, (part) => part.replaceAll(/[.+()^$|\\]/g, String.raw`\$&`)],
];

function patternOf(path: string, variables: ReadonlyMap<string, readonly string[]>): RegExp {
  let rest = withValues(path, variables);
  let pattern = '';
  while (rest !== '')
    for (const [part, meaning] of parts) {
      const [found] = part.exec(rest) ?? [];
      if (found === undefined) continue;
      pattern += meaning(found);
      rest = rest.slice(found.length);
      break;
    }
  return new RegExp(`^${pattern}$`);
}

/** Values may end with the slash that follows them. Throws for a variable that nothing sets. */
function withValues(path: string, variables: ReadonlyMap<string, readonly string[]>): string {
  return path.replaceAll(/@\{(\w+)\}/g, (_, name: string) => {
    if (name === 'profile_name') return 'monzo_bridge';
    const values = variables.get(name);
    if (values === undefined) throw new Error(`Nothing sets @{${name}}.`);
    return `{${values.map((value) => withValues(value, variables).replace(/\/$/, '')).join(',')}}`;
  });
}
