import { z } from 'zod';
import { digestOf } from '../digest.ts';

/** Stands for `!input name`, and for what a person enters there. */
export interface InputUse {
  readonly input: string;
}

const inputsSchema = z.record(z.string(), z.unknown());
const aboutSchema = z.looseObject({
  name: z.string(),
  description: z.string().default(''),
  source_url: z.string().default(''),
  homeassistant: z.looseObject({ min_version: z.string().optional() }).optional(),
  input: inputsSchema.default({}),
});

/** What a blueprint says of itself, in its file as in Home Assistant’s list. */
export type About = z.output<typeof aboutSchema>;

/** A blueprint of this version of the bridge. */
export interface Blueprint {
  /** Its file’s, without the ending. */
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly yaml: string;
  readonly sourceUrl: string;
  /** The oldest Home Assistant that can use it. */
  readonly minVersion: string;
  readonly digest: string;
  /** Where its author’s browser opens Home Assistant’s own import. */
  readonly importUrl: string;
}

const rowSchema = z.object({
  name: z.string(),
  title: z.string(),
  description: z.string(),
  source_url: z.url(),
  min_version: z.string(),
  content: z.string(),
  text: z.string(),
});
const indexSchema = z.array(rowSchema).min(1);

/** What `blueprints/index.json` says of each: written with the documents, so that the program reads no YAML. */
export type IndexRow = z.output<typeof rowSchema>;

/** `textOf` returns the file of a blueprint. Throws where the index cannot be read, or a file is not the one that it is of. */
export function readIndex(index: string, textOf: (name: string) => string): readonly Blueprint[] {
  return indexSchema.parse(JSON.parse(index)).map((row) => {
    const { name, title, description, source_url: sourceUrl, min_version: minVersion, content } = row;
    const yaml = textOf(name);
    if (textDigest(yaml) !== row.text) throw new Error(`${name} is not what the index says.`);
    const importUrl = importUrlOf(sourceUrl);
    return { name, title, description, yaml, sourceUrl, minVersion, digest: content, importUrl };
  });
}

/** The row of a blueprint. Throws where the content is none. */
export function indexRow(name: string, yaml: string, content: unknown): IndexRow {
  const { blueprint: about, ...body } = z.looseObject({ blueprint: aboutSchema }).parse(content);
  return {
    name,
    title: titleOf(about.name),
    description: about.description.trim(),
    source_url: about.source_url,
    min_version: about.homeassistant?.min_version ?? '0.0.0',
    content: contentDigest(about, body),
    text: textDigest(yaml),
  };
}

/** Some checkouts have other ends of lines. */
function textDigest(yaml: string): string {
  return digestOf(yaml.replaceAll('\r\n', '\n'));
}

/** What Home Assistant tells of one; null where that cannot be read. */
export function readAbout(metadata: unknown): About | null {
  return aboutSchema.safeParse(metadata).data ?? null;
}

/** Home Assistant lists all blueprints of a house: there the name says whose it is. */
export function titleOf(name: string): string {
  const own = name.replace(/^Monzo: /, '');
  return own.charAt(0).toUpperCase() + own.slice(1);
}

/** Opens the import in the Home Assistant of whoever follows it. */
export function importUrlOf(sourceUrl: string): string {
  return `https://my.home-assistant.io/redirect/blueprint_import/?blueprint_url=${encodeURIComponent(sourceUrl)}`;
}

/** The names of all inputs, those in sections as well. */
export function inputNames(inputs: Readonly<Record<string, unknown>>): readonly string[] {
  return Object.entries(inputs).flatMap(([name, input]) => {
    const section = sectionSchema.safeParse(input).data;
    return section ? Object.keys(section.input) : [name];
  });
}

const sectionSchema = z.looseObject({ input: inputsSchema });

/**
 * Tells contents apart, whether they come from a file or from Home Assistant, without the address they came from. It is kept
 * in Home Assistant: what goes into it must stay as it is, or every blueprint that is there counts as changed.
 */
export function contentDigest({ source_url: _address, input, ...about }: About, body: unknown): string {
  return digestOf({ about: { ...about, input: inputsIn(input) }, body });
}

function inputsIn(inputs: Readonly<Record<string, unknown>>): unknown {
  const entries = Object.entries(inputs).map(([name, input]) => {
    const section = sectionSchema.safeParse(input).data;
    return [name, section ? { ...section, input: inputsIn(section.input) } : withPlainSelector(input)];
  });
  return Object.fromEntries(entries);
}

function withPlainSelector(input: unknown): unknown {
  const found = z.looseObject({ selector: z.unknown() }).safeParse(input).data;
  return found ? { ...found, selector: plain(found.selector) } : (input ?? {});
}

/** Without what Home Assistant fills in when it saves a selector: defaults that are off, and lists of one. */
function plain(value: unknown): unknown {
  if (value === null || value === undefined) return {};
  if (Array.isArray(value)) return value.length === 1 && isScalar(value[0]) ? value[0] : value.map(plain);
  if (typeof value !== 'object') return value;
  const told = Object.entries(value).filter(([key, member]) => member !== false && key !== usual);
  return Object.fromEntries(told.map(([key, member]) => [key, plain(member)]));
}

/** Of durations: the only default that is on. */
const usual = 'enable_second';

function isScalar(value: unknown): boolean {
  return typeof value !== 'object';
}

/** Who wrote a blueprint into Home Assistant: which version of the bridge, and with what content. */
export interface Mark {
  readonly version: string;
  readonly digest: string;
}

const markForm = /#monzo-bridge=([\w.+-]{1,40})&content=([\da-f]{16})$/;

/**
 * The address with the mark behind it. Home Assistant keeps it with the blueprint, shows it to whoever may read its list, and
 * loads the same file from it. So nothing needs to be remembered, and what another bridge or an older version wrote is known.
 */
export function markedUrl({ sourceUrl, digest }: Blueprint, version: string): string {
  return `${sourceUrl}#monzo-bridge=${version}&content=${digest}`;
}

export function markIn({ source_url: address }: About): Mark | null {
  const [, version, digest] = markForm.exec(address) ?? [];
  return version === undefined || digest === undefined ? null : { version, digest };
}

/** Below Home Assistant’s folder of blueprints for automations. */
export function pathOf(name: string): string {
  return `monzo-bridge/${name}.yaml`;
}

/** A file of this repository or a fork of it, as a page, as raw text, and in any branch. */
const ownAddress = /\/monzo-bridge\/.*\bblueprints\/automation\/monzo-bridge\/(\w+)\.yaml(?:[?#]|$)/;

/** Which blueprint came from this address; null where it is none of the bridge’s. */
export function nameIn({ source_url: address }: About): string | null {
  return ownAddress.exec(address)?.[1] ?? null;
}
