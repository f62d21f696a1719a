import { readFile, writeFile } from 'node:fs/promises';
import { z } from 'zod';

const keysSchema = z.strictObject({ declared: z.array(z.string()), required: z.array(z.string()) });

export const discoveryKeysSchema = z.strictObject({
  /** The version the keys were taken from. */
  home_assistant: z.string(),
  /** The device document's own level. */
  document: keysSchema,
  device: keysSchema,
  origin: keysSchema,
  /** One entry of an `availability` list. */
  availability: keysSchema,
  /** Keys of the document that hold for its components unless they say otherwise. */
  shared_with_components: z.array(z.string()),
  /** Sensor device class, then the state classes it permits. */
  state_classes: z.record(z.string(), z.array(z.string())),
  platforms: z.record(z.string(), keysSchema),
});
/** The keys Home Assistant's MQTT discovery declares, per level and platform. */
export type DiscoveryKeys = z.infer<typeof discoveryKeysSchema>;

const FIXTURE = new URL('../fixtures/home-assistant-discovery-keys.json', import.meta.url);

/** The keys as they were last taken from Home Assistant; needs no Home Assistant. */
export async function readDiscoveryKeys(): Promise<DiscoveryKeys> {
  return discoveryKeysSchema.parse(JSON.parse(await readFile(FIXTURE, 'utf8')));
}

/** Keeps the keys as the fixture. */
export async function writeDiscoveryKeys(keys: DiscoveryKeys): Promise<void> {
  await writeFile(FIXTURE, `${JSON.stringify(keys, null, 2)}\n`);
}

const looseSchema = z.record(z.string(), z.unknown());
const documentSchema = z.looseObject({
  device: looseSchema,
  origin: looseSchema,
  availability: z.array(looseSchema).default([]),
  components: z.record(
    z.string(),
    z.looseObject({ platform: z.string(), availability: z.array(looseSchema).default([]) }),
  ),
});

/**
 * What a device document has that Home Assistant does not declare (it would drop it without a word) and what it lacks,
 * as `<path>: undeclared` or `<path>: missing`. Components of nothing but a platform are removals and need no more.
 */
export function keyProblems(document: unknown, known: DiscoveryKeys): readonly string[] {
  const parsed = documentSchema.parse(document);
  const written = looseSchema.parse(document);
  const shared = known.shared_with_components.filter((key) => key in written);
  const levels: Level[] = [
    { path: 'document', given: Object.keys(written), keys: known.document },
    { path: 'device', given: Object.keys(parsed.device), keys: known.device },
    { path: 'origin', given: Object.keys(parsed.origin), keys: known.origin },
    ...parsed.availability.map((entry) => ({
      path: 'availability',
      given: Object.keys(entry),
      keys: known.availability,
    })),
  ];
  for (const [name, component] of Object.entries(parsed.components)) {
    const { platform, availability, ...others } = component;
    const path = `components.${name}`;
    const keys = known.platforms[platform];
    if (keys === undefined) {
      levels.push({ path, given: [`platform ${platform}`], keys: { declared: [], required: [] } });
    } else if (Object.keys(others).length > 0 || availability.length > 0) {
      // The document's device and origin reach every component, and so do the shared keys.
      const inherited = new Set(['device', 'origin', ...shared]);
      const required = keys.required.filter((key) => !inherited.has(key));
      levels.push({ path, given: Object.keys(others), keys: { ...keys, required } });
      levels.push(
        ...availability.map((entry) => ({
          path: `${path}.availability`,
          given: Object.keys(entry),
          keys: known.availability,
        })),
      );
    }
  }
  return levels.flatMap(problemsAt);
}

interface Level {
  readonly path: string;
  readonly given: readonly string[];
  readonly keys: z.infer<typeof keysSchema>;
}

function problemsAt({ path, given, keys }: Level): readonly string[] {
  return [
    ...given.filter((key) => !keys.declared.includes(key)).map((key) => `${path}.${key}: undeclared`),
    ...keys.required.filter((key) => !given.includes(key)).map((key) => `${path}.${key}: missing`),
  ];
}
