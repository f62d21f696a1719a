import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

interface Answer {
  readonly $ref?: string;
  readonly content?: Readonly<
    Record<string, { readonly schema: { readonly allOf?: readonly { readonly properties?: Properties }[] } }>
  >;
}

type Properties = Readonly<Record<string, { readonly enum?: readonly unknown[] }>>;

interface Document {
  readonly paths: Readonly<
    Record<string, Readonly<Record<string, { readonly responses: Readonly<Record<string, Answer>> }>>>
  >;
  readonly components: { readonly responses: Readonly<Record<string, Answer>> };
}

let document: Document | null = null;

/** The description of the private API as it is committed. */
export function describedApi(): Document {
  const path = join(import.meta.dirname, '..', '..', 'docs', 'openapi.json');
  return (document ??= JSON.parse(readFileSync(path, 'utf8')) as Document);
}

/** The codes that an operation is described to answer with this status; null for an operation that is not described. */
export function describedCodes(method: string, path: string, status: number): readonly unknown[] | null {
  const { paths, components } = describedApi();
  const operation = templateOf(path, Object.keys(paths));
  const responses = paths[operation ?? '']?.[method.toLowerCase()]?.responses;
  if (responses === undefined) return null;
  const answer = responses[status] ?? {};
  const named = answer.$ref?.replace('#/components/responses/', '');
  const { content = {} } = named === undefined ? answer : (components.responses[named] ?? {});
  const parts = content['application/problem+json']?.schema.allOf ?? [];
  return parts.flatMap(({ properties }) => properties?.['code']?.enum ?? []);
}

/** Fails where an operation answered with a problem that its description does not have. */
export async function assertDescribed(method: string, path: string, response: Response): Promise<void> {
  if (response.headers.get('content-type') !== 'application/problem+json') return;
  const codes = describedCodes(method, path, response.status);
  // A failing machine has codes of its own.
  if (codes === null || response.status === 500) return;
  const { code } = (await response.clone().json()) as { readonly code: string };
  assert.ok(
    codes.includes(code),
    `${method} ${path} answered ${response.status} ${code}, which is not described`,
  );
}

/** The path of the description that a request's path belongs to: the one with the most words in common. */
function templateOf(path: string, templates: readonly string[]): string | undefined {
  const [asked = ''] = path.split('?');
  const segments = asked.split('/');
  return templates
    .filter((template) => {
      const own = template.split('/');
      return (
        own.length === segments.length &&
        own.every((word, index) => word.startsWith('{') || word === segments[index])
      );
    })
    .toSorted((one, other) => one.split('{').length - other.split('{').length)[0];
}
