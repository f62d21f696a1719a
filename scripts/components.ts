import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Plugin } from 'vite';
import { z } from 'zod';

/** The list of components in the format of CycloneDX: what was really built in, not what is installed to build it. */

const manifestSchema = z.object({
  name: z.string(),
  version: z.string(),
  license: z.string().optional(),
});
const lockSchema = z.object({
  packages: z.record(z.string(), z.object({ integrity: z.string().optional() })),
});

const componentSchema = z.object({
  type: z.enum(['application', 'library', 'platform']),
  'bom-ref': z.string(),
  group: z.string().optional(),
  name: z.string(),
  version: z.string(),
  purl: z.string(),
  licenses: z.array(z.object({ expression: z.string() })).optional(),
  hashes: z.array(z.object({ alg: z.enum(['SHA-256', 'SHA-512']), content: z.string() })).optional(),
});

/** One component of the list. */
export type Component = z.infer<typeof componentSchema>;

const listSchema = z.looseObject({
  metadata: z.object({ component: componentSchema }),
  components: z.array(componentSchema),
});

/** Adds the package of each module that ends up in a bundle. */
export function collectComponents(root: string, found: Map<string, Component>): Plugin {
  const { packages } = lockSchema.parse(JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')));
  return {
    name: 'components',
    generateBundle: (_, bundle) => {
      for (const part of Object.values(bundle)) {
        if (part.type !== 'chunk') continue;
        for (const id of Object.keys(part.modules)) {
          const place = placeOf(id);
          if (place === null) continue;
          const component = componentOf(place.manifest, 'library', packages[place.key]?.integrity);
          found.set(component.purl, component);
        }
      }
    },
  };
}

/** The text of a list, the same for the same components. */
export function componentList(root: string, found: Iterable<Component>): string {
  const manifest = manifestSchema.parse(JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')));
  return listText(componentOf(manifest, 'application'), [...found]);
}

/** The text of a list with more components. */
export function extendedList(text: string, more: readonly Component[]): string {
  const { metadata, components } = listSchema.parse(JSON.parse(text));
  return listText(metadata.component, [...components, ...more]);
}

function listText(subject: Component, found: readonly Component[]): string {
  const components = found.toSorted((a, b) => (a.purl < b.purl ? -1 : 1));
  const list = {
    $schema: 'http://cyclonedx.org/schema/bom-1.6.schema.json',
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    version: 1,
    metadata: { lifecycles: [{ phase: 'build' }], component: subject },
    components,
    dependencies: [
      { ref: subject['bom-ref'], dependsOn: components.map((component) => component['bom-ref']) },
    ],
  };
  return `${JSON.stringify(list, null, 1)}\n`;
}

const modules = '/node_modules/';

/** The package that holds a module, and its key in the lockfile; null for what is ours or a bundler's own. */
function placeOf(id: string) {
  const path = id.replace(/^\0/, '').replace(/\?.*$/, '').replaceAll('\\', '/');
  const begin = path.indexOf(modules);
  if (begin === -1) return null;
  for (let directory = dirname(path); directory.length > begin; directory = dirname(directory)) {
    const manifest = manifestIn(directory);
    if (manifest !== null) return { manifest, key: directory.slice(begin + 1) };
  }
  return null;
}

/** Some packages have further manifests inside, with neither name nor version. */
function manifestIn(directory: string) {
  try {
    return manifestSchema.parse(JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8')));
  } catch {
    return null;
  }
}

function componentOf(
  { name: fullName, version, license }: z.infer<typeof manifestSchema>,
  type: Component['type'],
  integrity?: string,
): Component {
  const [, group, name = fullName] = /^(@[^/]+)\/(.+)$/.exec(fullName) ?? [];
  const purl = `pkg:npm/${group === undefined ? '' : `${encodeURIComponent(group)}/`}${name}@${version}`;
  const [, digest] = /^sha512-(.+)$/.exec(integrity ?? '') ?? [];
  return {
    type,
    'bom-ref': purl,
    ...(group === undefined ? {} : { group }),
    name,
    version,
    purl,
    ...(license === undefined ? {} : { licenses: [{ expression: license }] }),
    ...(digest === undefined
      ? {}
      : { hashes: [{ alg: 'SHA-512', content: Buffer.from(digest, 'base64').toString('hex') }] }),
  };
}
