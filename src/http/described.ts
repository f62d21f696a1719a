/** The description of the API while it is made: as much of OpenAPI as ours has. */

export interface DescribedSchema {
  $ref?: string;
  description?: string;
  type?: string | readonly string[];
  enum?: readonly unknown[];
  const?: unknown;
  default?: unknown;
  anyOf?: readonly DescribedSchema[];
  allOf?: readonly DescribedSchema[];
  properties?: Readonly<Record<string, DescribedSchema>>;
  required?: readonly string[];
  items?: DescribedSchema;
  additionalProperties?: boolean | DescribedSchema;
  propertyNames?: DescribedSchema;
  minimum?: number;
  maximum?: number;
  pattern?: string;
}

export interface Media {
  schema: DescribedSchema;
  example?: unknown;
  examples?: Readonly<Record<string, { readonly $ref: string } | { readonly value: unknown }>>;
}

export type Content = Record<string, Media>;

export interface Answer {
  $ref?: string;
  description?: string;
  content?: Content;
}

export interface Operation {
  readonly operationId: string;
  readonly tags: readonly string[];
  description?: string;
  readonly security?: readonly unknown[];
  readonly parameters?: readonly {
    readonly name: string;
    readonly in: string;
    readonly schema: DescribedSchema;
    description?: string;
    example?: unknown;
  }[];
  readonly requestBody?: { required?: boolean; description?: string; readonly content: Content };
  readonly responses: Record<string, Answer>;
  'x-refusals'?: readonly string[];
}

export interface Described {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: {
    readonly schemas: Record<string, DescribedSchema>;
    responses?: Record<string, Answer>;
    examples?: Record<string, { readonly summary: string; readonly value: unknown }>;
  };
}

/** Every reference in a part of the description. */
export function* refsIn(part: unknown): Generator<{ $ref: string }> {
  if (typeof part !== 'object' || part === null) return;
  if ('$ref' in part && typeof part.$ref === 'string') yield part as { $ref: string };
  for (const inner of Object.values(part)) yield* refsIn(inner);
}
