import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse, type ScalarTag } from 'yaml';
import { z } from 'zod';
import {
  importUrlOf,
  indexRow,
  titleOf,
  type InputUse,
} from '../src/outputs/home-assistant/blueprints/blueprint-file.ts';
import type { WrittenPart } from './written-parts.ts';

const folder = 'blueprints/automation/monzo-bridge';
const root = join(import.meta.dirname, '..');

const inputSchema = z.strictObject({
  name: z.string(),
  description: z.string().optional(),
  default: z.unknown().optional(),
  selector: z.record(z.string(), z.unknown()),
});
const sectionSchema = z.strictObject({
  name: z.string(),
  icon: z.string(),
  collapsed: z.boolean(),
  input: z.record(z.string(), inputSchema),
});
const blueprintSchema = z.looseObject({
  blueprint: z.strictObject({
    name: z.string(),
    description: z.string(),
    domain: z.literal('automation'),
    author: z.string(),
    source_url: z.url(),
    homeassistant: z.strictObject({ min_version: z.string() }),
    input: z.record(z.string(), z.union([sectionSchema, inputSchema])),
  }),
});

export type Input = z.output<typeof inputSchema>;

/** A blueprint for automations, as its file has it. */
export interface Blueprint {
  /** Its file's, without the ending. */
  readonly name: string;
  readonly path: string;
  readonly about: z.output<typeof blueprintSchema>['blueprint'];
  /** With those in sections, in the order of the form. */
  readonly inputs: ReadonlyMap<string, Input>;
  /** What is left of the file: the automation, with an `InputUse` for each `!input`. */
  readonly automation: Readonly<Record<string, unknown>>;
}

const inputTag: ScalarTag = { tag: '!input', resolve: (input: string): InputUse => ({ input }) };

/** Home Assistant reads YAML 1.1, where a bare “on” is true. Throws where the text is no YAML. */
export function readYaml(text: string): unknown {
  return parse(text, { version: '1.1', customTags: (tags) => [...tags, inputTag] }) as unknown;
}

/** What the bridge knows of the blueprints in a directory without reading them, in the order of their titles. */
export function blueprintIndex(directory: string): string {
  const rows = readdirSync(directory).map((file) => {
    const yaml = readFileSync(join(directory, file), 'utf8');
    return indexRow(file.replace(/\.yaml$/, ''), yaml, readYaml(yaml));
  });
  const sorted = rows.toSorted((one, other) => (one.title < other.title ? -1 : 1));
  return `${JSON.stringify(sorted, null, 2)}\n`;
}

/** Every blueprint, in the order of the file names. Throws where a file does not have the form that all have. */
export function readBlueprints(): readonly Blueprint[] {
  return readdirSync(join(root, folder))
    .toSorted()
    .map((file) => {
      const path = `${folder}/${file}`;
      const text = readFileSync(join(root, path), 'utf8');
      const { blueprint: about, ...automation } = blueprintSchema.parse(readYaml(text));
      const inputs = Object.entries(about.input).flatMap(([key, value]) =>
        'input' in value ? Object.entries(value.input) : [[key, value] as const],
      );
      return { name: file.replace(/\.yaml$/, ''), path, about, inputs: new Map(inputs), automation };
    });
}

/** What each blueprint does, how it is imported, and what it asks for. */
export const blueprintsPart: WrittenPart = [
  folder,
  () => readBlueprints().map(describeBlueprint).join('\n\n'),
];

function describeBlueprint({ path, about, inputs }: Blueprint): string {
  return [
    `### ${titleOf(about.name)}`,
    '',
    about.description.trim().replaceAll(/\n+/g, '\n\n'),
    '',
    `[Import it](${importUrlOf(about.source_url)}) · [the file](../${path})`,
    '',
    '| input | what it is | default |',
    '| --- | --- | --- |',
    ...[...inputs.values()].map(
      (input) => `| ${[input.name, meaningOf(input), defaultOf(input)].join(' | ')} |`,
    ),
  ].join('\n');
}

function meaningOf({ description = '', selector }: Input): string {
  const { options = [], multiple = false } = selectSchema.safeParse(selector).data?.select ?? {};
  const choices = options.map(({ label }) => `“${label}”`).join(', ');
  return [description.trim(), choices === '' ? '' : `${multiple ? 'Any' : 'One'} of ${choices}.`]
    .filter((part) => part !== '')
    .join(' ')
    .replaceAll('|', '\\|');
}

const selectSchema = z.object({
  select: z.object({
    options: z.array(z.object({ value: z.string(), label: z.string() })),
    multiple: z.boolean().optional(),
  }),
});

function defaultOf({ default: given, selector }: Input): string {
  if (given === undefined) return 'required';
  if ('action' in selector) return Array.isArray(given) && given.length > 0 ? 'a notification' : 'nothing';
  const options = selectSchema.safeParse(selector).data?.select.options ?? [];
  const labels = new Map(options.map(({ value, label }) => [value, label]));
  const values = [given].flat().map((value: unknown) => labels.get(String(value)) ?? shown(value));
  return values.filter((value) => value !== '').join(', ') || 'empty';
}

function shown(value: unknown): string {
  if (typeof value === 'boolean') return value ? 'on' : 'off';
  if (typeof value === 'object' && value !== null)
    return Object.entries(value)
      .map(([unit, amount]) => `${String(amount)} ${unit}`)
      .join(' ');
  return String(value).replaceAll('|', '\\|');
}
