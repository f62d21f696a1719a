import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { it } from 'node:test';
import { parse } from 'yaml';
import { installHomeAssistant } from './install.ts';
import { run } from './processes.ts';

const root = join(import.meta.dirname, '../..');
const read = (path: string) => readFileSync(join(root, path), 'utf8');

/** Prints every text that Home Assistant's pages show in English, and those of its events. */
const program = `
import glob, json, os, hass_frontend, homeassistant.components as components
def texts(value):
    return [text for part in value.values() for text in texts(part)] if isinstance(value, dict) else [value]
places = [os.path.join(os.path.dirname(hass_frontend.__file__), 'static/translations', pattern)
          for pattern in ('en-[0-9a-f]*.json', '*/en-[0-9a-f]*.json')]
places.append(os.path.join(list(components.__path__)[0], 'event/strings.json'))
print(json.dumps([text for place in places for file in glob.glob(place) for text in texts(json.load(open(file)))]))
`;

/** What the documentation of the app prints in bold and neither Home Assistant nor the bridge shows. */
const othersWords: ReadonlySet<string> = new Set(['Privacy & Security', 'Manage Apps']);

it('the documentation of the app names what Home Assistant and the page show, word for word', async () => {
  const installation = await installHomeAssistant();
  const shown = new Set(
    JSON.parse(await run(installation.python(['-c', program]), { timeoutMs: 60_000 })) as string[],
  );
  const app = parse(read('app/config.yaml')) as Readonly<Record<string, unknown>>;
  const options = JSON.stringify(parse(read('app/translations/en.yaml')));
  const page = globSync(['web/texts/*.ts', 'web/names.ts'], { cwd: root })
    .map((path) => read(path))
    .join('\n');
  const isKnown = (word: string) =>
    shown.has(word) ||
    page.includes(`'${word}'`) ||
    options.includes(`"${word}"`) ||
    [app['name'], app['panel_title']].includes(word) ||
    othersWords.has(word);
  const words = [...read('app/DOCS.md').matchAll(/\*\*([^*]+)\*\*/g)].flatMap(([, bold = '']) =>
    bold.replaceAll(/\s+/g, ' ').split(' → '),
  );
  assert.ok(words.length > 40);
  assert.deepEqual(
    words.filter((word) => !isKnown(word)),
    [],
  );
});
